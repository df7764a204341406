package sqlite

import (
	"context"
	"database/sql/driver"
	"math"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite/file"
)

// held contains, for each table, the newest id that has arrived at every destination. Rows above
// it are kept.
type held struct {
	upTo        map[predictionlog.Table]int64 // empty: there is no destination
	destination string                        // that has come least far in predictions
}

// of returns the newest id of a table that may be deleted.
func (h held) of(t predictionlog.Table) int64 {
	if upTo, ok := h.upTo[t]; ok {
		return upTo
	}
	return math.MaxInt64
}

// shipped returns what has arrived everywhere.
func (tx *transaction) shipped() (held, error) {
	h := held{upTo: map[predictionlog.Table]int64{}}
	err := tx.conn.Query(context.Background(), "SELECT log, min(up_to_id), destination FROM shipped GROUP BY log", func(row []driver.Value) error {
		f := file.Fields{Row: row}
		t := predictionlog.Table(f.Text(0))
		h.upTo[t] = f.Integer(1)
		if t == predictionlog.TablePredictions {
			h.destination = f.Text(2)
		}
		return f.Err
	})
	return h, err
}
