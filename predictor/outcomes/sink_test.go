package outcomes

import (
	"fmt"
	"maps"
	"path/filepath"
	"testing"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite"
)

// TestAllCursorsAreReturnedEveryTime asks for the cursors of sources with up to 20 parts. The order
// of a map must not matter.
func TestAllCursorsAreReturnedEveryTime(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "predictions.db")
	w, err := sqlite.OpenWriter(t.Context(), path, sqlite.WriterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	log, err := sqlite.NewEvidence(path, sqlite.EvidenceOptions{PendingLimit: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = log.Close() }()
	for parts := range 20 {
		for _, once := range []bool{false, true} {
			s := &Sink{name: fmt.Sprintf("s%d", parts), kind: "files", mapping: &Mapping{}, log: log, once: once}
			want, prefix := map[string]string{}, map[bool]string{true: importedPart}[once]
			e := predictionlog.Evidence{Source: s.name, Cursors: map[string]string{}}
			for i := range parts {
				part := fmt.Sprintf("part%d", i)
				want[part] = fmt.Sprintf(`{"at":%d}`, i)
				e.Cursors[prefix+part] = `{"kind":"files","at":` + want[part] + `}`
			}
			if _, err := log.Append(t.Context(), e); err != nil {
				t.Fatal(err)
			}
			for range 50 {
				if got, err := s.Cursors(t.Context()); err != nil || !maps.Equal(got, want) {
					t.Fatalf("%d parts, once %t: %v, %v", parts, once, got, err)
				}
			}
		}
	}
}
