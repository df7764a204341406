package sqlite

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
)

// TestAPowerFailureTakesLazyEvidenceWithItsCursor cuts the write-ahead log at many places, as a
// power failure does before it is synced. What is left must be a number of whole batches, and the
// cursor must be that of the last one.
func TestAPowerFailureTakesLazyEvidenceWithItsCursor(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	w := newWriter(t, path, WriterOptions{})
	addBatch(t, w, 0, 200)
	e := newEvidence(t, path, EvidenceOptions{})
	const batches, size = 10, 20
	for n := range int64(batches) {
		b := predictionlog.Evidence{Source: "a", Cursors: map[string]string{"x": fmt.Sprint(n + 1)}, Lazy: true}
		for i := range int64(size) {
			b.Outcomes = append(b.Outcomes, stated(size*n+i, "1", 1, -1))
		}
		if _, err := e.Append(context.Background(), b); err != nil {
			t.Fatal(err)
		}
	}
	main, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	wal, err := os.ReadFile(path + "-wal")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[int]bool{}
	for cut := 0; cut <= 40; cut++ {
		copied := filepath.Join(t.TempDir(), "predictions.db")
		if err := os.WriteFile(copied, main, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(copied+"-wal", wal[:len(wal)*cut/40], 0o600); err != nil {
			t.Fatal(err)
		}
		left, err := NewEvidence(copied, EvidenceOptions{})
		if err != nil {
			t.Fatal(err)
		}
		cursors, err := left.Cursors(context.Background(), "a")
		if err != nil {
			if closing := left.Close(); closing != nil {
				t.Fatal(closing)
			}
			continue // not even the log was there yet
		}
		if err := left.Close(); err != nil {
			t.Fatal(err)
		}
		_, rows := counts(t, copied)
		n := 0
		if cursors["x"] != "" {
			if _, err := fmt.Sscan(cursors["x"], &n); err != nil {
				t.Fatal(err)
			}
		}
		if rows != size*n {
			t.Errorf("with %d/40 of the write-ahead log: %d rows, and the cursor is %d", cut, rows, n)
		}
		seen[n] = true
	}
	if !seen[batches] || len(seen) < 5 {
		t.Errorf("only %v batches were left: this test proves little", seen)
	}
	if err := e.Sync(); err != nil {
		t.Error(err)
	}
}

// TestARecordIsSetAsideOnce reads many bad records again, as a source does that was interrupted.
func TestARecordIsSetAsideOnce(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	w := newWriter(t, path, WriterOptions{})
	addBatch(t, w, 0, 1)
	var all []predictionlog.RejectedRecord
	for i := range 1200 {
		all = append(all, predictionlog.RejectedRecord{Reason: predictionlog.RejectedNotParsed, Record: fmt.Sprint("bad ", i)})
	}
	add := func(e *Evidence, source string, retried int64, records ...predictionlog.RejectedRecord) predictionlog.Received {
		t.Helper()
		r, err := e.Append(context.Background(), predictionlog.Evidence{Source: source, Rejected: records, Retried: retried})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	for run, want := range []int{1200, 0} { // the second run is a new process
		if r := add(newEvidence(t, path, EvidenceOptions{}), "a", 0, all...); r.Rejected[predictionlog.RejectedNotParsed] != want || r.Unchanged != 1200-want {
			t.Errorf("run %d: %+v, want %d set aside", run, r, want)
		}
	}
	e := newEvidence(t, path, EvidenceOptions{})
	if r := add(e, "b", 0, all[0]); r.Rejected[predictionlog.RejectedNotParsed] != 1 {
		t.Errorf("of another source: %+v", r)
	}
	if r := add(e, "a", 1); r.Unchanged != 0 { // it was understood at last
		t.Errorf("retried: %+v", r)
	}
	if r := add(e, "a", 0, all[0], all[1]); r.Rejected[predictionlog.RejectedNotParsed] != 1 || r.Unchanged != 1 {
		t.Errorf("once more after a retry: %+v", r)
	}
}
