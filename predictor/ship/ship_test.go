package ship

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/prometheus/exporter-toolkit/web"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/care"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite/file"
	"github.com/drift-exporter/drift_exporter/predictor/tick"
)

// shelf is a destination in memory. Its content outlives the shippers.
type shelf struct {
	mu       sync.Mutex
	rows     map[predictionlog.Table][]string // "id form"
	records  []tick.Record
	outcomes []tick.Outcome
	attempts map[string]bool // attempt: arrived
	calls    int
	// fault is called before a batch is taken, with the number of the call. If it returns an
	// error, the append fails. If arrive is set, the batch is taken nevertheless.
	fault  func(call int, b *Batch) error
	arrive func(call int) bool
}

func newShelf() *shelf {
	return &shelf{rows: map[predictionlog.Table][]string{}, attempts: map[string]bool{}}
}

func (s *shelf) Append(_ context.Context, b *Batch, record func(string) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls++
	attempt := fmt.Sprintf("%s %d", b.Table, s.calls)
	if err := record(attempt); err != nil {
		return err
	}
	var err error
	if s.fault != nil {
		err = s.fault(s.calls, b)
	}
	if err != nil && (s.arrive == nil || !s.arrive(s.calls)) {
		return err
	}
	s.attempts[attempt] = true
	add := func(id int64) { s.rows[b.Table] = append(s.rows[b.Table], fmt.Sprint(id, " ", b.Form)) }
	for _, r := range b.Predictions {
		add(r.ID)
	}
	for _, r := range b.Feedback {
		add(r.Seq)
	}
	for _, r := range b.Errors {
		add(r.Seq)
	}
	for _, r := range b.Evidence {
		add(r.Seq)
	}
	for _, r := range b.Reviews {
		add(r.Seq)
	}
	for _, r := range b.Erasures {
		add(r.Seq)
	}
	s.records, s.outcomes = append(s.records, b.Records...), append(s.outcomes, b.Outcomes...)
	return err
}

func (s *shelf) Settle(_ context.Context, attempt string) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.attempts[attempt], nil
}

