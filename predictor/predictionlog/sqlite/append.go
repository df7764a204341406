package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
)

// Append adds predictions in one transaction, all or none, and returns once they are on the disk.
// A prediction is not added again if its request id is already in the log or earlier in the
// batch. Its record is then the first one's.
//
// If an error wraps ErrUnavailable, nothing can be written now. Any other error says that the log
// refuses a row, for example because of an infinite score. Then nothing of the batch was added.
// If ctx ends before the batch is being written, it is not written. AppendRequest also compares
// the features of repeated requests.
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

// errOwnName says that a row must be looked up before it is added, because its request id has the
// form of the ids that the log gives to rows without one.
var errOwnName = errors.New("a request id is of the log's own form")

// insertAll adds the predictions of all tasks at once. If one of them is refused, it fails after
// doing part of the work.
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
	for most := insertRows; len(all) > 0; most /= 2 {
		for len(all) >= most {
			if err := tx.insert(all[:most]); err != nil {
				return err
			}
			all = all[most:]
		}
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

// insertEach adds the predictions of one task after the other, each all or nothing. It fails only
// if the log cannot be written.
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

// record returns the record of the row that was just inserted.
func (tx *transaction) record(id int64, p *predictionlog.Prediction) predictionlog.Record {
	requestID := p.RequestID
	if requestID == "" {
		requestID = predictionlog.OwnRequestID(tx.logID, id)
	}
	record := predictionlog.Record{
		ID: id, Time: time.Unix(0, tx.now).UTC(), RequestID: requestID,
		Model: p.Model, Version: p.Version, Score: p.Score, Class: p.Class,
	}
	if p.Exploration != nil {
		record.Answered = p.Exploration.Answered
	}
	return record
}

// insertRows is the maximum number of rows in one INSERT. Any batch is a sum of this number and
// smaller powers of two, so seven prepared statements are enough for all batches.
const insertRows = 64

const (
	insertHead = `INSERT INTO predictions (id, time, model, version, request_id, features, score, class, latency, shadow_of) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
	insertMore = `, (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
)

// inserts are the INSERTs by number of rows.
var inserts = func() map[int]string {
	all := map[int]string{}
	for n := insertRows; n > 0; n /= 2 {
		all[n] = insertHead + strings.Repeat(insertMore, n-1)
	}
	return all
}()

// insert adds rows. Their number must be one for which there is a statement in inserts.
func (tx *transaction) insert(rows []*predictionlog.Prediction) error {
	s, err := tx.conn.Prepare(inserts[len(rows)])
	if err != nil {
		return err
	}
	const columns = 10
	for i, p := range rows {
		args := s.Args[i*columns:][:columns]
		args[0].Value, args[1].Value = tx.next, tx.now
		args[2].Value, args[3].Value = p.Model, p.Version
		args[4].Value, args[5].Value = nil, string(p.Features)
		args[6].Value, args[7].Value, args[8].Value = nil, p.Class, nil
		if p.RequestID != "" {
			args[4].Value = p.RequestID
		}
		if !math.IsNaN(p.Score) {
			args[6].Value = p.Score
		}
		if p.Latency >= 0 {
			args[8].Value = int64(p.Latency)
		}
		args[9].Value = nil
		if p.ShadowOf != nil {
			args[9].Value = *p.ShadowOf
		}
		tx.next++
	}
	if err := s.Run(context.Background(), func([]driver.Value) error { return nil }); err != nil {
		return err
	}
	for i, p := range rows {
		if e := p.Exploration; e != nil {
			id := tx.next - int64(len(rows)-i)
			if err := tx.conn.Do("INSERT INTO explorations (prediction_id, answered, probability) VALUES (?, ?, ?)", id, e.Answered, e.Probability); err != nil {
				return err
			}
		}
	}
	return nil
}
