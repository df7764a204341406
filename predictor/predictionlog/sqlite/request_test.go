package sqlite

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
)

// request returns a request whose rows are named id/0, id/1 and so on, with these features.
func request(id string, features ...string) predictionlog.Request {
	r := predictionlog.Request{Others: []string{id, fmt.Sprintf("%s/%d", id, len(features))}}
	for i, text := range features {
		r.Predictions = append(r.Predictions, predictionlog.Prediction{
			RequestID: fmt.Sprintf("%s/%d", id, i), Model: "m", Features: []byte(text), Score: 0.5, Class: "1",
		})
	}
	r.Same = func(i int, features []byte) bool { return bytes.Equal(r.Predictions[i].Features, features) }
	return r
}

func TestRequestIsAddedWholeOnce(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	w := newWriter(t, path, WriterOptions{})
	first, err := w.AppendRequest(t.Context(), request("a", `{"x":1}`, `{"x":2}`))
	if err != nil || len(first) != 2 || first[0].Repeated || first[1].ID != 1 {
		t.Fatalf("records %+v, %v", first, err)
	}
	again, err := w.AppendRequest(t.Context(), request("a", `{"x":1}`, `{"x":2}`))
	if err != nil || len(again) != 2 || !again[1].Repeated || again[1].ID != 1 || again[0].ID != 0 {
		t.Errorf("again: records %+v, %v", again, err)
	}
	for _, tt := range []struct {
		name string
		r    predictionlog.Request
	}{
		{"other features", request("a", `{"x":1}`, `{"x":3}`)},
		{"a row more", request("a", `{"x":1}`, `{"x":2}`, `{"x":3}`)},
		{"a row less", request("a", `{"x":1}`)},
		{"no row", predictionlog.Request{Others: []string{"a", "a/0"}}},
		{"another shape", predictionlog.Request{Predictions: []predictionlog.Prediction{{RequestID: "a", Model: "m", Features: []byte(`{"x":1}`), Class: "1"}}, Others: []string{"a/0"}}},
	} {
		if records, err := w.AppendRequest(t.Context(), tt.r); !errors.Is(err, predictionlog.ErrReused) || errors.Is(err, predictionlog.ErrUnavailable) || records != nil {
			t.Errorf("%s: records %+v, error %v, want none and ErrReused", tt.name, records, err)
		}
	}
	if records, err := w.AppendRequest(t.Context(), predictionlog.Request{Others: []string{"b", "b/0"}}); err != nil || len(records) != 0 {
		t.Errorf("no row under a new id: %+v, %v", records, err)
	}
	if rows := rowsOf(t, newReader(t, path)); len(rows) != 2 || w.Ready() != nil {
		t.Errorf("%d rows, want 2; ready: %v", len(rows), w.Ready())
	}
}

// Requests with the same id that share a transaction must also be distinguished, and the other
// requests must be written.
func TestRequestsOfOneTransactionAreCompared(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	w := newWriter(t, path, WriterOptions{})
	release := hold(t, w)
	object := predictionlog.Request{
		Predictions: []predictionlog.Prediction{{RequestID: "a", Model: "m", Features: []byte(`{"x":1}`), Class: "1"}},
		Others:      []string{"a/0"}, Same: func(int, []byte) bool { return true },
	}
	type result struct {
		records []predictionlog.Record
		err     error
	}
	results := make(chan result)
	for queued, r := range []predictionlog.Request{object, request("a", `{"x":1}`), object, request("b", `{"x":1}`), request("b", `{"x":2}`), request("c", `{"x":1}`)} {
		go func() {
			records, err := w.AppendRequest(t.Context(), r)
			results <- result{records, err}
		}()
		eventually(t, "it is queued", func() bool {
			w.mu.Lock()
			defer w.mu.Unlock()
			return w.queued == queued+1
		})
	}
	release()
	added, repeated, reused := 0, 0, 0
	for range 6 {
		switch got := <-results; {
		case errors.Is(got.err, predictionlog.ErrReused):
			reused++
		case got.err != nil:
			t.Error(got.err)
		case got.records[0].Repeated:
			repeated++
		default:
			added++
		}
	}
	if added != 3 || repeated != 1 || reused != 2 {
		t.Errorf("%d added, %d repeated, %d reused, want 3, 1 and 2", added, repeated, reused)
	}
	if rows := rowsOf(t, newReader(t, path)); len(rows) != 3 {
		t.Errorf("%d rows, want 3", len(rows))
	}
}

// BenchmarkAppendRequest measures one durable prediction with 64 callers at once, with and
// without the look-up that distinguishes requests with the same id.
func BenchmarkAppendRequest(b *testing.B) {
	for _, others := range []int{0, 1} {
		b.Run(fmt.Sprintf("others=%d", others), func(b *testing.B) {
			w := newWriter(b, filepath.Join(b.TempDir(), logName), WriterOptions{})
			var next atomic.Int64
			spread(b, 64, func() {
				p := prediction(int(next.Add(1)))
				r := predictionlog.Request{Predictions: []predictionlog.Prediction{p}, Same: func(int, []byte) bool { return true }}
				if others == 1 {
					r.Others = []string{p.RequestID + "/0"}
				}
				if _, err := w.AppendRequest(context.Background(), r); err != nil {
					b.Error(err)
				}
			})
		})
	}
}
