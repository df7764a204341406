package sqlite

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite/file"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// WriterOptions say how a Writer keeps its log.
type WriterOptions struct {
	// RetentionTime is the age at which rows are deleted. 0 keeps them.
	RetentionTime time.Duration
	// RetentionSize is the number of bytes that the log may use before its oldest rows are
	// deleted, whatever their age. 0 means no limit. The write-ahead log needs about 4 MiB in
	// addition under load. The file does not shrink, but the free space is used again.
	RetentionSize int64
	// Lookback is the number of newest rows that are never deleted because of their age.
	Lookback int64
	// Classes are the classes of the model. An outcome confirms the one before if both mean the
	// same class, however they are written. If Classes is empty, 1, 1.0 and true are the same
	// outcome, and so are 0, 0.0 and false.
	Classes []value.Class
	// KeepElsewhere keeps an outcome with the request id of a prediction that is not in this log,
	// as evidence, instead of refusing it: its prediction may be in the log of another replica.
	KeepElsewhere bool
	// Now is the clock. It is time.Now if nil.
	Now func() time.Time
	// Logger receives failures, recoveries and forced deletions. It may be nil.
	Logger *slog.Logger
	// OnUnshipped is called when RetentionSize has deleted rows that a destination of the log had
	// not received yet, with the number of these rows.
	OnUnshipped func(rows int64)
	// OnDropped is called when retention has deleted outcomes that wait for their prediction, or
	// records that were not understood, because the log had too many of them. It gets the number
	// of these rows.
	OnDropped func(rows int64)
	// OnCommit is called after every transaction with the number of added rows, the duration and
	// the error. It must be quick.
	OnCommit func(rows int, took time.Duration, err error)
}

// Writer adds rows to a log. One goroutine and one connection write everything. While one
// transaction is being synced to disk, the next one is collected. So many callers share one sync,
// and no caller waits for a timer. Its methods may be called concurrently.
type Writer struct {
	path    string
	options WriterOptions
	lock    *os.File
	classes *value.ClassReader
	refused refusals

	wake chan struct{} // wakes the goroutine when there is work
	done chan struct{} // closed when the goroutine has ended

	mu     sync.Mutex
	queue  []*group
	queued int // rows in queue
	closed bool
	state  error // nil: the last transaction was committed

	// Only the goroutine uses the following fields.
	conn  *file.Connection
	files map[string]file.Identity // the log and the files next to it, by name
	prune pruner
	sums  sums
	fresh int // rows written since the last retention
	dirty bool
	last  time.Time // of the last commit
}

// OpenWriter opens the log at path. If the file is missing or empty, it makes a log with mode
// 0640. It fails if the log already has a Writer, in this process or another, if it is on a
// network file system, or if the file is something else or has another schema version. Each error
// says what to do.
func OpenWriter(ctx context.Context, path string, o WriterOptions) (*Writer, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.OnCommit == nil {
		o.OnCommit = func(int, time.Duration, error) {}
	}
	if o.OnUnshipped == nil {
		o.OnUnshipped = func(int64) {}
	}
	if o.OnDropped == nil {
		o.OnDropped = func(int64) {}
	}
	path, err := file.Resolve(path)
	if err != nil {
		return nil, err
	}
	if err := file.RefuseNetwork(path); err != nil {
		return nil, err
	}
	lock, err := file.TakeLock(path)
	if err != nil {
		return nil, err
	}
	w := &Writer{
		path: path, options: o, lock: lock, classes: value.NewClassReader(o.Classes),
		wake: make(chan struct{}, 1), done: make(chan struct{}),
		prune: pruner{age: o.RetentionTime, size: o.RetentionSize, lookback: o.Lookback, logger: o.Logger},
		last:  time.Now(),
	}
	if err := w.connect(ctx); err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	go w.run()
	return w, nil
}

// Ready returns nil if the last transaction was committed. Otherwise it returns an error that
// wraps ErrUnavailable and says why.
func (w *Writer) Ready() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return errClosed
	}
	return w.state
}

var errClosed = fmt.Errorf("%w: it has been closed", predictionlog.ErrUnavailable)

// Close commits what was submitted, copies the write-ahead log into the log, and closes the log.
// Later calls of other methods return ErrUnavailable.
func (w *Writer) Close() error {
	w.mu.Lock()
	already := w.closed
	w.closed = true
	w.mu.Unlock()
	if already {
		<-w.done
		return nil
	}
	w.signal()
	<-w.done
	err := w.state
	if w.conn != nil {
		// If readers prevent this, the next writer does it.
		if busy := w.checkpoint(); busy != nil {
			w.options.Logger.Warn("write-ahead log could not be emptied", "err", busy)
		}
		err = errors.Join(err, file.Explain(w.path, w.conn.Close()))
	}
	return errors.Join(err, w.lock.Close())
}

// connect makes sure that conn is open on the file that has the log's name.
func (w *Writer) connect(ctx context.Context) error {
	if w.conn != nil {
		found, _, err := file.Identify(w.path)
		if err == nil && found == w.files[w.path] {
			return nil
		}
		w.options.Logger.Warn("prediction log was moved, removed or replaced; opening the one that has its name now", "path", w.path)
		w.leave()
	}
	conn, opened, err := openToWrite(ctx, w.path, opening{create: true, locked: true, watch: w.watch()})
	if err != nil {
		return err
	}
	w.conn, w.files, w.sums = conn, map[string]file.Identity{w.path: opened}, sums{}
	for _, side := range []string{w.path + "-wal", w.path + "-shm"} {
		if found, _, err := file.Identify(side); err == nil {
			w.files[side] = found
		}
	}
	return nil
}

// watch logs the progress of a migration: each step, and every ten seconds the rows of a long
// step.
func (w *Writer) watch() Watch {
	last := time.Now()
	return Watch{
		Step: func(what string) {
			w.options.Logger.Info("bringing the prediction log up to this release", "path", w.path, "step", what)
		},
		Rows: func(done, of int64) {
			if now := time.Now(); now.Sub(last) >= 10*time.Second {
				last = now
				w.options.Logger.Info("bringing the prediction log up to this release", "path", w.path, "rows", done, "of", of)
			}
		},
	}
}

// leave closes a log that has lost its name. The write-ahead log is copied into the log, even if
// the log was moved, and the files beside it are deleted. Otherwise SQLite would use them for the
// file that now has the name.
func (w *Writer) leave() {
	if err := w.checkpoint(); err != nil {
		w.options.Logger.Error("rows of the write-ahead log could not be saved to the log that was moved", "path", w.path, "err", err)
	}
	w.drop()
	for _, side := range []string{w.path + "-wal", w.path + "-shm"} {
		if found, _, err := file.Identify(side); err == nil && found == w.files[side] {
			if err := os.Remove(side); err != nil {
				w.options.Logger.Error("file of the former log could not be removed", "path", side, "err", err)
			}
		}
	}
}

// drop closes the connection. The next transaction opens another one.
func (w *Writer) drop() {
	if err := w.conn.Close(); err != nil {
		w.options.Logger.Debug("closing the log after a failure failed too", "err", err)
	}
	w.conn = nil
}

// checkpoint copies the write-ahead log into the log and empties it. It waits only a moment for
// readers.
func (w *Writer) checkpoint() error {
	return w.conn.TruncateWAL("50")
}
