package monitor

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/drift-exporter/drift_exporter/collector/drift"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/tick"
)

func TestCodersAreThoseOfTheReferences(t *testing.T) {
	t.Parallel()
	path := write(t, t.TempDir(), "r.json", referenceJSON("churn", ""))
	c, err := NewCoders(Options{ReferenceFile: path, Bins: drift.BinOptions{Count: 10, Method: "quantile"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Wait(context.Background()); err != nil {
		t.Fatal(err)
	}
	known, unknown := c.Coder(predictionlog.Key{Model: "churn", Version: "7"}), c.Coder(predictionlog.Key{Model: "other"})
	scheme := tick.Scheme(known.Scheme())
	if scheme == "" || len(known.Columns()) == 0 {
		t.Errorf("scheme %q, columns %v", scheme, known.Columns())
	}
	if tick.Scheme(unknown.Scheme()) != "" || unknown.Columns() != nil {
		t.Errorf("a model without a reference has the scheme %v", unknown.Scheme())
	}
	for _, coder := range []tick.Coder{known, unknown} {
		if counted, ok := coder.Row(&predictionlog.Row{Model: "churn", Features: []byte(`{}`), Class: "1", Latency: -1}); !ok || len(counted.Codes) != len(coder.Columns()) {
			t.Errorf("counted %+v, %v", counted, ok)
		}
		if _, ok := coder.Row(&predictionlog.Row{Features: []byte("no JSON")}); ok {
			t.Error("a row whose features are not JSON is counted")
		}
	}
	// A reference that is wrong changes nothing.
	if err := os.WriteFile(path, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := c.load(); err == nil {
		t.Error("a wrong reference is loaded")
	}
	if got := tick.Scheme(c.Coder(predictionlog.Key{Model: "churn"}).Scheme()); got != scheme {
		t.Errorf("then the scheme is %q, and was %q", got, scheme)
	}
	if _, err := NewCoders(Options{ConfigFile: filepath.Join(t.TempDir(), "none.yml")}); err == nil {
		t.Error("a configuration that does not exist is loaded")
	}
}
