package page

import (
	"time"

	"github.com/drift-exporter/drift_exporter/collector/assess"
	"github.com/drift-exporter/drift_exporter/collector/page/words"
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
)

// facts returns the numbers by which a model is judged.
func (v *viewer) facts(m watched) (all []fact) {
	add := func(term string, value, note phrase) {
		if value != nil {
			all = append(all, fact{term, value, note})
		}
	}
	add(v.window(m))
	add(v.last(m))
	add(accuracy(m))
	add(meanError(m))
	add(matured(m))
	add(estimate(m))
	add(expectedError(m))
	add(surprise(m))
	add(coverage(m))
	add(shift(m))
	add(v.reference(m))
	return all
}

func (v *viewer) window(m watched) (term string, value, note phrase) {
	f := m.Freshness
	if f == nil {
		return "Window", nil, nil
	}
	value = say(count("model_window_predictions", f.Predictions), " predictions")
	if f.Age != nil {
		note = say("the oldest is ", number("model_window_age_seconds", f.Age.Seconds(), words.Duration(*f.Age)), " old")
	}
	return "Window", value, note
}

func (v *viewer) last(m watched) (term string, value, note phrase) {
	if m.Freshness == nil || m.Freshness.Newest == nil {
		return "Last prediction", nil, nil
	}
	at := *m.Freshness.Newest
	return "Last prediction", say(ago(at, v.a.Time)), say(when(at, v.a.Time))
}

func accuracy(m watched) (term string, value, note phrase) {
	term = "Accuracy"
	if m.Performance == nil {
		return term, nil, nil
	}
	a := m.Performance.Accuracy
	if a == nil {
		return term, say("not known"), say("no outcome has come")
	}
	note = say(between("model_accuracy", a), ", of the ", count("model_accuracy_samples", m.Performance.Samples), " newest outcomes")
	return term, say(percent("model_accuracy", a.Value)), note
}

func matured(m watched) (term string, value, note phrase) {
	term = "Accuracy once outcomes are in"
	c := m.Matured
	if c == nil || c.Coverage == nil || m.Performance == nil {
		return term, nil, nil
	}
	note = say("of predictions older than ", number("model_label_maturity_seconds", c.Age.Seconds(), words.Duration(c.Age)), ", ",
		percent("model_matured_coverage_ratio", *c.Coverage), " of which have their outcome")
	if c.Accuracy == nil {
		return term, say("not known"), note
	}
	return term, say(percent("model_matured_accuracy", c.Accuracy.Value)), say(between("model_matured_accuracy", c.Accuracy), ", ", note)
}

// methods are short descriptions of the ways to estimate.
var methods = map[string]string{
	snapshot.Calibrated: "from how often the reference was right at such scores",
	snapshot.CBPE:       "from the scores alone, taken as probabilities",
}

func estimate(m watched) (term string, value, note phrase) {
	term = "Estimated accuracy"
	if m.Estimate == nil {
		return term, nil, nil
	}
	a := &m.Estimate.Accuracy
	return term, say(percent("model_estimated_accuracy", a.Value)), say(between("model_estimated_accuracy", a), ", ", methods[m.Estimate.Method])
}

func surprise(m watched) (term string, value, note phrase) {
	term = "Accuracy less its estimate"
	if m.Surprise == nil {
		return term, nil, nil
	}
	points := func(metric string, x float64) piece { return number(metric, x, words.Points(x)) }
	return term, say(points("model_accuracy_surprise", m.Surprise.Value)),
		say(points("model_accuracy_surprise_lower", m.Surprise.Lower), " to ", points("model_accuracy_surprise_upper", m.Surprise.Upper), ", of the predictions with an outcome")
}

func coverage(m watched) (term string, value, note phrase) {
	if m.Coverage == nil {
		return "Outcomes", nil, nil
	}
	return "Outcomes", say(percent("model_feedback_coverage_ratio", *m.Coverage)), say("of the window have one")
}

func shift(m watched) (term string, value, note phrase) {
	term = "Shift of the answers"
	p := m.Predictions
	if p == nil {
		return term, nil, nil
	}
	if p.Score != nil && p.Score.KL != nil {
		value = say(number("prediction_distribution_shift", *p.Score.KL, words.Nats(*p.Score.KL)))
		note = say("of the score, sampling noise included")
	}
	if p.Class != nil && p.Class.KL != nil {
		class := say(number("prediction_class_shift", *p.Class.KL, words.Nats(*p.Class.KL)))
		if value == nil {
			return term, class, say("of the class, sampling noise included")
		}
		note = say(note, "; of the class ", class)
	}
	return term, value, note
}

func (v *viewer) reference(m watched) (term string, value, note phrase) {
	term = "Reference"
	r := m.Reference
	if r == nil {
		return term, say("none"), say("serves this version")
	}
	value = say(count("model_reference_samples", r.Rows), " rows")
	note = say(name(words.Short(source(r), 40)))
	if r.Created != nil {
		note = say(note, ", made ", piece{Text: words.Day(*r.Created), Title: words.Clock(*r.Created), Time: r.Created.UTC().Format(time.RFC3339Nano)}, ", ", ago(*r.Created, v.a.Time))
	}
	return term, value, say(note, ", hash ", name(r.Hash))
}

// source says in a few words where a reference came from.
func source(r *assess.Reference) string {
	if r.Origin != "" {
		return r.Origin
	}
	if r.Source != "" {
		return r.Source
	}
	return "of unknown origin"
}
