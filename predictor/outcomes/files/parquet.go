package files

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/drift-exporter/drift_exporter/predictor/outcomes"
	"github.com/drift-exporter/drift_exporter/predictor/rows"
)

// parquet reads a Parquet file. The file is complete once it has not been changed for a while.
// Only the columns that the source names are read.
func (f *reading) parquet(ctx context.Context, begin io.Reader, file any) (err error) {
	if !f.final {
		return nil
	}
	at, done, cursorAt, err := f.whole(begin)
	if err != nil {
		return err
	}
	if done {
		return f.flush(ctx, cursorAt(at, true))
	}
	random, ok := file.(io.ReaderAt)
	if !ok { // of a bucket
		here, err := f.fetch(ctx)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, here.Close(), os.Remove(here.Name())) }()
		random = here
	}
	table, err := rows.NewParquetTable(random, f.object.Size)
	if err != nil {
		return err
	}
	header := table.Header()
	if err := f.sink.CheckColumns(header); err != nil {
		return err
	}
	wanted := f.sink.Columns(header)
	pass := &rows.Pass{}
	for _, name := range wanted {
		pass.Together = append(pass.Together, slices.Index(header, name))
	}
	pass.Rows = func(p *rows.Piece) error {
		records := make([]outcomes.Record, p.Rows)
		for i := range records {
			records[i].Value = make(map[string]any, len(wanted))
			for c, name := range wanted {
				records[i].Value[name] = p.Cells(c).Text(i)
			}
		}
		p.Made = records
		return nil
	}
	pass.Then = func(p *rows.Piece) error {
		records, ok := p.Made.([]outcomes.Record)
		if !ok {
			return fmt.Errorf("rows from %d on were not read", p.First)
		}
		for i, record := range records {
			if p.First+int64(i) < at {
				continue // they are in the log
			}
			f.batch = append(f.batch, record)
			if len(f.batch) == outcomes.BatchRecords {
				if err := f.flush(ctx, cursorAt(p.First+int64(i)+1, false)); err != nil {
					return err
				}
			}
			at = p.First + int64(i) + 1
		}
		return nil
	}
	if err := table.Scan(ctx, pass); err != nil {
		return err
	}
	return f.flush(ctx, cursorAt(at, true))
}

// fetch copies an object to a temporary file.
func (f *reading) fetch(ctx context.Context) (*os.File, error) {
	in, err := f.store.Open(ctx, f.object.Name, 0)
	if err != nil {
		return nil, err
	}
	here, err := os.CreateTemp("", "drift_exporter-*.parquet")
	if err != nil {
		return nil, errors.Join(err, in.Close())
	}
	if _, err := io.Copy(here, in); err != nil {
		return nil, errors.Join(err, in.Close(), here.Close(), os.Remove(here.Name()))
	}
	return here, in.Close()
}
