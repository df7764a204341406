package sqlite

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite/file"
)

// onConnection runs SQL on the writer's own connection, in its own goroutine.
func onConnection(t *testing.T, w *Writer, query string) {
	t.Helper()
	err := w.submit(t.Context(), &task{work: func(tx *transaction) (int, error) {
		return 0, tx.conn.Exec(query)
	}})
	if err != nil {
		t.Fatal(err)
	}
}

func TestWriterSaysWhyItCannotWriteAndRecoversByItself(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		// spoil makes the fault and returns what ends it.
		spoil  func(t *testing.T, w *Writer, path string) (mend func())
		want   error
		advice string
	}{
		{"disk full", func(t *testing.T, w *Writer, _ string) func() {
			onConnection(t, w, "PRAGMA max_page_count = 1")
			return func() {}
		}, file.ErrFull, "make room"},
		{"read-only", func(t *testing.T, w *Writer, _ string) func() {
			onConnection(t, w, "PRAGMA query_only = 1")
			return func() {}
		}, file.ErrReadOnly, "check owner"},
		{"locked by another process", func(t *testing.T, w *Writer, path string) func() {
			onConnection(t, w, "PRAGMA busy_timeout = 50")
			c := foreign(t, path)
			must(t, c, "BEGIN IMMEDIATE")
			return func() { must(t, c, "COMMIT") }
		}, file.ErrLocked, "fuser"},
		{"replaced by another file", func(t *testing.T, w *Writer, path string) func() {
			text := []byte(strings.Repeat("not a log\n", 1000))
			if err := os.WriteFile(path+".new", text, 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Rename(path, path+".old"); err != nil {
				t.Fatal(err)
			}
			if err := os.Rename(path+".new", path); err != nil {
				t.Fatal(err)
			}
			return func() {
				if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, text) {
					t.Errorf("the file that is not a log was changed: %v", err)
				}
				if err := os.Rename(path+".old", path); err != nil {
					t.Fatal(err)
				}
			}
		}, file.ErrNotLog, "--predictions.log"},
		{"its directory is gone", func(t *testing.T, w *Writer, path string) func() {
			dir := filepath.Dir(path)
			if err := os.Rename(dir, dir+".away"); err != nil {
				t.Fatal(err)
			}
			return func() {
				if err := os.Rename(dir+".away", dir); err != nil {
					t.Fatal(err)
				}
			}
		}, file.ErrMissing, "check the path"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			path := newPath(t)
			messages := &buffer{}
			w := newWriter(t, path, WriterOptions{Logger: slog.New(slog.NewTextHandler(messages, nil))})
			addBatch(t, w, 0, 10)
			mend := test.spoil(t, w, path)
			// A batch that needs more than one new page.
			batch := make([]predictionlog.Prediction, 100)
			for i := range batch {
				batch[i] = prediction(10 + i)
			}
			_, err := w.Append(t.Context(), batch)
			if !errors.Is(err, predictionlog.ErrUnavailable) || !errors.Is(err, test.want) || !strings.Contains(fmt.Sprint(err), test.advice) {
				t.Errorf("append: %v\nwant %q and %q", err, test.want, test.advice)
			}
			if err := w.Ready(); err != nil && !errors.Is(err, predictionlog.ErrUnavailable) {
				t.Errorf("ready: %v", err)
			}
			mend()
			eventually(t, "it is ready, without anybody asking", func() bool { return w.Ready() == nil })
			if records := addBatch(t, w, 10, 100); records[0].ID != 10 || records[0].Repeated {
				t.Errorf("after recovery: %+v", records[0])
			}
			if rows := rowsOf(t, newReader(t, path)); len(rows) != 110 || rows[109].ID != 109 {
				t.Errorf("%d rows", len(rows))
			}
			if said := messages.String(); strings.Count(said, `msg="prediction log cannot be written"`) != 1 || strings.Count(said, "can be written again") != 1 {
				t.Errorf("said\n%s", said)
			}
		})
	}
}

func TestWriterNeverWritesToALogThatWasRemoved(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	w := newWriter(t, path, WriterOptions{})
	addBatch(t, w, 0, 10)
	before := stateOf(t, newReader(t, path))
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if id := add(t, w, 10, 1)[0].ID; id != 0 {
		t.Errorf("first id of the new log is %d", id)
	}
	r := newReader(t, path)
	if after := stateOf(t, r); after.LogID == before.LogID || after.HighWater.Predictions != 0 {
		t.Errorf("state %+v after %+v", after, before)
	}
	if got := idsOf(t, r); got != "0-0 (1)" {
		t.Errorf("ids %s", got)
	}
}

func TestLogThatIsMovedAwayTakesAllItsRowsAlong(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	w := newWriter(t, path, WriterOptions{})
	addBatch(t, w, 0, 10) // in the write-ahead log only
	archive := filepath.Join(t.TempDir(), "archive.db")
	if err := os.Rename(path, archive); err != nil {
		t.Fatal(err)
	}
	add(t, w, 10, 1)
	if got := idsOf(t, newReader(t, archive)); got != "0-9 (10)" {
		t.Errorf("archive has %s", got)
	}
	if got := idsOf(t, newReader(t, path)); got != "0-0 (1)" {
		t.Errorf("log has %s", got)
	}
	for _, p := range []string{archive, path} {
		sound(t, p, 0)
	}
}

