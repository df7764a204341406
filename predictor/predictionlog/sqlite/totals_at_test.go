package sqlite

import (
	"fmt"
	"math"
	"reflect"
	"testing"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
)

// TestTotalsAtAnyIdCountRowsWhereTheyWere compares past totals with the rows, one by one. It does
// so before and after rows were deleted, and for any position of the log's own sums.
func TestTotalsAtAnyIdCountRowsWhereTheyWere(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	newWriter(t, path, WriterOptions{})
	c := foreign(t, path)
	const rows = 300
	for i := range rows {
		must(t, c, "INSERT INTO predictions (model, version, features, score, class, latency) VALUES (?, ?, ?, ?, ?, ?)",
			fmt.Sprint("m", i%2), fmt.Sprint(i/200), awkward[i%len(awkward)], float64(i)/rows, fmt.Sprint(i%3), int64(i)*1e6)
		if i%4 == 0 {
			must(t, c, "INSERT INTO feedback (prediction_id, outcome) VALUES (last_insert_rowid(), ?)", fmt.Sprint(i%5))
			must(t, c, "INSERT INTO errors (model, reason) VALUES ('m0', ?)", predictionlog.Reasons[i%len(predictionlog.Reasons)])
		}
	}
	r := newReader(t, path)
	at := func(upTo predictionlog.UpTo) map[predictionlog.Key]*predictionlog.Counters {
		t.Helper()
		totals, err := r.TotalsAt(t.Context(), upTo)
		if err != nil {
			t.Fatal(err)
		}
		if totals.UpTo != upTo {
			t.Fatalf("asked for %+v, got %+v", upTo, totals.UpTo)
		}
		return totals.Counters
	}
	compare := func() {
		t.Helper()
		high := stateOf(t, r).HighWater
		for _, n := range []int64{-1, 0, 1, 17, 60, 61, 150, 299, 300} {
			upTo := predictionlog.UpTo{Predictions: min(n, high.Predictions), Feedback: min(n, high.Feedback), Errors: min(n, high.Errors)}
			want := at(predictionlog.UpTo{Predictions: -1, Feedback: -1, Errors: -1})
			for key, rows := range fold(t, r, upTo) {
				if want[key] == nil {
					want[key] = predictionlog.NewCounters()
				}
				plus(want[key], rows)
			}
			if got := at(upTo); !reflect.DeepEqual(got, want) {
				t.Errorf("up to %+v: %v, want %v", upTo, got, want)
			}
		}
		all, err := r.Totals(t.Context(), predictionlog.UpTo{Predictions: math.MaxInt64, Feedback: math.MaxInt64, Errors: math.MaxInt64})
		if err != nil {
			t.Fatal(err)
		}
		if got := at(high); !reflect.DeepEqual(got, all.Counters) {
			t.Errorf("at the newest row: %v, want %v", got, all.Counters)
		}
	}
	none := predictionlog.UpTo{Predictions: -1, Feedback: -1, Errors: -1}
	for _, upTo := range []int64{-1, 0, 60, 200, rows} {
		must(t, c, "UPDATE totals_up_to SET up_to_id = max(up_to_id, min(?1, CASE log WHEN 'predictions' THEN (SELECT max(id) FROM predictions) ELSE (SELECT seq FROM sqlite_sequence WHERE name = log) END))", upTo)
		compare()
		if missing := at(none); len(missing) != 0 {
			t.Errorf("nothing was deleted, and before the first row there was %v", missing)
		}
	}
	must(t, c, "DELETE FROM predictions WHERE id < 20 OR id IN (70, 71)")
	compare()
	must(t, c, "DELETE FROM feedback WHERE seq < 3")
	must(t, c, "DELETE FROM errors WHERE seq = 50")
	compare()
	if missing := at(none); missing[predictionlog.Key{Model: "m0", Version: "0"}].Classes["0"] == 0 {
		t.Error("the rows that were deleted are not counted")
	}
}

// plus adds all counts of o.
func plus(c *predictionlog.Counters, o *predictionlog.Counters) {
	for k, n := range o.Classes {
		c.Classes[k] += n
	}
	for k, n := range o.Errors {
		c.Errors[k] += n
	}
	for k, n := range o.Feedback {
		c.Feedback[k] += n
	}
	for k, n := range o.Corrections {
		c.Corrections[k] += n
	}
	for _, h := range []struct{ to, from *predictionlog.Histogram }{{&c.Latency, &o.Latency}, {&c.Scores, &o.Scores}, {&c.Delays, &o.Delays}} {
		for i, n := range h.from.Counts {
			h.to.Counts[i] += n
		}
		h.to.Sum += h.from.Sum
	}
	c.Invalid += o.Invalid
}
