package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite/file"
)

// usage is the throughput and the disk use of a run.
type usage struct {
	predictions, outcomes float64 // a second, sustained
	written               float64 // bytes a second that went to the disk
	row                   float64 // bytes of the log for each prediction that is kept, outcomes included
}

// usage computes it for a run that began at first and wrote this many bytes.
func (r *running) usage(ctx context.Context, first mark, written float64) (u usage, err error) {
	if span := r.last.at.Sub(first.at).Seconds(); span > 0 {
		u.predictions = float64(r.last.predictions-first.predictions) / span
		u.outcomes = float64(r.last.outcomes-first.outcomes) / span
		u.written = written / span
	}
	reader := sqlite.NewReader(r.path)
	defer func() { err = errors.Join(err, reader.Close()) }()
	return u, reader.Use(ctx, func(c *file.Connection) error {
		row, err := c.First(ctx, `SELECT (SELECT count(*) FROM predictions), ((SELECT page_count FROM pragma_page_count)
			- (SELECT freelist_count FROM pragma_freelist_count)) * (SELECT page_size FROM pragma_page_size)`)
		if err != nil {
			return err
		}
		f := file.Fields{Row: row}
		if kept := f.Integer(0); kept > 0 {
			u.row = float64(f.Integer(1)) / float64(kept)
		}
		return f.Err
	})
}

func (u usage) String() string {
	const day, gb = 86400, 1e9
	return fmt.Sprintf("Sustained: %.0f predictions/s and %.0f outcomes/s. A day of it is %.2g predictions, of which the log would take %.0f GB without retention (%.0f bytes a prediction), and %.0f GB written to the disk.\n",
		u.predictions, u.outcomes, day*u.predictions, day*u.predictions*u.row/gb, u.row, day*u.written/gb)
}