func TestLogThatIsReplacedByAnotherLogIsContinued(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	w := newWriter(t, path, WriterOptions{})
	addBatch(t, w, 0, 10)
	backup := closedLog(t, 500)
	r := NewReader(backup)
	want := stateOf(t, r).LogID
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(backup, path); err != nil {
		t.Fatal(err)
	}
	if id := add(t, w, 1000, 1)[0].ID; id != 500 {
		t.Errorf("id %d, want 500", id)
	}
	if s := stateOf(t, newReader(t, path)); s.LogID != want {
		t.Errorf("log id %s, want that of the new file, %s", s.LogID, want)
	}
	sound(t, path, 0)
}

func TestSecondPredictorIsRefused(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	w, err := OpenWriter(t.Context(), path, WriterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	add(t, w, 0, 1)
	link := filepath.Join(t.TempDir(), logName)
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{path, link} {
		if _, err := OpenWriter(t.Context(), name, WriterOptions{}); err == nil || !strings.Contains(err.Error(), "already has a predictor") {
			t.Errorf("in this process: %v", err)
		}
		if out, err := child(t.Context(), "open", name, 0).CombinedOutput(); err == nil || !strings.Contains(string(out), "already has a predictor") {
			t.Errorf("in another process: %v %s", err, out)
		}
	}
	add(t, w, 1, 1) // the first one is as well as before
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if out, err := child(t.Context(), "open", link, 0).CombinedOutput(); err != nil {
		t.Errorf("after it was closed: %v %s", err, out)
	}
}

func TestWriterRefusesFilesThatAreNotItsLog(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		prepare func(t *testing.T) string
		want    error
	}{
		{"another database", func(t *testing.T) string {
			path := newPath(t)
			if err := file.Touch(path); err != nil {
				t.Fatal(err)
			}
			must(t, foreign(t, path), "CREATE TABLE t (x)")
			return path
		}, file.ErrNotLog},
		{"a text", func(t *testing.T) string {
			path := newPath(t)
			if err := os.WriteFile(path, []byte(strings.Repeat("text", 3000)), 0o600); err != nil {
				t.Fatal(err)
			}
			return path
		}, file.ErrNotLog},
		{"another version", func(t *testing.T) string {
			path := closedLog(t, 1)
			must(t, foreign(t, path), "PRAGMA user_version = 7")
			return path
		}, file.ErrSchemaVersion},
		{"truncated", func(t *testing.T) string {
			path := closedLog(t, 500)
			if err := os.Truncate(path, 8192); err != nil {
				t.Fatal(err)
			}
			return path
		}, file.ErrCorrupt},
		{"no directory", func(t *testing.T) string { return filepath.Join(t.TempDir(), "a", "b", logName) }, os.ErrNotExist},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			path := test.prepare(t)
			before, _ := os.ReadFile(path)
			if _, err := OpenWriter(t.Context(), path, WriterOptions{}); !errors.Is(err, test.want) {
				t.Errorf("open: %v, want %v", err, test.want)
			}
			if err := Care.Init(t.Context(), path); !errors.Is(err, test.want) {
				t.Errorf("init: %v, want %v", err, test.want)
			}
			if after, _ := os.ReadFile(path); !bytes.Equal(before, after) && test.name != "another version" {
				t.Error("the file was changed")
			}
		})
	}
}

func TestWriterOfAnotherUserIsToldWhatItLacks(t *testing.T) {
	t.Parallel()
	dir := shared(t)
	path := filepath.Join(dir, logName)
	if os.Geteuid() != 0 {
		if err := os.Chmod(dir, 0o555); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = os.Chmod(dir, 0o755) }) // or it cannot be removed
	}
	c := child(t.Context(), "open", path, 0)
	asOther(c)
	if out, err := c.CombinedOutput(); err == nil || !strings.Contains(string(out), "write access to its directory") {
		t.Errorf("%v %s", err, out)
	}
}

func TestQueueHasAnEnd(t *testing.T) {
	t.Parallel()
	w := newWriter(t, newPath(t), WriterOptions{})
	release := hold(t, w)
	t.Cleanup(release)
	w.mu.Lock()
	w.queued = queueRows
	w.mu.Unlock()
	_, err := w.Append(t.Context(), []predictionlog.Prediction{prediction(0)})
	if !errors.Is(err, predictionlog.ErrUnavailable) {
		t.Errorf("append to a full queue: %v", err)
	}
	w.mu.Lock()
	w.queued = 0
	w.mu.Unlock()
}

func TestWriteAheadLogIsEmptiedWhenNothingHappens(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	w := newWriter(t, path, WriterOptions{})
	addBatch(t, w, 0, 100)
	size := func() int64 {
		info, err := os.Stat(path + "-wal")
		if err != nil {
			t.Fatal(err)
		}
		return info.Size()
	}
	if size() == 0 {
		t.Fatal("the rows are not in the write-ahead log")
	}
	eventually(t, "it is empty", func() bool { return size() == 0 })
	add(t, w, 100, 1)
}
