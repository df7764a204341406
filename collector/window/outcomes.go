package window

import (
	"math"
	"time"

	"github.com/drift-exporter/drift_exporter/collector/drift"
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
	"github.com/drift-exporter/drift_exporter/collector/window/columns"
)

// maturityShare is the share of predictions that have their outcome at the age at which a
// prediction counts as mature. minOutcomes is the number of outcomes needed to estimate
// that age: with fewer than 20, 95 % would be all of them.
const (
	maturityShare = 0.95
	minOutcomes   = 20
)

// defaultPositive is the positive class if no reference names one.
const defaultPositive = "1"

// addOutcomes adds to a model of a snapshot its coverage, its matured cohort and the
// estimate of its accuracy.
func (s *series) addOutcomes(m *snapshot.Model, window *columns.Counts, now time.Time) {
	h := s.ledger
	if window.Rows > 0 {
		from, after, until := s.rows.ID(s.rows.Held()), int64(math.MinInt64), int64(math.MaxInt64)
		if s.age > 0 {
			after, until = now.Add(-s.age).UnixNano(), now.Add(clockTolerance).UnixNano()
		}
		known := h.sum(from, max(after, h.after), until)
		if known.rows > 0 {
			m.Coverage = same(&s.parts.coverage, &snapshot.Coverage{Rows: known.rows, Labelled: known.labelled})
		}
		all := known
		if after < h.after {
			all = h.sum(from, after, until)
		}
		m.Estimate = same(&s.parts.estimate, s.estimate(window, all))
	}
	age, ok := s.maturity, true
	if age == 0 {
		age, ok = h.maturity(now.UnixNano())
	}
	if ok {
		t := h.sum(0, h.after, now.Add(-age).UnixNano())
		m.Matured = same(&s.parts.matured, &snapshot.Matured{Age: age, Coverage: snapshot.Coverage{Rows: t.rows, Labelled: t.labelled}, Correct: t.right})
	}
}

// maturity returns the age at which most predictions have their outcome, if it is known.
func (h *ledger) maturity(now int64) (age time.Duration, ok bool) {
	var outcomes int64
	for _, n := range h.delays {
		outcomes += n
	}
	if outcomes < minOutcomes {
		return 0, false
	}
	k, ok := drift.Maturity(h.delays, h.waiting(now), maturityShare)
	return time.Duration(delayEnds[k]), ok
}

// estimate estimates the accuracy of a window without outcomes.
func (s *series) estimate(window *columns.Counts, t tally) *snapshot.Estimate {
	if s.layout != nil && s.layout.calibration != nil {
		return s.layout.estimate(window.Fine[s.layout.score])
	}
	return cbpe(t.scored, t.conf, t.variance)
}

// cbpe returns the estimate from sums of confidence, nil without rows.
func cbpe(rows, conf, variance int64) *snapshot.Estimate {
	if rows == 0 {
		return nil
	}
	return &snapshot.Estimate{
		Method:    snapshot.CBPE,
		Estimated: drift.CBPE(rows, float64(conf)/confUnit, float64(variance)/confUnit),
	}
}

// estimate returns the estimate from the numbers of predictions by fine code of the score,
// nil without predictions.
func (l *layout) estimate(codes []int64) *snapshot.Estimate {
	b := l.columns[l.score].binning
	fine := append([]int64(nil), codes[:b.Fine()]...)
	fine[0] += codes[b.Below()]
	fine[len(fine)-1] += codes[b.Above()]
	e := l.calibration.Estimate(fine)
	if e.Rows == 0 {
		return nil
	}
	return &snapshot.Estimate{Method: snapshot.Calibrated, Estimated: e}
}
