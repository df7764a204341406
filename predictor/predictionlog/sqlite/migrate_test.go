package sqlite

import (
	"context"
	"database/sql/driver"
	_ "embed"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite/file"
)

// schema1 is what releases 0.1 made.
//
//go:embed testdata/schema_1.sql
var schema1 string

// earlier makes a log as release 0.1 did. Of 30 predictions, every third has an outcome, and
// every ninth has a second, different one. The first ten are deleted.
func earlier(t *testing.T) (string, *file.Connection) {
	t.Helper()
	path := newPath(t)
	if err := file.Touch(path); err != nil {
		t.Fatal(err)
	}
	c := foreign(t, path)
	if err := c.Exec(schema1); err != nil {
		t.Fatal(err)
	}
	for i := range int64(30) {
		must(t, c, "INSERT INTO predictions (time, model, version, features, score, class) VALUES (?, 'm', '1', '{}', ?, '1')",
			1e18+i*1e9, float64(i)/30)
		if i%3 == 0 {
			must(t, c, "INSERT INTO feedback (prediction_id, time, outcome, source, confidence) VALUES (?, ?, '1', 'a', 0.5)", i+1, 1e18+i*2e9)
		}
		if i%9 == 0 {
			source, confidence := []string{"a", "b"}[i%2], []any{0.5, 1.0}[i/18]
			must(t, c, "INSERT INTO feedback (prediction_id, time, outcome, source, confidence) VALUES (?, ?, '0', ?, ?)", i+1, 1e18+i*3e9, source, confidence)
		}
	}
	must(t, c, "UPDATE totals_up_to SET up_to_id = 8 WHERE log = 'feedback'")
	must(t, c, "INSERT INTO shipped VALUES ('elsewhere', 17)")
	must(t, c, "DELETE FROM feedback WHERE seq = 1")
	must(t, c, "DELETE FROM predictions WHERE id <= 10")
	return path, c
}

func TestReaderOfAnEarlierLogSaysHowToBringItUp(t *testing.T) {
	t.Parallel()
	path, _ := earlier(t)
	_, err := newReader(t, path).State(t.Context())
	if !errors.Is(err, file.ErrSchemaVersion) || !strings.Contains(err.Error(), "drift_exporter log init") {
		t.Errorf("error %v", err)
	}
}

func TestEarlierLogIsBroughtUpAndKeepsEveryRow(t *testing.T) {
	t.Parallel()
	path, c := earlier(t)
	if err := Care.Init(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	sound(t, path, 0)
	r := newReader(t, path)
	var got []string
	err := r.Feedback(t.Context(), -1, 100, func(f *predictionlog.FeedbackRow) error {
		got = append(got, fmt.Sprintf("%d of %d: %s score %.2f after %d s %s",
			f.Seq, f.PredictionID, f.Outcome, f.Score, max(f.ObservedAt-f.PredictedAt, -1)/1e9, f.Corrects))
		if gone := f.PredictionID <= 10; f.HasScore == gone || (f.PredictedAt < 0) != gone {
			t.Errorf("row %+v", *f)
		}
		return nil
	})
	want := []string{"2 of 1: 0", "3 of 4: 1", "4 of 7: 1", "5 of 10: 1", "6 of 10: 0", "7 of 13: 1 score 0.40 after 12 s",
		"8 of 16: 1 score 0.50 after 15 s", "9 of 19: 1 score 0.60 after 18 s", "10 of 19: 0 score 0.60 after 36 s same_source"}
	if err != nil || len(got) != 13 {
		t.Fatalf("%v, rows\n%s", err, strings.Join(got, "\n"))
	}
	for i, w := range want {
		if !strings.HasPrefix(got[i], w) {
			t.Errorf("row %q, want %q", got[i], w)
		}
	}
	// The row that the first of these corrected no longer exists.
	if strings.HasSuffix(got[0], "_source") || !strings.HasSuffix(got[4], "other_source") || !strings.HasSuffix(got[12], "higher_confidence") {
		t.Errorf("corrections:\n%s", strings.Join(got, "\n"))
	}
	all, err := r.Totals(t.Context(), predictionlog.UpTo{Predictions: math.MaxInt64, Feedback: math.MaxInt64, Errors: math.MaxInt64})
	if err != nil {
		t.Fatal(err)
	}
	kept := fold(t, r, predictionlog.UpTo{Predictions: 100, Feedback: 100})[predictionlog.Key{Model: "m", Version: "1"}]
	sums := all.Counters[predictionlog.Key{Model: "m", Version: "1"}]
	if !reflect.DeepEqual(sums.Delays, kept.Delays) || !reflect.DeepEqual(sums.Corrections, kept.Corrections) {
		t.Errorf("delays %v corrections %v, of the rows %v %v", sums.Delays, sums.Corrections, kept.Delays, kept.Corrections)
	}
	if n := sums.Classes["1"]; n != 30 {
		t.Errorf("%d predictions are counted, want 30", n)
	}
	if n := sums.Feedback[predictionlog.ClassPair{Predicted: "1", Actual: "1"}] + sums.Feedback[predictionlog.ClassPair{Predicted: "1", Actual: "0"}]; n != 14 {
		t.Errorf("%d outcomes are counted", n)
	}
	if n := number(t, c, "SELECT up_to_id FROM shipped WHERE destination = 'elsewhere' AND log = 'predictions'"); n != 17 {
		t.Errorf("shipped up to %d, want 17", n)
	}
	// A predictor of the earlier release may still be running. It names no new column.
	must(t, c, `INSERT INTO feedback (prediction_id, time, observed_at, outcome, source, confidence, class, model, version)
		VALUES (30, 2000000000000000000, 2000000000000000000, '0', 'a', 1.0, '1', 'm', '1')`)
	if n := number(t, c, "SELECT count(*) FROM feedback WHERE prediction_id = 30 AND predicted_at = 1000000029000000000 AND score > 0.9"); n != 1 {
		t.Error("its feedback does not have what the log fills in")
	}
	if err := Care.Init(t.Context(), path); err != nil {
		t.Errorf("once more: %v", err)
	}
}

func TestWriterBringsAnEarlierLogUp(t *testing.T) {
	t.Parallel()
	path, _ := earlier(t)
	w := newWriter(t, path, WriterOptions{})
	id := int64(20)
	if a, err := w.AppendFeedback(context.Background(), predictionlog.Feedback{PredictionID: &id, Outcome: "0"}); err != nil || a.Seq != 15 {
		t.Errorf("feedback %+v, %v", a, err)
	}
	sound(t, path, 0)
}

func TestTheEndsOfATableAreFoundWithoutReadingIt(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	newWriter(t, path, WriterOptions{})
	c := foreign(t, path)
	for _, query := range []string{predictionEnds, feedbackEnds} {
		var plan []string
		if err := c.Query(t.Context(), "EXPLAIN QUERY PLAN "+query, func(row []driver.Value) error {
			step, ok := row[3].([]byte)
			if !ok {
				step = fmt.Append(nil, row[3])
			}
			plan = append(plan, string(step))
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if text := strings.Join(plan, "; "); strings.Contains(text, "SCAN predictions") || strings.Contains(text, "SCAN feedback") || !strings.Contains(text, "SEARCH") {
			t.Errorf("%s: %s", query, text)
		}
	}
}
