package command

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/drift-exporter/drift_exporter/collector/monitor"
	"github.com/drift-exporter/drift_exporter/collector/page"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite"
)

// The past of a log is read with the configuration of the exporter, which then still closes.
func TestThePastIsReadFromTheLog(t *testing.T) {
	t.Parallel()
	o := Defaults()
	o.Log = filepath.Join(t.TempDir(), "predictions.db")
	writer, err := sqlite.OpenWriter(t.Context(), o.Log, sqlite.WriterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	batch := make([]predictionlog.Prediction, 60)
	for i := range batch {
		batch[i] = predictionlog.Prediction{Model: "loan_refinance", Version: "1", Features: []byte(`{"income":50000}`), Score: .5, Class: "1"}
	}
	before := time.Now()
	if _, err := writer.Append(t.Context(), batch); err != nil {
		t.Fatal(err)
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	watcher, err := monitor.New(o)
	if err != nil {
		t.Fatal(err)
	}
	look := past(watcher, &o)
	s, err := look(t.Context(), time.Now())
	if err != nil || len(s.Models) != 1 || s.Models[0].Rows.Count != 60 {
		t.Errorf("now: %+v, %v", s, err)
	}
	for _, at := range []time.Time{before.Add(-time.Hour), time.Now().Add(time.Hour)} {
		if _, err := look(t.Context(), at); !errors.Is(err, page.ErrTime) {
			t.Errorf("at %s: %v", at, err)
		}
	}
	if err := watcher.Close(); err != nil {
		t.Error(err)
	}
	if _, err := look(t.Context(), time.Now()); err == nil || errors.Is(err, page.ErrTime) {
		t.Errorf("after the end: %v", err)
	}
}
