package sqlite

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
)

// FuzzRead changes bytes of a log. A reader may refuse the log, but must not panic or run
// forever.
func FuzzRead(f *testing.F) {
	dir := f.TempDir()
	path := filepath.Join(dir, logName)
	w := newWriter(f, path, WriterOptions{})
	addBatch(f, w, 0, 60)
	for i := range int64(10) {
		if _, err := w.AppendFeedback(f.Context(), predictionlog.Feedback{PredictionID: &i, Outcome: "1"}); err != nil {
			f.Fatal(err)
		}
	}
	w.Refuse("m", "1", predictionlog.Reasons[0])
	if err := w.Close(); err != nil {
		f.Fatal(err)
	}
	sound, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(uint(0), []byte("SQLite"), uint(len(sound)))
	f.Add(uint(100), []byte{0x0d, 0xff, 0xff}, uint(len(sound)))
	f.Add(uint(4096*9), []byte{5, 0, 0, 0, 200}, uint(len(sound)))
	f.Add(uint(60), []byte{0, 0, 0, 2}, uint(20000))
	f.Fuzz(func(t *testing.T, at uint, change []byte, length uint) {
		damaged := append([]byte(nil), sound[:min(length, uint(len(sound)))]...)
		if len(damaged) > 0 {
			copy(damaged[at%uint(len(damaged)):], change)
		}
		path := newPath(t)
		if err := os.WriteFile(path, damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := readAll(t.Context(), newReader(t, path)); err != nil && err.Error() == "" {
			t.Error("an error says nothing")
		}
		if _, _, err := Care.Check(t.Context(), path); err != nil && err.Error() == "" {
			t.Error("an error says nothing")
		}
	})
}

// invalidRule returns the log's rule for features, as a query of the text ?1.
func invalidRule(t testing.TB) string {
	t.Helper()
	_, rule, begins := strings.Cut(Schema(), "may stand for a value.\n")
	rule, _, ends := strings.Cut(rule, " AS invalid")
	if !begins || !ends {
		t.Fatal("the schema has no rule for features")
	}
	return "SELECT " + strings.ReplaceAll(rule, "features", "?1")
}

// FuzzInvalidFeatures compares the rule for features with SQLite's rule.
func FuzzInvalidFeatures(f *testing.F) {
	for _, text := range awkward {
		f.Add(text)
	}
	path := filepath.Join(f.TempDir(), logName)
	if err := Care.Init(f.Context(), path); err != nil {
		f.Fatal(err)
	}
	c := foreign(f, path)
	rule := invalidRule(f)
	f.Fuzz(func(t *testing.T, text string) {
		row, err := c.First(t.Context(), rule, text)
		if err != nil {
			t.Fatal(err)
		}
		if invalid := row[0] == int64(1); predictionlog.InvalidFeatures([]byte(text)) != invalid {
			t.Errorf("%q: invalid %v, SQLite says %v", text, !invalid, invalid)
		}
	})
}

func TestFeaturesNestedTooDeeplyAreInvalid(t *testing.T) {
	t.Parallel()
	path := closedLog(t, 0)
	c := foreign(t, path)
	rule := invalidRule(t)
	for _, text := range []string{nested(1), nested(2), nested(998), nested(999), nested(1000), nested(1001), nested(1002), nested(5000), `{"a":NaN,"b":` + nested(998) + "}", `{"a":NaN,"b":` + nested(1000) + "}"} {
		row, err := c.First(t.Context(), rule, text)
		if err != nil {
			t.Fatal(err)
		}
		if invalid := row[0] == int64(1); predictionlog.InvalidFeatures([]byte(text)) != invalid {
			t.Errorf("%.30s..., %d bytes: SQLite says invalid %v", text, len(text), invalid)
		}
	}
}

// nested returns an object with this depth of nesting.
func nested(depth int) string {
	text := []byte(`{"a":`)
	for range depth - 1 {
		text = append(text, '[')
	}
	if depth == 1 {
		text = append(text, '1')
	}
	for range depth - 1 {
		text = append(text, ']')
	}
	return string(append(text, '}'))
}
