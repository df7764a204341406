package predictionlog

import (
	"context"
	"database/sql/driver"
	"fmt"
)

// Totals are the counters of every model and version over the log's rows up to
// some ids, deleted rows included.
type Totals struct {
	UpTo     UpTo
	Counters map[Key]*Counters
}

// The log's own sums, and beside them the same sums over the rows that follow.
const (
	sumPredictions = `SELECT model, version, class, invalid, latency_le, score_le, predictions, latency, score
FROM totals_predictions
UNION ALL
SELECT model, version, class, invalid, latency_le, score_le, count(*), sum(latency), sum(score)
FROM counted_predictions WHERE id > ?1 AND id <= ?2 GROUP BY 1, 2, 3, 4, 5, 6`

	sumFeedback = `SELECT model, version, predicted, actual, feedback FROM totals_feedback
UNION ALL
SELECT model, version, class, outcome, count(*)
FROM feedback WHERE seq > ?1 AND seq <= ?2 GROUP BY 1, 2, 3, 4`

	sumDelays = `SELECT model, version, corrects, delay_le, feedback, delay FROM totals_feedback_delays
UNION ALL
SELECT model, version, corrects, delay_le, count(*), sum(delay)
FROM counted_feedback WHERE seq > ?1 AND seq <= ?2 GROUP BY 1, 2, 3, 4`

	sumErrors = `SELECT model, version, reason, errors FROM totals_errors
UNION ALL
SELECT model, version, reason, count(*)
FROM errors WHERE seq > ?1 AND seq <= ?2 GROUP BY 1, 2, 3`
)

// Totals returns the counters over the ids up to atLeast, or up to where the
// log's own sums reach if that is further, but not beyond the newest row. What
// lies between is summed by SQL, 3 us a row; there are never more than 10,000
// such rows when atLeast is where the log has come.
func (r *Reader) Totals(ctx context.Context, atLeast UpTo) (Totals, error) {
	return r.totals(ctx, func(c *connection) (Totals, error) { return sumUp(ctx, c, atLeast) })
}

// totals reads totals in one transaction.
func (r *Reader) totals(ctx context.Context, read func(*connection) (Totals, error)) (Totals, error) {
	var t Totals
	err := r.use(ctx, false, func(c *connection) (err error) {
		if err := c.exec("BEGIN"); err != nil {
			return err
		}
		defer func() {
			if end := c.exec("COMMIT"); err == nil {
				err = end
			}
		}()
		t, err = read(c)
		return err
	})
	if err != nil {
		return Totals{}, fmt.Errorf("read totals: %w", err)
	}
	return t, nil
}

// sumUp reads the totals inside a transaction.
func sumUp(ctx context.Context, c *connection, atLeast UpTo) (Totals, error) {
	t := Totals{Counters: map[Key]*Counters{}}
	row, err := c.first(ctx, selectState)
	if err != nil {
		return t, err
	}
	f := fields{row: row}
	upTo := func(summed, high int, atLeast int64) int64 {
		return max(f.integer(summed), min(f.integer(high), atLeast))
	}
	t.UpTo = UpTo{
		Predictions: upTo(4, 1, atLeast.Predictions),
		Feedback:    upTo(5, 2, atLeast.Feedback),
		Errors:      upTo(6, 3, atLeast.Errors),
	}
	summed := UpTo{Predictions: f.integer(4), Feedback: f.integer(5), Errors: f.integer(6)}
	if f.err != nil {
		return t, c.damaged("state", f.err)
	}
	for _, part := range []struct {
		query       string
		after, upTo int64
		add         func(*Counters, *fields)
	}{
		{sumPredictions, summed.Predictions, t.UpTo.Predictions, addPredictions},
		{sumFeedback, summed.Feedback, t.UpTo.Feedback, addFeedback},
		{sumDelays, summed.Feedback, t.UpTo.Feedback, addDelays},
		{sumErrors, summed.Errors, t.UpTo.Errors, addErrors},
	} {
		if err := t.add(ctx, c, part.query, part.add, part.after, part.upTo); err != nil {
			return t, err
		}
	}
	return t, nil
}

// add adds what a query gives, by the model and version in its first columns.
func (t *Totals) add(ctx context.Context, c *connection, query string, add func(*Counters, *fields), args ...driver.Value) error {
	return c.query(ctx, query, func(row []driver.Value) error {
		f := fields{row: row}
		key := Key{Model: f.text(0), Version: f.text(1)}
		counters := t.Counters[key]
		if counters == nil {
			counters = NewCounters()
			t.Counters[key] = counters
		}
		add(counters, &f)
		if f.err != nil {
			return c.damaged("sums", f.err)
		}
		return nil
	}, args...)
}

// addPredictions adds a number of predictions that count alike.
func addPredictions(c *Counters, f *fields) {
	n := f.integer(6)
	c.Classes[f.text(2)] += n
	if f.integer(3) != 0 {
		c.Invalid += n
	}
	if le := f.integer(4); le >= 0 {
		c.Latency.Counts[bucketOf(latencyBounds[:], le)] += n
		c.Latency.Sum += f.integer(7)
	}
	if le := f.real(5); le >= 0 {
		c.Scores.Counts[bucketOf(ScoreBounds, le)] += n
		c.Scores.Sum += f.integer(8)
	}
}

func addFeedback(c *Counters, f *fields) {
	c.Feedback[Outcome{Predicted: f.text(2), Actual: f.text(3)}] += f.integer(4)
}

// addDelays adds a number of outcomes that count alike.
func addDelays(c *Counters, f *fields) {
	n := f.integer(4)
	if corrects := f.text(2); corrects != "" {
		c.Corrections[corrects] += n
	}
	if le := f.integer(3); le >= 0 {
		c.Delays.Counts[bucketOf(DelayBounds, float64(le))] += n
		c.Delays.Sum += f.integer(5)
	}
}

func addErrors(c *Counters, f *fields) { c.Errors[f.text(2)] += f.integer(3) }

// bucketOf returns the bucket with an upper bound; any other number, as 0, is
// that of +Inf.
func bucketOf[T int64 | float64](bounds []T, le T) int {
	for i, bound := range bounds {
		if le == bound {
			return i
		}
	}
	return len(bounds)
}
