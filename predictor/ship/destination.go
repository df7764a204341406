package ship

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/tick"
)

// Destination receives batches.
type Destination interface {
	// Append adds the rows of a batch, all or none. It returns once they would survive a crash of
	// the destination. For a batch of erasures it first deletes the rows that they name. Deleting
	// them again changes nothing. Before anything is sent, Append calls record with what Settle
	// needs to know. After an error the batch may have arrived, unless the error wraps
	// ErrRefused.
	Append(ctx context.Context, b *Batch, record func(attempt string) error) error
	// Settle reports whether the batch of a recorded attempt has arrived. If not, it makes
	// sure that the batch never will.
	Settle(ctx context.Context, attempt string) (arrived bool, err error)
}

// ErrRefused means that the destination refuses at least one of these rows, and accepts
// others.
var ErrRefused = errors.New("rows were refused")

// Failure is an error of a destination with a known reason.
type Failure struct {
	// Reason is one of Reasons.
	Reason string
	// Temporary means that a retry may succeed soon; otherwise a person must act, and Err
	// says how.
	Temporary bool
	Err       error
}

// Error implements error.
func (f *Failure) Error() string { return f.Err.Error() }

// Unwrap returns the wrapped error.
func (f *Failure) Unwrap() error { return f.Err }

// The reasons of a failure.
const (
	Unavailable = "unavailable" // cannot be reached, or says to try again
	Permission  = "permission"  // access denied
	NotFound    = "not_found"   // the dataset or table does not exist
	Quota       = "quota"       // too much at a time
	Schema      = "schema"      // its tables have other columns
	Conflict    = "conflict"    // it has rows that the log does not know
	LogFailed   = "log"         // the log cannot be read or written
	Other       = "other"
)

// Reasons lists all reasons.
var Reasons = []string{Unavailable, Permission, NotFound, Quota, Schema, Conflict, LogFailed, Other}

// failure returns err as a Failure, or nil if err is nil.
func failure(err error) *Failure {
	var f *Failure
	switch {
	case err == nil:
		return nil
	case errors.As(err, &f) && slices.Contains(Reasons, f.Reason):
		return &Failure{Reason: f.Reason, Temporary: f.Temporary, Err: err}
	case errors.Is(err, context.DeadlineExceeded):
		return &Failure{Reason: Unavailable, Temporary: true, Err: err}
	}
	return &Failure{Reason: Other, Temporary: true, Err: err}
}

// Resumer is a Destination that knows how far a log has been shipped to it.
type Resumer interface {
	Destination
	// Last returns the newest row of a log's table of which the destination has something, -1 if
	// there is none.
	Last(ctx context.Context, logID string, t predictionlog.Table) (int64, error)
}

// Counter is a Destination of counts.
type Counter interface {
	Resumer
	// Now returns the time by the clock of the destination.
	Now(ctx context.Context) (time.Time, error)
	// Heartbeat adds a record that says how far the log has been shipped.
	Heartbeat(ctx context.Context, r *tick.Record) error
}

// Form says how much of a row is sent. A refused row is sent again in the next form, so it
// neither blocks the rows after it nor is lost.
type Form int

// The forms, in the order in which they are tried.
const (
	Whole    Form = iota
	AsText        // features as they were logged, not as JSON
	Bare          // without features, long texts cut
	formsEnd      // nothing is left to try
)

// Batch contains consecutive rows of one table.
type Batch struct {
	LogID string
	Table predictionlog.Table
	// The ids are above After and at most UpTo. The last row has the id UpTo.
	After, UpTo int64
	// First and Last are the smallest and the largest time of the rows, in nanoseconds since
	// 1970.
	First, Last int64
	// Only the field of the batch's table has rows.
	Predictions []predictionlog.WholeRow
	Feedback    []predictionlog.FeedbackRow
	Errors      []predictionlog.ErrorRow
	Evidence    []predictionlog.EvidenceRow
	Reviews     []predictionlog.ReviewRow
	Erasures    []predictionlog.ErasureRow
	// Records are the counts of the rows, Outcomes the rows of feedback with what is known of their
	// predictions. Then the rows themselves are not in the batch.
	Records  []tick.Record
	Outcomes []tick.Outcome
	// Counted is the number of rows of the log that the records count.
	Counted int
	// Form is Whole, except for a batch of one row that was refused.
	Form Form
	// Altered is set by the destination: the number of rows that it took in another form than
	// Form.
	Altered int
}

// Len returns the number of rows.
func (b *Batch) Len() int {
	return len(b.Predictions) + len(b.Feedback) + len(b.Errors) + len(b.Evidence) + len(b.Reviews) + len(b.Erasures) + len(b.Records) + len(b.Outcomes)
}

// read returns the number of rows of the log that were read for the batch.
func (b *Batch) read() int { return max(b.Counted, b.Len()) }

// add notes the id and the time of a row that was added.
func (b *Batch) add(id, time int64) {
	if b.Len() == 1 {
		b.First, b.Last = time, time
	}
	b.UpTo, b.First, b.Last = id, min(b.First, time), max(b.Last, time)
}
