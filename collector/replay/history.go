package replay

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite"
)

// history is what can be replayed. It can be read from its beginning any number of times.
type history interface {
	// open begins a reading for a run, which is independent of other readings.
	open(r *run) (*source, error)
	// about returns what is known in advance.
	about() about
	// close ends all readings.
	close() error
}

// about describes a history.
type about struct {
	name string
	// rows is the approximate number of predictions.
	rows int64
	// first and last are the times of the first and the last prediction.
	first, last time.Time
}

// log is the history of a prediction log, up to the newest row when the replay began.
type log struct {
	path string
	is   about
	high predictionlog.UpTo
}

// openLog opens a prediction log and reads both of its ends.
func openLog(ctx context.Context, path string) (_ *log, err error) {
	reader := sqlite.NewReader(path)
	defer func() { err = errors.Join(err, reader.Close()) }()
	state, err := reader.State(ctx)
	if err != nil {
		return nil, err
	}
	l := &log{path: path, is: about{name: filepath.Base(path)}, high: state.HighWater}
	first := int64(-1)
	err = reader.Predictions(ctx, -1, l.high.Predictions, func(r *predictionlog.Row) error {
		first, l.is.first = r.ID, time.Unix(0, r.Time).UTC()
		return errEnough
	})
	if err != nil && !errors.Is(err, errEnough) {
		return nil, err
	}
	if first < 0 {
		return nil, fmt.Errorf("prediction log %s holds no predictions: there is nothing to replay", path)
	}
	l.is.rows = l.high.Predictions - first + 1
	// The newest ids may belong to rows that were deleted.
	for back := int64(1); l.is.last.IsZero(); back *= 10 {
		err = reader.Predictions(ctx, l.high.Predictions-back, l.high.Predictions, func(r *predictionlog.Row) error {
			l.is.last = time.Unix(0, r.Time).UTC()
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return l, nil
}

func (l *log) about() about { return l.is }

func (l *log) close() error { return nil }

func (l *log) open(*run) (*source, error) {
	reader := sqlite.NewReader(l.path)
	return &source{
		predictions: logPredictions(reader, -1, l.high.Predictions),
		feedback: logRows(reader.Feedback, -1, l.high.Feedback, func(r *predictionlog.FeedbackRow) (int64, int64) {
			return r.Seq, r.Time
		}),
		errors: logRows(reader.Errors, -1, l.high.Errors, func(r *predictionlog.ErrorRow) (int64, int64) {
			return r.Seq, r.Time
		}),
		byID:       reader.PredictionsByID,
		feedbackOf: reader.FeedbackOf,
		totals:     reader.TotalsAt,
		highWater:  l.high,
		close:      reader.Close,
	}, nil
}

// errEnough ends a reading early.
var errEnough = errors.New("enough rows")

// logPredictions reads predictions above the id after in chunks. The features belong to the reader, so they are
// copied into one array for each chunk.
func logPredictions(reader *sqlite.Reader, after, high int64) fill[predictionlog.Row] {
	size := 1 << 10
	read := func(ctx context.Context, after, upTo int64, yield func(*predictionlog.Row) error) error {
		texts := make([]byte, 0, size)
		return reader.Predictions(ctx, after, upTo, func(r *predictionlog.Row) error {
			row := *r
			begin := len(texts)
			texts = append(texts, r.Features...)
			size = max(size, len(texts)+1<<10)
			row.Features = texts[begin:len(texts):len(texts)]
			return yield(&row)
		})
	}
	return logRows(read, after, high, func(r *predictionlog.Row) (int64, int64) { return r.ID, r.Time })
}

// logRows reads the rows of a table above the id after, up to the id high, in chunks.
func logRows[R any](read func(context.Context, int64, int64, func(*R) error) error, after, high int64, key func(*R) (id, time int64)) fill[R] {
	return func(ctx context.Context, entries []entry[R]) ([]entry[R], bool, error) {
		if after >= high {
			return entries, false, nil
		}
		n := 0
		err := read(ctx, after, high, func(r *R) error {
			id, time := key(r)
			entries = append(entries, entry[R]{id, time, *r})
			after = id
			if n++; n == chunk {
				return errEnough
			}
			return nil
		})
		if err != nil && !errors.Is(err, errEnough) {
			return entries, false, err
		}
		if n < chunk {
			after = high
		}
		return entries, n > 0, nil
	}
}
