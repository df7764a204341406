package care

import (
	"context"
	"crypto/sha256"
	"database/sql/driver"
	"encoding/hex"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite/file"
)

const (
	countEvidence = `SELECT (SELECT count(*) FROM outcomes), (SELECT count(*) FROM outcomes_pending),
  (SELECT count(*) FROM outcomes_rejected), (SELECT count(*) FROM reviews), (SELECT count(*) FROM outcome_sources), (SELECT count(*) FROM erasures)`

	selectReviews = `SELECT seq, previous, hash, reviewer = '' AND outcome = '' AND note = '', ` + sqlite.HashedReview + `
FROM reviews ORDER BY seq`
)

// newestPrediction is the newest prediction that has ever existed. A predictor may be running, so
// each query asks for it together with the rows.
const newestPrediction = `(SELECT max(coalesce((SELECT max(id) FROM predictions), -1), up_to_id) FROM totals_up_to WHERE log = 'predictions')`

// Each query returns how many rows are wrong, and the first of them.
var evidenceProblems = []struct{ query, problem string }{
	{"SELECT count(*), min(seq) FROM outcomes WHERE accepted AND (prediction_id > " + newestPrediction + " OR prediction_id < 0)",
		"outcomes: %d rows are accepted for predictions that have never been, first seq %d"},
	{"SELECT count(*), min(seq) FROM outcomes WHERE accepted AND prediction_id IS NULL",
		"outcomes: %d rows are accepted without a prediction, first seq %d"},
	// Feedback is deleted by age. If the oldest feedback is younger than the evidence, it may
	// have been deleted.
	{`SELECT count(*), min(seq) FROM outcomes AS o WHERE accepted AND prediction_id IN (SELECT id FROM predictions)
		AND received_at > (SELECT min(time) FROM feedback)
		AND NOT EXISTS (SELECT 1 FROM feedback AS f WHERE f.prediction_id = o.prediction_id)`,
		"outcomes: %d rows are accepted, and no feedback of their prediction counts, first seq %d"},
	{"SELECT count(*), min(prediction_id) FROM explorations WHERE prediction_id > " + newestPrediction,
		"explorations: %d rows are about predictions that have never been, first prediction %d"},
	{"SELECT count(*), min(seq) FROM reviews WHERE prediction_id > " + newestPrediction + " OR prediction_id < 0",
		"reviews: %d rows are about predictions that have never been, first seq %d"},
	{`SELECT count(*), min(p.id) FROM predictions AS p JOIN predictions AS o ON o.id = p.shadow_of
		WHERE o.shadow_of IS NOT NULL OR p.request_id <> o.request_id`,
		"predictions: %d rows shadow a shadow, or have another request id than the prediction they shadow, first id %d"},
}

// checkEvidence checks the evidence about outcomes: that evidence and reviews are about
// predictions that existed, that accepted evidence counts, that no number can be used again, and
// that the chain of reviews is complete.
func (r *Report) checkEvidence(ctx context.Context, c *file.Connection) error {
	row, err := c.First(ctx, countEvidence)
	if err != nil {
		return err
	}
	f := file.Fields{Row: row}
	r.Outcomes, r.Pending, r.Rejected, r.Reviews, r.Sources, r.Erasures = f.Integer(0), f.Integer(1), f.Integer(2), f.Integer(3), f.Integer(4), f.Integer(5)
	if f.Err != nil {
		return c.Damaged("outcomes", f.Err)
	}
	for _, p := range evidenceProblems {
		row, err := c.First(ctx, p.query)
		if err != nil {
			return err
		}
		f := file.Fields{Row: row}
		if n := f.Integer(0); n > 0 {
			r.problem(p.problem, n, f.Integer(1))
		}
		if f.Err != nil {
			return c.Damaged("outcomes", f.Err)
		}
	}
	if err := r.checkNumbers(ctx, c); err != nil {
		return err
	}
	return r.checkReviews(ctx, c)
}

// checkNumbers finds tables that would reuse the number of an earlier row, and destinations that
// know more rows than there have been. A row with such a number would not be shipped.
func (r *Report) checkNumbers(ctx context.Context, c *file.Connection) error {
	type arrived struct {
		destination, table string
		upTo               int64
	}
	var all []arrived // read first: while a destination goes on, the log is always further
	err := c.Query(ctx, "SELECT destination, log, up_to_id FROM shipped", func(row []driver.Value) error {
		f := file.Fields{Row: row}
		all = append(all, arrived{f.Text(0), f.Text(1), f.Integer(2)})
		return f.Err
	})
	if err != nil {
		return err
	}
	newest := map[string]int64{}
	row, err := c.First(ctx, "SELECT "+newestPrediction)
	if err != nil {
		return err
	}
	f := file.Fields{Row: row}
	if newest[string(predictionlog.TablePredictions)] = f.Integer(0); f.Err != nil {
		return c.Damaged("predictions", f.Err)
	}
	for _, t := range []string{"feedback", "errors", "outcomes", "outcomes_pending", "outcomes_rejected", "reviews", "erasures"} {
		row, err := c.First(ctx, "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = ?), -1), (SELECT coalesce(max(seq), -1) FROM "+t+")", t)
		if err != nil {
			return err
		}
		f := file.Fields{Row: row}
		used, last := f.Integer(0), f.Integer(1)
		if f.Err != nil {
			return c.Damaged(t, f.Err)
		}
		if newest[t] = used; last > used {
			r.problem("%s: the newest row is %d, and sqlite_sequence says that numbers up to %d are used: rows will be given numbers again", t, last, used)
		}
	}
	for _, a := range all {
		if a.upTo > newest[a.table] {
			r.problem("shipped: %s has %s up to %d, and the log has had %d: it was restored from an older copy, see \"Exactly once\" in predictor/ship/bigquery/README.md",
				a.destination, a.table, a.upTo, newest[a.table])
		}
	}
	return nil
}

// checkReviews follows the chain of hashes. An erased row keeps its hashes and is not hashed
// again.
func (r *Report) checkReviews(ctx context.Context, c *file.Connection) error {
	last := ""
	return c.Query(ctx, selectReviews, func(row []driver.Value) error {
		f := file.Fields{Row: row}
		seq, previous, hash, erased := f.Integer(0), f.Text(1), f.Text(2), f.Integer(3) != 0
		sum := sha256.Sum256([]byte(f.Text(4)))
		switch {
		case f.Err != nil:
			return c.Damaged("reviews", f.Err)
		case previous != last:
			r.problem("reviews: row %d does not follow the row before it: one was changed or is missing", seq)
		case !erased && hex.EncodeToString(sum[:]) != hash:
			r.problem("reviews: row %d was changed: its hash is another", seq)
		}
		last = hash
		return nil
	})
}
