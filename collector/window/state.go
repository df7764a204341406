package window

import (
	"context"
	"fmt"
	"math"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
)

// state is what has been folded so far.
type state struct {
	logID   string
	logSize int64
	// read has the newest ids that were folded, counted the newest ids that the log's sums
	// brought into the counters. Later rows are added to the counters one by one.
	read, counted predictionlog.UpTo
	anchor        int64
	series        map[predictionlog.Key]*series
	feedback      map[predictionlog.Key]*feedback
	counters      map[predictionlog.Key]*predictionlog.Counters
	// copies are the copies of counters that snapshots have. A copy is dropped when its
	// counters change.
	copies map[predictionlog.Key]*predictionlog.Counters
	// contests compare shadows with the versions that they shadow, by the latter. late are shadows
	// whose answered prediction had an outcome before.
	contests map[predictionlog.Key]*contests
	late     []lateShadow
	// outcomesFrom has the time of the first feedback at or after each multiple of the
	// look-back. The keys are these multiples, divided by the look-back.
	outcomesFrom map[int64]int64
}

func (s *state) reset() {
	s.close()
	*s = state{
		read:     predictionlog.UpTo{Predictions: -1, Feedback: -1, Errors: -1},
		series:   map[predictionlog.Key]*series{},
		feedback: map[predictionlog.Key]*feedback{},
		copies:   map[predictionlog.Key]*predictionlog.Counters{},
		contests: map[predictionlog.Key]*contests{},

		outcomesFrom: map[int64]int64{},
	}
}

// advance folds the rows up to the log's high-water ids. If it is cut off, the next call
// continues where it stopped.
func (w *Window) advance(ctx context.Context) error {
	now, err := w.log.State(ctx)
	if err != nil {
		return err
	}
	s, high := &w.state, now.HighWater
	if s.logID != now.LogID || high.Predictions < s.read.Predictions || high.Feedback < s.read.Feedback {
		s.reset()
		s.logID = now.LogID
	}
	s.logSize = now.Size
	s.anchor = Anchor(high.Predictions, w.options.Lookback)
	feedbackAnchor := Anchor(high.Feedback, w.options.Lookback)
	if s.read.Predictions < s.anchor-1 || s.read.Feedback < feedbackAnchor-1 {
		// Rows are skipped, so only the log's sums can count them.
		s.read.Predictions = max(s.read.Predictions, s.anchor-1)
		s.read.Feedback = max(s.read.Feedback, feedbackAnchor-1)
		s.counters = nil
	}
	if s.counters == nil {
		// Errors have no window: at the start, the log's sums bring them into the counters.
		s.read.Errors = high.Errors
	}
	if err := w.count(ctx, now.TotalsUpTo); err != nil {
		return err
	}
	if err := w.log.Predictions(ctx, s.read.Predictions, high.Predictions, w.foldPredictions(ctx)); err != nil {
		return fmt.Errorf("read predictions: %w", err)
	}
	if err := w.joinLate(ctx, feedbackAnchor); err != nil {
		return err
	}
	if err := w.log.Feedback(ctx, s.read.Feedback, high.Feedback, w.foldFeedback); err != nil {
		return fmt.Errorf("read feedback: %w", err)
	}
	if !w.options.Bare {
		if err := w.join(ctx); err != nil {
			return err
		}
	}
	if err := w.log.Errors(ctx, s.read.Errors, high.Errors, w.foldError); err != nil {
		return fmt.Errorf("read errors: %w", err)
	}
	s.read = high
	s.forget(feedbackAnchor, w.options.Lookback)
	return nil
}

// Anchor returns the id before which no window looks: the multiple of lookback that is at
// least one and less than two look-backs before the newest row.
func Anchor(high, lookback int64) int64 {
	return max(0, (high/lookback-1)*lookback)
}

// count loads the counters from the log's sums at the start, and again when the log has
// summed rows that were not read yet, because these may have been deleted.
func (w *Window) count(ctx context.Context, summed predictionlog.UpTo) error {
	s := &w.state
	if s.counters != nil && summed.Predictions <= s.read.Predictions &&
		summed.Feedback <= s.read.Feedback && summed.Errors <= s.read.Errors {
		return nil
	}
	totals, err := w.log.Totals(ctx, s.read)
	if err != nil {
		return fmt.Errorf("read totals: %w", err)
	}
	s.counters, s.counted = totals.Counters, totals.UpTo
	clear(s.copies)
	return nil
}

// copied returns the counters of one model and version, for snapshots.
func (s *state) copied(key predictionlog.Key) *predictionlog.Counters {
	if s.copies[key] == nil {
		s.copies[key] = predictionlog.NewCounters()
		if c := s.counters[key]; c != nil {
			s.copies[key] = c.Clone()
		}
	}
	return s.copies[key]
}

// completeAfter returns a time: of predictions after it, all outcomes were read. An outcome
// before the anchor of the feedback belongs to a prediction older than the first outcome
// after that anchor.
func (s *state) completeAfter(feedbackAnchor, lookback int64) int64 {
	if feedbackAnchor == 0 {
		return math.MinInt64
	}
	first := int64(math.MaxInt64)
	for span := range s.outcomesFrom {
		if span < feedbackAnchor/lookback {
			delete(s.outcomesFrom, span)
		} else {
			first = min(first, span)
		}
	}
	if first == math.MaxInt64 {
		return first
	}
	return s.outcomesFrom[first]
}

// forget drops all rows and outcomes before the anchors.
func (s *state) forget(feedbackAnchor, lookback int64) {
	after := s.completeAfter(feedbackAnchor, lookback)
	for k, r := range s.series {
		r.forget(s.anchor)
		r.ledger.forgetOutcomes(feedbackAnchor, after)
		if r.cohort != nil {
			r.cohort.ForgetOutcomes(feedbackAnchor, after)
		}
		if r.rows.Empty() {
			r.close()
			delete(s.series, k)
		}
	}
	for k, c := range s.contests {
		if c.forget(s.anchor, feedbackAnchor, after); len(c.of) == 0 {
			delete(s.contests, k)
		}
	}
	for k, f := range s.feedback {
		f.forget(feedbackAnchor, s.anchor)
		if f.empty() {
			delete(s.feedback, k)
		}
	}
}
