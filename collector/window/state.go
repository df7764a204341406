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
	// read holds the newest ids that were folded; counted the newest ids that
	// counters cover. Rows up to counted reached the counters as sums of the
	// log, later ones are added one by one.
	read, counted predictionlog.UpTo
	anchor        int64
	series        map[predictionlog.Key]*series
	feedback      map[predictionlog.Key]*feedback
	counters      map[predictionlog.Key]*predictionlog.Counters
	// copies are those that snapshots have, until something is added.
	copies map[predictionlog.Key]*predictionlog.Counters
	// outcomesFrom are the times of the first feedback at or behind each multiple of
	// the look-back, by that.
	outcomesFrom map[int64]int64
}

func (s *state) reset() {
	*s = state{
		read:     predictionlog.UpTo{Predictions: -1, Feedback: -1, Errors: -1},
		series:   map[predictionlog.Key]*series{},
		feedback: map[predictionlog.Key]*feedback{},
		copies:   map[predictionlog.Key]*predictionlog.Counters{},

		outcomesFrom: map[int64]int64{},
	}
}

// advance folds the rows up to the log's high-water ids. When it is cut off
// what it has folded stays, and the next call goes on from there.
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
	s.anchor = anchor(high.Predictions, w.options.Lookback)
	feedbackAnchor := anchor(high.Feedback, w.options.Lookback)
	if s.read.Predictions < s.anchor-1 || s.read.Feedback < feedbackAnchor-1 {
		// Rows are skipped: only the log's own sums can count them.
		s.read.Predictions = max(s.read.Predictions, s.anchor-1)
		s.read.Feedback = max(s.read.Feedback, feedbackAnchor-1)
		s.counters = nil
	}
	if s.counters == nil {
		// Errors have no window: at the start they reach the counters as sums.
		s.read.Errors = high.Errors
	}
	if err := w.count(ctx, now.TotalsUpTo); err != nil {
		return err
	}
	if err := w.log.Predictions(ctx, s.read.Predictions, high.Predictions, w.foldPredictions(ctx)); err != nil {
		return fmt.Errorf("read predictions: %w", err)
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

// anchor returns the id behind which no window looks: the multiple of lookback
// that lies at least one and less than two look-backs behind the newest row.
func anchor(high, lookback int64) int64 {
	return max(0, (high/lookback-1)*lookback)
}

// count loads the counters at the start, and again whenever the log has summed
// rows that were not read yet: those may have been deleted since.
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

// completeAfter returns the time behind which all outcomes of a prediction were
// read: an outcome from before the anchor of the feedback belongs to a prediction
// that is older than the first one behind it.
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

// forget drops what lies behind the anchors.
func (s *state) forget(feedbackAnchor, lookback int64) {
	after := s.completeAfter(feedbackAnchor, lookback)
	for k, r := range s.series {
		r.forget(s.anchor)
		r.ledger.forgetOutcomes(feedbackAnchor, after)
		if r.rows.Empty() {
			delete(s.series, k)
		}
	}
	for k, f := range s.feedback {
		f.forget(feedbackAnchor, s.anchor)
		if f.empty() {
			delete(s.feedback, k)
		}
	}
}
