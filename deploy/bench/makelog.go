package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"time"

	_ "github.com/mattn/go-sqlite3" // the driver that makes and scans logs

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/simulate"
)

const (
	loanModel = "loan_refinance" // the embedded model
	interval  = 10 * time.Millisecond
	newestRow = 1_790_000_000_000_000_000 // time of the newest row of a log
)

// makeLog writes a log of so many rows with the given features, which come round
// and round, of one model or of several in turn. It leaves out what makes a log
// safe and slow, and is none the less a log like any other in the end: 2 us a row.
func makeLog(ctx context.Context, dir, name string, rows, models int, bodies [][]byte) (path string, err error) {
	path = filepath.Join(dir, name)
	if err := predictionlog.Init(ctx, path); err != nil {
		return "", err
	}
	db, err := sql.Open("sqlite3", path+"?_synchronous=OFF&_journal_mode=OFF")
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	db.SetMaxOpenConns(1)
	if err := fill(ctx, db, rows, models, bodies); err != nil {
		return "", fmt.Errorf("make a log of %d rows: %w", rows, err)
	}
	return path, nil
}

func fill(ctx context.Context, db *sql.DB, rows, models int, bodies [][]byte) error {
	exec := func(query string, args ...any) error {
		_, err := db.ExecContext(ctx, query, args...)
		return err
	}
	var trigger string
	if err := db.QueryRowContext(ctx, "SELECT sql FROM sqlite_schema WHERE name = 'predictions_insert'").Scan(&trigger); err != nil {
		return err
	}
	if err := errors.Join(exec("DROP TRIGGER predictions_insert"),
		exec("CREATE TEMP TABLE bodies (i INTEGER PRIMARY KEY, features TEXT, score REAL, class TEXT)")); err != nil {
		return err
	}
	random := rand.New(rand.NewPCG(1, 2)) // #nosec G404 -- repeatable, no secret
	for i, body := range bodies {
		score := random.Float64()
		class := "0"
		if score >= .5 {
			class = "1"
		}
		if err := exec("INSERT INTO bodies VALUES (?, ?, ?, ?)", i, string(body), score, class); err != nil {
			return err
		}
	}
	name := loanModel
	if models > 1 {
		name = "model_"
	}
	return errors.Join(
		exec(`INSERT INTO predictions (id, time, model, version, features, score, class, latency)
			WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ?1 - 1)
			SELECT n.i, ?2 + (n.i - ?1 + 1) * ?3, CASE WHEN ?4 > 1 THEN ?5 || (n.i % ?4) ELSE ?5 END, '1',
				b.features, b.score, b.class, 20000 + n.i % 1000
			FROM n JOIN bodies b ON b.i = n.i % ?6`, rows, int64(newestRow), int64(interval), models, name, len(bodies)),
		exec(trigger),
		exec("UPDATE totals_up_to SET up_to_id = ? WHERE log = 'predictions'", rows-1),
		exec("PRAGMA journal_mode = WAL"),
	)
}

// loanBodies are features of the embedded model as the predictor logs them.
func loanBodies() ([][]byte, error) { return simulate.Bodies(1, 1000) }
