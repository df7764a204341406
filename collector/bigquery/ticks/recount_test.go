package ticks_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/drift-exporter/drift_exporter/collector/bigquery/ticks"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/ship"
	shipped "github.com/drift-exporter/drift_exporter/predictor/ship/bigquery"
	"github.com/drift-exporter/drift_exporter/predictor/tick"
)

// halves codes the score by its half, and is another scheme than byScore.
type halves struct{ byScore }

func (halves) Columns() []int   { return []int{3} }
func (halves) Scheme() []string { return []string{"halves"} }
func (h halves) Row(row *predictionlog.Row) (tick.Counted, bool) {
	counted, ok := h.byScore.Row(row)
	counted.Codes = []uint8{uint8(row.Score * 2)}
	return counted, ok
}

const (
	withRows, withoutRows, withSomeRows = "0b5aa3a0-3c0f-4b0e-9a55-6c1f1d0b3d5e", "1c6bb4b1-4d1f-4c1f-8b66-7d2a2e1c4e6f", "2d7cc5c2-5e2a-4d2a-9c77-8e3b3f2d5f7a"
)

// scored are rows of a log in a tick, counted by byScore into one record.
func scored(log string, first int64, start int64, texts ...string) ([]predictionlog.WholeRow, tick.Record) {
	counts := tick.NewCounts(coderOf)
	var rows []predictionlog.WholeRow
	for i, text := range texts {
		row := predictionlog.Row{
			ID: first + int64(i), Time: start + int64(i)*1e6, Model: "m", Version: "1", Features: []byte(text), Score: float64(i) / float64(len(texts)), HasScore: true, Class: "1", Latency: 5,
		}
		counts.Prediction(&row)
		rows = append(rows, predictionlog.WholeRow{Row: row})
	}
	r := counts.Records()[0]
	r.LogID, r.After, r.Sequence, r.ShippedAt = log, first-1, first+int64(len(texts))-1, start+20*int64(time.Second)
	return rows, r
}

// TestRecordsOfAnotherSchemeAreCountedAgainAsAWhole has a log that ships rows, one that does not, and
// one that lacks some.
func TestRecordsOfAnotherSchemeAreCountedAgainAsAWhole(t *testing.T) {
	t.Parallel()
	alone(t)
	start := tick.Start(time.Date(2026, 11, 29, 10, 0, 0, 0, time.UTC).UnixNano())
	now := time.Unix(0, start).Add(10 * time.Minute)
	rows, record := scored(withRows, 5, start, `{"a":1}`, `{"a":NaN}`, `broken`, `{"a":2}`)
	_, unshipped := scored(withoutRows, 5, start, `{"a":1}`)
	some, incomplete := scored(withSomeRows, 5, start, `{"a":1}`, `{"a":2}`, `{"a":3}`)
	later, laterRecord := scored(withRows, 9, start+int64(tick.Length), "{\"a\":\"\xff\"}", `{"a":2}`)
	rows = append(rows, later...)
	outcome := tick.Outcome{
		LogID: withRows, Sequence: 1, ShippedAt: record.ShippedAt, Time: start + 1e9, ObservedAt: start + 1e9, Model: "m", Version: "1", Scheme: record.Scheme, Codes: []byte{7},
		PredictionLog: withRows, PredictionID: 8, PredictedAt: start + 3e6, Class: "1", Outcome: "1", Score: .75, HasScore: true, Confidence: 1,
	}
	r := warehouse(t, "recount", now, []tick.Record{record, unshipped, incomplete, laterRecord}, []tick.Outcome{outcome})
	if _, err := r.State(t.Context()); err != nil {
		t.Fatal(err)
	}
	coded := r.Coded(func(predictionlog.Key) tick.Coder { return halves{} })
	scheme := tick.Scheme(halves{}.Scheme())
	read := func() (all []tick.Sum, err error) {
		err = coded.Ticks(t.Context(), start, start+60*int64(time.Second), func(s *tick.Sum) error { all = append(all, *s); return nil })
		return all, err
	}
	before, err := read()
	if err != nil || len(before) != 2 || before[0].Rows != 7 || before[0].Scheme != record.Scheme {
		t.Errorf("without rows: %+v, %v", before, err)
	}
	send(t, "recount", func(s *shipped.Sink) {
		append1(t, s, &ship.Batch{LogID: withRows, Table: predictionlog.TablePredictions, Predictions: rows})
		append1(t, s, &ship.Batch{LogID: withSomeRows, Table: predictionlog.TablePredictions, Predictions: some[:2]})
	})
	all, err := read()
	if err != nil {
		t.Fatal(err)
	}
	var said []string
	for _, s := range all {
		said = append(said, fmt.Sprint(s.Tick-start, " ", s.LogID, " own ", s.Scheme == scheme, " left ", s.Left, " rows ", s.Rows, s.Recounted, " records ", s.Records, s.At, s.N, s.Names, s.Sums, s.Oldest-start))
	}
	want := []string{
		// The log's counters stay where they were.
		"0  own true left false rows 3 3 records 0 [0 1] [2 1] [] [] 0",
		fmt.Sprint("0  own false left false rows 0 0 records 3 [] [] [class/1 invalid/ latency/0 latency/sum score/0 score/2 score/3 score/4 score/6 score/7 score/sum] [8 1 8 40 3 1 1 1 1 1 2500000000] ", -start),
		"0 " + withoutRows + " own false left true rows 1 0 records 0 [] [] [] [] 0",
		"0 " + withSomeRows + " own false left true rows 3 0 records 0 [] [] [] [] 0",
		// A text that is not UTF-8 is another one in BigQuery.
		fmt.Sprint("15000000000  own false left false rows 0 0 records 1 [] [] [class/1 latency/0 latency/sum score/0 score/4 score/sum] [2 2 10 1 1 500000000] ", -start),
		"15000000000 " + withRows + " own false left true rows 2 0 records 0 [] [] [] [] 15000000000",
	}
	if !slices.Equal(said, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(said, "\n"), strings.Join(want, "\n"))
	}
	var got tick.Outcome
	if err := coded.Outcomes(t.Context(), start, start+60*int64(time.Second), func(o *tick.Outcome) error { got = *o; return nil }); err != nil {
		t.Fatal(err)
	}
	if got.Scheme != scheme || len(got.Codes) != 1 || got.Codes[0] != 1 {
		t.Errorf("outcome %+v", got)
	}
	// While rows may still come, a record that lacks some is waited for.
	soon := warehouseAt(t, "recount", time.Unix(0, start).Add(lateness)).Coded(func(predictionlog.Key) tick.Coder { return halves{} })
	if _, err := soon.State(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := soon.Ticks(t.Context(), start, start+int64(tick.Length), func(*tick.Sum) error { return nil }); !errors.Is(err, tick.ErrAwaited) {
		t.Errorf("soon: %v", err)
	}
	if n := soon.Stats().Failures[ticks.Other]; n != 0 {
		t.Errorf("waiting counts as %d failures", n)
	}
}
