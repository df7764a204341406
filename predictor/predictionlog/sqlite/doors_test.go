package sqlite

import (
	"context"
	"math"
	"os/exec"
	"reflect"
	"strings"
	"testing"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
)

// doors uses Python's sqlite3 to try what a foreign writer can do to existing rows. Each line of
// its output is a statement, "->", and "ok" or the error.
const doors = `
import sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("PRAGMA recursive_triggers = " + sys.argv[2])
for line in sys.stdin.read().split(";"):
    line = line.strip()
    if line:
        try:
            db.execute(line)
            print(line, "-> ok")
        except sqlite3.Error as e:
            print(line, "->", e)
`

func TestForeignWritersCannotTakeARowOutOfTheCounters(t *testing.T) {
	t.Parallel()
	name := python(t)
	const insert = " INTO predictions (model, features, class, request_id) VALUES ('other', '{}', '0', 'request-000007')"
	const never = "a prediction is never"
	statements := []struct{ sql, want string }{
		{"INSERT OR REPLACE" + insert, never},
		{"REPLACE" + insert, never},
		{"INSERT" + insert, "UNIQUE constraint failed"},
		{"INSERT OR IGNORE" + insert, "ok"},
		{"INSERT" + insert + " ON CONFLICT DO NOTHING", "ok"},
		{"INSERT" + insert + " ON CONFLICT (request_id) WHERE request_id IS NOT NULL AND shadow_of IS NULL DO UPDATE SET class = '0'", never},
		{"REPLACE INTO predictions (id, model, features, class) VALUES (3, 'm', '{}', '0')", never},
		{"REPLACE INTO predictions (id, model, features, class) VALUES (19, 'm', '{}', '0')", never},
		{"INSERT INTO predictions (id, model, features, class) VALUES (3, 'm', '{}', '0')", "UNIQUE constraint failed"},
		{"INSERT INTO predictions (id, model, features, class) VALUES (3, 'm', '{}', '0') ON CONFLICT (id) DO UPDATE SET score = 1", never},
		{"UPDATE predictions SET class = 'x'", never},
		{"UPDATE predictions SET latency = 1 WHERE id = 19", never},
		{"UPDATE predictions SET time = 1 WHERE id = 19", never},
		{"UPDATE OR REPLACE predictions SET request_id = 'request-000007' WHERE id = 4", never},
		{"UPDATE OR REPLACE predictions SET id = 3 WHERE id = 4", never},
		{"REPLACE INTO feedback (seq, prediction_id, outcome) VALUES (1, 0, '0')", "seq only rises"},
		{"INSERT INTO feedback (seq, prediction_id, outcome) VALUES (1, 0, '0') ON CONFLICT (seq) DO UPDATE SET outcome = '0'", "seq only rises"},
		{"UPDATE feedback SET outcome = '0'", "feedback is never changed"},
		{"UPDATE feedback SET class = '0' WHERE seq = 10", "feedback is never changed"},
		{"UPDATE OR REPLACE feedback SET seq = 1 WHERE seq = 2", "feedback is never changed"},
		{"UPDATE errors SET reason = 'x'", "never changed"},
		{"REPLACE INTO errors (seq, model, reason) VALUES (1, 'm', 'x')", "seq only rises"},
	}
	for _, recursive := range []string{"0", "1"} {
		path := newPath(t)
		w := newWriter(t, path, WriterOptions{})
		addBatch(t, w, 0, 20)
		for i := range int64(10) {
			if _, err := w.AppendFeedback(t.Context(), predictionlog.Feedback{PredictionID: &i, Outcome: "1"}); err != nil {
				t.Fatal(err)
			}
		}
		must(t, foreign(t, path), "INSERT INTO errors (model, reason) VALUES ('m', 'y')")
		r := newReader(t, path)
		everything := predictionlog.UpTo{Predictions: math.MaxInt64, Feedback: math.MaxInt64, Errors: math.MaxInt64}
		before, err := r.Totals(t.Context(), everything)
		if err != nil {
			t.Fatal(err)
		}
		rows := rowsOf(t, r)
		var script []string
		for _, s := range statements {
			script = append(script, s.sql)
		}
		c := exec.CommandContext(t.Context(), name, "-c", doors, path, recursive)
		c.Stdin = strings.NewReader(strings.Join(script, ";\n"))
		out, err := c.CombinedOutput()
		lines := strings.Split(strings.TrimSpace(string(out)), "\n")
		if err != nil || len(lines) != len(statements) {
			t.Fatalf("%v\n%s", err, out)
		}
		for i, s := range statements {
			if _, got, _ := strings.Cut(lines[i], " -> "); !strings.Contains(got, s.want) {
				t.Errorf("recursive_triggers %s: %s: %q, want %q", recursive, s.sql, got, s.want)
			}
		}
		if after, err := r.Totals(t.Context(), everything); err != nil || !reflect.DeepEqual(before, after) {
			t.Errorf("recursive_triggers %s: the counters were %+v and are %+v, %v", recursive, before, after, err)
		}
		if after := rowsOf(t, r); !reflect.DeepEqual(rows, after) {
			t.Errorf("recursive_triggers %s: the rows were changed", recursive)
		}
		sound(t, path, 0)
	}
}

