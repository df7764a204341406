package sqlite

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite/file"
)

func TestForeignRowsAreNumberedAndDated(t *testing.T) {
	t.Parallel()
	path, clk := newPath(t), newClock(time.Now())
	w := newWriter(t, path, WriterOptions{Now: clk.now})
	c := foreign(t, path)
	insert := "INSERT INTO predictions (model, features, class) VALUES ('m', '{}', 1)"
	must(t, c, insert) // an empty log gives a foreign writer 1
	if id := add(t, w, 0, 1)[0].ID; id != 2 {
		t.Errorf("predictor's id %d, want 2", id)
	}
	must(t, c, insert)
	// If a foreign clock is half a minute behind, the time does not go back.
	clk.advance(30 * time.Second)
	last := add(t, w, 1, 1)[0]
	must(t, c, insert)
	rows := rowsOf(t, newReader(t, path))
	if len(rows) != 5 || rows[4].Time != last.Time.UnixNano() || rows[4].ID != last.ID+1 {
		t.Fatalf("rows %+v", rows)
	}
	for i, row := range rows[1:] {
		if row.ID != rows[i].ID+1 || row.Time < rows[i].Time {
			t.Errorf("row %d at %d follows row %d at %d", row.ID, row.Time, rows[i].ID, rows[i].Time)
		}
	}
	if since := time.Since(time.Unix(0, rows[0].Time)); since < -time.Second || since > time.Minute {
		t.Errorf("default time is %s ago", since)
	}
	if rows[0].Class != "1" || rows[0].Latency != -1 || rows[0].HasScore || rows[0].Version != "" {
		t.Errorf("defaults: %+v", rows[0])
	}
	// If a clock was set back by more than a minute, its time is used.
	clk.advance(time.Hour)
	add(t, w, 2, 1)
	must(t, c, insert)
	rows = rowsOf(t, newReader(t, path))
	if rows[6].Time >= rows[5].Time {
		t.Errorf("row at %d after row at %d, want it an hour before", rows[6].Time, rows[5].Time)
	}
}

func TestSchemaRefusesWhatNoReaderCouldUse(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	w := newWriter(t, path, WriterOptions{})
	addBatch(t, w, 0, 10)
	if _, err := Care.Erase(t.Context(), path, prediction(9).RequestID); err != nil {
		t.Fatal(err)
	}
	c := foreign(t, path)
	for _, test := range []struct{ name, query, want string }{
		{"no model", "INSERT INTO predictions (features, class) VALUES ('{}', '1')", "NOT NULL"},
		{"empty model", "INSERT INTO predictions (model, features, class) VALUES ('', '{}', '1')", "CHECK"},
		{"no class", "INSERT INTO predictions (model, features) VALUES ('m', '{}')", "NOT NULL"},
		{"features are a blob", "INSERT INTO predictions (model, features, class) VALUES ('m', x'7b7d', '1')", "CHECK"},
		{"score is infinite", "INSERT INTO predictions (model, features, class, score) VALUES ('m', '{}', '1', 9e999)", "CHECK"},
		{"score is infinite", "INSERT INTO predictions (model, features, class, score) VALUES ('m', '{}', '1', 9e999)", "CHECK"},
		{"score is a text", "INSERT INTO predictions (model, features, class, score) VALUES ('m', '{}', '1', 'high')", "CHECK"},
		{"latency is negative", "INSERT INTO predictions (model, features, class, latency) VALUES ('m', '{}', '1', -1)", "CHECK"},
		{"latency is a fraction", "INSERT INTO predictions (model, features, class, latency) VALUES ('m', '{}', '1', 0.5)", "CHECK"},
		{"latency is longer than a day", "INSERT INTO predictions (model, features, class, latency) VALUES ('m', '{}', '1', 86400000000001)", "CHECK"},
		{"time is a text", "INSERT INTO predictions (model, features, class, time) VALUES ('m', '{}', '1', '2026-01-01')", "CHECK"},
		{"empty request id", "INSERT INTO predictions (model, features, class, request_id) VALUES ('m', '{}', '1', '')", "CHECK"},
		{"repeated request id", "INSERT INTO predictions (model, features, class, request_id) VALUES ('m', '{}', '1', 'request-000000')", "UNIQUE"},
		{"id that is there", "INSERT INTO predictions (id, model, features, class) VALUES (3, 'm', '{}', '1')", "UNIQUE"},
		{"id that was there", "INSERT INTO predictions (id, model, features, class) VALUES (9, 'm', '{}', '1')", "ids only rise"},
		{"negative id", "INSERT INTO predictions (id, model, features, class) VALUES (-1, 'm', '{}', '1')", "CHECK"},
		{"feedback without outcome", "INSERT INTO feedback (prediction_id) VALUES (1)", "NOT NULL"},
		{"feedback with confidence 0", "INSERT INTO feedback (prediction_id, outcome, confidence) VALUES (1, 1, 0)", "CHECK"},
		{"feedback with confidence 2", "INSERT INTO feedback (prediction_id, outcome, confidence) VALUES (1, 1, 2)", "CHECK"},
		{"feedback for nothing", "INSERT INTO feedback (prediction_id, outcome) VALUES (77, 1)", "unknown prediction"},
		{"feedback from before", "INSERT INTO feedback (prediction_id, outcome, observed_at) VALUES (1, 1, 1)", "lies before"},
		{"sums going back", "UPDATE totals_up_to SET up_to_id = -2", "only go forward"},
	} {
		if err := c.Do(test.query); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error %v, want one about %q", test.name, err, test.want)
		}
	}
	if s := stateOf(t, newReader(t, path)); s.HighWater != (predictionlog.UpTo{Predictions: 9, Feedback: -1, Errors: -1}) {
		t.Errorf("state %+v", s)
	}
}

