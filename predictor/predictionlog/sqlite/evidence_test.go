package sqlite

import (
	"context"
	"database/sql/driver"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
)

func newEvidence(t testing.TB, path string, o EvidenceOptions) *Evidence {
	t.Helper()
	if o.PendingLimit == 0 {
		o.PendingLimit = 1000
	}
	e, err := NewEvidence(path, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return e
}

// stated returns an outcome for prediction id, observed this many seconds after noon. If seconds
// is -1, it has no time.
func stated(id int64, text string, confidence float64, seconds int) predictionlog.Stated {
	s := predictionlog.Stated{Feedback: outcome(id, text, confidence), Record: func() string { return fmt.Sprintf(`{"id":%d}`, id) }}
	if seconds >= 0 {
		s.ObservedAt = noon.Add(time.Duration(seconds) * time.Second)
	}
	return s
}

// put appends one batch of a source.
func put(t testing.TB, e *Evidence, source string, all ...predictionlog.Stated) predictionlog.Received {
	t.Helper()
	r, err := e.Append(context.Background(), predictionlog.Evidence{Source: source, Outcomes: all})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// counts returns the outcome that counts for each prediction, and the number of rows of feedback.
func counts(t *testing.T, path string) (by map[int64]string, rows int) {
	t.Helper()
	by = map[int64]string{}
	for _, f := range outcomesOf(t, newReader(t, path)) {
		by[f.PredictionID] = f.Outcome
		rows++
	}
	return by, rows
}

// evidenceOf returns the rows of the table outcomes: source, outcome, accepted, reason.
func evidenceOf(t *testing.T, path string) (all []string) {
	t.Helper()
	err := foreign(t, path).Query(t.Context(), "SELECT source, outcome, accepted, reason FROM outcomes ORDER BY seq", func(row []driver.Value) error {
		all = append(all, fmt.Sprint(row[0], " ", row[1], " ", row[2], " ", row[3]))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func withPredictions(t *testing.T, n int) (string, *Writer) {
	t.Helper()
	path := newPath(t)
	w := newWriter(t, path, WriterOptions{Now: newClock(noon).now})
	if n > 0 {
		add(t, w, 0, n)
	}
	return path, w
}

func TestHigherConfidenceCountsAndAllStaysAsEvidence(t *testing.T) {
	t.Parallel()
	path, _ := withPredictions(t, 3)
	e := newEvidence(t, path, EvidenceOptions{})
	for i, test := range []struct {
		source string
		s      predictionlog.Stated
		want   predictionlog.Received
	}{
		{"a", stated(0, "1", .9, -1), predictionlog.Received{Accepted: 1}},
		{"b", stated(0, "0", .8, -1), predictionlog.Received{Overruled: 1}},
		{"b", stated(0, "1", .8, -1), predictionlog.Received{Accepted: 1}},
		{"a", stated(0, "1", .9, -1), predictionlog.Received{Unchanged: 1}},
		{"c", stated(0, "0", .9, -1), predictionlog.Received{Accepted: 1}},
		{"a", stated(0, "1", .95, -1), predictionlog.Received{Accepted: 1}},
	} {
		if got := put(t, e, test.source, test.s); !reflect.DeepEqual(got, test.want) {
			t.Errorf("record %d: %+v, want %+v", i, got, test.want)
		}
	}
	if by, rows := counts(t, path); by[0] != "1" || rows != 4 {
		t.Errorf("%v in %d rows", by, rows)
	}
	want := []string{"a 1 1 ", "b 0 0 lower_confidence", "b 1 1 ", "c 0 1 ", "a 1 1 "}
	if got := evidenceOf(t, path); !reflect.DeepEqual(got, want) {
		t.Errorf("evidence %q, want %q", got, want)
	}
}

func TestRecordsThatComeAgainAddNothingInAnyOrder(t *testing.T) {
	t.Parallel()
	path, _ := withPredictions(t, 1)
	e := newEvidence(t, path, EvidenceOptions{})
	history := []predictionlog.Stated{stated(0, "0", 1, 10), stated(0, "1", 1, 20), stated(0, "0", 1, 30)}
	put(t, e, "a", history...)
	before, rows := evidenceOf(t, path), 0
	if _, rows = counts(t, path); rows != 3 {
		t.Errorf("%d rows of feedback", rows)
	}
	for _, i := range []int{0, 1, 2, 1, 0} { // the overlap of a source is read again
		if got := put(t, e, "a", history[i]); got.Unchanged != 1 {
			t.Errorf("record %d again: %+v", i, got)
		}
	}
	if got := put(t, e, "a", stated(0, "1", 1, 25)); got.Overruled != 1 { // committed late
		t.Errorf("an older record: %+v", got)
	}
	after, now := evidenceOf(t, path), 0
	if _, now = counts(t, path); now != rows || len(after) != len(before)+1 || !strings.HasSuffix(after[3], " 0 older") {
		t.Errorf("%d rows of feedback, evidence %q", now, after)
	}
}

func TestOutcomesWaitForTheirPrediction(t *testing.T) {
	t.Parallel()
	path, w := withPredictions(t, 1)
	e := newEvidence(t, path, EvidenceOptions{PendingLimit: 3})
	byName := predictionlog.Stated{Feedback: predictionlog.Feedback{RequestID: "request-000002", Outcome: "0", Confidence: .5}, Record: func() string { return "{}" }}
	logID := stateOf(t, newReader(t, path)).LogID
	own := predictionlog.Stated{Feedback: predictionlog.Feedback{RequestID: predictionlog.OwnRequestID(logID, 3), Outcome: "1"}, Record: func() string { return "{}" }}
	r := put(t, e, "a", stated(1, "1", 1, -1), byName, own, stated(1, "1", 1, -1), stated(7, "1", 1, -1))
	if r.Pending != 3 || r.Unchanged != 1 || r.Rejected[predictionlog.RejectedPendingFull] != 1 {
		t.Errorf("received %+v", r)
	}
	if got, next, err := e.Match(t.Context(), -1); err != nil || next != -1 || got != nil {
		t.Errorf("nothing has come: %v, %d, %v", got, next, err)
	}
	add(t, w, 1, 2)
	p := prediction(3)
	p.RequestID = ""
	if _, err := w.Append(t.Context(), []predictionlog.Prediction{p}); err != nil {
		t.Fatal(err)
	}
	got, next, err := e.Match(t.Context(), -1)
	if err != nil || next != -1 || got["a"].Accepted != 3 {
		t.Errorf("matched %+v, %d, %v", got, next, err)
	}
	if by, rows := counts(t, path); rows != 3 || by[1] != "1" || by[2] != "0" || by[3] != "1" {
		t.Errorf("%v in %d rows", by, rows)
	}
	if counted, err := newReader(t, path).CountPending(t.Context()); err != nil || len(counted) != 0 {
		t.Errorf("pending %v, %v", counted, err)
	}
}

func TestWhatWaitsTooLongIsSetAside(t *testing.T) {
	t.Parallel()
	path, _ := withPredictions(t, 1)
	clk := newClock(noon)
	e := newEvidence(t, path, EvidenceOptions{Now: clk.now})
	var many []predictionlog.Stated
	for i := range 250 {
		many = append(many, stated(int64(100+i), "1", 1, -1))
	}
	put(t, e, "a", many...)
	clk.advance(2 * time.Hour)
	total := 0
	for after, steps := int64(-1), 0; ; steps++ {
		got, next, err := e.Expire(t.Context(), after, time.Hour)
		if err != nil || steps > 3 {
			t.Fatal(steps, err)
		}
		total += got["a"].Rejected[predictionlog.RejectedExpired]
		if next < 0 {
			break
		}
		after = next
	}
	if total != 250 {
		t.Errorf("%d set aside", total)
	}
	if n, err := e.Trim(t.Context(), 200, time.Hour); err != nil || n != 50 {
		t.Errorf("trimmed %d to the newest 200, %v", n, err)
	}
	clk.advance(2 * time.Hour)
	if n, err := e.Trim(t.Context(), 200, time.Hour); err != nil || n != 100 {
		t.Errorf("trimmed %d for their age, %v", n, err)
	}
}

func TestWhatTheLogCannotTakeIsSetAsideWithItsReason(t *testing.T) {
	t.Parallel()
	path, w := withPredictions(t, 3)
	if _, err := Care.Erase(t.Context(), path, "request-000001"); err != nil {
		t.Fatal(err)
	}
	add(t, w, 3, 1)
	e := newEvidence(t, path, EvidenceOptions{})
	early := stated(0, "1", 1, -1)
	early.ObservedAt = noon.Add(-time.Hour)
	both := stated(0, "1", 1, -1)
	both.RequestID = "request-000002"
	other := predictionlog.Stated{Feedback: predictionlog.Feedback{RequestID: predictionlog.OwnRequestID("01234567-89ab-4cde-8fab-0123456789ab", 3), Outcome: "1"}, Record: func() string { return "{}" }}
	r, err := e.Append(t.Context(), predictionlog.Evidence{
		Source: "a", Outcomes: []predictionlog.Stated{early, both, other, stated(1, "1", 1, -1), stated(2, "1", 1, -1)},
		Rejected: []predictionlog.RejectedRecord{{Reason: predictionlog.RejectedUnmapped, Record: strings.Repeat("é\x00\xff", 3000)}},
		Cursors:  map[string]string{"x": `{"n":1}`},
	})
	if err != nil || r.Accepted != 1 {
		t.Fatalf("%+v, %v", r, err)
	}
	want := map[string]int{predictionlog.RejectedTooEarly: 1, predictionlog.RejectedDisagree: 1, predictionlog.RejectedOtherLog: 1, predictionlog.RejectedDeleted: 1, predictionlog.RejectedUnmapped: 1}
	if !reflect.DeepEqual(r.Rejected, want) {
		t.Errorf("rejected %v, want %v", r.Rejected, want)
	}
	var listed []predictionlog.Rejected
	if err := newReader(t, path).RejectedRecords(t.Context(), "a", func(r predictionlog.Rejected) error { listed = append(listed, r); return nil }); err != nil {
		t.Fatal(err)
	}
	if len(listed) != 5 || len(listed[4].Record) > predictionlog.RecordBytes || len(listed[4].Record) < predictionlog.RecordBytes-4 {
		t.Errorf("%d listed", len(listed))
	}
	// A retried record leaves the list in the transaction that adds its outcome, and only once.
	again := predictionlog.Evidence{Source: "a", Retried: listed[0].Seq, Outcomes: []predictionlog.Stated{stated(0, "1", 1, -1)}}
	if r, err := e.Append(t.Context(), again); err != nil || r.Accepted != 1 {
		t.Errorf("retried: %+v, %v", r, err)
	}
	if _, err := e.Append(t.Context(), again); err == nil {
		t.Error("a record was retried twice")
	}
	if _, rows := counts(t, path); rows != 2 {
		t.Errorf("%d rows of feedback", rows)
	}
}

func TestCursorsAreThoseOfTheRowsThatAreThere(t *testing.T) {
	t.Parallel()
	path, _ := withPredictions(t, 1)
	e := newEvidence(t, path, EvidenceOptions{})
	for _, cursors := range []map[string]string{{"a": "1", "b": "2"}, {"b": "3", "a": ""}} {
		if _, err := e.Append(t.Context(), predictionlog.Evidence{Source: "s", Cursors: cursors}); err != nil {
			t.Fatal(err)
		}
	}
	// If a batch fails, its cursor is not stored either.
	bad := predictionlog.Stated{Feedback: predictionlog.Feedback{Outcome: "1"}}
	if _, err := e.Append(t.Context(), predictionlog.Evidence{Source: "s", Outcomes: []predictionlog.Stated{stated(0, "1", 1, -1), bad}, Cursors: map[string]string{"b": "4"}}); err == nil {
		t.Error("an outcome of nothing was taken")
	}
	for source, want := range map[string]map[string]string{"s": {"b": "3"}, "s2": {}, "": {}} {
		if got, err := e.Cursors(t.Context(), source); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %v, %v", source, got, err)
		}
	}
	if _, rows := counts(t, path); rows != 0 {
		t.Errorf("%d rows of feedback", rows)
	}
}

func TestOneProcessReadsASource(t *testing.T) {
	t.Parallel()
	path, _ := withPredictions(t, 0)
	e := newEvidence(t, path, EvidenceOptions{})
	lock, err := e.LockSource("a")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.LockSource("a"); err == nil || !strings.Contains(err.Error(), "another process reads the source a") {
		t.Errorf("error %v", err)
	}
	other, err := e.LockSource("b")
	if err != nil {
		t.Fatal(err)
	}
	_, _ = lock.Close(), other.Close()
}

// The probabilities are products of the odds: 9*4 to 1 for one outcome with .9 and .8, and 9 to 4
// if they contradict each other.
func TestSourcesAddUpByTheirLogOdds(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		all  []said
		want said
	}{
		{[]said{{"a", "1", .9}}, said{"a", "1", .9}},
		{[]said{{"a", "1", .9}, {"b", "1", .8}}, said{"a", "1", 36. / 37}},
		{[]said{{"a", "1", .9}, {"b", "0", .8}}, said{"a", "1", 9. / 13}},
		{[]said{{"a", "1", .9}, {"b", "0", .8}, {"c", "0", .8}}, said{"b", "0", 16. / 25}},
		{[]said{{"a", "1", .6}, {"b", "0", .6}, {"c", "x", .6}}, said{"c", "x", 1. / 3}},
		{[]said{{"a", "1", 1}, {"b", "0", .999}}, said{"a", "1", 1}},
		{[]said{{"a", "1", 1}, {"b", "0", 1}}, said{"b", "0", .5}},
	} {
		got := mostProbable(test.all)
		if got.source != test.want.source || got.outcome != test.want.outcome || math.Abs(got.confidence-test.want.confidence) > 2e-6 {
			t.Errorf("%v: %v, want %v", test.all, got, test.want)
		}
	}
}

func TestSourcesOutvoteOneAnother(t *testing.T) {
	t.Parallel()
	path, w := withPredictions(t, 2)
	e := newEvidence(t, path, EvidenceOptions{Agreement: true})
	for i, test := range []struct {
		source, outcome string
		confidence      float64
		counts          string
		rows            int
	}{
		{"a", "1", .9, "1", 1}, {"b", "0", .8, "1", 1}, {"c", "0", .8, "0", 2}, {"c", "1", .8, "1", 3}, {"b", "1", .8, "1", 3},
	} {
		put(t, e, test.source, stated(0, test.outcome, test.confidence, -1))
		if by, rows := counts(t, path); by[0] != test.counts || rows != test.rows {
			t.Errorf("record %d: %q counts, %d rows", i, by[0], rows)
		}
	}
	// An outcome that came over HTTP also counts as a statement.
	if _, err := w.AppendFeedback(t.Context(), outcome(1, "1", .99)); err != nil {
		t.Fatal(err)
	}
	if r := put(t, e, "a", stated(1, "0", .9, -1)); r.Overruled != 1 {
		t.Errorf("against feedback: %+v", r)
	}
	if by, _ := counts(t, path); by[1] != "1" {
		t.Errorf("%q counts", by[1])
	}
	var all []predictionlog.Statement
	if err := newReader(t, path).Statements(t.Context(), 1000, func(s predictionlog.Statement) error { all = append(all, s); return nil }); err != nil {
		t.Fatal(err)
	}
	if len(all) != 4 || all[0] != (predictionlog.Statement{PredictionID: 0, Source: "a", Outcome: "1", Confidence: .9, Counts: "1"}) || all[3].Counts != "1" || all[3].Outcome != "0" {
		t.Errorf("statements %+v", all)
	}
}
