package care

import (
	"context"
	"database/sql/driver"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite/file"
)

// Report is the result of Check.
type Report struct {
	Path, LogID string
	// Predictions, Feedback and Errors are the numbers of rows.
	Predictions, Feedback, Errors int64
	// HighWater contains the newest ids. TotalsUpTo contains the newest ids that are in the sums.
	HighWater, TotalsUpTo predictionlog.UpTo
	// First and Last are the times of the oldest and the newest prediction. They are zero if
	// there is none.
	First, Last time.Time
	// SetBack counts how often the clock was set back by more than a minute, which is allowed.
	SetBack int64
	// These are numbers of rows: evidence, outcomes without a prediction, records that were not
	// understood, reviews, sources of outcomes, and erasures that are to be shipped.
	Outcomes, Pending, Rejected, Reviews, Sources, Erasures int64
	// Problems are sentences. A sound log has none.
	Problems []string
}

// Err returns an error if the log is not sound.
func (r Report) Err() error {
	if len(r.Problems) == 0 {
		return nil
	}
	return fmt.Errorf("prediction log %s has problems: %d", r.Path, len(r.Problems))
}

// String returns the report as lines of text.
func (r Report) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "log          %s\nlog id       %s\n", r.Path, r.LogID)
	fmt.Fprintf(&b, "predictions  %d rows, newest id %d, in the sums up to %d\n", r.Predictions, r.HighWater.Predictions, r.TotalsUpTo.Predictions)
	fmt.Fprintf(&b, "feedback     %d rows, newest seq %d, in the sums up to %d\n", r.Feedback, r.HighWater.Feedback, r.TotalsUpTo.Feedback)
	fmt.Fprintf(&b, "errors       %d rows, newest seq %d, in the sums up to %d\n", r.Errors, r.HighWater.Errors, r.TotalsUpTo.Errors)
	if r.Outcomes+r.Pending+r.Rejected+r.Reviews+r.Sources > 0 {
		fmt.Fprintf(&b, "outcomes     %d rows of evidence of %d sources, %d pending, %d rejected; %d reviews\n", r.Outcomes, r.Sources, r.Pending, r.Rejected, r.Reviews)
	}
	if r.Erasures > 0 {
		fmt.Fprintf(&b, "erasures     %d that have not reached every destination\n", r.Erasures)
	}
	if !r.First.IsZero() {
		fmt.Fprintf(&b, "from         %s\nto           %s\n", r.First.Format(time.RFC3339), r.Last.Format(time.RFC3339))
	}
	if r.SetBack > 0 {
		fmt.Fprintf(&b, "clock        was set back by more than a minute %d times\n", r.SetBack)
	}
	for _, p := range r.Problems {
		fmt.Fprintf(&b, "PROBLEM      %s\n", p)
	}
	if len(r.Problems) == 0 {
		fmt.Fprintf(&b, "sound        yes\n")
	}
	return b.String()
}

func (r *Report) problem(format string, args ...any) {
	r.Problems = append(r.Problems, fmt.Sprintf(format, args...))
}

// Check reads a whole log and reports whether its pages, schema, rows and sums are sound. It
// changes nothing, and a predictor may be running. While the pages are checked, the write-ahead
// log grows. It takes 3 us a row. It returns an error if the log could not be read at all.
func Check(ctx context.Context, path string) (Report, error) {
	if absolute, err := filepath.Abs(path); err == nil {
		path = absolute
	}
	reader := sqlite.NewReader(path)
	report, err := check(ctx, path, reader)
	if end := reader.Close(); err == nil {
		err = end
	}
	if err != nil {
		return Report{}, fmt.Errorf("check: %w", err)
	}
	return report, nil
}

func check(ctx context.Context, path string, reader *sqlite.Reader) (Report, error) {
	state, err := reader.State(ctx)
	if err != nil {
		return Report{}, err
	}
	r := Report{Path: path, LogID: state.LogID, HighWater: state.HighWater, TotalsUpTo: state.TotalsUpTo}
	err = reader.Use(ctx, func(c *file.Connection) error {
		if err := r.checkPages(ctx, c); err != nil {
			return err
		}
		if err := r.checkSchema(ctx, c); err != nil {
			return err
		}
		return r.checkEvidence(ctx, c)
	})
	if err != nil {
		return Report{}, err
	}
	left, err := r.checkRows(ctx, reader)
	if err != nil {
		return Report{}, err
	}
	totals, err := reader.Totals(ctx, predictionlog.UpTo{Predictions: -1, Feedback: -1, Errors: -1})
	if err != nil {
		return Report{}, err
	}
	r.checkTotals(left, totals)
	return r, nil
}

// checkPages lets SQLite check the structure of the file.
func (r *Report) checkPages(ctx context.Context, c *file.Connection) error {
	return c.Query(ctx, "PRAGMA integrity_check(20)", func(row []driver.Value) error {
		if row[0] != "ok" {
			r.problem("integrity: %v", row[0])
		}
		return nil
	})
}

