package ship

import (
	"bytes"
	"context"
	"errors"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite"
)

// batchBytes is the maximum number of bytes of features and texts in a batch, not counting its
// last row. It leaves room below the 10 MB of a request to BigQuery.
const batchBytes = 4 << 20

// errFull stops the reading of a full batch.
var errFull = errors.New("the batch is full")

// read returns the next rows of a table up to an id, at most limit rows. If they were deleted, the
// batch is empty and ends with that id.
func read(ctx context.Context, log *sqlite.Reader, logID string, t predictionlog.Table, after, upTo int64, limit int) (*Batch, error) {
	b := &Batch{LogID: logID, Table: t, After: after, UpTo: after}
	size := 0
	full := func(bytes int) error {
		if size += bytes; b.Len() >= limit || size >= batchBytes {
			return errFull
		}
		return nil
	}
	var err error
	switch t {
	case predictionlog.TablePredictions:
		err = log.WholePredictions(ctx, after, upTo, func(row *predictionlog.WholeRow) error {
			kept := *row
			kept.Features = bytes.Clone(row.Features)
			b.Predictions = append(b.Predictions, kept)
			b.add(row.ID, row.Time)
			return full(len(row.Features) + len(row.RequestID))
		})
	case predictionlog.TableFeedback:
		err = log.Feedback(ctx, after, upTo, func(row *predictionlog.FeedbackRow) error {
			b.Feedback = append(b.Feedback, *row)
			b.add(row.Seq, row.Time)
			return full(len(row.Outcome) + len(row.Source))
		})
	case predictionlog.TableErrors:
		err = log.Errors(ctx, after, upTo, func(row *predictionlog.ErrorRow) error {
			b.Errors = append(b.Errors, *row)
			b.add(row.Seq, row.Time)
			return full(len(row.Reason))
		})
	case predictionlog.TableOutcomes:
		err = log.Evidence(ctx, after, upTo, func(row *predictionlog.EvidenceRow) error {
			b.Evidence = append(b.Evidence, *row)
			b.add(row.Seq, row.Time)
			return full(len(row.RequestID) + len(row.Outcome) + len(row.Source) + len(row.Reason))
		})
	case predictionlog.TableReviews:
		err = log.Reviews(ctx, after, upTo, func(row *predictionlog.ReviewRow) error {
			b.Reviews = append(b.Reviews, *row)
			b.add(row.Seq, row.Time)
			return full(len(row.Reviewer) + len(row.Outcome) + len(row.Note))
		})
	case predictionlog.TableErasures:
		err = log.Erasures(ctx, after, upTo, func(row *predictionlog.ErasureRow) error {
			b.Erasures = append(b.Erasures, *row)
			b.add(row.Seq, row.Time)
			return full(0)
		})
	}
	switch {
	case errors.Is(err, errFull):
		err = nil
	case b.Len() == 0:
		b.UpTo = upTo // what was there has been deleted
	}
	return b, err
}
