package predictor

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/drift-exporter/drift_exporter/predictor/model"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite"
)

// discard is a log that takes everything and keeps nothing.
type discard struct{ memory }

func (*discard) Append(_ context.Context, batch []predictionlog.Prediction) ([]predictionlog.Record, error) {
	records := make([]predictionlog.Record, len(batch))
	for i, p := range batch {
		records[i] = predictionlog.Record{ID: 1234567, RequestID: p.RequestID, Model: p.Model, Version: p.Version, Score: p.Score, Class: p.Class}
	}
	return records, nil
}

// loan is a request of the embedded model's 12 features, in its order.
const loan = `{"interest_rate":3.5,"loan_amount":300000,"loan_balance":280000,"loan_to_value_ratio":0.8,"credit_score":720,"debt_to_income_ratio":0.35,` +
	`"income":85000,"loan_term":30,"loan_age":24,"home_value":375000,"current_rate":4.25,"rate_spread":0.75}`

func BenchmarkDecode(b *testing.B) {
	s := newSchema(model.Default())
	var in input
	body := []byte(loan)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		s.decode(&in, body, MaxArrayRows)
	}
	if in.faults.any() {
		b.Fatal(in.faults.list)
	}
}

func BenchmarkEncode(b *testing.B) {
	s := newSchema(model.Default())
	var in input
	s.decode(&in, []byte(loan), MaxArrayRows)
	dst := make([]byte, 0, 1024)
	b.ReportAllocs()
	for b.Loop() {
		dst = s.appendRow(dst[:0], in.row(0, len(s.features)))
	}
}

func BenchmarkDecodeFeedback(b *testing.B) {
	o := newOutcomes(zeroAndOne)
	const record = `{"prediction_id":123456,"actual_outcome":1}`
	for name, body := range map[string]string{"one": record, "array=1000": "[" + strings.Repeat(record+",", 999) + record + "]"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if q := o.decode([]byte(body)); q.faults.any() {
					b.Fatal(q.faults.list)
				}
			}
		})
	}
}

// BenchmarkHandler is one request through the handler, without network and log.
// The floor is the same with a handler that decodes nothing.
func BenchmarkHandler(b *testing.B) {
	m := model.Default()
	s, err := New(Options{Model: m, Log: new(discard), Now: time.Now, MaxRequests: 1024})
	if err != nil {
		b.Fatal(err)
	}
	floor := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("ok\n"))
	})
	array := "[" + strings.Repeat(loan+",", 99) + loan + "]"
	for _, bench := range []struct {
		name, body string
		handler    http.Handler
	}{
		{"floor", loan, floor}, {"one", loan, s.Handler()}, {"array=100", array, s.Handler()}, {"refused", `{}`, s.Handler()},
	} {
		b.Run(bench.name, func(b *testing.B) {
			body := bytes.NewReader([]byte(bench.body))
			r := httptest.NewRequestWithContext(b.Context(), http.MethodPost, "/predict", body)
			r.Header.Set("Content-Type", "application/json")
			w := &sink{header: http.Header{}}
			b.ReportAllocs()
			for b.Loop() {
				body.Reset([]byte(bench.body))
				clear(w.header)
				bench.handler.ServeHTTP(w, r)
			}
		})
	}
}

// sink is an answer that nobody reads.
type sink struct{ header http.Header }

func (s *sink) Header() http.Header         { return s.header }
func (s *sink) Write(p []byte) (int, error) { return len(p), nil }
func (s *sink) WriteHeader(int)             {}

// BenchmarkServe is what a client waits for: one prediction over a connection of
// its own that is kept, with so many clients at once, on a log on disk and on
// one that keeps nothing.
func BenchmarkServe(b *testing.B) {
	for _, clients := range []int{1, 16, 64, 256} {
		b.Run(fmt.Sprintf("log=none/clients=%d", clients), func(b *testing.B) {
			serveLoans(b, new(discard), clients)
		})
		b.Run(fmt.Sprintf("log=disk/clients=%d", clients), func(b *testing.B) {
			log, err := sqlite.OpenWriter(b.Context(), filepath.Join(b.TempDir(), "predictions.db"), sqlite.WriterOptions{})
			if err != nil {
				b.Fatal(err)
			}
			serveLoans(b, log, clients)
			if err := log.Close(); err != nil {
				b.Fatal(err)
			}
		})
	}
}

// serveLoans sends b.N requests from so many clients.
func serveLoans(b *testing.B, log Log, clients int) {
	b.Helper()
	s, err := New(Options{Model: model.Default(), Log: log})
	if err != nil {
		b.Fatal(err)
	}
	server := httptest.NewServer(s.Handler())
	defer server.Close()
	request := []byte("POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: " + strconv.Itoa(len(loan)) + "\r\n\r\n" + loan)
	var left atomic.Int64
	left.Store(int64(b.N))
	var group errgroup.Group
	b.ResetTimer()
	for range clients {
		group.Go(func() error {
			conn, err := new(net.Dialer).DialContext(b.Context(), "tcp", server.Listener.Addr().String())
			if err != nil {
				return err
			}
			defer func() { _ = conn.Close() }() // It was only read, and to the end.
			answers := bufio.NewReader(conn)
			for left.Add(-1) >= 0 {
				if _, err := conn.Write(request); err != nil {
					return err
				}
				answer, err := http.ReadResponse(answers, nil)
				if err != nil {
					return err
				}
				if answer.StatusCode != http.StatusOK {
					return fmt.Errorf("status %d", answer.StatusCode)
				}
				if _, err := io.Copy(io.Discard, answer.Body); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		b.Fatal(err)
	}
}
