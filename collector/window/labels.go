package window

import (
	"math"
	"time"

	"github.com/drift-exporter/drift_exporter/collector/drift"
	"github.com/drift-exporter/drift_exporter/collector/window/columns"
)

// maturityShare is the share of outcomes that have come at the age at which a
// prediction is mature, minOutcomes how many it takes to tell that age: of fewer
// than 20, 95 % is all of them.
const (
	maturityShare = 0.95
	minOutcomes   = 20
)

// defaultPositive is the positive class where no reference names it.
const defaultPositive = "1"

// labels tells a model of a snapshot what is known of outcomes and, without
// them, of accuracy.
func (s *series) labels(m *Model, window *columns.Counts, now time.Time) {
	h := s.history
	if window.Rows > 0 {
		from, after, until := s.rows.ID(s.rows.Held()), int64(math.MinInt64), int64(math.MaxInt64)
		if s.age > 0 {
			after, until = now.Add(-s.age).UnixNano(), now.Add(clockTolerance).UnixNano()
		}
		known := h.sum(from, max(after, h.after), until)
		m.Coverage = Coverage{Rows: known.rows, Labelled: known.labelled}
		all := known
		if after < h.after {
			all = h.sum(from, after, until)
		}
		m.Estimate = s.estimate(window, all)
	}
	age, ok := s.maturity, true
	if age == 0 {
		age, ok = h.maturity(now.UnixNano())
	}
	if ok {
		t := h.sum(0, h.after, now.Add(-age).UnixNano())
		m.Matured = &Matured{Age: age, Coverage: Coverage{Rows: t.rows, Labelled: t.labelled}, Correct: t.right}
	}
}

// maturity returns the age at which outcomes have come, if that can be told.
func (h *history) maturity(now int64) (age time.Duration, ok bool) {
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
func (s *series) estimate(window *columns.Counts, t tally) Estimate {
	if s.layout != nil && s.layout.calibration != nil {
		return s.layout.estimate(window.Fine[s.layout.score])
	}
	return cbpe(t.scored, t.conf, t.variance)
}

// cbpe is the estimate of predictions from sums of their confidence.
func cbpe(rows, conf, variance int64) Estimate {
	return Estimate{
		Method: CBPE,
		// No rows make NaN, which is the accuracy of none.
		Estimated: drift.CBPE(rows, float64(conf)/confUnit, float64(variance)/confUnit),
	}
}

// estimate is the estimate from a number of predictions by fine code of the score.
func (l *layout) estimate(codes []int64) Estimate {
	b := l.columns[l.score].binning
	fine := append([]int64(nil), codes[:b.Fine()]...)
	fine[0] += codes[b.Below()]
	fine[len(fine)-1] += codes[b.Above()]
	return Estimate{Method: Calibrated, Estimated: l.calibration.Estimate(fine)}
}
