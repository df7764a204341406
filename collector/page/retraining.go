package page

import (
	"github.com/drift-exporter/drift_exporter/collector/page/words"
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// retraining says whether to train a model again, and why.
type retraining struct {
	Word piece // Yes, Not yet, No or Not known
	Why  phrase
}

// retrainingOf returns what is said about training a model again.
func (v *viewer) retrainingOf(m watched) retraining {
	d := m.Decision
	switch {
	case d == nil && m.Reference == nil:
		return retraining{piece{Text: "Not known"}, say("No reference serves this version, so there is nothing to compare it with.")}
	case d == nil:
		return retraining{piece{Text: "Not known"}, say("The prediction log has not been read.")}
	case d.Recommended == nil:
		return retraining{piece{Text: "Not known"}, say("Neither drift nor accuracy has a verdict yet.")}
	}
	var why []phrase
	for _, reason := range d.Reasons.For() {
		why = append(why, say(v.reasonWords(m, reason)))
	}
	says := func(word string) piece { return number("model_retrain_recommended", truth(*d.Recommended), word) }
	switch {
	case *d.Recommended:
		return retraining{says("Yes"), say(sentence(list(why)), excess(m))}
	case d.Superseded:
		return retraining{says("No"), say("A version that was trained later is served.")}
	case len(why) == 0:
		return retraining{says("No"), say("No reason for it has enough evidence.")}
	case !d.Reasons.Suffice():
		return retraining{says("No"), say(sentence(list(why)), "This alone is no reason: it takes a drop of accuracy as well, or one that is estimated.")}
	}
	return retraining{says("Not yet"), say(sentence(list(why)), excess(m), sentence(list(v.against(m))))}
}

// against names what speaks against training a model again.
func (v *viewer) against(m watched) (all []phrase) {
	for _, reason := range m.Decision.Reasons.All() {
		if reason.Against && reason.Holds != nil && *reason.Holds {
			all = append(all, say(v.reasonWords(m, reason.Name)))
		}
	}
	return all
}

// excess says how many errors more than the reference a model has made.
func excess(m watched) phrase {
	x := m.Decision.Excess
	if x == nil || x.Errors < 1 {
		return nil
	}
	if m.Type == value.Regression {
		return say("Its errors add up to ", number("model_excess_errors", x.Errors, words.Count(int64(x.Errors))),
			" more than those of the reference would; one as large as the largest 1 % of those counts 1. ")
	}
	return say("It made ", number("model_excess_errors", x.Errors, words.Count(int64(x.Errors))), " more errors than the reference would have. ")
}

func truth(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}

// reasonWords says what a reason means.
func (v *viewer) reasonWords(m watched, reason string) string {
	r := &v.judgement.Retraining
	switch reason {
	case "significant_drift":
		return "a feature has drifted significantly"
	case "accuracy_dropped":
		if m.Type == value.Regression {
			return "errors are larger than those of the reference"
		}
		return "accuracy is below that of the reference"
	case "accuracy_declining":
		if m.Type == value.Regression {
			return "errors are larger than in its first 1,000 outcomes"
		}
		return "accuracy is lower than in its first 1,000 outcomes"
	case "estimate_low":
		if m.Type == value.Regression {
			return "estimated errors are larger than those of the reference"
		}
		return "estimated accuracy is below that of the reference"
	case "concept_drift":
		return "accuracy is below what the scores promise"
	case "cost_exceeded":
		return "the errors beyond those of the reference have cost more than a training"
	case "too_young":
		return "the training is younger than " + words.Duration(r.MinimumAge)
	case "too_few_labels":
		return "there are fewer than " + words.Plural(r.MinimumLabels, "outcome") + " to learn from"
	default:
		return reason
	}
}

// reasonLine is a line of the table of reasons.
type reasonLine struct {
	Says   string
	Holds  piece
	Rests  phrase // on what
	Parted bool   // the first one that speaks against training
}

// reasonTable shows all reasons, and on what they rest.
type reasonTable struct {
	Lines []reasonLine
	Note  phrase
}

// reasonsOf returns the table of reasons, nil without a verdict.
func (v *viewer) reasonsOf(m watched) *reasonTable {
	d := m.Decision
	if d == nil || d.Recommended == nil {
		return nil
	}
	t, parted := &reasonTable{}, false
	for _, reason := range d.Reasons.All() {
		if reason.Holds == nil && (reason.Name == "cost_exceeded" || reason.Name == "concept_drift" && m.Type == value.Regression) {
			continue // nobody asked, or there is no such thing
		}
		line := reasonLine{Says: words.Capital(v.reasonWords(m, reason.Name)), Holds: piece{Text: "not known"}, Rests: v.rests(m, reason.Name), Parted: reason.Against && !parted}
		parted = parted || reason.Against
		if reason.Holds != nil {
			text := "no"
			if *reason.Holds {
				text = "yes"
			}
			line.Holds = number("model_retrain_reason", truth(*reason.Holds), text).with("reason", reason.Name)
			line.Holds.Strong = *reason.Holds
		}
		t.Lines = append(t.Lines, line)
	}
	if d.Coverage != nil {
		t.Note = say("Of the last 1,000 predictions that are old enough for an outcome, ", percent("model_accuracy_drop_coverage_ratio", *d.Coverage),
			" have one. Below 80\u00a0% nothing is concluded from outcomes.")
	}
	return t
}

// rests says on what a reason rests.
func (v *viewer) rests(m watched, reason string) phrase {
	d, r := m.Decision, &v.judgement.Retraining
	switch reason {
	case "significant_drift":
		return v.farthest(m)
	case "accuracy_dropped":
		metric := "model_accuracy_drop_evidence"
		if m.Type == value.Regression {
			metric = "model_accuracy_drop_loss_evidence"
		}
		return v.evidence(d.Drop, metric)
	case "accuracy_declining":
		return v.evidence(d.Decline, "")
	case "concept_drift":
		return v.evidence(d.Concept, "")
	case "estimate_low":
		p := expectation(m)
		if since := sinceOf(d.EstimateLowSince, v.a.Time); since != nil {
			p = say(since, "; ", p)
		}
		return p
	case "cost_exceeded":
		if d.Excess.Lower <= 0 {
			return say("not more errors than chance explains; a training costs ", words.Small(r.Cost))
		}
		return say("at least ", number("model_excess_errors_lower", d.Excess.Lower, words.Signed(d.Excess.Lower)), " errors that are not chance; a training costs ", words.Small(r.Cost))
	case "too_young":
		if d.TrainingAge == nil {
			return say("the reference does not say when it was made")
		}
		return say("it is ", number("model_training_age_seconds", d.TrainingAge.Seconds(), words.Duration(*d.TrainingAge)), " old")
	case "too_few_labels":
		if d.Labels == nil {
			return say("no outcome is old enough to count")
		}
		return say("there are ", words.Count(*d.Labels))
	default:
		return nil
	}
}

// farthest names the feature that has drifted farthest.
func (v *viewer) farthest(m watched) phrase {
	for _, s := range m.features {
		if s.state() == drifted && s.Test != nil {
			size := corrected(s)
			size.Feature = s.name
			return say(linked(name(s.name), v.link(m, s)), " by ", size, "; it takes 0.5")
		}
	}
	if m.Drifted == nil {
		return say("no feature has a verdict")
	}
	return say("no feature has drifted")
}

// evidence says how much speaks for a rise of the error rate.
func (v *viewer) evidence(r *snapshot.Rise, metric string) phrase {
	if r == nil {
		return say("too few outcomes, or none in the reference")
	}
	seen := piece{Text: words.Signed(r.LogEvidence), Value: words.Exact(r.LogEvidence), Metric: metric}
	p := say(seen, " of the ", words.Small(r.Threshold), " nats that raise an alarm")
	if r.Detected {
		p = say(seen, " nats now; ", words.Small(r.Threshold), " raise the alarm")
	}
	if since := sinceOf(r.Since, v.a.Time); since != nil {
		p = say(since, "; ", p)
	}
	return p
}

// expectation compares what is estimated without outcomes with the reference.
func expectation(m watched) phrase {
	switch e := m.Estimate; {
	case m.ExpectedError != nil:
		return say(errorEstimate(m), beside(m.Reference.MeanAbsoluteError, plainSize))
	case e != nil:
		return say(percent("model_estimated_accuracy", e.Accuracy.Value), beside(m.Reference.Accuracy, words.Percent))
	default:
		return say("there is no estimate")
	}
}

// beside adds the value of the reference, if there is one.
func beside(known *float64, text func(float64) string) phrase {
	if known == nil {
		return nil
	}
	return say("; the reference had ", text(*known))
}

// dropSince says that accuracy has dropped, by the detector of the alert. It is nil if it has not.
func (v *viewer) dropSince(m watched) phrase {
	if m.Decision == nil || m.Decision.Drop == nil || !m.Decision.Drop.Detected {
		return nil
	}
	p := say(number("model_accuracy_drop_detected", 1, "Accuracy has been"), " more than ", words.Points(v.judgement.Retraining.Tolerance)[1:], " below that of the reference ")
	if m.Type == value.Regression {
		p = say(number("model_accuracy_drop_loss_detected", 1, "Errors have been"), " larger than those of the reference ")
	}
	if since := sinceOf(m.Decision.Drop.Since, v.a.Time); since != nil {
		p = say(p, since, ", ")
	}
	return say(p, "beyond what chance explains (", runbook("ModelAccuracyDrop"), "). ")
}
