package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/drift-exporter/drift_exporter/deploy/test/process"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite"
)

// origin is a place with outcomes.
type origin interface {
	// entry is the source's entry in the configuration.
	entry() string
	// fill makes all records available again.
	fill(ctx context.Context) error
	// read reads all records by the client alone.
	read(ctx context.Context) error
	close()
}

// outcomes measures how many records a second `drift_exporter outcomes` takes from each kind of
// source. The first floor is reading the same source with its client alone, which keeps nothing.
// The others also write with SQLite alone: the least that takes each record once, which is one row
// and the place to read on, and the two rows that a record leaves in the log.
func outcomes(ctx context.Context, s settings) (*bench, error) {
	n := 20_000
	if s.quick {
		n = 500
	}
	empty := filepath.Join(s.dir, "outcomes.db")
	if err := logOf(ctx, empty, n); err != nil {
		return nil, err
	}
	b := &bench{probes: []probe{func(ctx context.Context, out sample) (err error) {
		for i, rows := range writes {
			if out[rows], err = plainRows(ctx, filepath.Join(s.dir, "plain.db"), n, i+1); err != nil {
				return err
			}
		}
		return nil
	}}}
	var all []origin
	b.close = func() error {
		for _, o := range all {
			o.close()
		}
		return nil
	}
	var names []string
	for _, kind := range []struct {
		name string
		make func(context.Context, string, int) (origin, error)
	}{
		{"files", fromFiles}, {"postgres", fromPostgres}, {"mariadb", fromMariaDB}, {"sqlite", fromSQLite},
		{"kafka", fromKafka}, {"rabbitmq", fromRabbitMQ}, {"bigquery", fromBigQuery}, {"api", fromAPI},
	} {
		ours, floor := "ours "+kind.name, "read "+kind.name
		r := row{what: "outcomes from " + kind.name, ours: ours, floor: floor, beside: "its client alone", unit: perSecond}
		o, err := kind.make(ctx, s.dir, n)
		if err != nil {
			r.notRun = fmt.Sprintf("%.200v", err)
			b.rows = append(b.rows, r)
			continue
		}
		all, names = append(all, o), append(names, kind.name)
		b.rows = append(b.rows, r)
		for _, rows := range writes {
			both := r
			both.floor, both.beside = kind.name+" and "+rows, "its client, and "+rows
			if rows == writes[0] {
				both.goal = atLeast(.5)
			}
			b.rows = append(b.rows, both)
		}
		b.probes = append(b.probes, func(ctx context.Context, out sample) (err error) {
			out[ours], err = takeOutcomes(ctx, s, o, empty, n)
			return err
		}, func(ctx context.Context, out sample) error {
			if err := o.fill(ctx); err != nil {
				return err
			}
			began := time.Now()
			err := o.read(ctx)
			out[floor] = float64(n) / time.Since(began).Seconds()
			return err
		})
	}
	b.derive = func(out sample) {
		for _, name := range names {
			for _, rows := range writes {
				out[name+" and "+rows] = 1 / (1/out["read "+name] + 1/out[rows])
			}
		}
	}
	return b, nil
}

// logOf makes a log with n predictions.
func logOf(ctx context.Context, path string, n int) error {
	w, err := sqlite.OpenWriter(ctx, path, sqlite.WriterOptions{})
	if err != nil {
		return err
	}
	for k := 0; k < n; k += 1000 {
		batch := make([]predictionlog.Prediction, min(1000, n-k))
		for i := range batch {
			batch[i] = predictionlog.Prediction{Model: "m", Features: []byte("{}"), Class: "1", Latency: -1}
		}
		if _, err := w.Append(ctx, batch); err != nil {
			return errors.Join(err, w.Close())
		}
	}
	return w.Close()
}

