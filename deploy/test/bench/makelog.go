package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	_ "github.com/mattn/go-sqlite3" // the driver that makes and scans logs

	"github.com/drift-exporter/drift_exporter/predictor/model"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/care"
	"github.com/drift-exporter/drift_exporter/predictor/simulate"
)

const (
	loanModel = "loan_refinance" // the embedded model
	interval  = 10 * time.Millisecond
	newestRow = 1_790_000_000_000_000_000 // time of the newest row of a log
)

// makeLog writes a log of rows with the given features, which repeat. The rows belong to one
// model, or to several in turn. It leaves out what makes a log safe and slow, but the result is a
// log like any other. It takes 2 us a row.
func makeLog(ctx context.Context, dir, name string, rows, models int, bodies []body) (path string, err error) {
	path = filepath.Join(dir, name)
	if err := care.Init(ctx, path); err != nil {
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

// body is what the rows of a log contain.
type body struct {
	features []byte
	score    float64
	class    string
}

func fill(ctx context.Context, db *sql.DB, rows, models int, bodies []body) error {
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
	for i, b := range bodies {
		if err := exec("INSERT INTO bodies VALUES (?, ?, ?, ?)", i, string(b.features), b.score, b.class); err != nil {
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

// loanBodies returns the features of loans as the predictor logs them, and the answers of the
// embedded model. With other scores, every row would be a sign of drift.
func loanBodies() ([]body, error) {
	features, err := simulate.Bodies(1, 1000)
	if err != nil {
		return nil, err
	}
	m := model.Default()
	names := m.FeatureNames()
	bodies := make([]body, len(features))
	for i, object := range features {
		var numbers map[string]float64
		if err := json.Unmarshal(object, &numbers); err != nil {
			return nil, fmt.Errorf("simulated loan %d: %w", i, err)
		}
		values := make([]model.Value, len(names))
		for j, name := range names {
			number, known := numbers[name]
			values[j] = model.Value{Number: number, Missing: !known}
		}
		bodies[i].features = object
		bodies[i].score, bodies[i].class = m.Predict(values)
	}
	return bodies, nil
}