// newLog makes a log of n predictions, with one outcome and one refusal for every ten.
func newLog(t *testing.T, n int) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "predictions.db")
	w, err := sqlite.OpenWriter(t.Context(), path, sqlite.WriterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if n > 0 {
		batch := make([]predictionlog.Prediction, n)
		for i := range batch {
			batch[i] = predictionlog.Prediction{RequestID: fmt.Sprint(i), Model: "m", Version: "1", Features: []byte(`{"a":1}`), Class: "1"}
		}
		if _, err := w.Append(t.Context(), batch); err != nil {
			t.Fatal(err)
		}
	}
	for i := int64(0); i < int64(n); i += 10 {
		if _, err := w.AppendFeedback(t.Context(), predictionlog.Feedback{PredictionID: &i, Outcome: "1"}); err != nil {
			t.Fatal(err)
		}
		w.Refuse("m", "1", predictionlog.Reasons[0])
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func once(ctx context.Context, path string, d Destination, rows int) error {
	return Run(ctx, Options{LogPath: path, Name: "shelf", Destination: d, BatchRows: rows, Once: true, Pause: func(context.Context, time.Duration) {}})
}

// holds fails the test unless the shelf has every row once, in order.
func holds(t *testing.T, s *shelf, predictions int) {
	t.Helper()
	var want []string
	for i := range predictions {
		want = append(want, fmt.Sprint(i, " 0"))
	}
	if !slices.Equal(s.rows[predictionlog.TablePredictions], want) {
		t.Errorf("predictions %v", s.rows[predictionlog.TablePredictions])
	}
	for _, table := range []predictionlog.Table{predictionlog.TableFeedback, predictionlog.TableErrors} {
		if got := len(s.rows[table]); got != (predictions+9)/10 {
			t.Errorf("%s has %d rows, want %d", table, got, (predictions+9)/10)
		}
	}
}

func TestEveryRowArrivesOnce(t *testing.T) {
	t.Parallel()
	path, s := newLog(t, 95), newShelf()
	for range 2 {
		if err := once(t.Context(), path, s, 10); err != nil {
			t.Fatal(err)
		}
		holds(t, s, 95)
	}
}

func TestLostAnswersAreSettled(t *testing.T) {
	t.Parallel()
	for name, arrive := range map[string]func(int) bool{
		"nothing arrived":    func(int) bool { return false },
		"everything arrived": func(int) bool { return true },
		"half of it arrived": func(call int) bool { return call%4 == 0 },
	} {
		path, s := newLog(t, 60), newShelf()
		s.fault = func(call int, _ *Batch) error {
			if call%2 == 0 {
				return &Failure{Reason: Unavailable, Temporary: true, Err: errors.New("connection lost")}
			}
			return nil
		}
		s.arrive = arrive
		if err := once(t.Context(), path, s, 7); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		holds(t, s, 60)
	}
}

// A kill is simulated by an append that never returns. The next shipper only has the log.
func TestNextProcessSettlesWhatWasUnderWay(t *testing.T) {
	t.Parallel()
	path, s := newLog(t, 50), newShelf()
	for kill := range 8 {
		s.calls = kill * 1000
		s.fault = func(call int, _ *Batch) error {
			if call == kill*1000+2 {
				return errors.New("killed")
			}
			return nil
		}
		s.arrive = func(int) bool { return kill%2 == 0 }
		shipper := newShipper(path, s, 5)
		ended := shipper.pass(t.Context()) == nil
		if err := errors.Join(shipper.close(), shipper.reader.Close()); err != nil {
			t.Fatal(err)
		}
		if ended {
			break
		}
	}
	s.fault = nil
	if err := once(t.Context(), path, s, 5); err != nil {
		t.Fatal(err)
	}
	holds(t, s, 50)
}

func newShipper(path string, d Destination, rows int) *shipper {
	o := Options{LogPath: path, Name: "shelf", Destination: d, BatchRows: rows, Logger: slog.New(slog.DiscardHandler)}
	_, s, _ := o.runs(newMetrics())
	return s
}

func TestRefusedRowNeitherStopsTheOthersNorVanishes(t *testing.T) {
	t.Parallel()
	path, s := newLog(t, 100), newShelf()
	s.fault = func(_ int, b *Batch) error {
		for _, r := range b.Predictions {
			if r.ID == 37 && b.Form < AsText || r.ID == 38 && b.Form < Bare {
				return fmt.Errorf("row %d: %w", r.ID, ErrRefused)
			}
		}
		return nil
	}
	if err := once(t.Context(), path, s, 50); err != nil {
		t.Fatal(err)
	}
	got := s.rows[predictionlog.TablePredictions]
	if len(got) != 100 || got[36] != "36 0" || got[37] != "37 1" || got[38] != "38 2" || got[39] != "39 0" || got[99] != "99 0" {
		t.Errorf("rows %v", got)
	}
	if s.calls > 60 {
		t.Errorf("it took %d requests", s.calls)
	}
}

func TestRowThatIsRefusedInEveryFormIsAFailure(t *testing.T) {
	t.Parallel()
	path, s := newLog(t, 10), newShelf()
	s.fault = func(int, *Batch) error { return ErrRefused }
	err := once(t.Context(), path, s, 50)
	if f := failure(err); f == nil || f.Reason != Schema || f.Temporary || !strings.Contains(err.Error(), "row 0 is refused in every form") {
		t.Errorf("error %v", err)
	}
}

func TestOnceEndsAtWhatDoesNotPass(t *testing.T) {
	t.Parallel()
	path := newLog(t, 10)
	for _, test := range []struct {
		failure Failure
		calls   int
	}{
		{Failure{Reason: Permission, Err: errors.New("grant it")}, 1},
		{Failure{Reason: Unavailable, Temporary: true, Err: errors.New("503")}, onceAttempts},
	} {
		s := newShelf()
		s.fault = func(int, *Batch) error { return &test.failure }
		if err := once(t.Context(), path, s, 50); !errors.Is(err, test.failure.Err) || s.calls != test.calls {
			t.Errorf("%v after %d calls", err, s.calls)
		}
	}
	if err := once(t.Context(), filepath.Join(t.TempDir(), "none.db"), newShelf(), 50); !errors.Is(err, file.ErrMissing) {
		t.Errorf("without a log: %v", err)
	}
}

func TestDeletedRowsAreSkipped(t *testing.T) {
	t.Parallel()
	path, s := newLog(t, 30), newShelf()
	for i := range 30 {
		if _, err := care.Erase(t.Context(), path, fmt.Sprint(i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := once(t.Context(), path, s, 7); err != nil {
		t.Fatal(err)
	}
	if n := len(s.rows[predictionlog.TablePredictions]); n != 0 {
		t.Errorf("%d rows", n)
	}
	pruned, err := care.Prune(t.Context(), path, time.Nanosecond)
	if err != nil || pruned.Held != 0 {
		t.Errorf("pruned %+v, %v", pruned, err)
	}
}

func TestSecondShipperOfALogIsRefused(t *testing.T) {
	t.Parallel()
	path := newLog(t, 1)
	first, err := sqlite.OpenShipping(t.Context(), path, "shelf", predictionlog.Tables)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = first.Close() }()
	err = Run(t.Context(), Options{LogPath: path, Name: "shelf", Destination: newShelf(), BatchRows: 1, Interval: time.Hour, Pause: func(context.Context, time.Duration) {}})
	if !errors.Is(err, file.ErrHeld) {
		t.Errorf("error %v", err)
	}
}

// page returns a page of a running shipper.
func page(t *testing.T, address, path string) (int, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+address+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(body)
}

func TestPagesTellLagAndFailuresAndRecover(t *testing.T) {
	t.Parallel()
	path, s := newLog(t, 20), newShelf()
	broken := errors.New("grant the role")
	s.fault = func(call int, _ *Batch) error {
		if call == 2 {
			return &Failure{Reason: Permission, Err: broken}
		}
		return nil
	}
	addresses, failed, granted := make(chan net.Addr, 1), make(chan time.Duration), make(chan struct{})
	ctx, stop := context.WithCancel(t.Context())
	listen, systemd, config := []string{"127.0.0.1:0"}, false, ""
	done := make(chan error, 1)
	var said bytes.Buffer
	go func() {
		done <- Run(ctx, Options{
			LogPath: path, Name: "shelf", Destination: s, BatchRows: 5, Interval: time.Millisecond, TelemetryPath: "/metrics",
			Web:       &web.FlagConfig{WebListenAddresses: &listen, WebSystemdSocket: &systemd, WebConfigFile: &config},
			Listening: func(a net.Addr) { addresses <- a },
			Logger:    slog.New(slog.NewTextHandler(&said, nil)),
			Pause: func(_ context.Context, d time.Duration) {
				failed <- d
				<-granted
			},
		})
	}()
	address := (<-addresses).String()
	if d := <-failed; d < longPause/2 {
		t.Errorf("it tries again after %s what does not pass by itself", d)
	}
	if code, body := page(t, address, "/-/ready"); code != http.StatusServiceUnavailable || !strings.Contains(body, "grant the role") {
		t.Errorf("ready: %d %s", code, body)
	}
	if code, _ := page(t, address, "/-/healthy"); code != http.StatusOK {
		t.Errorf("healthy: %d", code)
	}
	_, metrics := page(t, address, "/metrics")
	for _, line := range []string{
		`drift_ship_rows_total{table="predictions"} 5`, `drift_ship_lag_rows{table="predictions"} 15`, `drift_ship_lag_rows{table="errors"} 3`,
		`drift_ship_failures_total{reason="permission"} 1`, `drift_ship_failures_total{reason="quota"} 0`, `drift_ship_altered_rows_total 0`,
	} {
		if !strings.Contains(metrics, "\n"+line+"\n") {
			t.Errorf("no line %s", line)
		}
	}
	if strings.Contains(metrics, "drift_ship_last_success_timestamp_seconds") || strings.Contains(metrics, "drift_ship_lag_seconds{table=\"predictions\"} 0\n") {
		t.Errorf("page\n%s", metrics)
	}
	close(granted)
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(time.Millisecond) {
		code, _ := page(t, address, "/-/ready")
		if code == http.StatusOK {
			break
		}
		if time.Now().After(end) {
			t.Fatal("never ready")
		}
	}
	_, metrics = page(t, address, "/metrics")
	for _, text := range []string{`drift_ship_rows_total{table="predictions"} 20`, `drift_ship_lag_seconds{table="predictions"} 0`, "drift_ship_last_success_timestamp_seconds 1."} {
		if !strings.Contains(metrics, "\n"+text) {
			t.Errorf("no line %s", text)
		}
	}
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
	holds(t, s, 20)
	if !strings.Contains(said.String(), "grant the role") || !strings.Contains(said.String(), "shipping resumed") {
		t.Errorf("said %s", said.String())
	}
}

func TestPageIsLinted(t *testing.T) {
	t.Parallel()
	m := newMetrics()
	m.completed(time.Now())
	problems, err := testutil.GatherAndLint(m.registry)
	if err != nil || len(problems) > 0 {
		t.Errorf("%v %v", problems, err)
	}
}

func TestLogThatIsReplacedIsShippedFromItsStart(t *testing.T) {
	t.Parallel()
	path, s := newLog(t, 20), newShelf()
	shipper := newShipper(path, s, 100)
	defer func() { _ = shipper.close(); _ = shipper.reader.Close() }()
	if err := shipper.pass(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if err := os.Rename(path+suffix, path+".old"+suffix); err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
	}
	other := newLog(t, 30)
	if err := os.Rename(other, path); err != nil {
		t.Fatal(err)
	}
	s.rows = map[predictionlog.Table][]string{}
	for range 3 { // the first pass may only say that it was replaced
		if err := shipper.pass(t.Context()); err == nil {
			break
		}
	}
	holds(t, s, 30)
}