func TestIDsAreNotUsedAgainWhenTheNewestRowsAreDeleted(t *testing.T) {
	t.Parallel()
	path := closedLog(t, 5)
	c := foreign(t, path)
	r := newReader(t, path)
	insert := func(want int64) {
		t.Helper()
		if got := number(t, c, "INSERT INTO predictions (model, features, class) VALUES ('m', '{}', '1') RETURNING id"); got != want {
			t.Errorf("id %d, want %d", got, want)
		}
		if got := number(t, c, "SELECT last_insert_rowid()"); got != want {
			t.Errorf("last_insert_rowid() is %d, want %d", got, want)
		}
		if n := number(t, c, "SELECT count(*) FROM predictions WHERE time = 9223372036854775807"); n != 0 {
			t.Error("the row that stands in is still there")
		}
	}
	insert(5)
	must(t, c, "DELETE FROM predictions WHERE id >= 4")
	if s := stateOf(t, r); s.HighWater.Predictions != 5 {
		t.Errorf("the newest id is %d, want 5: it was read", s.HighWater.Predictions)
	}
	insert(6)
	must(t, c, "DELETE FROM predictions")
	insert(7)
	insert(8)
	if err := c.Do("INSERT INTO predictions (id, model, features, class) VALUES (4, 'm', '{}', '1')"); err == nil || !strings.Contains(err.Error(), "ids only rise") {
		t.Errorf("an id of before: %v", err)
	}
	must(t, c, "DELETE FROM predictions")
	w := newWriter(t, path, WriterOptions{})
	if got := addBatch(t, w, 100, 2); got[0].ID != 9 {
		t.Errorf("the writer's id is %d, want 9", got[0].ID)
	}
	must(t, c, "DELETE FROM predictions")
	if got := addBatch(t, w, 102, 2); got[0].ID != 11 {
		t.Errorf("the writer's id is %d, want 11", got[0].ID)
	}
	if s := stateOf(t, r); s.HighWater.Predictions != 12 {
		t.Errorf("the newest id is %d, want 12", s.HighWater.Predictions)
	}
	totals, err := r.Totals(t.Context(), predictionlog.UpTo{Predictions: math.MaxInt64})
	sum := int64(0)
	for _, counters := range totals.Counters {
		for _, n := range counters.Classes {
			sum += n
		}
	}
	if err != nil || sum != 13 {
		t.Errorf("%d predictions are counted, want 13; %v", sum, err)
	}
	sound(t, path, 0)
}

