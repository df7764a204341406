package page

import (
	_ "embed"
	"encoding/json"
	"net/http"
	"slices"

	"github.com/drift-exporter/drift_exporter/collector/assess"
)

//go:embed drift.schema.json
var schema []byte

// Schema returns the JSON Schema (draft 2020-12) of /api/v1/drift.
func Schema() []byte { return slices.Clone(schema) }

func serveSchema(w http.ResponseWriter, _ *http.Request) {
	header(w, "application/schema+json", nothing)
	_, _ = w.Write(schema)
}

// nothing is the content security policy of answers that are not pages.
const nothing = "default-src 'none'"

// json answers with an assessment of all models, of the requested models, or of one subject with
// its history.
func (s *server) json(w http.ResponseWriter, r *http.Request) {
	c, err := choose(r)
	if err != nil {
		problem(w, err)
		return
	}
	v, err := s.viewer(r, c, s.Judgement.Of)
	if err != nil {
		problem(w, err)
		return
	}
	a, err := v.answer(c, s.LastValues)
	if err != nil {
		problem(w, err)
		return
	}
	text, err := json.Marshal(a)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	header(w, "application/json", nothing)
	_, _ = w.Write(append(text, '\n'))
}

// answer returns the requested part of an assessment.
func (v *viewer) answer(c choice, lastValues bool) (*assess.Assessment, error) {
	a := *v.a
	a.Models = []assess.Model{}
	chosen, err := v.models(c)
	if err != nil {
		return nil, err
	}
	if c.kind != "" {
		m, s, err := v.subject(c)
		if err != nil {
			return nil, err
		}
		a.Models = []assess.Model{v.only(m, s)}
	} else {
		for _, m := range chosen {
			one := *m.Model
			if !c.anyModel {
				trace(&one, m)
			}
			a.Models = append(a.Models, one)
		}
	}
	if !lastValues {
		for i := range a.Models {
			a.Models[i].Features = slices.Clone(a.Models[i].Features)
			for j := range a.Models[i].Features {
				a.Models[i].Features[j].Last = nil
			}
		}
	}
	return &a, nil
}

// trace adds what only the page of a model shows: its accuracy over time, and its outcomes by score,
// class or error.
func trace(one *assess.Model, m watched) {
	if m.Performance != nil {
		p := *m.Performance
		p.Trail, p.Calibration, p.Pairs = assess.AccuracyTrailOf(m.of), assess.CalibrationOf(m.of), assess.PairsOf(m.of)
		one.Performance = &p
	}
	if m.Regression != nil {
		r := *m.Regression
		r.Errors, r.AbsoluteErrors = assess.ErrorsOf(m.of), assess.AbsoluteErrorsOf(m.of)
		one.Regression = &r
	}
}

// only returns a model with one subject, its history and its fine bins.
func (v *viewer) only(m watched, s *subject) assess.Model {
	one := *m.Model
	trace(&one, m)
	trail, fine := v.trailOf(s), assess.FineOf(m.of, s.of)
	if s.kind == ofFeature {
		f := *s.feature
		f.Trail, f.Fine = trail, fine
		one.Features = []assess.Feature{f}
		return one
	}
	one.Features = []assess.Feature{}
	p := *one.Predictions
	if s.at == 0 {
		score := *p.Score
		score.Trail, score.Fine = trail, fine
		p.Score, p.Class = &score, nil
	} else {
		class := *p.Class
		class.Trail = trail
		p.Score, p.Class = nil, &class
	}
	one.Predictions = &p
	return one
}

// problem answers with what is wrong with a request, in the form of RFC 9457.
func problem(w http.ResponseWriter, err error) {
	code := status(err)
	text, _ := json.Marshal(map[string]any{"title": http.StatusText(code), "status": code, "detail": err.Error()}) // texts and a number
	header(w, "application/problem+json", nothing)
	w.WriteHeader(code)
	_, _ = w.Write(append(text, '\n'))
}