// checkSchema compares tables, triggers and views with those of Schema. Additional ones, such as
// a view for a model, are allowed.
func (r *Report) checkSchema(ctx context.Context, c *file.Connection) error {
	return sqlite.EachObject(ctx, func(kind, name, want string) error {
		have, err := c.First(ctx, "SELECT sql FROM sqlite_schema WHERE type = ? AND name = ?", kind, name)
		switch {
		case err != nil:
			return err
		case have == nil:
			r.problem("schema: %s %s is missing", kind, name)
		case !sqlite.Same(have[0], want):
			r.problem("schema: %s %s differs from `drift_exporter log schema`", kind, name)
		}
		return nil
	})
}

// remaining counts the rows that are in the log's sums and have not been deleted.
type remaining struct {
	counters map[predictionlog.Key]*predictionlog.Counters
}

func (k *remaining) of(key predictionlog.Key) *predictionlog.Counters {
	c := k.counters[key]
	if c == nil {
		c = predictionlog.NewCounters()
		k.counters[key] = c
	}
	return c
}

// checkRows reads every row.
func (r *Report) checkRows(ctx context.Context, reader *sqlite.Reader) (*remaining, error) {
	k := &remaining{counters: map[predictionlog.Key]*predictionlog.Counters{}}
	var invalid, firstInvalid, disorder, firstDisorder, last int64
	first := int64(-1)
	err := reader.Predictions(ctx, -1, r.HighWater.Predictions, func(row *predictionlog.Row) error {
		bad := predictionlog.InvalidFeatures(row.Features)
		if bad {
			if invalid++; invalid == 1 {
				firstInvalid = row.ID
			}
		}
		switch {
		case r.Predictions == 0:
			first = row.ID
			r.First = time.Unix(0, row.Time).UTC()
		case row.Time < last-sqlite.Backwards:
			r.SetBack++
		case row.Time < last:
			if disorder++; disorder == 1 {
				firstDisorder = row.ID
			}
		}
		last = row.Time
		r.Last = time.Unix(0, last).UTC()
		r.Predictions++
		if row.ID <= r.TotalsUpTo.Predictions {
			k.of(predictionlog.Key{Model: row.Model, Version: row.Version}).AddPrediction(row, bad)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if invalid > 0 {
		r.problem("predictions: the features of %d rows are not a JSON object, first id %d", invalid, firstInvalid)
	}
	if disorder > 0 {
		r.problem("predictions: %d rows are dated before the row in front of them, first id %d", disorder, firstDisorder)
	}
	var lost, firstLost int64
	err = reader.Feedback(ctx, -1, r.HighWater.Feedback, func(row *predictionlog.FeedbackRow) error {
		r.Feedback++
		if row.PredictionID > r.HighWater.Predictions || row.PredictionID < 0 || row.Model == "" {
			if lost++; lost == 1 {
				firstLost = row.Seq
			}
		}
		if row.Seq <= r.TotalsUpTo.Feedback {
			k.of(predictionlog.Key{Model: row.Model, Version: row.Version}).AddFeedback(row)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if lost > 0 {
		r.problem("feedback: %d rows belong to no prediction, first seq %d", lost, firstLost)
	}
	if err := r.checkPairs(ctx, reader, first); err != nil {
		return nil, err
	}
	return k, reader.Errors(ctx, -1, r.HighWater.Errors, func(row *predictionlog.ErrorRow) error {
		r.Errors++
		if row.Seq <= r.TotalsUpTo.Errors {
			k.of(predictionlog.Key{Model: row.Model, Version: row.Version}).AddError(row.Reason)
		}
		return nil
	})
}

// checkPairs compares feedback with its predictions. Predictions before the first row were
// deleted because of their age, and their feedback may stay longer. The first row is looked up in
// the statement itself, because a predictor that runs meanwhile deletes more.
func (r *Report) checkPairs(ctx context.Context, reader *sqlite.Reader, first int64) error {
	return reader.Use(ctx, func(c *file.Connection) error {
		for _, q := range []struct{ query, problem string }{
			{`SELECT count(*), min(seq) FROM feedback AS f JOIN predictions AS p ON p.id = f.prediction_id
				WHERE (f.class, f.model, f.version) IS NOT (p.class, p.model, p.version) AND ?1 >= 0`,
				"feedback: %d rows have another class, model or version than their prediction, first seq %d"},
			{`SELECT count(*), min(seq) FROM feedback WHERE prediction_id >= (SELECT min(id) FROM predictions) AND ?1 >= 0
				AND prediction_id NOT IN (SELECT id FROM predictions)`,
				"feedback: %d rows outlived their prediction, which was deleted by hand; delete them too; first seq %d"},
		} {
			row, err := c.First(ctx, q.query, first)
			if err != nil {
				return err
			}
			f := file.Fields{Row: row}
			if n := f.Integer(0); n > 0 {
				r.problem(q.problem, n, f.Integer(1))
			}
			if f.Err != nil {
				return c.Damaged("feedback", f.Err)
			}
		}
		return nil
	})
}
