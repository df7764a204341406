package page

import (
	"github.com/drift-exporter/drift_exporter/collector/assess"
	"github.com/drift-exporter/drift_exporter/collector/page/words"
)

// size formats an error in the unit of the outcome.
func size(metric string, x float64) piece {
	return number(metric, x, plainSize(x))
}

// betweenErrors formats the interval of an error, of which the ends may be unknown.
func betweenErrors(metric string, i *assess.ErrorInterval) phrase {
	if i.Lower == nil || i.Upper == nil {
		return say("too few outcomes for an interval")
	}
	return say(size(metric+"_lower", *i.Lower), " to ", size(metric+"_upper", *i.Upper))
}

// harmOfRegression is harm for a model that predicts numbers.
func harmOfRegression(m watched) (word string, why phrase) {
	r := m.Regression
	switch {
	case r == nil:
		return "Not known", say(silent(m))
	case r.MeanAbsoluteError == nil:
		return "Not known", say("No outcome has come for any of its predictions. ", estimatedError(m))
	}
	e := r.MeanAbsoluteError
	why = say("The predictions whose outcomes came last, ", count("model_error_samples", r.Samples), " of them, were wrong by ",
		size("model_mean_absolute_error", e.Value), " on average (", betweenErrors("model_mean_absolute_error", e), ")")
	var known *float64
	if m.Reference != nil {
		known = m.Reference.MeanAbsoluteError
	}
	switch {
	case known == nil:
		word, why = "Not known", say(why, ". The reference has no outcomes to compare that with. ")
	case e.Lower == nil || e.Upper == nil:
		word, why = "Not known", say(why, "; on the reference it was ", plainSize(*known), ". ")
	case *e.Lower > *known:
		word, why = "Yes", say(why, "; on the reference it was ", plainSize(*known), ". ")
	case *e.Upper < *known:
		word, why = "No", say(why, "; on the reference it was ", plainSize(*known), ". ")
	default:
		word, why = "Not that it shows", say(why, "; the ", plainSize(*known), " of the reference lie within that. ")
	}
	if s := m.ErrorSurprise; s != nil && s.Lower > 0 {
		why = say(why, "It errs more than its predicted values lead one to expect, by ", size("model_mean_absolute_error_surprise", s.Value),
			": what was learnt holds less than before. ")
	}
	return word, say(why, estimatedError(m))
}

func plainSize(x float64) string { return words.Number(x, 3) }

// estimatedError returns the estimated error without outcomes. Without an estimate it returns
// nothing.
func estimatedError(m watched) phrase {
	if m.ExpectedError == nil {
		return nil
	}
	e := m.ExpectedError
	return say("Going by its predicted values, the window is wrong by ", size("model_estimated_mean_absolute_error", e.Value), " on average (",
		size("model_estimated_mean_absolute_error_lower", e.Lower), " to ", size("model_estimated_mean_absolute_error_upper", e.Upper), "), as long as it errs as it did.")
}

func meanError(m watched) (term string, value, note phrase) {
	term = "Mean absolute error"
	if m.Regression == nil {
		return term, nil, nil
	}
	e := m.Regression.MeanAbsoluteError
	if e == nil {
		return term, say("not known"), say("no outcome has come")
	}
	note = say(betweenErrors("model_mean_absolute_error", e), ", of the ", count("model_error_samples", m.Regression.Samples), " newest outcomes")
	if bias := m.Regression.MeanError; bias != nil {
		note = say(note, "; bias ", size("model_mean_error", bias.Value))
	}
	return term, say(size("model_mean_absolute_error", e.Value)), note
}

// errorEstimate returns the estimated error alone.
func errorEstimate(m watched) piece {
	return size("model_estimated_mean_absolute_error", m.ExpectedError.Value)
}

func expectedError(m watched) (term string, value, note phrase) {
	term = "Estimated mean absolute error"
	e := m.ExpectedError
	if e == nil {
		return term, nil, nil
	}
	return term, say(size("model_estimated_mean_absolute_error", e.Value)), say(size("model_estimated_mean_absolute_error_lower", e.Lower), " to ",
		size("model_estimated_mean_absolute_error_upper", e.Upper), ", from how large the errors of the reference were at such values")
}
