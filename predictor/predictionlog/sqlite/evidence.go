package sqlite

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite/file"
)

// EvidenceOptions say how an Evidence decides what counts, and what it keeps.
type EvidenceOptions struct {
	// Agreement adds up the log-odds of the confidences of all sources for each outcome, and the
	// outcome with the largest sum counts. Without it, the newest outcome with the highest
	// confidence counts.
	Agreement bool
	// PendingLimit is the maximum number of outcomes that may wait for their prediction.
	PendingLimit int64
	// Now is the clock. It is time.Now if nil.
	Now func() time.Time
}

// Evidence adds the outcomes that sources report to a log, while a predictor writes to it. Each
// call is one short transaction. Its methods may be called concurrently, and run one at a time.
// Between two transactions it leaves the log to others, such as the predictor, for as long as the
// first one took. After a failure, the next call opens the log again.
type Evidence struct {
	path    string
	options EvidenceOptions

	mu   sync.Mutex
	conn *file.Connection // nil: not open
	file file.Identity    // of the file behind conn
	lazy bool             // conn does not wait for the disk
	free time.Time        // until when the log is left to others

	rejected knownRejected
}

// NewEvidence returns an Evidence for the log at path, which is opened when it is first used. The
// user needs write access to the log and its directory.
func NewEvidence(path string, o EvidenceOptions) (*Evidence, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	path, err := file.ResolveExisting(path)
	if err != nil {
		return nil, err
	}
	return &Evidence{path: path, options: o}, nil
}

// Path is the resolved path of the log.
func (e *Evidence) Path() string { return e.path }

// Close closes the log.
func (e *Evidence) Close() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	return file.Explain(e.path, e.drop())
}

// Reconfigure changes how later outcomes are decided.
func (e *Evidence) Reconfigure(agreement bool, pendingLimit int64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.options.Agreement, e.options.PendingLimit = agreement, pendingLimit
}

// LockSource makes this process the only one that reads a source into the log, until the returned
// file is closed.
func (e *Evidence) LockSource(source string) (*os.File, error) {
	hash := sha256.Sum256([]byte(source))
	name := fmt.Sprintf("%s.outcomes-%x.lock", e.path, hash[:4])
	return file.Lock(name, fmt.Errorf("prediction log %s %w: another process reads the source %s into it, and one at a time can; stop the other (`fuser %s` names it)", e.path, file.ErrHeld, source, name),
		"reading outcomes needs write access to the log's directory")
}

// Open opens the log now. Without it, the first use opens the log.
func (e *Evidence) Open(ctx context.Context) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.connect(ctx)
}

// connect opens the log, or checks that the open file still has its name.
func (e *Evidence) connect(ctx context.Context) error {
	if e.conn != nil {
		found, _, err := file.Identify(e.path)
		if err == nil && found == e.file {
			return nil
		}
		return errors.Join(fmt.Errorf("prediction log %s %w while outcomes were read into it", e.path, file.ErrReplaced), file.Explain(e.path, err), e.drop())
	}
	conn, opened, err := openToWrite(ctx, e.path, opening{})
	if err != nil {
		return err
	}
	e.conn, e.file, e.lazy, e.rejected = conn, opened, false, knownRejected{}
	return nil
}

// wait says whether the next commit returns only after it is on the disk. The wait is most of the
// time of a small transaction, and the predictor cannot write during it. Without it, the
// write-ahead log stays consistent: what a power failure takes is a number of newest commits.
func (e *Evidence) wait(durable bool) error {
	if e.lazy != durable {
		return nil
	}
	mode := "NORMAL"
	if durable {
		mode = "FULL"
	}
	if err := e.conn.Exec("PRAGMA synchronous = " + mode); err != nil {
		return err
	}
	e.lazy = !durable
	return nil
}

func (e *Evidence) drop() error {
	if e.conn == nil {
		return nil
	}
	conn := e.conn
	e.conn = nil
	return conn.Close()
}

// write runs f in one transaction. The transaction is committed if f returns nil. If durable is
// true, the commit is on the disk then.
func (e *Evidence) write(ctx context.Context, durable bool, f func(tx *transaction) error) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := e.connect(ctx); err != nil {
		return err
	}
	if err := e.wait(durable); err != nil {
		return file.Explain(e.path, errors.Join(err, e.drop()))
	}
	if err := e.yield(ctx); err != nil {
		return err
	}
	tx, err := begin(e.conn, e.options.Now)
	if err == nil {
		began := time.Now()
		defer func() {
			now := time.Now()
			e.free = now.Add(now.Sub(began))
		}()
		err = f(tx)
		if err == nil {
			err = e.conn.Do("COMMIT")
		}
		if err != nil {
			err = errors.Join(err, e.conn.Rollback())
		}
	}
	if err == nil {
		return nil
	}
	e.rejected = knownRejected{} // it may have seen rows that are undone
	if breaks(err) {
		err = errors.Join(err, e.drop())
	}
	return file.Explain(e.path, err)
}

// yield waits until others have had their time.
func (e *Evidence) yield(ctx context.Context) error {
	timer := time.NewTimer(time.Until(e.free))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Sync returns once everything is on the disk that was added lazily.
func (e *Evidence) Sync() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.conn == nil {
		return nil // nothing was added since the last failure
	}
	return file.Explain(e.path, file.SyncWAL(e.path))
}

// Cursors returns how far each part of a source has been read.
func (e *Evidence) Cursors(ctx context.Context, source string) (map[string]string, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if err := e.connect(ctx); err != nil {
		return nil, err
	}
	cursors, err := cursorsOf(ctx, e.conn, source)
	return cursors, file.Explain(e.path, err)
}

// Append adds what was read from a source and the new cursors, in one transaction. It takes about
// 12 us for the first outcome of a prediction and 30 us for a later one, and if it is durable also the time of one sync of the disk.
func (e *Evidence) Append(ctx context.Context, b predictionlog.Evidence) (predictionlog.Received, error) {
	var r received
	err := e.write(ctx, !b.Lazy, func(tx *transaction) error {
		r = received{tx: tx, options: &e.options, pending: -1, known: &e.rejected}
		return tx.owning(e.options.Agreement, func() error { return r.evidence(&b) })
	})
	if err != nil {
		return predictionlog.Received{}, fmt.Errorf("append outcomes of %s: %w", b.Source, err)
	}
	return r.Received, nil
}

// evidence adds what was read from a source.
func (r *received) evidence(b *predictionlog.Evidence) error {
	if b.Retried != 0 {
		if err := r.retried(b.Retried); err != nil {
			return err
		}
	}
	u, err := r.tx.findUnsaid(b.Outcomes)
	if err != nil {
		return err
	}
	for i := range b.Outcomes {
		if err := r.outcome(b.Source, &b.Outcomes[i], &u); err != nil {
			return err
		}
	}
	if err := r.flush(); err != nil {
		return err
	}
	for _, rejected := range b.Rejected {
		if err := r.reject(b.Source, rejected.Reason, rejected.Record); err != nil {
			return err
		}
	}
	return r.advance(b.Source, b.Cursors)
}
