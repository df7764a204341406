package care

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite/file"
)

// review adds a row to the chain of reviews, as the schema says.
func review(t *testing.T, c *file.Connection, id int64, outcome, note string) {
	t.Helper()
	row, err := c.First(t.Context(), `SELECT coalesce((SELECT hash FROM reviews ORDER BY seq DESC LIMIT 1), ''),
		json_array(coalesce((SELECT hash FROM reviews ORDER BY seq DESC LIMIT 1), ''), coalesce((SELECT max(seq) FROM reviews), 0) + 1, 5, ?1, 'officer', ?2, 0.05, ?3)`, id, outcome, note)
	if err != nil {
		t.Fatal(err)
	}
	f := file.Fields{Row: row}
	previous, sum := f.Text(0), sha256.Sum256([]byte(f.Text(1)))
	must(t, c, "INSERT INTO reviews (time, prediction_id, reviewer, outcome, probability, note, previous, hash) VALUES (5, ?, 'officer', ?, 0.05, ?, ?, ?)",
		id, outcome, note, previous, hex.EncodeToString(sum[:]))
}

// evidenceOf makes a log with all kinds of evidence about two persons.
func evidenceOf(t *testing.T) (path string, persons []predictionlog.Prediction, c *file.Connection) {
	t.Helper()
	path = newPath(t)
	w := newWriter(t, path, sqlite.WriterOptions{})
	persons = []predictionlog.Prediction{secret(0), secret(1)}
	if _, err := w.Append(t.Context(), persons); err != nil {
		t.Fatal(err)
	}
	c = foreign(t, path)
	for id, p := range persons {
		must(t, c, "INSERT INTO outcomes (received_at, prediction_id, request_id, outcome, accepted) VALUES (1, ?, ?, '1', 1)", int64(id), p.RequestID)
		must(t, c, "INSERT INTO outcomes (received_at, request_id, outcome, accepted, reason) VALUES (1, ?, '0', 0, 'overruled')", p.RequestID)
		must(t, c, "INSERT INTO outcomes_pending (received_at, request_id, source, outcome, confidence) VALUES (1, ?, 's', '1', 1.0)", p.RequestID)
		must(t, c, "INSERT INTO outcomes_rejected (received_at, source, reason, record) VALUES (1, 's', 'no class', ?)", `{"id":"`+p.RequestID+`"}`)
		review(t, c, int64(id), "1", "note about "+p.RequestID)
	}
	return path, persons, c
}

func TestEraseReachesEveryTable(t *testing.T) {
	t.Parallel()
	path, persons, c := evidenceOf(t)
	report, err := Check(t.Context(), path)
	if err != nil || report.Err() != nil || report.Outcomes != 4 || report.Pending != 2 || report.Rejected != 2 || report.Reviews != 2 {
		t.Fatalf("check: %v\n%s", err, report)
	}
	// The prediction, two rows of evidence, one pending, one rejected, one review.
	if e, err := Erase(t.Context(), path, persons[0].RequestID); err != nil || e.Rows != 6 {
		t.Errorf("erased %d rows, %v, want 6", e.Rows, err)
	}
	if found := grep(t, path, persons[0].RequestID); len(found) > 0 {
		t.Errorf("it is still in %v", found)
	}
	if n := number(t, c, "SELECT count(*) FROM reviews WHERE reviewer = '' AND note = '' AND prediction_id = 0"); n != 1 {
		t.Error("the review was not erased, or its hashes are gone")
	}
	report, err = Check(t.Context(), path)
	if err != nil || report.Err() != nil || report.Outcomes != 2 || report.Reviews != 2 {
		t.Errorf("check: %v\n%s", err, report)
	}
	if _, err := Erase(t.Context(), path, persons[0].RequestID); !errors.Is(err, predictionlog.ErrNotFound) {
		t.Errorf("erased again: %v", err)
	}
}

