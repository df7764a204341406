package sqlite

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
)

// TestTheRulesOfFeedbackAreTheSameInGoAndInTheSchema gives the same random records to the Writer
// and to the triggers, which see them as a foreign writer's. Both must give the same answer to
// each record, and the rows must be the same.
func TestTheRulesOfFeedbackAreTheSameInGoAndInTheSchema(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(11, 7)) //nolint:gosec // records of a test
	base := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	clk := newClock(base)
	paths := [2]string{newPath(t), newPath(t)}
	var writers [2]*Writer
	for i, path := range paths {
		writers[i] = newWriter(t, path, WriterOptions{Now: clk.now})
		addBatch(t, writers[i], 0, 6)
	}
	c := foreign(t, paths[1])
	must(t, c, "DELETE FROM predictions WHERE id = 0")
	must(t, foreign(t, paths[0]), "DELETE FROM predictions WHERE id = 0")
	said := map[string]int{}
	for k := range 3000 {
		clk.advance(time.Second)
		id := int64(random.IntN(8)) // 0 was deleted, 6 and 7 have never been
		f := predictionlog.Feedback{PredictionID: &id, Outcome: fmt.Sprint(random.IntN(3)), Source: []string{"", "a", "b"}[random.IntN(3)],
			Confidence: []float64{0.25, 0.5, 1}[random.IntN(3)], ObservedAt: base.Add(time.Duration(random.IntN(20)-3) * time.Minute)}
		if k%50 == 49 { // So that low confidence counts again.
			for _, path := range paths {
				must(t, foreign(t, path), "DELETE FROM feedback WHERE prediction_id = ?", id)
			}
		}
		accepted, err := writers[0].AppendFeedback(t.Context(), f)
		inGo := "accepted"
		switch {
		case err != nil && strings.Contains(err.Error(), predictionlog.ErrConflict.Error()):
			inGo = "conflict"
		case err != nil && strings.Contains(err.Error(), predictionlog.ErrNegativeDelay.Error()):
			inGo = "before the prediction"
		case err != nil:
			inGo = "unknown"
		case accepted.Noop:
			inGo = "ignored"
		}
		before := number(t, c, "SELECT count(*) FROM feedback")
		err = c.Do("INSERT INTO feedback (prediction_id, time, observed_at, outcome, source, confidence) VALUES (?, ?, ?, ?, ?, ?)",
			id, clk.now().UnixNano(), f.ObservedAt.UnixNano(), f.Outcome, f.Source, f.Confidence)
		inSQL := "accepted"
		switch {
		case err != nil && strings.Contains(err.Error(), "higher confidence"):
			inSQL = "conflict"
		case err != nil && strings.Contains(err.Error(), "lies before"):
			inSQL = "before the prediction"
		case err != nil && strings.Contains(err.Error(), "unknown prediction"):
			inSQL = "unknown"
		case err != nil:
			t.Fatal(err)
		case number(t, c, "SELECT count(*) FROM feedback") == before:
			inSQL = "ignored"
		}
		if inGo != inSQL {
			t.Fatalf("record %d, %+v of %d: %s in Go, %s in SQL", k, f, id, inGo, inSQL)
		}
		said[inGo]++
		if inGo == "accepted" {
			row, err := c.First(t.Context(), "SELECT coalesce(corrects, '') FROM feedback ORDER BY seq DESC LIMIT 1")
			if err != nil {
				t.Fatal(err)
			}
			said[fmt.Sprint(row[0])]++
		}
	}
	var rows [2][]string
	for i, path := range paths {
		err := newReader(t, path).Feedback(t.Context(), -1, 1<<40, func(row *predictionlog.FeedbackRow) error {
			one := *row
			one.Seq = 0
			rows[i] = append(rows[i], fmt.Sprintf("%+v", one))
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if strings.Join(rows[0], "\n") != strings.Join(rows[1], "\n") {
		t.Errorf("the rows differ:\n%s\n\n%s", strings.Join(rows[0][:min(3, len(rows[0]))], "\n"), strings.Join(rows[1][:min(3, len(rows[1]))], "\n"))
	}
	for _, what := range []string{"accepted", "ignored", "conflict", "before the prediction", "unknown", "same_source", "higher_confidence", "other_source"} {
		if said[what] == 0 {
			t.Errorf("never happened: %s, of %v", what, said)
		}
	}
}
