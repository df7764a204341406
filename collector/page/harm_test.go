package page

import (
	"strings"
	"testing"

	"github.com/drift-exporter/drift_exporter/collector/assess"
)

// Whoever reads an accuracy is told when outcomes of one class hardly come.
func TestAnAccuracyOfOneClassOnlyIsSaid(t *testing.T) {
	t.Parallel()
	share := func(x float64) *float64 { return &x }
	m := watched{Model: &assess.Model{
		Performance: &assess.Performance{Samples: 100, Accuracy: &assess.Interval{Value: .9, Lower: .82, Upper: .95}},
		Selection: &assess.Selection{Classes: [2]assess.ClassSelection{
			{Class: "1", Coverage: share(.62)},
			{Class: "0", Coverage: share(.01), ExploredAccuracy: &assess.Interval{Value: .5, Lower: .4, Upper: .6}, Explored: 90},
		}},
	}}
	if _, why := harmOf(m); strings.Contains(why.Plain(), "says nothing") {
		t.Errorf("not known: %s", why.Plain())
	}
	class := "0"
	m.Selection.OneSided = &class
	_, why := harmOf(m)
	for _, want := range []string{
		"Outcomes are known of 1 % of the predictions of 0 and of 62 % of those of 1: all this says nothing of 0 (ModelFeedbackOneSided).",
		"Of the predictions of 0 that were answered otherwise at random, 50 % were right (40 % to 60 %).",
	} {
		if !strings.Contains(strings.ReplaceAll(why.Plain(), "\u00a0", " "), want) {
			t.Errorf("%q lacks %q", why.Plain(), want)
		}
	}
}