func TestAnErasureIsNotedForEveryDestination(t *testing.T) {
	t.Parallel()
	path, persons, c := evidenceOf(t)
	if _, err := Erase(t.Context(), path, "unknown"); !errors.Is(err, predictionlog.ErrNotFound) {
		t.Errorf("without a destination: %v", err)
	}
	if n := number(t, c, "SELECT count(*) FROM erasures"); n != 0 {
		t.Errorf("%d erasures are kept for nobody", n)
	}
	must(t, c, "INSERT INTO shipped (destination, log) VALUES ('there', 'predictions'), ('elsewhere', 'predictions')")
	must(t, c, `INSERT INTO outcomes_rejected (received_at, source, reason, record) VALUES (1, 's', 'no class', '{"prediction_id": 0, "x": 1}'), (1, 's', 'no class', '{"prediction_id": 10}')`)
	erased, err := Erase(t.Context(), path, persons[0].RequestID)
	if err != nil || erased.Rows != 7 || strings.Join(erased.Destinations, " ") != "elsewhere there" {
		t.Errorf("erased %+v, %v", erased, err)
	}
	// Retention has deleted the other one here. It may still be at the destination.
	must(t, c, "DELETE FROM predictions WHERE id = 1")
	for _, table := range []string{"outcomes", "outcomes_pending"} {
		must(t, c, "DELETE FROM "+table)
	}
	must(t, c, "DELETE FROM outcomes_rejected WHERE seq = 2")
	if erased, err := Erase(t.Context(), path, persons[1].RequestID); err != nil || erased.Rows != 0 || !strings.Contains(erased.String(), "there, too: elsewhere, there") {
		t.Errorf("erased %+v, %v", erased, err)
	}
	if n := number(t, c, "SELECT count(*) * 10 + count(prediction_id) FROM erasures"); n != 21 {
		t.Errorf("erasures and those with a number: %d, want two and one", n)
	}
	report, err := Check(t.Context(), path)
	if err != nil || report.Erasures != 2 || !strings.Contains(report.String(), "erasures     2 that have not reached") {
		t.Errorf("%v\n%s", err, report)
	}
}

func TestPruneTakesOldEvidenceAndNoReview(t *testing.T) {
	t.Parallel()
	path, _, c := evidenceOf(t)
	must(t, c, "INSERT INTO outcomes (prediction_id, outcome, accepted) VALUES (0, '1', 1)")
	pruned, err := Prune(t.Context(), path, time.Hour)
	if err != nil || pruned.Deleted != 6 {
		t.Errorf("pruned %+v, %v, want the old rows but evidence of the predictions that are there", pruned, err)
	}
	report, err := Check(t.Context(), path)
	if err != nil || report.Err() != nil || report.Outcomes != 3 || report.Pending+report.Rejected != 0 || report.Reviews != 2 {
		t.Errorf("check: %v\n%s", err, report)
	}
}

func TestCheckFindsEvidenceThatWasChanged(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, spoil, want string }{
		{"a review says something else", "DROP TRIGGER reviews_update; UPDATE reviews SET outcome = '0' WHERE seq = 1", "row 1 was changed"},
		{"a review is gone", "DELETE FROM reviews WHERE seq = 1", "row 2 does not follow"},
		{"evidence of nothing", "INSERT INTO outcomes (prediction_id, outcome, accepted) VALUES (700, '1', 1)", "have never been"},
		{"evidence without a prediction", "INSERT INTO outcomes (request_id, outcome, accepted) VALUES ('x', '1', 1)", "accepted without a prediction"},
		{"evidence that counts nowhere", "INSERT INTO feedback (prediction_id, time, outcome) VALUES (0, 1, '1'); INSERT INTO outcomes (prediction_id, outcome, accepted) VALUES (1, '1', 1)", "no feedback of their prediction counts"},
		{"a review of nothing", "INSERT INTO reviews (time, prediction_id, reviewer, outcome, previous, hash) VALUES (1, 700, 'x', '1', '', hex(zeroblob(32)))", "reviews: 1 rows are about predictions that have never been"},
		{"numbers that are given again", "UPDATE sqlite_sequence SET seq = 1 WHERE name = 'outcomes'", "outcomes: the newest row is 4, and sqlite_sequence says that numbers up to 1 are used"},
		{"a destination that knows more", "INSERT INTO shipped (destination, log, up_to_id) VALUES ('there', 'reviews', 9)", "shipped: there has reviews up to 9, and the log has had 2"},
		{"a shadow of another request", "INSERT INTO predictions (model, features, class, request_id, shadow_of) VALUES ('m', '{}', '1', 'another', 0)", "another request id"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			path, _, c := evidenceOf(t)
			if err := c.Exec(test.spoil); err != nil {
				t.Fatal(err)
			}
			report, err := Check(t.Context(), path)
			if err != nil || !strings.Contains(report.String(), test.want) {
				t.Errorf("%v\n%s", err, report)
			}
		})
	}
}

func TestEvidenceIsNeverChanged(t *testing.T) {
	t.Parallel()
	_, _, c := evidenceOf(t)
	for _, query := range []string{"UPDATE outcomes SET outcome = '0'", "UPDATE reviews SET outcome = '0'", "UPDATE reviews SET hash = previous"} {
		if err := c.Do(query); err == nil || !strings.Contains(err.Error(), "never changed") {
			t.Errorf("%s: %v", query, err)
		}
	}
}

// number returns the number that a query selects.
func number(t *testing.T, c *file.Connection, query string) int64 {
	t.Helper()
	row, err := c.First(t.Context(), query)
	if err != nil || row == nil {
		t.Fatalf("%s: %v %v", query, row, err)
	}
	f := file.Fields{Row: row}
	n := f.Integer(0)
	if f.Err != nil {
		t.Fatalf("%s: %v", query, f.Err)
	}
	return n
}
