package window

import (
	"math"
	"time"

	"github.com/drift-exporter/drift_exporter/collector/drift"
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
	"github.com/drift-exporter/drift_exporter/collector/window/cohort"
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
// estimate of its accuracy. It returns the age at which outcomes have arrived, if it is known.
func (s *series) addOutcomes(m *snapshot.Model, window *columns.Counts, now time.Time) (mature cohort.Age, ok bool) {
	h := s.ledger
	if window.Rows > 0 {
		from, after, until := s.rows.ID(s.rows.Held()), int64(math.MinInt64), int64(math.MaxInt64)
		if s.age > 0 {
			after, until = now.Add(-s.age).UnixNano(), now.Add(clockTolerance).UnixNano()
		}
		known := h.sum(from, max(after, h.after), until)
		if known.rows > 0 {
			m.Coverage = same(&s.parts.coverage, &snapshot.Coverage{
				Rows: known.rows, Labelled: known.labelled, Positive: known.positive, PositiveLabelled: known.positiveLabelled,
			})
		}
		m.Estimate = same(&s.parts.estimate, s.layout.windowEstimate(window, func() tally {
			if after < h.after {
				return h.sum(from, after, until)
			}
			return known
		}))
		m.ExpectedError = same(&s.parts.expected, s.layout.windowError(window))
	}
	age := s.maturity
	ok = true
	if age == 0 {
		age, ok = h.maturity(now.UnixNano())
	}
	if ok {
		bucket := delayBucket(int64(age))
		mature = cohort.Age{Bucket: uint8(bucket), Nanoseconds: delayEnds[bucket]}
		if s.cohort != nil {
			m.Accuracy = s.cohort.At(now.UnixNano(), mature)
		}
		t := h.sum(0, h.after, beginning(now.Add(-age).UnixNano())-1) // whole ticks
		m.Matured = same(&s.parts.matured, &snapshot.Matured{Age: age, Coverage: snapshot.Coverage{Rows: t.rows, Labelled: t.labelled}, Correct: t.right})
	}
	return mature, ok
}

// maturity returns the age at which most predictions have their outcome, if it is known.
func (h *ledger) maturity(now int64) (age time.Duration, ok bool) {
	return maturityOf(h.delays, func() []int64 { return h.waiting(now) })
}

// maturityOf is ledger's, from the delays of the outcomes and the ages of the predictions that
// wait, by bucket.
func maturityOf(delays []int64, waiting func() []int64) (age time.Duration, ok bool) {
	var outcomes int64
	for _, n := range delays {
		outcomes += n
	}
	if outcomes < minOutcomes {
		return 0, false
	}
	k, ok := drift.Maturity(delays, waiting(), maturityShare)
	return time.Duration(delayEnds[k]), ok
}

// windowEstimate estimates the accuracy of a window without outcomes. sums adds up its rows, if the
// reference does not say how often predictions were right by score.
func (l *layout) windowEstimate(window *columns.Counts, sums func() tally) *snapshot.Estimate {
	if l != nil && l.byClass != nil {
		return l.estimateByClass(window.Fine[len(l.columns)])
	}
	if l != nil && l.calibration != nil {
		return l.estimate(window.Fine[l.score])
	}
	t := sums()
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
	e := l.calibration.Estimate(l.fineScores(codes))
	if e.Rows == 0 {
		return nil
	}
	return &snapshot.Estimate{Method: snapshot.Calibrated, Estimated: e}
}

// fineScores returns the numbers of predictions by fine bin of the score, in which scores beyond
// the reference are in the first or the last one.
func (l *layout) fineScores(codes []int64) []int64 {
	b := l.columns[l.score].binning
	fine := append([]int64(nil), codes[:b.Fine()]...)
	fine[0] += codes[b.Below()]
	fine[len(fine)-1] += codes[b.Above()]
	return fine
}

// windowError estimates the mean absolute error of a window without outcomes, nil if this is
// not a regression or the reference has no outcomes.
func (l *layout) windowError(window *columns.Counts) *drift.ExpectedError {
	if l == nil || l.byValue == nil {
		return nil
	}
	return l.expectedError(window.Fine[l.score])
}

// expectedError returns the estimate from the numbers of predictions by fine code of the
// predicted value, nil without predictions.
func (l *layout) expectedError(codes []int64) *drift.ExpectedError {
	e := l.byValue.Estimate(l.fineScores(codes))
	if e.Rows == 0 {
		return nil
	}
	return &e
}
