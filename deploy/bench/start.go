package main

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// coldStart is the first reading of a window of a million rows, beside SQLite
// looking at every byte of their features.
func coldStart(ctx context.Context, s settings) (*bench, error) {
	bodies, err := loanBodies()
	if err != nil {
		return nil, err
	}
	rows := 1_000_000
	if s.quick {
		rows = 10_000
	}
	path, err := makeLog(ctx, s.dir, "start.db", rows, 1, bodies)
	if err != nil {
		return nil, err
	}
	db, err := sql.Open("sqlite3", "file:"+path+"?mode=ro&_query_only=1")
	if err != nil {
		return nil, err
	}
	f := follow(path, rows, loanSpec())
	closing := func() error { return errors.Join(f.close(), db.Close()) }
	first := func(ctx context.Context) (float64, error) {
		w, err := f.open(rows, 1)
		if err != nil {
			return 0, err
		}
		return f.advance(ctx, w, f.rows-1)
	}
	// Once, so that the nulls are there and the file is in memory.
	if _, err := first(ctx); err != nil {
		return nil, errors.Join(err, closing())
	}
	return &bench{
		probes: []probe{
			func(ctx context.Context, out sample) (err error) {
				out["start"], err = first(ctx)
				return err
			},
			func(ctx context.Context, out sample) error {
				var sum int64
				began := time.Now()
				err := db.QueryRowContext(ctx, "SELECT sum(length(features)) FROM predictions").Scan(&sum)
				out["scan"] = time.Since(began).Seconds()
				return err
			},
		},
		rows: []row{{
			what: "start with a window of 1e6", ours: "start", floor: "scan", beside: "SQLite's sum(length(features))",
			unit: duration, goal: atMost(3.3),
		}},
		close: closing,
	}, nil
}
