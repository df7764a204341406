package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite/file"
)

// closedLog returns the path of a log of n predictions that is not open.
func closedLog(t *testing.T, n int) string {
	t.Helper()
	path := newPath(t)
	w, err := OpenWriter(t.Context(), path, WriterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if n > 0 {
		addBatch(t, w, 0, n)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// readAll reads like a scrape.
func readAll(ctx context.Context, r *Reader) error {
	s, err := r.State(ctx)
	if err != nil {
		return err
	}
	if _, err := r.Totals(ctx, s.TotalsUpTo); err != nil {
		return err
	}
	if err := r.Predictions(ctx, -1, s.HighWater.Predictions, func(*predictionlog.Row) error { return nil }); err != nil {
		return err
	}
	if err := r.Feedback(ctx, -1, s.HighWater.Feedback, func(*predictionlog.FeedbackRow) error { return nil }); err != nil {
		return err
	}
	return r.Errors(ctx, -1, s.HighWater.Errors, func(*predictionlog.ErrorRow) error { return nil })
}

// overwrite writes bytes into a file that is not open.
func overwrite(t *testing.T, path string, offset int64, b []byte) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteAt(b, offset); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestReaderSaysWhatIsWrongWithALog(t *testing.T) {
	t.Parallel()
	const pageSize = 4096
	for _, test := range []struct {
		name string
		// prepare makes the fault and returns the path to read.
		prepare func(t *testing.T) string
		want    error
		advice  string
	}{
		{"missing", newPath, file.ErrMissing, "log init"},
		{"directory missing", func(t *testing.T) string { return filepath.Join(newPath(t), "below", logName) }, file.ErrMissing, "check the path"},
		{"a directory", func(t *testing.T) string { return t.TempDir() }, file.ErrNotLog, "name a file"},
		{"zero bytes", func(t *testing.T) string {
			path := newPath(t)
			if err := file.Touch(path); err != nil {
				t.Fatal(err)
			}
			return path
		}, file.ErrEmpty, "log init"},
		{"no tables", func(t *testing.T) string {
			path := newPath(t)
			if err := file.Touch(path); err != nil {
				t.Fatal(err)
			}
			must(t, foreign(t, path), "PRAGMA journal_mode = WAL")
			return path
		}, file.ErrEmpty, "log init"},
		{"a text", func(t *testing.T) string {
			path := newPath(t)
			if err := os.WriteFile(path, []byte(strings.Repeat("id,time,model\n", 1000)), 0o600); err != nil {
				t.Fatal(err)
			}
			return path
		}, file.ErrNotLog, "--predictions.log"},
		{"another database", func(t *testing.T) string {
			path := newPath(t)
			if err := file.Touch(path); err != nil {
				t.Fatal(err)
			}
			must(t, foreign(t, path), "CREATE TABLE predictions (id, value)")
			return path
		}, file.ErrNotLog, "--predictions.log"},
		{"another schema version", func(t *testing.T) string {
			path := closedLog(t, 3)
			must(t, foreign(t, path), "PRAGMA user_version = 4")
			return path
		}, file.ErrSchemaVersion, "use the release that made it"},
		{"locked", func(t *testing.T) string {
			path := closedLog(t, 3)
			c := foreign(t, path)
			must(t, c, "PRAGMA locking_mode = EXCLUSIVE")
			must(t, c, "INSERT INTO errors (model, reason) VALUES ('m', 'r')")
			return path
		}, file.ErrLocked, "fuser"},
		{"truncated by half", func(t *testing.T) string {
			path := closedLog(t, 1000)
			if err := os.Truncate(path, 20*pageSize); err != nil {
				t.Fatal(err)
			}
			return path
		}, file.ErrTruncated, "restore it"},
		{"truncated within a page", func(t *testing.T) string {
			path := closedLog(t, 1000)
			if err := os.Truncate(path, 20*pageSize+1000); err != nil {
				t.Fatal(err)
			}
			return path
		}, file.ErrTruncated, "restore it"},
		{"truncated within the header", func(t *testing.T) string {
			path := closedLog(t, 1000)
			if err := os.Truncate(path, 50); err != nil {
				t.Fatal(err)
			}
			return path
		}, file.ErrTruncated, "restore it"},
		{"truncated to nothing", func(t *testing.T) string {
			path := closedLog(t, 1000)
			if err := os.Truncate(path, 0); err != nil {
				t.Fatal(err)
			}
			return path
		}, file.ErrEmpty, "log init"},
		{"a corrupt header", func(t *testing.T) string {
			path := closedLog(t, 1000)
			overwrite(t, path, 0, []byte("not SQLite"))
			return path
		}, file.ErrNotLog, "not an SQLite database"},
		{"corrupt pages", func(t *testing.T) string {
			path := closedLog(t, 1000)
			overwrite(t, path, 40*pageSize, []byte(strings.Repeat("\xff", 20*pageSize)))
			return path
		}, file.ErrCorrupt, "log check"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			path := test.prepare(t)
			err := readAll(t.Context(), newReader(t, path))
			if !errors.Is(err, test.want) || !strings.Contains(fmt.Sprint(err), test.advice) || !strings.Contains(fmt.Sprint(err), path) {
				t.Errorf("reader: %v\nwant %q with the path and %q", err, test.want, test.advice)
			}
			if strings.Contains(fmt.Sprint(err), "\n") {
				t.Errorf("reader: more than one line: %v", err)
			}
		})
	}
}

func TestReaderFollowsALogThatIsReplacedRemovedAndBack(t *testing.T) {
	t.Parallel()
	path := closedLog(t, 10)
	r := newReader(t, path)
	first := stateOf(t, r)
	if got := len(rowsOf(t, r)); got != 10 {
		t.Fatalf("%d rows", got)
	}
	// Another log takes the name, for example when a backup is restored.
	other := closedLog(t, 3)
	for _, side := range []string{"-wal", "-shm"} {
		if err := os.Remove(path + side); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Rename(other, path); err != nil {
		t.Fatal(err)
	}
	second := stateOf(t, r)
	if second.LogID == first.LogID || second.HighWater.Predictions != 2 {
		t.Errorf("state %+v after %+v", second, first)
	}
	if got := len(rowsOf(t, r)); got != 3 {
		t.Errorf("%d rows of the new log", got)
	}
	if err := os.Rename(path, path+".away"); err != nil {
		t.Fatal(err)
	}
	if _, err := r.State(t.Context()); !errors.Is(err, file.ErrMissing) {
		t.Errorf("removed: %v", err)
	}
	if err := os.Rename(path+".away", path); err != nil {
		t.Fatal(err)
	}
	if back := stateOf(t, r); back.LogID != second.LogID {
		t.Errorf("back: %+v", back)
	}
}

func TestReaderFollowsASymbolicLink(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	addBatch(t, newWriter(t, path, WriterOptions{}), 0, 10)
	link := newPath(t)
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	direct, linked := stateOf(t, newReader(t, path)), stateOf(t, newReader(t, link))
	if direct != linked {
		t.Errorf("%+v through the link, want %+v", linked, direct)
	}
}

func TestReaderGoesOnAfterTheLockIsGone(t *testing.T) {
	t.Parallel()
	path := closedLog(t, 3)
	c := foreign(t, path)
	must(t, c, "PRAGMA locking_mode = EXCLUSIVE")
	must(t, c, "INSERT INTO errors (model, reason) VALUES ('m', 'r')")
	r := newReader(t, path)
	if err := readAll(t.Context(), r); !errors.Is(err, file.ErrLocked) {
		t.Fatalf("locked: %v", err)
	}
	must(t, c, "PRAGMA locking_mode = NORMAL")
	must(t, c, "INSERT INTO errors (model, reason) VALUES ('m', 'r')")
	if err := readAll(t.Context(), r); err != nil {
		t.Errorf("unlocked: %v", err)
	}
}

func TestReaderStopsWithItsContext(t *testing.T) {
	t.Parallel()
	path := closedLog(t, 5000)
	r := newReader(t, path)
	ctx, cancel := context.WithCancel(t.Context())
	rows := 0
	err := r.Predictions(ctx, -1, 4999, func(*predictionlog.Row) error {
		if rows++; rows == 1 {
			cancel()
		}
		return nil
	})
	if !errors.Is(err, context.Canceled) || rows > chunk {
		t.Errorf("%d rows, %v", rows, err)
	}
	for name, f := range map[string]func() error{
		"state":  func() error { _, err := r.State(ctx); return err },
		"totals": func() error { _, err := r.Totals(ctx, predictionlog.UpTo{Predictions: 4999}); return err },
	} {
		if err := f(); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", name, err)
		}
	}
	stop := errors.New("enough")
	if err := r.Predictions(t.Context(), -1, 4999, func(*predictionlog.Row) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("yield's error came back as %v", err)
	}
	if err := readAll(t.Context(), r); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

// asOther makes a command run as a user who owns nothing, if the current user may do that.
func asOther(c *exec.Cmd) {
	if os.Geteuid() == 0 {
		c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	}
}

// shared is a directory that another user may enter and read, but not write.
func shared(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, d := range []string{filepath.Dir(dir), dir} {
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestReaderOfAnotherUser(t *testing.T) {
	t.Parallel()
	// Only root can become another user. Other users remove their own right to write the
	// directory, which has the same effect.
	root := os.Geteuid() == 0
	readable := func(t *testing.T, path string, mode os.FileMode) {
		for _, name := range []string{path, path + "-wal", path + "-shm"} {
			if err := os.Chmod(name, mode); err != nil && !errors.Is(err, os.ErrNotExist) {
				t.Fatal(err)
			}
		}
	}
	write := func(t *testing.T, name, path string) {
		t.Helper()
		if out, err := child(t.Context(), name, path, 5).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	for _, test := range []struct {
		name    string
		prepare func(t *testing.T, path string)
		rows    string
		says    []string
	}{
		{"while the predictor runs", func(t *testing.T, path string) {
			addBatch(t, newWriter(t, path, WriterOptions{}), 0, 5)
			readable(t, path, 0o644)
		}, "5", nil},
		{"after the predictor has closed it", func(t *testing.T, path string) {
			write(t, "append", path)
			readable(t, path, 0o644)
		}, "5", nil},
		{"after another service has closed it", func(t *testing.T, path string) {
			write(t, "append", path)
			write(t, "write", path)
			readable(t, path, 0o644)
		}, "", []string{"cannot be opened in a directory that is not writable", "PERSIST_WAL", "shared volume"}},
		{"without the right to read it", func(t *testing.T, path string) {
			write(t, "append", path)
			readable(t, path, 0)
		}, "", []string{"is not accessible", "group"}},
		{"without the right to read the file next to it", func(t *testing.T, path string) {
			write(t, "append", path)
			readable(t, path, 0o644)
			if err := os.Chmod(path+"-shm", 0); err != nil {
				t.Fatal(err)
			}
		}, "", []string{"is not accessible", "-shm"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			dir := shared(t)
			path := filepath.Join(dir, logName)
			test.prepare(t, path)
			if !root {
				if err := os.Chmod(dir, 0o555); err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { _ = os.Chmod(dir, 0o755) }) // or it cannot be removed
			}
			c := child(t.Context(), "read", path, 0)
			asOther(c)
			out, err := c.CombinedOutput()
			if test.rows != "" && (err != nil || strings.TrimSpace(string(out)) != test.rows) {
				t.Errorf("%s, %v, want %s rows", out, err, test.rows)
			}
			if test.rows == "" && err == nil {
				t.Errorf("read %s", out)
			}
			for _, word := range test.says {
				if !strings.Contains(string(out), word) {
					t.Errorf("says %q, without %q", out, word)
				}
			}
		})
	}
}
