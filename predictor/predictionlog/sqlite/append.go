package sqlite

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
)

// Append adds predictions in one transaction, all or none, and returns when they
// are on the disk. A prediction whose request id is in the log, or earlier in
// the batch, is not added again: its record is the first one's. An error that
// wraps ErrUnavailable says that nothing can be written now; another one, that
// the log refuses a row (an infinite score, say), and nothing of the batch
// was added. When ctx ends before the batch is being written, it is not written.
// AppendRequest also compares what was asked for.
func (w *Writer) Append(ctx context.Context, batch []predictionlog.Prediction) ([]predictionlog.Record, error) {
	if len(batch) == 0 {
		return nil, ctx.Err()
	}
	t := &task{predictions: batch}
	if err := w.submit(ctx, t); err != nil {
		return nil, fmt.Errorf("append to the prediction log: %w", err)
	}
	return t.records, nil
}

// errOwnName says that a row must be looked up before it is added: its request id
// is of the form that the log gives to rows without one.
var errOwnName = errors.New("a request id is of the log's own form")

// insertAll adds the predictions of all tasks at once. It fails when one of them
// is refused, and has then done part of the work.
func (tx *transaction) insertAll(tasks []*task) error {
	var all []*predictionlog.Prediction
	for _, t := range tasks {
		for i := range t.predictions {
			if logID, _, own := predictionlog.ParseOwnRequestID(t.predictions[i].RequestID); own && logID == tx.logID {
				return errOwnName
			}
			all = append(all, &t.predictions[i])
		}
	}
	id := tx.next
	if err := tx.insert(all); err != nil {
		return err
	}
	for _, t := range tasks {
		if t.predictions == nil {
			continue
		}
		t.records = make([]predictionlog.Record, len(t.predictions))
		for i := range t.predictions {
			t.records[i] = tx.record(id, &t.predictions[i])
			id++
		}
		if t.request != nil {
			if err := tx.unused(t.request.Others); err != nil {
				return err
			}
		}
	}
	return nil
}

// insertEach adds the predictions of task after task, each all or nothing. It
// fails only when the log cannot be written.
func (tx *transaction) insertEach(tasks []*task) error {
	for _, t := range tasks {
		if t.predictions == nil {
			continue
		}
		t.records = nil
		var fatal error
		t.err, fatal = tx.attempt(func() (err error) {
			if t.request != nil {
				t.records, err = tx.insertRequest(t.request)
				return err
			}
			for i := range t.predictions {
				record, err := tx.insertOne(&t.predictions[i])
				if err != nil {
					return fmt.Errorf("row %d: %w", i, err)
				}
				t.records = append(t.records, record)
			}
			return nil
		})
		if fatal != nil {
			return fatal
		}
		if t.err != nil {
			t.records = nil
		}
	}
	return nil
}

// insertOne adds a prediction unless its request id is in the log.
func (tx *transaction) insertOne(p *predictionlog.Prediction) (predictionlog.Record, error) {
	if p.RequestID != "" && p.ShadowOf == nil {
		first, _, err := tx.known(p.RequestID)
		if err != nil {
			return predictionlog.Record{}, err
		}
		if first != nil {
			return *first, nil
		}
	}
	id := tx.next
	if err := tx.insert([]*predictionlog.Prediction{p}); err != nil {
		return predictionlog.Record{}, err
	}
	return tx.record(id, p), nil
}

// record is what the row that was just inserted says.
func (tx *transaction) record(id int64, p *predictionlog.Prediction) predictionlog.Record {
	requestID := p.RequestID
	if requestID == "" {
		requestID = predictionlog.OwnRequestID(tx.logID, id)
	}
	return predictionlog.Record{
		ID: id, Time: time.Unix(0, tx.now).UTC(), RequestID: requestID,
		Model: p.Model, Version: p.Version, Score: p.Score, Class: p.Class,
	}
}
