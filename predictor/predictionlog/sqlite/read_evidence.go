package sqlite

import (
	"context"
	"database/sql/driver"
	"fmt"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite/file"
)

const (
	selectOutcomes = `SELECT seq, received_at, coalesce(observed_at, -1), coalesce(prediction_id, -1), coalesce(request_id, ''),
  source, outcome, confidence, accepted, reason
FROM outcomes WHERE seq > ?1 AND seq <= ?2 ORDER BY seq LIMIT 500`

	selectShippedReviews = `SELECT seq, time, prediction_id, reviewer, outcome, note, coalesce(probability, 0.0), previous, hash
FROM reviews WHERE seq > ?1 AND seq <= ?2 ORDER BY seq LIMIT 500`

	selectErasures = `SELECT seq, time, coalesce(prediction_id, -1), request_hash
FROM erasures WHERE seq > ?1 AND seq <= ?2 ORDER BY seq LIMIT 500`
)

// Evidence calls yield with every outcome that was reported, as Feedback does.
func (r *Reader) Evidence(ctx context.Context, after, upTo int64, yield func(*predictionlog.EvidenceRow) error) error {
	return r.numbered(ctx, "outcomes", selectOutcomes, after, upTo, func(f *file.Fields) func() error {
		row := predictionlog.EvidenceRow{
			Seq: f.Integer(0), Time: f.Integer(1), ObservedAt: f.Integer(2), PredictionID: f.Integer(3), RequestID: f.Text(4),
			Source: f.Text(5), Outcome: f.Text(6), Confidence: f.Real(7), Accepted: f.Integer(8) != 0, Reason: f.Text(9),
		}
		return func() error { return yield(&row) }
	})
}

// Reviews calls yield with every review, as Feedback does.
func (r *Reader) Reviews(ctx context.Context, after, upTo int64, yield func(*predictionlog.ReviewRow) error) error {
	return r.numbered(ctx, "reviews", selectShippedReviews, after, upTo, func(f *file.Fields) func() error {
		row := reviewAt(f)
		return func() error { return yield(&row) }
	})
}

// Erasures calls yield with every erasure, as Feedback does.
func (r *Reader) Erasures(ctx context.Context, after, upTo int64, yield func(*predictionlog.ErasureRow) error) error {
	return r.numbered(ctx, "erasures", selectErasures, after, upTo, func(f *file.Fields) func() error {
		row := predictionlog.ErasureRow{Seq: f.Integer(0), Time: f.Integer(1), PredictionID: f.Integer(2), RequestHash: f.Text(3)}
		return func() error { return yield(&row) }
	})
}

// numbered runs a query on a table whose first column is its number. row reads a row and returns
// a function that passes it on.
func (r *Reader) numbered(ctx context.Context, table, query string, after, upTo int64, row func(*file.Fields) func() error) error {
	return r.chunks(ctx, "row of "+table, &after, upTo, func(c *file.Connection, each func(int64, error) error) error {
		return c.Query(context.Background(), query, func(columns []driver.Value) error {
			f := &file.Fields{Row: columns}
			seq, yield := f.Integer(0), row(f)
			if f.Err != nil {
				return c.Damaged(fmt.Sprintf("row of %s after seq %d", table, after), f.Err)
			}
			return each(seq, yield())
		}, after, upTo)
	})
}
