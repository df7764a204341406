package care

import (
	"context"
	"database/sql/driver"
	"fmt"
	"math"
	"net/url"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite/file"
)

// loan is a row of twelve features as the predictor writes it.
const loan = `{"interest_rate":3.5,"loan_amount":300000,"loan_balance":280000,"loan_to_value_ratio":0.81,` +
	`"credit_score":720,"debt_to_income_ratio":0.35,"income":84000,"loan_term":360,"loan_age":24,` +
	`"home_value":370000,"current_rate":4.25,"rate_spread":0.75}`

// clock is a clock that tests set.
type clock struct{ ns atomic.Int64 }

func newClock(t time.Time) *clock {
	c := &clock{}
	c.set(t)
	return c
}

func (c *clock) set(t time.Time) { c.ns.Store(t.UnixNano()) }
func (c *clock) now() time.Time  { return time.Unix(0, c.ns.Load()).UTC() }

// noon is the start time of the clocks in tests.
var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// logName is the name of every log in these tests.
const logName = "predictions.db"

func newPath(t *testing.T) string { return filepath.Join(t.TempDir(), logName) }

func newWriter(t testing.TB, path string, o sqlite.WriterOptions) *sqlite.Writer {
	t.Helper()
	w, err := sqlite.OpenWriter(context.Background(), path, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return w
}

func newReader(t testing.TB, path string) *sqlite.Reader {
	t.Helper()
	r := sqlite.NewReader(path)
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return r
}

// prediction returns the i-th prediction of a test, with its own request id.
func prediction(i int) predictionlog.Prediction {
	return predictionlog.Prediction{
		RequestID: fmt.Sprintf("request-%06d", i), Model: "loan_refinance", Version: "1", Features: []byte(loan),
		Score: math.Mod(float64(i)*0.137, 1), Class: fmt.Sprint(i % 2), Latency: time.Duration(i%1500) * time.Millisecond,
	}
}

// add appends n predictions one by one. Their numbers start at from.
func add(t testing.TB, w *sqlite.Writer, from, n int) []predictionlog.Record {
	t.Helper()
	var all []predictionlog.Record
	for i := from; i < from+n; i++ {
		records, err := w.Append(context.Background(), []predictionlog.Prediction{prediction(i)})
		if err != nil {
			t.Fatalf("append %d: %v", i, err)
		}
		all = append(all, records...)
	}
	return all
}

// addBatch appends n predictions in one batch. Their numbers start at from.
func addBatch(t testing.TB, w *sqlite.Writer, from, n int) []predictionlog.Record {
	t.Helper()
	batch := make([]predictionlog.Prediction, n)
	for i := range batch {
		batch[i] = prediction(from + i)
	}
	records, err := w.Append(context.Background(), batch)
	if err != nil {
		t.Fatalf("append %d from %d: %v", n, from, err)
	}
	return records
}

func stateOf(t testing.TB, r *sqlite.Reader) predictionlog.State {
	t.Helper()
	s, err := r.State(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// rowsOf reads all predictions and copies their features.
func rowsOf(t testing.TB, r *sqlite.Reader) []predictionlog.Row {
	t.Helper()
	var rows []predictionlog.Row
	err := r.Predictions(context.Background(), -1, math.MaxInt64, func(row *predictionlog.Row) error {
		one := *row
		one.Features = append([]byte(nil), row.Features...)
		rows = append(rows, one)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// foreign returns a connection like the one of a service in another language.
func foreign(t testing.TB, path string) *file.Connection {
	t.Helper()
	c, err := file.Dial(path, "rw", url.Values{"_busy_timeout": {"10000"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return c
}

// must runs SQL that has to succeed.
func must(t testing.TB, c *file.Connection, query string, args ...driver.Value) {
	t.Helper()
	if err := c.Do(query, args...); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

// closedLog returns the path of a log of n predictions that is not open.
func closedLog(t *testing.T, n int) string {
	t.Helper()
	path := newPath(t)
	w, err := sqlite.OpenWriter(t.Context(), path, sqlite.WriterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if n > 0 {
		addBatch(t, w, 0, n)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}
