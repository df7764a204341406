package sqlite

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
)

func TestViewHasAModelsFeaturesAsColumns(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	w := newWriter(t, path, WriterOptions{})
	features := []string{"income", "Income", "id", `it's "quoted"`, `back\slash`, "with space", "ümlaut", "a.b[0]", "", "absent"}
	values := map[string]any{
		"income": 1.5, "Income": "2", "id": 3, `it's "quoted"`: 4, `back\slash`: 5, "with space": 6, "ümlaut": 7, "a.b[0]": 8, "": 9,
	}
	text, err := json.Marshal(values)
	if err != nil {
		t.Fatal(err)
	}
	model := "it's a model"
	name, err := w.EnsureView(t.Context(), model, features)
	if err != nil || name != "model_it's a model" {
		t.Fatalf("%q, %v", name, err)
	}
	for _, row := range []predictionlog.Prediction{
		{Model: model, Features: text, Class: "1"},
		{Model: model, Features: []byte("{"), Class: "1"},
		{Model: "another", Features: text, Class: "1"},
	} {
		if _, err := w.Append(t.Context(), []predictionlog.Prediction{row}); err != nil {
			t.Fatal(err)
		}
	}
	c := foreign(t, path)
	row, err := c.First(t.Context(), `SELECT income, "feature_Income", feature_id, "it's ""quoted""", "back\slash", "with space", "ümlaut", "a.b[0]", "feature_", absent, id
		FROM "model_it's a model" ORDER BY id`)
	if err != nil || fmt.Sprint(row) != "[1.5 2 3 4 5 6 7 8 9 <nil> 0]" {
		t.Errorf("%v, %v", row, err)
	}
	if n := number(t, c, `SELECT count(*) FROM "model_it's a model" WHERE id = 1 AND income IS NULL`); n != 1 {
		t.Error("the row with broken JSON is not there, with nulls")
	}
	if n := number(t, c, `SELECT count(*) FROM "model_it's a model"`); n != 2 {
		t.Errorf("%d rows, want those of the model", n)
	}
	// The same features again, other features, and a name that differs only in case.
	for _, step := range []struct{ model, want string }{
		{model, "model_it's a model"}, {"IT'S a model", "model_IT'S a model_"}, {model, "model_it's a model"},
	} {
		got, err := w.EnsureView(t.Context(), step.model, []string{"income"})
		if err != nil || !strings.HasPrefix(got, step.want) {
			t.Errorf("%s: %q, %v", step.model, got, err)
		}
	}
	if n := number(t, c, "SELECT count(*) FROM sqlite_schema WHERE type = 'view' AND name LIKE 'model%'"); n != 2 {
		t.Errorf("%d views", n)
	}
	// Features that cannot be in a view do no harm.
	for _, wrong := range [][]string{make([]string, viewFeatures+1), {"nul\x00"}} {
		if _, err := w.EnsureView(t.Context(), "wrong", wrong); err == nil || errors.Is(err, predictionlog.ErrUnavailable) {
			t.Errorf("%d features: %v", len(wrong), err)
		}
	}
	if err := w.Ready(); err != nil {
		t.Error(err)
	}
	sound(t, path, 1)
}
