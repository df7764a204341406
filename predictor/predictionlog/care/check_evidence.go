package care

import (
	"context"
	"crypto/sha256"
	"database/sql/driver"
	"encoding/hex"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite/file"
)

const (
	selectEvidence = `SELECT (SELECT count(*) FROM outcomes), (SELECT count(*) FROM outcomes_pending),
  (SELECT count(*) FROM outcomes_rejected), (SELECT count(*) FROM reviews),
  (SELECT count(*) FROM outcomes WHERE accepted AND prediction_id > (SELECT max(coalesce((SELECT max(id) FROM predictions), -1), up_to_id) FROM totals_up_to WHERE log = 'predictions')),
  (SELECT count(*) FROM predictions AS p JOIN predictions AS o ON o.id = p.shadow_of WHERE o.shadow_of IS NOT NULL OR p.request_id <> o.request_id)`

	selectReviews = `SELECT seq, previous, hash, reviewer = '' AND outcome = '' AND note = '',
  json_array(previous, seq, time, prediction_id, reviewer, outcome, probability, note)
FROM reviews ORDER BY seq`
)

// checkEvidence looks at what came about outcomes: that accepted evidence is about
// predictions that have been, and that the chain of reviews is whole. A row that was
// erased keeps its hashes, and is not hashed again.
func (r *Report) checkEvidence(ctx context.Context, c *file.Connection) error {
	row, err := c.First(ctx, selectEvidence)
	if err != nil {
		return err
	}
	f := file.Fields{Row: row}
	r.Outcomes, r.Pending, r.Rejected, r.Reviews = f.Integer(0), f.Integer(1), f.Integer(2), f.Integer(3)
	if n := f.Integer(4); n > 0 {
		r.problem("outcomes: %d rows are accepted for predictions that have never been", n)
	}
	if n := f.Integer(5); n > 0 {
		r.problem("predictions: %d rows shadow a shadow, or have another request id than the prediction they shadow", n)
	}
	if f.Err != nil {
		return c.Damaged("outcomes", f.Err)
	}
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
