package e2e_test

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	_ "github.com/mattn/go-sqlite3" // The log, as any other program sees it.

	"github.com/drift-exporter/drift_exporter/predictor/model"
	"github.com/drift-exporter/drift_exporter/predictor/simulate"
)

// loans makes bodies of requests and rows of the log.
type loans struct {
	generator *simulate.Generator
	income    float64 // what incomes are multiplied by
}

func newLoans(seed uint64) *loans { return &loans{simulate.New(seed), 1} }

// next returns one loan as the body of a request, and what the embedded model
// says of it.
func (l *loans) next() (body string, score float64, class string, outcome int) {
	loan := l.generator.Next()
	var b strings.Builder
	var values []model.Value
	for i, f := range simulate.Features {
		x := loan.Values[i]
		if f.Name == "income" {
			x *= l.income
		}
		values = append(values, model.Value{Number: x})
		fmt.Fprintf(&b, ",%q:%s", f.Name, strconv.FormatFloat(x, 'f', -1, 64))
	}
	score, class = model.Default().Predict(values)
	return "{" + b.String()[1:] + "}", score, class, loan.Outcome
}

// body is one loan as the body of a request.
func (l *loans) body() string {
	body, _, _, _ := l.next()
	return body
}

// array is a number of loans as the body of one request.
func (l *loans) array(n int) string {
	rows := make([]string, n)
	for i := range rows {
		rows[i] = l.body()
	}
	return "[" + strings.Join(rows, ",") + "]"
}

// database opens the file of a log beside the programs that use it. Mode is ro,
// rw or rwc.
func database(t *testing.T, path, mode string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite3", "file:"+(&url.URL{Path: path}).EscapedPath()+"?_busy_timeout=10000&mode="+mode)
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func execute(t *testing.T, db *sql.DB, query string, args ...any) {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), query, args...); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

// number returns the one number that a query asks for.
func number(t *testing.T, db *sql.DB, query string, args ...any) int64 {
	t.Helper()
	var n int64
	if err := db.QueryRowContext(t.Context(), query, args...).Scan(&n); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return n
}

// insert writes n loans of a model's version as another service would, the first
// at a time of its own and each one step later than the last, and feedback for
// every third.
func (l *loans) insert(t *testing.T, db *sql.DB, n int, at time.Time, step time.Duration) {
	t.Helper()
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		if err := l.insertOne(t.Context(), tx, at.Add(time.Duration(i)*step), i%3 == 0); err != nil {
			t.Fatal(err)
		}
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
}

func (l *loans) insertOne(ctx context.Context, tx *sql.Tx, at time.Time, feedback bool) error {
	body, score, class, outcome := l.next()
	m := model.Default()
	done, err := tx.ExecContext(ctx, "INSERT INTO predictions (time, model, version, features, score, class, latency) VALUES (?, ?, ?, ?, ?, ?, 2000000)",
		at.UnixNano(), m.Name, m.Version, body, score, class)
	if err != nil || !feedback {
		return err
	}
	id, err := done.LastInsertId()
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, "INSERT INTO feedback (prediction_id, time, observed_at, outcome) VALUES (?, ?, ?, ?)",
		id, at.UnixNano(), at.UnixNano(), strconv.Itoa(outcome))
	return err
}
