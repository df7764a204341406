package page

import (
	"strings"

	"github.com/drift-exporter/drift_exporter/collector/assess"
	"github.com/drift-exporter/drift_exporter/collector/page/words"
)

// reasonWords are the reasons to retrain as sentences say them.
var reasonWords = map[string]string{
	"significant_drift": "a feature has drifted far", "accuracy_dropped": "accuracy is below the reference's", "accuracy_declining": "accuracy is lower than at first",
	"estimate_low": "the scores promise less accuracy than the reference had", "concept_drift": "accuracy is below what the scores promise",
	"cost_exceeded": "the errors so far are worth the cost",
}

// retraining says whether to retrain, and why or why not yet. It is nil if nothing speaks for it.
func retraining(d *assess.Decision) phrase {
	if d == nil || d.Recommended == nil {
		return nil
	}
	var why []string
	for _, reason := range d.Reasons.For() {
		why = append(why, reasonWords[reason])
	}
	switch {
	case *d.Recommended:
		p := say("Train again: ", strings.Join(why, ", "), ". ")
		if x := d.Excess; x != nil && x.Errors >= 1 {
			p = say(p, "It made ", number("model_excess_errors", x.Errors, words.Count(int64(x.Errors))), " more errors than the reference would have. ")
		}
		return say(p, runbook("ModelRetrainRecommended"), ".")
	case len(why) == 0 || d.Superseded:
		return nil
	}
	var wait []string
	if r := d.Reasons.TooYoung; r != nil && *r {
		wait = append(wait, "the training is too young")
	}
	if r := d.Reasons.TooFewLabels; r != nil && *r {
		wait = append(wait, "too few outcomes are known of predictions after it")
	}
	if wait == nil {
		return nil // One reason alone does not suffice.
	}
	return say("Do not train again yet: ", strings.Join(wait, ", and "), "; but ", strings.Join(why, ", "), ".")
}
