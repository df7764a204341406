package review

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/drift-exporter/drift_exporter/predictor/outcomes"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/care"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite/file"
	"github.com/drift-exporter/drift_exporter/predictor/strictyaml"
)

// audit returns the rows, the result and the error of an audit.
func audit(t *testing.T, o outcomes.AuditOptions) (rows, result string, err error) {
	t.Helper()
	var a, b bytes.Buffer
	err = outcomes.Audit(t.Context(), o, &a, &b)
	return a.String(), b.String(), err
}

func TestTheAuditFindsEveryChange(t *testing.T) {
	t.Parallel()
	o := open(t, loans(t, 4), everyLoan, "")
	o.decide("ann", "repaid")
	o.decide("ann", "default")
	o.post("ann", url.Values{"action": {"undo"}})
	id := o.next("ann")
	if status, page := o.post("ann", url.Values{"prediction_id": {id}, "outcome": {"repaid"}, "note": {"=1+1, \"said\"\nMr. <b>X</b>"}}); status != 303 {
		t.Fatalf("%d %s", status, page)
	}
	o.stop()
	rows, result, err := audit(t, outcomes.AuditOptions{LogPath: o.log, Format: "csv"})
	if err != nil || !strings.HasPrefix(result, "4 reviews: 1 withdrawn, 0 erased, 4 of reviewers that nobody has checked\nthe chain is complete\nlast hash ") {
		t.Fatalf("%v\n%s", err, result)
	}
	table, err := csv.NewReader(strings.NewReader(rows)).ReadAll()
	if err != nil || len(table) != 5 || table[4][9] != "=1+1, \"said\"\nMr. <b>X</b>" || table[4][5] != "false" || table[3][6] != "withdrawn" {
		t.Errorf("%v\n%s", err, rows)
	}
	rows, _, err = audit(t, outcomes.AuditOptions{LogPath: o.log, Format: "jsonl"})
	lines := strings.Split(strings.TrimSpace(rows), "\n")
	var last struct {
		Hash, Reviewer string
		Probability    float64
	}
	if err = errors.Join(err, json.Unmarshal([]byte(lines[3]), &last)); err != nil || len(lines) != 4 || last.Probability != 1 || last.Reviewer != "unauthenticated:ann" {
		t.Errorf("%v\n%s", err, rows)
	}

	// An erased review keeps its hashes, so the chain is still complete.
	for _, r := range o.reviews()[:1] {
		if _, err := care.Erase(t.Context(), o.log, predictionlog.OwnRequestID(logID(t, o.log), r.PredictionID)); err != nil {
			t.Fatal(err)
		}
	}
	if _, result, err = audit(t, outcomes.AuditOptions{LogPath: o.log, Contains: last.Hash}); err != nil || !strings.Contains(result, "1 erased, 3 of reviewers") {
		t.Errorf("%v\n%s", err, result)
	}
	if text, _, _ := audit(t, outcomes.AuditOptions{LogPath: o.log, Format: "jsonl"}); strings.Count(text, `"reviewer":"","authenticated":false,"says":"erased","outcome":""`) != 1 {
		t.Errorf("erased rows:\n%s", text)
	}

	for _, test := range []struct{ change, want string }{
		{"UPDATE reviews SET outcome = '0' WHERE seq = 4", "row 4 was changed"},
		{"UPDATE reviews SET time = time + 1 WHERE seq = 2", "row 2 was changed"},
		{"UPDATE reviews SET reviewer = 'bob' WHERE seq = 3", "row 3 was changed"},
		{"DELETE FROM reviews WHERE seq = 2", "row 3 does not follow"},
		{"DELETE FROM reviews WHERE seq = 4", "no row has the hash"},
	} {
		copied := t.TempDir() + "/predictions.db"
		err := sqlite.Edit(t.Context(), o.log, false, func(c *file.Connection) error { return c.Do("VACUUM INTO ?", copied) })
		if err != nil {
			t.Fatal(err)
		}
		err = sqlite.Edit(t.Context(), copied, false, func(c *file.Connection) error { return c.Exec("DROP TRIGGER reviews_update; " + test.change) })
		if err != nil {
			t.Fatal(err)
		}
		if _, result, err := audit(t, outcomes.AuditOptions{LogPath: copied, Contains: last.Hash}); !errors.Is(err, outcomes.ErrAudit) || !strings.Contains(result, test.want) {
			t.Errorf("%s: %v\n%s", test.change, err, result)
		}
	}
}

// What is erased is not counted any more, and reservations stay.
func TestAnErasedReviewIsForgotten(t *testing.T) {
	t.Parallel()
	var ahead atomic.Int64 // of the clock, in nanoseconds
	later := Kind
	later.Parse = func(d strictyaml.Decoder, n *yaml.Node) (outcomes.Source, error) {
		c, err := parse(d, n)
		return &Source{config: c, now: func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }}, err
	}
	o := openWith(t, loans(t, 4), everyLoan, "", later)
	id := o.decide("ann", "repaid")
	o.decide("ann", "default")
	next := o.next("ann")
	const samples = `drift_outcomes_review_accuracy_samples{source="officers"}`
	if n := o.metric(samples); n != "2" {
		t.Errorf("%s samples", n)
	}
	if _, err := care.Erase(t.Context(), o.log, predictionlog.OwnRequestID(logID(t, o.log), number(t, id))); err != nil {
		t.Fatal(err)
	}
	ahead.Store(int64(2 * time.Minute))
	for o.metric(samples) != "1" {
		time.Sleep(time.Millisecond)
	}
	if got := o.next("ann"); got != next {
		t.Errorf("prediction %s is reserved, before %s", got, next)
	}
}

func logID(t *testing.T, path string) string {
	t.Helper()
	r := sqlite.NewReader(path)
	defer func() { _ = r.Close() }()
	s, err := r.State(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return s.LogID
}

// A prediction that is erased or pruned while somebody looks at it is no longer shown, and an
// answer about it is refused.
func TestAnErasedPredictionLeavesTheQueue(t *testing.T) {
	t.Parallel()
	o := open(t, loans(t, 2), everyLoan, "")
	id := o.next("ann")
	if _, err := care.Erase(t.Context(), o.log, predictionlog.OwnRequestID(logID(t, o.log), number(t, id))); err != nil {
		t.Fatal(err)
	}
	if status, page := o.post("ann", url.Values{"prediction_id": {id}, "outcome": {"repaid"}}); status != 410 || !strings.Contains(page, "no longer kept") {
		t.Errorf("%d %s", status, page)
	}
	if next := o.next("ann"); next == id || next == "" {
		t.Errorf("prediction %s is shown", next)
	}
}