// takeOutcomes runs the process on a fresh log, and returns how many records a second it took,
// from its first to its last transaction.
func takeOutcomes(ctx context.Context, s settings, o origin, empty string, n int) (rate float64, err error) {
	log, config := filepath.Join(s.dir, "taken.db"), filepath.Join(s.dir, "outcomes.yml")
	text, err := os.ReadFile(empty) // #nosec G304 -- our own
	if err != nil {
		return 0, err
	}
	for _, suffix := range []string{"-wal", "-shm"} {
		if err := os.Remove(log + suffix); err != nil && !errors.Is(err, os.ErrNotExist) {
			return 0, err
		}
	}
	if err := errors.Join(os.WriteFile(log, text, 0o600), os.WriteFile(config, []byte("sources:\n- name: a\n  "+o.entry()+"\n"), 0o600), o.fill(ctx)); err != nil { // #nosec G703 -- our own folder
		return 0, err
	}
	p, err := process.Start(ctx, s.binary, "outcomes", log, "--config.file="+config)
	if err != nil {
		return 0, err
	}
	defer p.Kill()
	db, err := sql.Open("sqlite3", "file:"+log+"?mode=ro&_busy_timeout=10000")
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	first, began, limit := 0, time.Time{}, time.Now().Add(3*time.Minute)
	for time.Now().Before(limit) {
		var now int
		if err := db.QueryRowContext(ctx, "SELECT coalesce(max(seq), 0) FROM outcomes").Scan(&now); err != nil {
			return 0, err
		}
		switch {
		case now > 0 && first == 0:
			first, began = now, time.Now()
		case now >= n:
			return float64(now-first) / time.Since(began).Seconds(), nil
		}
		time.Sleep(2 * time.Millisecond)
	}
	return 0, errors.New("the outcomes did not arrive within three minutes")
}

// writes are what plainRows writes of each record: one row, and two.
var writes = []string{"one row", "two rows"}

// plainRows writes some rows of each record to an SQLite file, by prepared statements. A transaction
// has as many records as ours and the place to read on, and does not wait for the disk. It returns
// the records a second.
func plainRows(ctx context.Context, path string, n, rows int) (rate float64, err error) {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return 0, err
	}
	db, err := sql.Open("sqlite3", path+"?_journal_mode=WAL&_synchronous=NORMAL")
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	db.SetMaxOpenConns(1)
	var inserts []*sql.Stmt
	for i := range rows {
		table := fmt.Sprint("said", i)
		if _, err := db.ExecContext(ctx, "CREATE TABLE "+table+" (seq INTEGER PRIMARY KEY, time INTEGER, id INTEGER, source TEXT, outcome TEXT, confidence REAL, observed INTEGER); CREATE INDEX "+table+"_id ON "+table+" (id)"); err != nil {
			return 0, err
		}
		insert, err := db.PrepareContext(ctx, "INSERT INTO "+table+" (time, id, source, outcome, confidence, observed) VALUES (?, ?, 'a', '1', 1.0, ?)") // #nosec G202 -- our own name
		if err != nil {
			return 0, err
		}
		defer func() { err = errors.Join(err, insert.Close()) }()
		inserts = append(inserts, insert)
	}
	if _, err := db.ExecContext(ctx, "CREATE TABLE place (source TEXT PRIMARY KEY, at INTEGER)"); err != nil {
		return 0, err
	}
	began := time.Now()
	for k := 0; k < n; k += batchRecords {
		tx, err := db.BeginTx(ctx, nil)
		if err != nil {
			return 0, err
		}
		for i := k; i < min(k+batchRecords, n); i++ {
			for _, insert := range inserts {
				if _, err := tx.StmtContext(ctx, insert).ExecContext(ctx, i, i, i); err != nil {
					return 0, errors.Join(err, tx.Rollback())
				}
			}
		}
		_, err = tx.ExecContext(ctx, "INSERT INTO place VALUES ('a', ?1) ON CONFLICT DO UPDATE SET at = ?1", k)
		if err := errors.Join(err, tx.Commit()); err != nil {
			return 0, err
		}
	}
	return float64(n) / time.Since(began).Seconds(), nil
}

// batchRecords is how many records are written in a transaction.
const batchRecords = 256
