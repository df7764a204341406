package page

import (
	"github.com/drift-exporter/drift_exporter/collector/assess"
	"github.com/drift-exporter/drift_exporter/collector/page/words"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// harm says whether a model makes more errors than on its reference, in one word and in
// sentences. It does if the alert on accuracy is on, whatever the newest outcomes say.
func (v *viewer) harm(m watched) (word string, why phrase) {
	word, why = harmOf(m)
	if dropped := v.dropSince(m); dropped != nil {
		return "Yes", say(dropped, why)
	}
	return word, why
}

// harmOf uses the outcomes if there are any, and the scores otherwise.
func harmOf(m watched) (word string, why phrase) {
	if m.Type == value.Regression {
		return harmOfRegression(m)
	}
	p := m.Performance
	switch {
	case p == nil:
		return "Not known", say(silent(m))
	case p.Accuracy == nil:
		return "Not known", say("No outcome has come for any of its predictions. ", estimated(m))
	}
	why = say(percent("model_accuracy", p.Accuracy.Value), " of the ", count("model_accuracy_samples", p.Samples),
		" predictions whose outcomes came last were right (", between("model_accuracy", p.Accuracy), ")")
	var known *float64
	if m.Reference != nil {
		known = m.Reference.Accuracy
	}
	switch {
	case known == nil:
		word, why = "Not known", say(why, ". The reference has no outcomes to compare that with. ")
	case p.Accuracy.Upper < *known:
		word, why = "Yes", say(why, "; on the reference it was ", words.Percent(*known), ". ")
	case p.Accuracy.Lower > *known:
		word, why = "No", say(why, "; on the reference it was ", words.Percent(*known), ". ")
	default:
		word, why = "Not that it shows", say(why, "; the ", words.Percent(*known), " of the reference lie within that. ")
	}
	if s := m.Surprise; s != nil && s.Upper < 0 {
		why = say(why, "It is right less often than its scores say, by ", number("model_accuracy_surprise", s.Value, words.Points(-s.Value)[1:]),
			": what was learnt holds less than before. ")
	}
	why = say(why, unseen(m))
	return word, say(why, estimated(m))
}

// silent says why there are no numbers of a model, not even how many outcomes it has.
func silent(m watched) string {
	if m.Freshness == nil {
		return "The prediction log has not been read."
	}
	return "There are no predictions, so there are no outcomes."
}

// unseen says that outcomes of one predicted class hardly come, and what is known of it from
// predictions that were answered with the other class at random.
func unseen(m watched) phrase {
	s := m.Selection
	if s == nil || s.OneSided == nil || *s.OneSided == "" {
		return nil
	}
	seen, hardly := &s.Classes[0], &s.Classes[1]
	if *s.OneSided == seen.Class {
		seen, hardly = hardly, seen
	}
	const coverage, explored = "model_feedback_class_coverage_ratio", "model_explored_accuracy"
	what := say("Outcomes are known of ", percent(coverage, *hardly.Coverage), " of the predictions of ", name(hardly.Class), " and of ",
		percent(coverage, *seen.Coverage), " of those of ", name(seen.Class), ": all this says nothing of ", name(hardly.Class), " (", runbook("ModelFeedbackOneSided"), "). ")
	if a := hardly.ExploredAccuracy; a != nil {
		what = say(what, "Of the predictions of ", name(hardly.Class), " that were answered otherwise at random, ", percent(explored, a.Value), " were right (",
			between(explored, a), "). ")
	}
	return what
}

// between formats the interval of a share. The metrics with the suffixes _lower and _upper export
// its ends.
func between(metric string, i *assess.Interval) phrase {
	return say(percent(metric+"_lower", i.Lower), " to ", percent(metric+"_upper", i.Upper))
}

// estimated returns the estimated accuracy without outcomes. Without scores it returns nothing.
func estimated(m watched) phrase {
	if m.Estimate == nil {
		return nil
	}
	return say("Going by its scores, ", percent("model_estimated_accuracy", m.Estimate.Accuracy.Value), " of the window are right (",
		between("model_estimated_accuracy", &m.Estimate.Accuracy), "), as long as scores mean what they did.")
}
