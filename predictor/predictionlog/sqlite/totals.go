package sqlite

import (
	"context"
	"database/sql/driver"
	"fmt"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite/file"
)

// The log's own sums, and the same sums over the following rows.
const (
	sumPredictions = `SELECT model, version, class, invalid, latency_le, score_le, predictions, latency, score
FROM totals_predictions
UNION ALL
SELECT model, version, class, invalid, latency_le, score_le, count(*), sum(latency), sum(score)
FROM counted_predictions WHERE id > ?1 AND id <= ?2 GROUP BY 1, 2, 3, 4, 5, 6`

	sumFeedback = `SELECT model, version, predicted, actual, feedback FROM totals_feedback
UNION ALL
SELECT model, version, class, ` + countedOutcome + `, count(*)
FROM feedback WHERE seq > ?1 AND seq <= ?2 GROUP BY 1, 2, 3, 4`

	// countedOutcome is the outcome under which feedback is counted, see Counters.AddPair.
	countedOutcome = `CASE WHEN class = '' AND length(outcome) > 3 AND json_valid(outcome) AND json_type(outcome) IN ('integer', 'real') THEN 'number' ELSE outcome END`

	sumDelays = `SELECT model, version, corrects, delay_le, feedback, delay FROM totals_feedback_delays
UNION ALL
SELECT model, version, corrects, delay_le, count(*), sum(delay)
FROM counted_feedback WHERE seq > ?1 AND seq <= ?2 GROUP BY 1, 2, 3, 4`

	sumErrors = `SELECT model, version, reason, errors FROM totals_errors
UNION ALL
SELECT model, version, reason, count(*)
FROM errors WHERE seq > ?1 AND seq <= ?2 GROUP BY 1, 2, 3`
)

// Totals returns the counters over the ids up to atLeast. If the log's own sums reach further, it
// returns the counters up to there, but not beyond the newest row. SQL sums the rows between, in
// 3 us a row. If atLeast is the newest row, there are never more than 10,000 of them.
func (r *Reader) Totals(ctx context.Context, atLeast predictionlog.UpTo) (predictionlog.Totals, error) {
	return r.totals(ctx, func(c *file.Connection) (predictionlog.Totals, error) { return sumUp(ctx, c, atLeast) })
}

// totals reads totals in one transaction.
func (r *Reader) totals(ctx context.Context, read func(*file.Connection) (predictionlog.Totals, error)) (predictionlog.Totals, error) {
	var t predictionlog.Totals
	err := r.use(ctx, false, func(c *file.Connection) (err error) {
		if err := c.Exec("BEGIN"); err != nil {
			return err
		}
		defer func() {
			if end := c.Exec("COMMIT"); err == nil {
				err = end
			}
		}()
		t, err = read(c)
		return err
	})
	if err != nil {
		return predictionlog.Totals{}, fmt.Errorf("read totals: %w", err)
	}
	return t, nil
}

// sumUp reads the totals inside a transaction.
func sumUp(ctx context.Context, c *file.Connection, atLeast predictionlog.UpTo) (predictionlog.Totals, error) {
	t := predictionlog.Totals{Counters: map[predictionlog.Key]*predictionlog.Counters{}}
	row, err := c.First(ctx, selectState)
	if err != nil {
		return t, err
	}
	f := file.Fields{Row: row}
	upTo := func(summed, high int, atLeast int64) int64 {
		return max(f.Integer(summed), min(f.Integer(high), atLeast))
	}
	t.UpTo = predictionlog.UpTo{
		Predictions: upTo(4, 1, atLeast.Predictions),
		Feedback:    upTo(5, 2, atLeast.Feedback),
		Errors:      upTo(6, 3, atLeast.Errors),
	}
	summed := predictionlog.UpTo{Predictions: f.Integer(4), Feedback: f.Integer(5), Errors: f.Integer(6)}
	if f.Err != nil {
		return t, c.Damaged("state", f.Err)
	}
	for _, part := range []struct {
		query       string
		after, upTo int64
		add         func(*predictionlog.Counters, *file.Fields)
	}{
		{sumPredictions, summed.Predictions, t.UpTo.Predictions, addPredictions},
		{sumFeedback, summed.Feedback, t.UpTo.Feedback, addFeedback},
		{sumDelays, summed.Feedback, t.UpTo.Feedback, addDelays},
		{sumErrors, summed.Errors, t.UpTo.Errors, addErrors},
	} {
		if err := addTo(ctx, &t, c, part.query, part.add, part.after, part.upTo); err != nil {
			return t, err
		}
	}
	return t, nil
}

// addTo adds the result of a query. Its first columns are the model and the version.
func addTo(ctx context.Context, t *predictionlog.Totals, c *file.Connection, query string, add func(*predictionlog.Counters, *file.Fields), args ...driver.Value) error {
	return c.Query(ctx, query, func(row []driver.Value) error {
		f := file.Fields{Row: row}
		key := predictionlog.Key{Model: f.Text(0), Version: f.Text(1)}
		counters := t.Counters[key]
		if counters == nil {
			counters = predictionlog.NewCounters()
			t.Counters[key] = counters
		}
		add(counters, &f)
		if f.Err != nil {
			return c.Damaged("sums", f.Err)
		}
		return nil
	}, args...)
}

// addPredictions adds a number of predictions that have the same key.
func addPredictions(c *predictionlog.Counters, f *file.Fields) {
	n := f.Integer(6)
	c.Classes[f.Text(2)] += n
	if f.Integer(3) != 0 {
		c.Invalid += n
	}
	if le := f.Integer(4); le >= 0 {
		c.Latency.Counts[bucketOf(predictionlog.LatencyBoundsNS[:], le)] += n
		c.Latency.Sum += f.Integer(7)
	}
	if le := f.Real(5); le >= 0 {
		c.Scores.Counts[bucketOf(predictionlog.ScoreBounds, le)] += n
		c.Scores.Sum += f.Integer(8)
	}
}

func addFeedback(c *predictionlog.Counters, f *file.Fields) {
	c.AddPair(f.Text(2), f.Text(3), f.Integer(4))
}

// addDelays adds a number of outcomes that have the same key.
func addDelays(c *predictionlog.Counters, f *file.Fields) {
	n := f.Integer(4)
	if corrects := f.Text(2); corrects != "" {
		c.Corrections[corrects] += n
	}
	if le := f.Integer(3); le >= 0 {
		c.Delays.Counts[bucketOf(predictionlog.DelayBounds, float64(le))] += n
		c.Delays.Sum += f.Integer(5)
	}
}

func addErrors(c *predictionlog.Counters, f *file.Fields) { c.Errors[f.Text(2)] += f.Integer(3) }

// bucketOf returns the bucket with an upper bound. For any other number, such as 0, it returns
// the bucket of +Inf.
func bucketOf[T int64 | float64](bounds []T, le T) int {
	for i, bound := range bounds {
		if le == bound {
			return i
		}
	}
	return len(bounds)
}
