package predictionlog

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"
)

// Request is what one caller asks for at once, under a request id of its own.
type Request struct {
	// Predictions are what is to be added, each with its request id.
	Predictions []Prediction
	// Others are request ids that the caller would have used for another request
	// under the same id, one row longer, say. The log must not have them.
	Others []string
	// Same reports whether the features of a row of the log, which any service
	// may have written, are those of Predictions[i]. It is called only for rows
	// whose request id is known, by the goroutine that writes.
	Same func(i int, features []byte) bool
}

// ErrReused says that the log has a request id of the request, and that what was
// asked for under it was something else.
var ErrReused = errors.New("request id was used for another request")

// AppendRequest adds the predictions of one request, all or none. A request that
// is in the log whole, with the same features, is not added again: the records
// are the first ones, and Repeated. If the log has some of its rows only, or other
// features, or one of Others, nothing is added and the error wraps ErrReused: so
// for requests that are in the log already and for those that arrive at the same
// time. Otherwise it does as Append.
//
// A request costs one look-up in the index of request ids for each of Others,
// 2 us in a log of 20,000 rows, and a request that is repeated one more for each
// row, with its features.
func (w *Writer) AppendRequest(ctx context.Context, r Request) ([]Record, error) {
	t := &task{predictions: r.Predictions, request: &r}
	if len(r.Predictions) == 0 {
		t = &task{work: func(tx *transaction) (int, error) { return 0, tx.unused(r.Others) }}
	}
	if err := w.submit(ctx, t); err != nil {
		return nil, fmt.Errorf("append to the prediction log: %w", err)
	}
	return t.records, nil
}

// unused returns an error that wraps ErrReused when the log has one of the ids.
func (tx *transaction) unused(requestIDs []string) error {
	for _, id := range requestIDs {
		row, err := tx.conn.first(context.Background(), `SELECT id FROM predictions WHERE request_id = ?`, id)
		if err != nil {
			return err
		}
		if row != nil {
			return fmt.Errorf("%w: the log has %q", ErrReused, id)
		}
	}
	return nil
}

// insertRequest adds the rows of a request, or finds them.
func (tx *transaction) insertRequest(r *Request) ([]Record, error) {
	if err := tx.unused(r.Others); err != nil {
		return nil, err
	}
	var records []Record
	for i := range r.Predictions {
		first, features, err := tx.known(r.Predictions[i].RequestID)
		switch {
		case err != nil:
			return nil, err
		case first == nil:
		case !r.Same(i, features):
			return nil, fmt.Errorf("%w: its row %d had other features", ErrReused, i)
		default:
			records = append(records, *first)
		}
	}
	switch len(records) {
	case len(r.Predictions):
		return records, nil
	case 0:
	default:
		return nil, fmt.Errorf("%w: the log has %d of its %d rows", ErrReused, len(records), len(r.Predictions))
	}
	for i := range r.Predictions {
		id := tx.next
		if err := tx.insert([]*Prediction{&r.Predictions[i]}); err != nil {
			return nil, fmt.Errorf("row %d: %w", i, err)
		}
		records = append(records, tx.record(id, &r.Predictions[i]))
	}
	return records, nil
}

// known returns the record that has the request id, nil when there is none, and
// its features, which are valid until known is called again.
func (tx *transaction) known(requestID string) (*Record, []byte, error) {
	row, err := tx.conn.first(context.Background(), `SELECT id, time, request_id, model, version, coalesce(score, 'none'), class,
		CAST(features AS BLOB) FROM predictions WHERE request_id = ?`, requestID)
	if err != nil || row == nil {
		return nil, nil, err
	}
	f := fields{row: row}
	first := Record{
		ID: f.integer(0), Time: time.Unix(0, f.integer(1)).UTC(), RequestID: f.text(2),
		Model: f.text(3), Version: f.text(4), Score: math.NaN(), Class: f.text(6), Repeated: true,
	}
	if row[5] != "none" {
		first.Score = f.real(5)
	}
	return &first, f.bytes(7), f.err
}
