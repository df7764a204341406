package page

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/drift-exporter/drift_exporter/collector/assess"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

func TestThePageSaysWhetherToTrainAgain(t *testing.T) {
	t.Parallel()
	yes, no := true, false
	v := viewer{judgement: assess.Judgement{Retraining: assess.Retraining{MinimumAge: 7 * 24 * time.Hour, MinimumLabels: 500}}}
	known := &assess.Reference{}
	for _, c := range []struct {
		says      string
		kind      value.Prediction
		reference *assess.Reference
		of        *assess.Decision
	}{
		{says: "Not known: No reference serves this version"},
		{says: "Not known: The prediction log has not been read.", reference: known},
		{says: "Not known: Neither drift nor accuracy has a verdict yet.", of: &assess.Decision{}},
		{says: "No: No reason for it has enough evidence.", of: &assess.Decision{Recommended: &no}},
		{
			says: "No: A feature has drifted significantly. This alone is no reason",
			of:   &assess.Decision{Recommended: &no, Reasons: assess.Reasons{SignificantDrift: &yes, TooFewLabels: &yes}},
		},
		{
			says: "No: A version that was trained later is served.",
			of:   &assess.Decision{Recommended: &no, Superseded: true, Reasons: assess.Reasons{AccuracyDropped: &yes, TooFewLabels: &yes}},
		},
		{
			says: "Yes: Accuracy is below that of the reference and the errors beyond those of the reference have cost more than a training. It made 120 more errors than the reference would have. ",
			of:   &assess.Decision{Recommended: &yes, Reasons: assess.Reasons{AccuracyDropped: &yes, CostExceeded: &yes}, Excess: &assess.Excess{Errors: 120.4}},
		},
		{
			says: "Not yet: Accuracy is below that of the reference. The training is younger than 7 days and there are fewer than 500 outcomes to learn from. ",
			of:   &assess.Decision{Recommended: &no, Reasons: assess.Reasons{AccuracyDropped: &yes, TooYoung: &yes, TooFewLabels: &yes}},
		},
		{
			says: "Yes: Errors are larger than those of the reference. ", kind: value.Regression,
			of: &assess.Decision{Recommended: &yes, Reasons: assess.Reasons{AccuracyDropped: &yes}},
		},
	} {
		got := v.retrainingOf(watched{Model: &assess.Model{Decision: c.of, Type: c.kind, Reference: c.reference}})
		if text := strings.ReplaceAll(got.Word.Text+": "+got.Why.Plain(), "\u00a0", " "); !strings.HasPrefix(text, c.says) {
			t.Errorf("%+v: %q, want %q", c.of, text, c.says)
		}
	}
}

// A regression has losses instead of errors: its numbers are those of the metrics, too.
func TestADropOfARegressionIsShown(t *testing.T) {
	t.Parallel()
	s := ofType(t, value.Regression, 300)
	body := ask(t, options(s), "/drift").Body.String()
	contains(t, body, "Errors have been larger than those of the reference since", "Errors are larger than those of the referenceyessince", "nats now; 14 raise the alarm")
	lacks(t, body, "what the scores promise", "slice")
	compareDecision(t, decoded(t, options(s), "model", "m"), exported(t, s))
	holds(t, options(s), at("/api/v1/drift", "model", "m"))
}

// contains tests that a page has texts.
func contains(t *testing.T, page string, want ...string) {
	t.Helper()
	text := strings.ReplaceAll(textOf(t, page), "\u00a0", " ")
	for _, w := range want {
		if !strings.Contains(text, w) {
			t.Errorf("no %q in\n%s", w, text)
		}
	}
}

// lacks tests that a page does not have texts.
func lacks(t *testing.T, page string, bad ...string) {
	t.Helper()
	text := strings.ReplaceAll(textOf(t, page), "\u00a0", " ")
	for _, b := range bad {
		if strings.Contains(text, b) {
			t.Errorf("%q is in\n%s", b, text)
		}
	}
}

// A model without drift whose accuracy has dropped looks like no good news.
func TestADropWithoutDriftIsTheHeadline(t *testing.T) {
	t.Parallel()
	regression := ofType(t, value.Regression, 300)
	contains(t, ask(t, options(regression), "/drift").Body.String(), "▲ m 1: No feature has drifted, but its errors have grown")
	now := *regression.Snapshot(t.Context())
	other := now.Models[0]
	other.Name = "n"
	now.Models = append(slices.Clone(now.Models), other)
	contains(t, ask(t, options(still{&now}), "/drift").Body.String(), "▲ 2 of 2 served model versions have drifted or lost accuracy")
}
