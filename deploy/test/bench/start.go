package main

import (
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"syscall"
	"time"

	"github.com/drift-exporter/drift_exporter/collector/window/codes"
)

// coldStart measures the first reading of a window of a million rows, with and without kept codes
// of rows that were read before. The floor is SQLite, which reads every byte of their features.
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
	folder, err := codes.Open(filepath.Join(s.dir, "codes"), nil)
	if err != nil {
		return nil, errors.Join(err, f.close(), db.Close())
	}
	closing := func() error {
		folder.Close()
		return errors.Join(f.close(), db.Close())
	}
	first := func(ctx context.Context, kept *codes.Folder) (float64, error) {
		f.codes = kept
		w, err := f.open(rows)
		if err != nil {
			return 0, err
		}
		defer w.Close()
		return f.advance(ctx, w, f.rows-1)
	}
	// One run before the measurements, so that the null distributions and the codes exist and the
	// file is in memory.
	if _, err := first(ctx, folder); err != nil {
		return nil, errors.Join(err, closing())
	}
	starting := func(what string, kept *codes.Folder) probe {
		return func(ctx context.Context, out sample) error {
			began, err := processorTime()
			if err != nil {
				return err
			}
			if out[what], err = first(ctx, kept); err != nil {
				return err
			}
			ended, err := processorTime()
			out[what+", processor time"] = ended - began
			return err
		}
	}
	const again, anew, beside = "start again", "start", "SQLite's sum(length(features))"
	return &bench{
		probes: []probe{
			starting(again, folder), starting(anew, nil),
			func(ctx context.Context, out sample) error {
				var sum int64
				processor, err := processorTime()
				if err != nil {
					return err
				}
				began := time.Now()
				err = db.QueryRowContext(ctx, "SELECT sum(length(features)) FROM predictions").Scan(&sum)
				out["scan"] = time.Since(began).Seconds()
				ended, failed := processorTime()
				out["scan, processor time"] = ended - processor
				return errors.Join(err, failed)
			},
		},
		rows: []row{
			{what: "start with a window of 1e6", ours: again, floor: "scan", beside: beside, unit: duration, goal: atMost(2)},
			{what: "the same, processor time of all cores", ours: again + ", processor time", floor: "scan, processor time", beside: "the same scan", unit: duration},
			{what: "start with a window of 1e6, without a cache", ours: anew, floor: "scan", beside: beside, unit: duration, goal: atMost(3.3)},
			{what: "the same, processor time of all cores", ours: anew + ", processor time", floor: "scan, processor time", beside: "the same scan", unit: duration},
		},
		close: closing,
	}, nil
}

// processorTime returns the processor time that this process has used, in seconds.
func processorTime() (float64, error) {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		return 0, err
	}
	return float64(used.Utime.Nano()+used.Stime.Nano()) / 1e9, nil
}
