package collector

import (
	"testing"

	"github.com/drift-exporter/drift_exporter/collector/snapshot"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

func TestSelectiveLabelsPage(t *testing.T) {
	t.Parallel()
	golden(t, selectiveLabels{})
}

func TestOnlyBinaryModelsHaveTwoSides(t *testing.T) {
	t.Parallel()
	for _, kind := range []value.Prediction{value.Multiclass, value.Regression} {
		m := snapshot.Model{Type: kind, Counters: predictionlog.NewCounters(), Coverage: &snapshot.Coverage{Rows: 10, Labelled: 5}}
		if got := samples(t, selectiveLabels{}, one(m)); len(got) != 0 {
			t.Errorf("%s: %q", kind, got)
		}
	}
}

func TestOutcomesOfOneClassOnlyAreSaid(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		coverage snapshot.Coverage
		want     string
	}{
		{snapshot.Coverage{Rows: 1000, Labelled: 301, Positive: 600, PositiveLabelled: 300}, "1"}, // 1 of 200 to be expected
		{snapshot.Coverage{Rows: 1000, Labelled: 320, Positive: 600, PositiveLabelled: 300}, "0"}, // a tenth
		{snapshot.Coverage{Rows: 1000, Labelled: 319, Positive: 600, PositiveLabelled: 300}, "1"},
		{snapshot.Coverage{Rows: 1000, Labelled: 200, Positive: 600, PositiveLabelled: 0}, "1"}, // the other way round
		{snapshot.Coverage{Rows: 1000, Labelled: 15, Positive: 600, PositiveLabelled: 15}, "1"}, // 10 to be expected
		{snapshot.Coverage{Rows: 1000, Labelled: 14, Positive: 600, PositiveLabelled: 14}, ""},
		{snapshot.Coverage{Rows: 1000, Labelled: 0, Positive: 600}, ""},
		{snapshot.Coverage{Rows: 1000, Labelled: 900, Positive: 1000, PositiveLabelled: 900}, ""}, // no prediction of the other
	} {
		got := samples(t, selectiveLabels{}, one(snapshot.Model{Counters: predictionlog.NewCounters(), Coverage: &test.coverage}))
		if test.want == "" {
			lacks(t, got, "model_feedback_one_sided")
			continue
		}
		contains(t, got, `model_feedback_one_sided{model="m",version="v"} `+test.want)
	}
}
