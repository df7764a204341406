package monitor

import (
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestTheSecondStartSaysTheSame starts an exporter that keeps codes twice, and one that
// does not, on the same log: every metric is the same.
func TestTheSecondStartSaysTheSame(t *testing.T) {
	t.Parallel()
	o := options(t)
	at := time.Now().Add(time.Minute)
	o.Now = func() time.Time { return at }
	predict(t, o.Log, 900)
	want := lasting(scraped(t.Context(), t, monitor(t, o), nil))
	o.CodesDir = filepath.Join(t.TempDir(), "made", "here")
	for range 2 {
		m, err := New(o)
		if err != nil {
			t.Fatal(err)
		}
		if got := lasting(scraped(t.Context(), t, m, nil)); got != want {
			t.Errorf("with codes:\n%s\nwithout:\n%s", got, want)
		}
		if err := m.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if files, err := filepath.Glob(filepath.Join(o.CodesDir, "*.codes")); err != nil || len(files) != 1 {
		t.Errorf("%v are kept, want one file: %v", files, err)
	}
}

func TestAFolderThatCannotBeMadeIsAnError(t *testing.T) {
	t.Parallel()
	o := options(t)
	predict(t, o.Log, 1)
	o.CodesDir = o.Log
	if m, err := New(o); err == nil || !strings.Contains(err.Error(), "--window.cache-dir="+o.Log) {
		t.Errorf("got %v and %v, want an error that names the flag", m, err)
	}
}
