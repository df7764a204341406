package page

import (
	"time"

	"github.com/drift-exporter/drift_exporter/collector/assess"
	"github.com/drift-exporter/drift_exporter/collector/drift"
	"github.com/drift-exporter/drift_exporter/collector/page/words"
)

// runbooks is the address of the runbooks. Each has the name of its alert.
const runbooks = "https://github.com/drift-exporter/drift_exporter/blob/main/deploy/runbooks/"

func runbook(alert string) piece { return piece{Text: alert, Link: runbooks + alert + ".md"} }

// The shares of a window at which the alerts fire.
const (
	missingAbove    = 0.02
	unseenAbove     = 0.01
	outOfRangeAbove = 0.01
	manyFeatures    = 3
)

// steps says what to do about a model, the most important step first. There are no steps if all
// is well.
func (v *viewer) steps(m watched, hurts bool) (steps []phrase) {
	if v.a.Reading {
		return []phrase{say("Wait: this request took as long as it may, and the next one goes on reading where it stopped. If that does not end: ", runbook("PredictionLogUnreadable"), ".")}
	}
	if v.a.Error != "" {
		return []phrase{say("Find out why the log cannot be read: ", runbook("PredictionLogUnreadable"), ".")}
	}
	if m.Reference == nil {
		return []phrase{say("Give this version a reference: ", runbook("ModelReferenceMissing"), ".")}
	}
	if n, tooFew := few(m); n == 0 && m.Freshness != nil {
		steps = append(steps, say("Send it predictions, or have its service write them to this log under this name: ", runbook("PredictionLogStale"), "."))
	} else if tooFew {
		steps = append(steps, say("Wait for ", words.Plural(drift.MinPredictions-n, "more prediction"), ": fewer say too little."))
	}
	if p := m.Performance; p != nil && p.Samples == 0 && m.Freshness != nil && m.Freshness.Predictions > 0 {
		steps = append(steps, say("Send what really happened, by /feedback or drift_exporter outcomes. Until then nobody knows how right it is: ", runbook("ModelFeedbackStopped"), "."))
	}
	if p, r := m.Performance, m.Regression; p != nil && p.Accuracy != nil && m.Reference.Accuracy == nil || r != nil && r.MeanAbsoluteError != nil && m.Reference.MeanAbsoluteError == nil {
		steps = append(steps, say("Make the reference again from rows with outcomes: without them nobody knows what is normal for the errors."))
	}
	if f := m.Freshness; f != nil && f.Newest != nil && v.a.Time.Sub(*f.Newest) > staleAfter {
		steps = append(steps, say("The last prediction came ", ago(*f.Newest, v.a.Time), ". Is the model still asked? ", runbook("PredictionLogStale"), "."))
	}
	for _, check := range []struct {
		is    func(*assess.Quality) bool
		what  string
		alert string
	}{
		{isMissing, "values are missing in ", "ModelFeatureMissingValues"},
		{isUnseen, "values that the reference does not have are in ", "ModelFeatureUnseenValues"},
		{isOutOfRange, "numbers beyond those of the reference are in ", "ModelFeatureOutOfRange"},
	} {
		if found := v.having(m, check.is); found != nil {
			steps = append(steps, say("Check the source of the data: ", check.what, found, ". ", runbook(check.alert), "."))
		}
	}
	if m.Drifted != nil && m.Drifted.Features > 0 {
		first := m.features[0]
		steps = append(steps, say("See ", linked(piece{Text: "which values changed"}, v.link(m, first)), " in ", name(first.name), ", which changed most. ",
			cause(m.Drifted.Features), " ", runbook("ModelFeatureDrift"), "."))
	}
	if p := m.Predictions; p != nil && p.Detected != nil && *p.Detected {
		steps = append(steps, say("The answers have shifted, too: ", runbook("ModelPredictionShift"), "."))
	}
	if hurts {
		steps = append(steps, say("Have people decide, or roll back: ", runbook("ModelAccuracyDrop"), "."))
	}
	if p := v.worstSlice(m); p != nil {
		steps = append(steps, p)
	}
	if p := promotion(m); p != nil {
		steps = append(steps, p)
	}
	if d := m.Decision; d != nil && d.Recommended != nil && *d.Recommended {
		steps = append(steps, say("Train again on rows with recent outcomes: ", runbook("ModelRetrainRecommended"), "."))
	}
	return steps
}

func cause(features int) string {
	if features < manyFeatures {
		return "Few features point to one source of data, or one caller."
	}
	return "Many features together point to other customers, another season or a new channel."
}

func isMissing(q *assess.Quality) bool {
	return q.ReferenceMissing != nil && q.Missing > *q.ReferenceMissing+missingAbove
}

func isUnseen(q *assess.Quality) bool {
	return q.Unseen != nil && q.ReferenceUnseen != nil && *q.Unseen > unseenAbove+2**q.ReferenceUnseen
}

func isOutOfRange(q *assess.Quality) bool {
	return q.OutOfRange != nil && *q.OutOfRange > outOfRangeAbove
}

// mostNamed is the maximum number of features that a sentence names.
const mostNamed = 3

// having names the features for whose quality "is" returns true. It returns nil if there are
// none.
func (v *viewer) having(m watched, is func(*assess.Quality) bool) phrase {
	var found []phrase
	more := int64(0)
	for _, s := range m.features {
		switch {
		case s.feature == nil || s.feature.Quality == nil || !is(s.feature.Quality):
		case len(found) < mostNamed:
			found = append(found, say(linked(name(s.name), v.link(m, s))))
		default:
			more++
		}
	}
	if more > 0 {
		found = append(found, say(words.Count(more), " more"))
	}
	return list(found)
}

// quality says what is unusual about the values of a feature. It returns nil if nothing is.
func quality(q *assess.Quality) (all []phrase) {
	if q == nil {
		return nil
	}
	if q.Missing > 0 {
		p := say(percent("feature_missing_ratio", q.Missing), " missing")
		if q.ReferenceMissing != nil && *q.ReferenceMissing > 0 {
			p = say(p, " (reference ", percent("feature_reference_missing_ratio", *q.ReferenceMissing), ")")
		}
		all = append(all, p)
	}
	if q.Unseen != nil && *q.Unseen > 0 {
		p := say(percent("feature_unseen_ratio", *q.Unseen), " not in the reference")
		if q.ReferenceUnseen != nil && *q.ReferenceUnseen > 0 {
			p = say(p, " (expected ", percent("feature_reference_unseen_ratio", *q.ReferenceUnseen), ")")
		}
		all = append(all, p)
	}
	if q.OutOfRange != nil && *q.OutOfRange > 0 {
		all = append(all, say(percent("feature_out_of_range_ratio", *q.OutOfRange), " out of range"))
	}
	if q.Invalid > 0 {
		all = append(all, say(percent("feature_invalid_ratio", q.Invalid), " of the wrong type"))
	}
	return all
}

// sinceOf says since when something has drifted. It returns nil if that is not known.
func sinceOf(since *time.Time, now time.Time) phrase {
	if since == nil {
		return nil
	}
	return say("since ", when(*since, now), ", ", words.Duration(now.Sub(*since)))
}
