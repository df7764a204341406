package page

import (
	"strings"
	"testing"

	"github.com/drift-exporter/drift_exporter/collector/assess"
)

func TestThePageSaysWhetherToTrainAgain(t *testing.T) {
	t.Parallel()
	yes, no := true, false
	for _, c := range []struct {
		says string
		of   *assess.Decision
	}{
		{"", nil},
		{"", &assess.Decision{}},
		{"", &assess.Decision{Recommended: &no}},
		{"", &assess.Decision{Recommended: &no, Reasons: assess.Reasons{SignificantDrift: &yes}}},
		{"", &assess.Decision{Recommended: &no, Superseded: true, Reasons: assess.Reasons{AccuracyDropped: &yes, TooFewLabels: &yes}}},
		{
			"Train again: accuracy is below the reference's, the errors so far are worth the cost. It made 120 more errors than the reference would have.",
			&assess.Decision{Recommended: &yes, Reasons: assess.Reasons{AccuracyDropped: &yes, CostExceeded: &yes}, Excess: &assess.Excess{Errors: 120.4}},
		},
		{
			"Do not train again yet: the training is too young, and too few outcomes are known of predictions after it; but accuracy is below the reference's.",
			&assess.Decision{Recommended: &no, Reasons: assess.Reasons{AccuracyDropped: &yes, TooYoung: &yes, TooFewLabels: &yes}},
		},
	} {
		if got := retraining(c.of).Plain(); !strings.HasPrefix(got, c.says) || c.says == "" && got != "" {
			t.Errorf("%+v: %q, want %q", c.of, got, c.says)
		}
	}
}
