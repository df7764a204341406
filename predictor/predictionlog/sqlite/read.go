package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"sync"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite/file"
)

// chunk is the maximum number of rows in one read transaction. While a transaction is open, the
// writer cannot reuse its write-ahead log, which then stays large: 4 s cost 205 MB. Of 250, 500,
// 1000 and 2000, this value reads a million rows fastest, because two chunks fit into the
// processor's cache.
const chunk = 500

// chunkBytes is the size at which a chunk ends that is read row by row.
const chunkBytes = 4 << 20

// Predictions calls yield with every prediction whose id is above after and at most upTo, in the
// order of ids. The row and its features are valid only during the call. If yield returns an
// error, the reading ends and returns it unchanged. Rows that are deleted meanwhile are left out.
//
// The next chunk is read while yield gets the rows of this one. A row of 12 features takes 0.22
// us, and 1.4 us if it must be read separately (see packed). Two chunks of at most 4 MB are kept
// in memory. A single row may be longer.
func (r *Reader) Predictions(ctx context.Context, after, upTo int64, yield func(*predictionlog.Row) error) error {
	if after >= upTo {
		return nil
	}
	row, names := predictionlog.Row{}, names{}
	present, ahead := chunks.Get().(*packed), chunks.Get().(*packed)
	var reading sync.WaitGroup
	defer func() {
		reading.Wait()
		chunks.Put(present)
		chunks.Put(ahead)
	}()
	done := make(chan error, 1)
	read := func(p *packed) {
		from := after
		reading.Go(func() { done <- r.pack(ctx, from, upTo, p) })
	}
	for read(present); after < upTo; {
		err := <-done
		if err == nil && ctx.Err() != nil { // It ended while this chunk was read ahead.
			err = fmt.Errorf("read prediction after %d: %w", after, context.Cause(ctx))
		}
		switch {
		case err != nil:
		case present.usual:
			if after = present.last; after < upTo {
				read(ahead)
			}
			err = present.each(&row, names, yield)
			present, ahead = ahead, present
		default:
			if after, err = r.unpacked(ctx, after, upTo, &row, names, yield); err == nil && after < upTo {
				read(present)
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// The names of model, version and class are only fetched if they differ from those of the last
// row of the last chunk. This saves a third of the time.
const selectPredictions = `SELECT id, time, nullif(model, ?3), nullif(version, ?4),
  CAST(features AS BLOB), score, nullif(class, ?5), latency, shadow_of
FROM predictions WHERE id > ?1 AND id <= ?2 ORDER BY id LIMIT 500`

// unpacked calls yield with the rows of one chunk, one at a time. It returns the id of the last
// one, or upTo if there are no more.
func (r *Reader) unpacked(ctx context.Context, after, upTo int64, row *predictionlog.Row, names names, yield func(*predictionlog.Row) error) (int64, error) {
	known, last := predictionlog.Row{Model: row.Model, Version: row.Version, Class: row.Class}, after
	rows, size := 0, 0
	var stopped error
	err := r.use(ctx, false, func(c *file.Connection) error {
		return c.Query(context.Background(), selectPredictions, func(columns []driver.Value) error {
			if err := scanPrediction(columns, row, &known, names); err != nil {
				return c.Damaged(fmt.Sprintf("row of predictions after id %d", last), err)
			}
			last = row.ID
			rows, size = rows+1, size+len(row.Features)
			if stopped = yield(row); stopped == nil && size > chunkBytes {
				stopped = file.ErrEnough
			}
			return stopped
		}, after, upTo, known.Model, known.Version, known.Class)
	})
	switch {
	case errors.Is(stopped, file.ErrEnough):
		return last, nil
	case stopped != nil:
		return last, stopped
	case err != nil:
		return last, fmt.Errorf("read prediction after %d: %w", last, err)
	case rows < chunk:
		return upTo, nil
	}
	return last, nil
}

// names keeps one string for each text that occurs often.
type names map[string]string

// of returns the text as a string.
func (n names) of(text []byte) string {
	if s, ok := n[string(text)]; ok {
		return s
	}
	return n.keep(string(text))
}

func (n names) keep(s string) string {
	if kept, ok := n[s]; ok {
		return kept
	}
	if len(n) == manyNames {
		clear(n) // they do not come again
	}
	n[s] = s
	return s
}

const manyNames = 1000

// scanPrediction fills row. If a name is null, it is the name in known.
func scanPrediction(columns []driver.Value, row, known *predictionlog.Row, names names) error {
	f := file.Fields{Row: columns}
	name := func(i int, known string) string {
		if columns[i] == nil {
			return known
		}
		return names.keep(f.Text(i))
	}
	row.ID, row.Time = f.Integer(0), f.Integer(1)
	row.Model, row.Version = name(2, known.Model), name(3, known.Version)
	row.Features = f.Bytes(4)
	row.Score, row.HasScore = 0, columns[5] != nil
	if row.HasScore {
		row.Score = f.Real(5)
	}
	row.Class = name(6, known.Class)
	row.Latency = -1
	if columns[7] != nil {
		row.Latency = f.Integer(7)
	}
	row.Shadow, row.ShadowOf = columns[8] != nil, 0
	if row.Shadow {
		row.ShadowOf = f.Integer(8)
	}
	return f.Err
}

const selectFeedback = `SELECT seq, prediction_id, time, coalesce(observed_at, time), outcome,
  coalesce(class, ''), coalesce(model, ''), coalesce(version, ''), source, confidence,
  coalesce(predicted_at, -1), score, coalesce(corrects, ''),
  coalesce((SELECT probability FROM explorations AS e WHERE e.prediction_id = feedback.prediction_id), 0.0)
FROM feedback `

// Feedback calls yield with every accepted outcome whose seq is above after and at most upTo, in
// the order of seq. Otherwise it works like Predictions.
func (r *Reader) Feedback(ctx context.Context, after, upTo int64, yield func(*predictionlog.FeedbackRow) error) error {
	return r.chunks(ctx, "feedback", &after, upTo, func(c *file.Connection, each func(int64, error) error) error {
		return c.Query(context.Background(), selectFeedback+"WHERE seq > ?1 AND seq <= ?2 ORDER BY seq LIMIT 500", func(columns []driver.Value) error {
			row, err := scanFeedback(columns)
			if err != nil {
				return c.Damaged(fmt.Sprintf("row of feedback after seq %d", after), err)
			}
			return each(row.Seq, yield(&row))
		}, after, upTo)
	})
}

func scanFeedback(columns []driver.Value) (predictionlog.FeedbackRow, error) {
	f := file.Fields{Row: columns}
	row := predictionlog.FeedbackRow{
		Seq: f.Integer(0), PredictionID: f.Integer(1), Time: f.Integer(2), ObservedAt: f.Integer(3),
		Outcome: f.Text(4), Class: f.Text(5), Model: f.Text(6), Version: f.Text(7), Source: f.Text(8),
		Confidence: f.Real(9), PredictedAt: f.Integer(10), HasScore: columns[11] != nil, Corrects: f.Text(12),
		Explored: f.Real(13),
	}
	if row.HasScore {
		row.Score = f.Real(11)
	}
	return row, f.Err
}

const selectErrors = `SELECT seq, time, model, version, reason
FROM errors WHERE seq > ?1 AND seq <= ?2 ORDER BY seq LIMIT 500`

// Errors calls yield with every refused request whose seq is above after and at most upTo, in the
// order of seq. Otherwise it works like Predictions.
func (r *Reader) Errors(ctx context.Context, after, upTo int64, yield func(*predictionlog.ErrorRow) error) error {
	return r.chunks(ctx, "error", &after, upTo, func(c *file.Connection, each func(int64, error) error) error {
		return c.Query(context.Background(), selectErrors, func(columns []driver.Value) error {
			f := file.Fields{Row: columns}
			row := predictionlog.ErrorRow{Seq: f.Integer(0), Time: f.Integer(1), Model: f.Text(2), Version: f.Text(3), Reason: f.Text(4)}
			if f.Err != nil {
				return c.Damaged(fmt.Sprintf("row of errors after seq %d", after), f.Err)
			}
			return each(row.Seq, yield(&row))
		}, after, upTo)
	})
}

// chunks runs read, which reads one chunk of rows above *after, until a chunk is short. read
// calls each with the id of every row and the error for it.
func (r *Reader) chunks(ctx context.Context, what string, after *int64, upTo int64, read func(c *file.Connection, each func(int64, error) error) error) error {
	for *after < upTo {
		var rows int
		var stopped error
		err := r.use(ctx, false, func(c *file.Connection) error {
			return read(c, func(id int64, err error) error {
				*after, stopped = id, err
				rows++
				return err
			})
		})
		switch {
		case stopped != nil:
			return stopped
		case err != nil:
			return fmt.Errorf("read %s after %d: %w", what, *after, err)
		case rows < chunk:
			return nil
		}
	}
	return nil
}
