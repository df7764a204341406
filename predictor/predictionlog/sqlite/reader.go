package sqlite

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite/file"
	"github.com/mattn/go-sqlite3"
)

// Reader reads a log that other processes write. It never writes to the file, never holds a
// read transaction over many rows and never blocks a writer. It opens the log at the first
// read, and again after the log was replaced or a read failed, so a Reader stays usable
// whatever happens to its file. Methods may be called concurrently; they run one at a time.
type Reader struct {
	path  string
	token chan struct{}    // holds the token that is needed to use the fields below
	conn  *file.Connection // nil: not open
	file  file.Identity    // identity of the file that conn has open
	real  string           // path of that file without symbolic links
	span  int64            // number of ids of predictions in a chunk
}

// readerPatience is how long a read waits for a lock, in milliseconds. In WAL mode there is only
// a lock while a log is made, recovered or closed.
const readerPatience = "1000"

// NewReader returns a Reader of the log at path. It does no IO.
func NewReader(path string) *Reader {
	if absolute, err := filepath.Abs(path); err == nil {
		path = absolute
	}
	r := &Reader{path: path, token: make(chan struct{}, 1), span: chunk}
	r.token <- struct{}{}
	return r
}

// Close closes the file. A later read opens it again.
func (r *Reader) Close() error {
	<-r.token
	defer func() { r.token <- struct{}{} }()
	return r.drop()
}

// Use calls f with a read-only connection, once no other method uses it.
func (r *Reader) Use(ctx context.Context, f func(*file.Connection) error) error {
	return r.use(ctx, false, f)
}

// use calls f with an open connection, once no other method uses it. With fresh it reopens
// the log if another file has taken its name.
func (r *Reader) use(ctx context.Context, fresh bool, f func(*file.Connection) error) error {
	select {
	case <-r.token:
		defer func() { r.token <- struct{}{} }()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if fresh && r.conn != nil {
		if found, _, err := file.Identify(r.path); err != nil || found != r.file {
			if err := r.drop(); err != nil {
				return file.Explain(r.path, err)
			}
		}
	}
	if r.conn == nil {
		if err := r.open(ctx); err != nil {
			return r.explain(ctx, err)
		}
	}
	err := f(r.conn)
	var problem sqlite3.Error
	if !errors.As(err, &problem) || problem.Code == sqlite3.ErrInterrupt {
		return err
	}
	// SQLite's cached pages of the file may be wrong now.
	return r.explain(ctx, errors.Join(err, r.drop()))
}

// open opens the file and makes sure that it is a log of this version.
func (r *Reader) open(ctx context.Context) error {
	before, size, err := file.Identify(r.path)
	if err != nil {
		return err
	}
	if size == 0 {
		return fmt.Errorf("prediction log %s %w: run `drift_exporter log init`, or wait for the predictor to make it", r.path, file.ErrEmpty)
	}
	conn, err := dial(r.path, "ro", url.Values{"_query_only": {"1"}, "_busy_timeout": {readerPatience}})
	if err != nil {
		return err
	}
	if err := recognise(ctx, conn, r.path); err != nil {
		return errors.Join(err, conn.Close())
	}
	after, _, err := file.Identify(r.path)
	if err != nil || before != after {
		return errors.Join(err, conn.Close(),
			fmt.Errorf("prediction log %s %w while it was being opened: the next read will find the new one", r.path, file.ErrReplaced))
	}
	real, err := filepath.EvalSymlinks(r.path)
	if err != nil {
		return errors.Join(err, conn.Close())
	}
	r.conn, r.file, r.real = conn, before, real
	return nil
}

// explain turns an error into a sentence. A damaged page that SQLite finds again right after
// opening the file is the first page, which has the length of the file.
func (r *Reader) explain(ctx context.Context, err error) error {
	var problem sqlite3.Error
	if !errors.As(err, &problem) || problem.Code != sqlite3.ErrCorrupt {
		return file.Explain(r.path, err)
	}
	if again := r.open(ctx); errors.As(again, &problem) && problem.Code == sqlite3.ErrCorrupt {
		return fmt.Errorf("prediction log %s %w: it is shorter than its first page says, as when it was copied while in use or its disk was full; "+
			"restore it from a copy, or move it and its -wal and -shm files away to start a new one (%w)", r.path, file.ErrTruncated, err)
	}
	return file.Explain(r.path, errors.Join(err, r.drop()))
}

// drop closes the connection, if there is one.
func (r *Reader) drop() error {
	if r.conn == nil {
		return nil
	}
	conn := r.conn
	r.conn = nil
	return conn.Close()
}
