// Package sourcetest has what the tests of the sources of outcomes share: a log with
// predictions, and one reading of a source.
package sourcetest

import (
	"bytes"
	"context"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/drift-exporter/drift_exporter/predictor/outcomes"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite"
)

// Log makes a log with n predictions of model m, with the ids from 0 on, in a folder of the
// test. It returns the log's path. A nil now is time.Now.
func Log(t *testing.T, n int, now func() time.Time) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "predictions.db")
	w, err := sqlite.OpenWriter(t.Context(), path, sqlite.WriterOptions{Now: now})
	if err != nil {
		t.Fatal(err)
	}
	for k := 0; k < n; k += 1000 {
		batch := make([]predictionlog.Prediction, min(1000, n-k))
		for i := range batch {
			batch[i] = predictionlog.Prediction{Model: "m", Features: []byte("{}"), Class: "1", Latency: -1}
		}
		if _, err := w.Append(t.Context(), batch); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// March is the clock of logs that are older than the outcomes of a test.
func March() time.Time { return time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC) }

// Reading is one reading of a source into a log, as a new process does it.
type Reading struct {
	Log     string
	Kind    outcomes.Kind
	Config  string       // the text of the configuration, with one source
	Path    string       // of the configuration; "": outcomes.yml
	Pending int64        // how many records may wait; 0: 1000
	Logger  *slog.Logger // nil: nothing is logged
}

// Run reads the source to its end, for at most a minute, and returns what the import printed.
func (r Reading) Run(t *testing.T) (string, error) {
	t.Helper()
	if r.Path == "" {
		r.Path = "outcomes.yml"
	}
	if r.Pending == 0 {
		r.Pending = 1000
	}
	if r.Logger == nil {
		r.Logger = slog.New(slog.DiscardHandler)
	}
	c, err := outcomes.Parse([]byte(r.Config), r.Path, []outcomes.Kind{r.Kind})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var said bytes.Buffer
	err = outcomes.Import(ctx, outcomes.ImportOptions{LogPath: r.Log, Source: c.Sources[0], PendingLimit: r.Pending, Logger: r.Logger}, &said)
	return said.String(), err
}