func TestShadowsShareTheRequestIDOfTheAnswer(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	w := newWriter(t, path, WriterOptions{})
	answered := add(t, w, 0, 1)[0]
	shadow := prediction(0)
	shadow.Version, shadow.Score, shadow.ShadowOf = "2", -7.25, &answered.ID
	records, err := w.Append(t.Context(), []predictionlog.Prediction{shadow, shadow})
	if err != nil || records[0].Repeated || records[1].ID != 2 {
		t.Fatalf("%+v, %v", records, err)
	}
	c := foreign(t, path)
	must(t, c, "INSERT INTO predictions (model, version, features, class, request_id, shadow_of) VALUES ('m', '3', '{}', '0', ?, ?)", answered.RequestID, answered.ID)
	if err := c.Do("INSERT INTO predictions (model, features, class, shadow_of) VALUES ('m', '{}', '0', 99)"); err == nil || !strings.Contains(err.Error(), "CHECK") {
		t.Errorf("a shadow of what comes later: %v", err)
	}
	a, err := w.AppendFeedback(t.Context(), predictionlog.Feedback{RequestID: answered.RequestID, Outcome: "1"})
	if err != nil || a.PredictionID != answered.ID || a.Version != "1" {
		t.Errorf("feedback by request id went to %+v, %v", a, err)
	}
	reader := newReader(t, path)
	for name, read := range map[string]func(func(*predictionlog.Row) error) error{
		"whole": func(each func(*predictionlog.Row) error) error {
			return reader.WholePredictions(t.Context(), -1, 10, func(row *predictionlog.WholeRow) error { return each(&row.Row) })
		},
		"packed": func(each func(*predictionlog.Row) error) error { return reader.Predictions(t.Context(), -1, 10, each) },
		"by id": func(each func(*predictionlog.Row) error) error {
			return reader.PredictionsByID(t.Context(), []int64{0, 1, 2, 3}, each)
		},
	} {
		var shadows []bool
		err := read(func(row *predictionlog.Row) error {
			shadows = append(shadows, row.Shadow)
			if row.ShadowOf != answered.ID {
				t.Errorf("%s: %d is a shadow of %d", name, row.ID, row.ShadowOf)
			}
			return nil
		})
		if err != nil || !reflect.DeepEqual(shadows, []bool{false, true, true, true}) {
			t.Errorf("%s: shadows %v, %v", name, shadows, err)
		}
	}
	sound(t, path, 0)
	if n, err := Care.Erase(t.Context(), path, answered.RequestID); err != nil || n != 5 {
		t.Errorf("erased %d rows, %v, want the answer, its feedback and three shadows", n, err)
	}
	sound(t, path, 0)
}

func TestScoresThatAreNoProbabilitiesAreInNoHistogram(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	w := newWriter(t, path, WriterOptions{})
	for _, score := range []float64{-1e300, -0.5, 0, 0.25, 1, 1.5, 1e300} {
		p := predictionlog.Prediction{Model: "m", Features: []byte("{}"), Class: "1", Score: score}
		if _, err := w.Append(t.Context(), []predictionlog.Prediction{p}); err != nil {
			t.Fatal(err)
		}
	}
	r := newReader(t, path)
	if rows := rowsOf(t, r); len(rows) != 7 || rows[6].Score != 1e300 || rows[0].Score != -1e300 {
		t.Errorf("rows %+v", rows)
	}
	want := fold(t, r, predictionlog.UpTo{Predictions: 6, Feedback: -1, Errors: -1})
	must(t, foreign(t, path), "UPDATE totals_up_to SET up_to_id = 4 WHERE log = 'predictions'")
	got, err := r.Totals(context.Background(), predictionlog.UpTo{Predictions: 6})
	if err != nil || !reflect.DeepEqual(got.Counters, want) {
		t.Errorf("sums %+v, %v, of the rows %+v", got.Counters, err, want)
	}
	scores := got.Counters[predictionlog.Key{Model: "m"}].Scores
	if n := scores.Counts[0] + scores.Counts[2] + scores.Counts[9]; n != 3 || scores.Sum != 1_250_000_000 {
		t.Errorf("histogram %+v", scores)
	}
}