func TestForeignFeedbackFollowsTheRulesOfFeedback(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	w := newWriter(t, path, WriterOptions{})
	add(t, w, 0, 2)
	c := foreign(t, path)
	insert := "INSERT INTO feedback (prediction_id, outcome, source, confidence) VALUES (?, ?, ?, ?)"
	for _, step := range []struct {
		outcome, source string
		confidence      float64
		rows            int64
		refused         bool
	}{
		{"1", "crm", 0.5, 1, false},
		{"1", "crm", 0.5, 1, false},   // says it again
		{"1", "crm", 0.4, 1, false},   // and again, less sure
		{"1", "other", 0.3, 2, false}, // another source confirms
		{"0", "crm", 0.4, 2, true},    // less sure of something else
		{"0", "crm", 0.5, 3, false},   // changes its mind
		{"1", "audit", 1, 4, false},   // knows better
		{"0", "crm", 0.5, 4, false},   // said that last
		{"1", "crm", 0.9, 5, false},
		{"0", "crm", 0.99, 5, true},
	} {
		err := c.Do(insert, int64(1), step.outcome, step.source, step.confidence)
		if refused := err != nil; refused != step.refused {
			t.Errorf("%+v: %v", step, err)
		}
		// The predictor must get the same answer for its own prediction.
		id := int64(0)
		_, err = w.AppendFeedback(t.Context(), predictionlog.Feedback{PredictionID: &id, Outcome: step.outcome, Source: step.source, Confidence: step.confidence})
		if refused := err != nil; refused != step.refused {
			t.Errorf("%+v: the predictor says %v", step, err)
		}
		for id := range int64(2) {
			if n := number(t, c, "SELECT count(*) FROM feedback WHERE prediction_id = ?", id); n != step.rows {
				t.Errorf("%+v: %d rows for prediction %d, want %d", step, n, id, step.rows)
			}
		}
	}
	var rows []predictionlog.FeedbackRow
	err := newReader(t, path).Feedback(t.Context(), -1, 1000, func(row *predictionlog.FeedbackRow) error {
		rows = append(rows, *row)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	corrects := map[int64][]string{}
	for _, row := range rows {
		corrects[row.PredictionID] = append(corrects[row.PredictionID], row.Corrects)
		if score := prediction(int(row.PredictionID)).Score; !row.HasScore || row.Score != score || row.PredictedAt <= 0 {
			t.Errorf("row %+v, want the score %v", row, score)
		}
		if row.Class == "" || row.Class != map[int64]string{0: "0", 1: "1"}[row.PredictionID] || row.Model != "loan_refinance" || row.Version != "1" || row.ObservedAt == 0 {
			t.Errorf("row %+v", row)
		}
	}
	for id := range int64(2) {
		if got := fmt.Sprintf("%q", corrects[id]); got != `["" "" "same_source" "higher_confidence" ""]` {
			t.Errorf("prediction %d: corrections %s", id, got)
		}
	}
}

func TestSchemaMakesALogWithTheWriterOutOfTheWay(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	if err := file.Touch(path); err != nil {
		t.Fatal(err)
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(foreign(t, path).Exec(Schema()))
	s := stateOf(t, newReader(t, path))
	if none := (predictionlog.UpTo{Predictions: -1, Feedback: -1, Errors: -1}); s.HighWater != none || s.TotalsUpTo != none || len(s.LogID) != 36 {
		t.Errorf("state %+v", s)
	}
	must(Care.Init(context.Background(), path)) // leaves it as it is
	if again := stateOf(t, newReader(t, path)); again.LogID != s.LogID {
		t.Errorf("log id %s became %s", s.LogID, again.LogID)
	}
	sound(t, path, 0)
}
