package sqlite

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite/file"
)

// Few commits make the write-ahead log longer: the others go into zeros that are there already.
func TestFewCommitsMakeTheWriteAheadLogLonger(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	w := newWriter(t, path, WriterOptions{})
	var sizes []int64
	for i := range 600 { // 600 pages: 2.4 MB
		add(t, w, i, 1)
		if size := file.WALSize(path); len(sizes) == 0 || size != sizes[len(sizes)-1] {
			sizes = append(sizes, size)
		}
	}
	if len(sizes) > 20 {
		t.Errorf("it had %d sizes: %v", len(sizes), sizes)
	}
}

// The zeros are the end of the log for whoever opens it after a crash, and for other writers.
func TestRoomInTheWriteAheadLogIsItsEnd(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	w := newWriter(t, path, WriterOptions{})
	addBatch(t, w, 0, 100)
	for i := range 50 {
		add(t, w, 100+i, 1)
	}
	wal, err := os.ReadFile(path + "-wal")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.HasSuffix(wal, make([]byte, 4096)) {
		t.Fatal("it has no room")
	}
	main, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	crashed := filepath.Join(t.TempDir(), logName)
	for name, data := range map[string][]byte{crashed: main, crashed + "-wal": wal} {
		if err := os.WriteFile(name, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	after := newWriter(t, crashed, WriterOptions{})
	add(t, after, 150, 1)
	c := foreign(t, crashed)
	must(t, c, "INSERT INTO predictions (model, version, features, class) VALUES ('m', '1', '{}', '0')")
	add(t, after, 152, 1)
	if rows := len(rowsOf(t, newReader(t, crashed))); rows != 153 {
		t.Errorf("%d rows, want 153", rows)
	}
	sound(t, crashed, 0)
}

// A file that is not the known one, such as that of another log with the same name, stays as it is.
func TestOnlyTheKnownWriteAheadLogGrows(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), logName)
	if err := os.WriteFile(path+"-wal", []byte("other"), 0o600); err != nil {
		t.Fatal(err)
	}
	known, _, err := file.Identify(path + "-wal")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		known file.Identity
		want  int64
	}{{file.Identity{}, 5}, {known, 1000}} {
		if err := file.GrowWAL(path, test.known, 1000); err != nil || file.WALSize(path) != test.want {
			t.Errorf("%v: %d bytes, want %d", err, file.WALSize(path), test.want)
		}
	}
}
