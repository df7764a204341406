package sqlite

import (
	"fmt"
	"testing"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
)

// adoptAll adopts until there is nothing left, and returns what was adopted.
func adoptAll(t *testing.T, e *Evidence) (all predictionlog.Received) {
	t.Helper()
	for more := true; more; {
		by, again, err := e.Adopt(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range by {
			all.Accepted, all.Unchanged, all.Overruled = all.Accepted+r.Accepted, all.Unchanged+r.Unchanged, all.Overruled+r.Overruled
		}
		more = again
	}
	return all
}

// Feedback over HTTP is evidence like that of any source: what counts is what all agree on, and
// it does not depend on who spoke last.
func TestFeedbackOverHTTPAgreesWithTheSources(t *testing.T) {
	t.Parallel()
	path := t.TempDir() + "/" + logName
	w := newWriter(t, path, WriterOptions{})
	addBatch(t, w, 0, 3)
	e := newEvidence(t, path, EvidenceOptions{Agreement: true})
	if r := adoptAll(t, e); r.Accepted != 0 {
		t.Errorf("%+v", r)
	}
	put(t, e, "a", stated(0, "1", .8, -1))
	put(t, e, "b", stated(0, "1", .8, -1))
	http := outcome(0, "0", .95)
	http.Source = "http"
	if _, err := w.AppendFeedback(t.Context(), http); err != nil {
		t.Fatal(err)
	}
	if by, _ := counts(t, path); by[0] != "0" {
		t.Fatalf("%q counts at once", by[0])
	}
	// 16 against 19: the outcome of HTTP stays, and is evidence.
	if r := adoptAll(t, e); r.Accepted != 1 || r.Unchanged+r.Overruled != 0 {
		t.Errorf("adopted %+v", r)
	}
	if by, _ := counts(t, path); by[0] != "0" {
		t.Errorf("%q counts", by[0])
	}
	if r := adoptAll(t, e); r.Accepted+r.Unchanged+r.Overruled != 0 {
		t.Errorf("adopted again %+v", r)
	}
	put(t, e, "c", stated(0, "1", .6, -1)) // 24 against 19
	if by, _ := counts(t, path); by[0] != "1" {
		t.Errorf("%q counts", by[0])
	}
	// One that loses is corrected, once.
	put(t, e, "a", stated(1, "1", .9, -1))
	put(t, e, "b", stated(1, "1", .9, -1))
	http = outcome(1, "0", .97)
	http.Source = "http"
	if _, err := w.AppendFeedback(t.Context(), http); err != nil {
		t.Fatal(err)
	}
	if r := adoptAll(t, e); r.Overruled != 1 {
		t.Errorf("adopted %+v", r)
	}
	by, rows := counts(t, path)
	if by[1] != "1" {
		t.Errorf("%q counts", by[1])
	}
	if r := adoptAll(t, e); r.Accepted+r.Unchanged+r.Overruled != 0 {
		t.Errorf("its own rows are adopted: %+v", r)
	}
	if again, n := counts(t, path); again[1] != "1" || n != rows {
		t.Errorf("%q counts, %d rows, before %d", again[1], n, rows)
	}
	if n := number(t, foreign(t, path), "SELECT count(*) FROM outcomes WHERE source = 'http'"); n != 2 {
		t.Errorf("%d rows of evidence over HTTP", n)
	}
}

// However feedback and evidence interleave, each row of feedback becomes evidence once, and what
// the log wrote itself does not.
func TestAdoptionFollowsMixedRows(t *testing.T) {
	t.Parallel()
	path := t.TempDir() + "/" + logName
	w := newWriter(t, path, WriterOptions{})
	const n = 450
	addBatch(t, w, 0, n)
	e := newEvidence(t, path, EvidenceOptions{Agreement: true})
	adoptAll(t, e)
	for id := range int64(n) {
		f := outcome(id, fmt.Sprint(id%2), .7)
		f.Source = "http"
		if _, err := w.AppendFeedback(t.Context(), f); err != nil {
			t.Fatal(err)
		}
		if id%3 == 0 {
			put(t, e, "a", stated(id, fmt.Sprint((id+1)%2), .9, -1))
		}
		if id%100 == 50 {
			if _, _, err := e.Adopt(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	adoptAll(t, e)
	c := foreign(t, path)
	if got := number(t, c, "SELECT count(*) FROM outcomes WHERE source = 'http'"); got != n {
		t.Errorf("%d of %d rows are evidence", got, n)
	}
	if got := number(t, c, "SELECT count(*) FROM outcomes WHERE source = 'a'"); got != n/3 {
		t.Errorf("%d rows of a", got)
	}
	by, _ := counts(t, path)
	for id := range int64(n) {
		want := fmt.Sprint(id % 2)
		if id%3 == 0 {
			want = fmt.Sprint((id + 1) % 2)
		}
		if by[id] != want {
			t.Fatalf("prediction %d: %q counts, want %q", id, by[id], want)
		}
	}
	if own := number(t, c, "SELECT json_array_length(value, '$.own') IS NOT NULL FROM meta WHERE key = 'feedback_evidence'"); own != 0 {
		t.Error("ranges of own rows are left")
	}
}

func TestWithoutAgreementNothingIsAdopted(t *testing.T) {
	t.Parallel()
	path := t.TempDir() + "/" + logName
	w := newWriter(t, path, WriterOptions{})
	addBatch(t, w, 0, 1)
	e := newEvidence(t, path, EvidenceOptions{})
	if _, err := w.AppendFeedback(t.Context(), outcome(0, "1", 1)); err != nil {
		t.Fatal(err)
	}
	adoptAll(t, e)
	if n := number(t, foreign(t, path), "SELECT (SELECT count(*) FROM outcomes) + (SELECT count(*) FROM meta WHERE key <> 'log_id')"); n != 0 {
		t.Errorf("%d rows", n)
	}
}
