package main

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/drift-exporter/drift_exporter/collector/drift"
	"github.com/drift-exporter/drift_exporter/collector/reference"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

const (
	late    = 40   // ticks until the outcome of a prediction is known: ten minutes
	fitted  = 7000 // rows of a reference, without those that were held out
	heldOut = 3000
	shifted = 2  // standard deviations of a feature that drifts
	spoiled = .3 // share of the outcomes that are others
)

var begin = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)

// stream is a prediction log that is made while it is read: a prediction in each tick, and its
// outcome ten minutes later.
type stream struct {
	random  *rand.Rand
	predict value.Prediction
	// drifts and worse are the ticks from which a feature that means nothing is elsewhere, and from
	// which some outcomes are others.
	drifts, worse int

	tick int    // number of ticks that have passed
	rows []made // those whose outcome may still be asked for, a ring
}

// made is one prediction and what comes of it.
type made struct {
	income, noise  float64
	state          string
	score          float64 // of a regression the predicted number
	class, outcome string
	truth          float64 // of a regression
}

// next makes one prediction and its outcome.
func (s *stream) next() (m made) {
	r := s.random
	m.income, m.noise, m.state = math.Round(1000*r.NormFloat64())/1000, math.Round(1000*r.NormFloat64())/1000, []string{"CA", "NY", "TX"}[r.IntN(3)]
	if s.tick >= s.drifts {
		m.noise += shifted
	}
	wrong := s.tick >= s.worse && r.Float64() < spoiled
	switch s.predict {
	case value.Regression:
		m.score = 100 + 20*m.income
		m.truth = m.score + 10*r.NormFloat64()
		if wrong {
			m.truth += 30
		}
		m.outcome = strconv.FormatFloat(m.truth, 'g', -1, 64)
	case value.Multiclass:
		m.score = .55 + .4*r.Float64()
		class := min(r.IntN(3), r.IntN(3))
		m.class, m.outcome = classes[class], classes[class]
		if wrong || r.Float64() > m.score {
			m.outcome = classes[(class+1+r.IntN(2))%3]
		}
	default:
		m.score = 1 / (1 + math.Exp(-1.5*m.income))
		m.class, m.outcome = "0", "0"
		if m.score >= .5 {
			m.class = "1"
		}
		if (r.Float64() < m.score) != wrong {
			m.outcome = "1"
		}
	}
	return m
}

var classes = []string{"bad", "good", "unknown"}

// reference makes a reference of the same traffic.
func (s *stream) reference() (*reference.Reference, error) {
	const n = fitted + heldOut
	income := reference.Column{Name: "income", Type: reference.Numeric}
	noise := reference.Column{Name: "noise", Type: reference.Numeric}
	state := reference.Column{Name: "state", Type: reference.Categorical}
	held := &reference.HeldOut{}
	for i := range n {
		m := s.next()
		income.Numbers, noise.Numbers, state.Texts = append(income.Numbers, m.income), append(noise.Numbers, m.noise), append(state.Texts, m.state)
		if i < fitted {
			continue
		}
		held.Index, held.Score = append(held.Index, i), append(held.Score, m.score)
		if s.predict == value.Regression {
			held.Truth = append(held.Truth, m.truth)
		} else {
			held.Predicted, held.Actual = append(held.Predicted, m.class), append(held.Actual, m.outcome)
		}
	}
	return reference.Build([]reference.Column{income, noise, state}, held, reference.BuildOptions{
		Model: "m", Version: "1", Type: s.predict, Positive: "1", Created: begin.Add(-30 * 24 * time.Hour),
	})
}

// pass lets a tick pass.
func (s *stream) pass() {
	if s.rows == nil {
		s.rows = make([]made, late+2*minute)
	}
	s.rows[s.tick%len(s.rows)] = s.next()
	s.tick++
}

// now is the end of the last tick.
func (s *stream) now() time.Time { return begin.Add(time.Duration(s.tick) * drift.TickLength) }

// at is the time of a prediction.
func (*stream) at(id int64) int64 {
	return begin.Add(drift.TickLength * time.Duration(id)).UnixNano()
}

// State has ids from 0 on.
func (s *stream) State(context.Context) (predictionlog.State, error) {
	high := predictionlog.UpTo{Predictions: int64(s.tick) - 1, Feedback: int64(max(0, s.tick-late)) - 1, Errors: -1}
	return predictionlog.State{LogID: "stream", HighWater: high, TotalsUpTo: predictionlog.UpTo{Predictions: -1, Feedback: -1, Errors: -1}}, nil
}

// Totals are empty: nothing is summed.
func (s *stream) Totals(context.Context, predictionlog.UpTo) (predictionlog.Totals, error) {
	return predictionlog.Totals{UpTo: predictionlog.UpTo{Predictions: -1, Feedback: -1, Errors: -1}, Counters: map[predictionlog.Key]*predictionlog.Counters{}}, nil
}

func (s *stream) row(id int64) predictionlog.Row {
	m := &s.rows[int(id)%len(s.rows)]
	return predictionlog.Row{
		ID: id, Time: s.at(id), Model: "m", Version: "1", Score: m.score, HasScore: true, Class: m.class, Latency: 1e6,
		Features: fmt.Appendf(nil, `{"income":%g,"noise":%g,"state":%q}`, m.income, m.noise, m.state),
	}
}

// Predictions yields the rows after an id.
func (s *stream) Predictions(_ context.Context, after, upTo int64, yield func(*predictionlog.Row) error) error {
	for id := after + 1; id <= upTo; id++ {
		r := s.row(id)
		if err := yield(&r); err != nil {
			return err
		}
	}
	return nil
}

// PredictionsByID yields rows whose outcome is new.
func (s *stream) PredictionsByID(_ context.Context, ids []int64, yield func(*predictionlog.Row) error) error {
	for _, id := range ids {
		r := s.row(id)
		if err := yield(&r); err != nil {
			return err
		}
	}
	return nil
}

// Feedback yields the outcomes after a number. The first prediction has the first outcome.
func (s *stream) Feedback(_ context.Context, after, upTo int64, yield func(*predictionlog.FeedbackRow) error) error {
	for id := after + 1; id <= upTo; id++ {
		m, known := &s.rows[int(id)%len(s.rows)], s.at(id)+int64(late*drift.TickLength)
		if err := yield(&predictionlog.FeedbackRow{
			Seq: id, PredictionID: id, Time: known, ObservedAt: known, PredictedAt: s.at(id), Model: "m", Version: "1",
			Outcome: m.outcome, Class: m.class, Score: m.score, HasScore: true, Confidence: 1,
		}); err != nil {
			return err
		}
	}
	return nil
}

// FeedbackOf yields nothing: there are no shadows.
func (s *stream) FeedbackOf(context.Context, []int64, int64, int64, func(*predictionlog.FeedbackRow) error) error {
	return nil
}

// Errors yields nothing.
func (s *stream) Errors(context.Context, int64, int64, func(*predictionlog.ErrorRow) error) error {
	return nil
}
