package sqlite

import (
	"context"
	"database/sql/driver"
	"math"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite/file"
)

// held is, for each table, the newest id that has arrived at every destination;
// what is above is kept.
type held struct {
	upTo        predictionlog.UpTo
	destination string // that has come least far in predictions
}

// shipped returns what has arrived everywhere.
func (tx *transaction) shipped() (held, error) {
	h := held{upTo: predictionlog.UpTo{Predictions: math.MaxInt64, Feedback: math.MaxInt64, Errors: math.MaxInt64}}
	err := tx.conn.Query(context.Background(), "SELECT log, min(up_to_id), destination FROM shipped GROUP BY log", func(row []driver.Value) error {
		f := file.Fields{Row: row}
		switch predictionlog.Table(f.Text(0)) {
		case predictionlog.TablePredictions:
			h.upTo.Predictions, h.destination = f.Integer(1), f.Text(2)
		case predictionlog.TableFeedback:
			h.upTo.Feedback = f.Integer(1)
		case predictionlog.TableErrors:
			h.upTo.Errors = f.Integer(1)
		}
		return f.Err
	})
	return h, err
}
