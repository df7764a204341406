package bigquery

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/exporter-toolkit/web"
	"google.golang.org/api/option"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/drift-exporter/drift_exporter/predictor/google/emulator"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/ship"
)

// restFaults are failures of REST that go away without help.
var restFaults = map[string]http.HandlerFunc{
	"503": func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = io.WriteString(w, `{"error":{"code":503,"message":"m","errors":[{"reason":"backendError","message":"m"}]}}`)
	},
	"truncated": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		w.WriteHeader(http.StatusOK)
		_, _ = io.WriteString(w, `{"schema"`)
	},
	"slow": func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // or the server does not see that the client is gone
		<-r.Context().Done()
	},
}

// If a dataset is missing, the emulator answers 500 when a table is created. Google's client
// would retry this as long as possible.
func testMissingDatasetIsReportedAtOnce(t *testing.T, e *emulator.Emulator) {
	ctx, cancel := context.WithTimeout(t.Context(), patience/2)
	defer cancel()
	err := shipOnce(ctx, writeLog(t, 10), newSink(t, e, "none"), 1000)
	var f *ship.Failure
	if !errors.As(err, &f) || f.Reason != ship.NotFound || f.Temporary ||
		!strings.Contains(err.Error(), "make the dataset first, where its data may be: bq mk --dataset --location=EU test-project:none; grant the service account the role BigQuery Data Editor on it") {
		t.Errorf("error %v", err)
	}
}

func testFaultsOfRESTCostAndDoubleNoRow(t *testing.T, e *emulator.Emulator) {
	target, err := url.Parse(e.REST)
	if err != nil {
		t.Fatal(err)
	}
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) }}
	for name, fault := range restFaults {
		t.Run(name, func(t *testing.T) {
			dataset := "fault_" + name
			client := emulatorDataset(t, e, dataset)
			var healed atomic.Bool
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if healed.Load() {
					proxy.ServeHTTP(w, r)
					return
				}
				fault(w, r)
			}))
			t.Cleanup(server.Close)
			s, err := NewSink(t.Context(), SinkOptions{Project: "test-project", Dataset: dataset, GRPC: e.WriterOptions(),
				REST: []option.ClientOption{option.WithEndpoint(server.URL + "/bigquery/v2/"), option.WithoutAuthentication()}})
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = s.Close() }()
			s.patience = 100 * time.Millisecond
			shipThroughFaults(t, s, func() {
				healed.Store(true)
				s.patience = patience
			})
			for table, key := range map[predictionlog.Table]string{predictionlog.TablePredictions: "id", predictionlog.TableFeedback: "seq", predictionlog.TableErrors: "seq"} {
				got := queryRows(t, client, fmt.Sprintf("SELECT COUNT(*), COUNT(DISTINCT %s) FROM `test-project.%s.%s`", key, dataset, table))
				want := map[predictionlog.Table]string{predictionlog.TablePredictions: "[300 300]", predictionlog.TableFeedback: "[30 30]", predictionlog.TableErrors: "[10 10]"}[table]
				if fmt.Sprint(got[0]) != want {
					t.Errorf("%s has %v rows and keys, want %s", table, got[0], want)
				}
			}
		})
	}
}

// shipThroughFaults ships a log of 300 predictions. It calls heal after three failures, and
// returns when all rows have arrived.
func shipThroughFaults(t *testing.T, s *Sink, heal func()) {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	listen, systemd, config := []string{"127.0.0.1:0"}, false, ""
	address := make(chan net.Addr, 1)
	failed, healed := make(chan time.Duration), make(chan struct{})
	done := make(chan error, 1)
	path := writeLog(t, 300)
	go func() {
		done <- ship.Run(ctx, ship.Options{LogPath: path, Name: s.Name(), Destination: s, BatchRows: 100, Interval: 10 * time.Millisecond,
			TelemetryPath: "/metrics", Web: &web.FlagConfig{WebListenAddresses: &listen, WebSystemdSocket: &systemd, WebConfigFile: &config},
			Listening: func(a net.Addr) { address <- a }, Logger: slog.New(slog.DiscardHandler),
			Pause: func(ctx context.Context, d time.Duration) {
				failed <- d
				<-healed
			}})
	}()
	base := "http://" + (<-address).String()
	for n := 1; n <= 3; n++ {
		least := time.Second << (n - 1) / 2
		if d := <-failed; d < least || d > 2*least {
			t.Errorf("after failure %d it waits %s, want between %s and %s", n, d, least, 2*least)
		}
		if line := fmt.Sprintf("\ndrift_ship_failures_total{reason=\"unavailable\"} %d\n", n); !strings.Contains(metricsPage(t, base), line) {
			t.Errorf("no line%s", line)
		}
		if n == 3 {
			heal()
		}
		healed <- struct{}{}
	}
	for !strings.Contains(metricsPage(t, base), "drift_ship_last_success_timestamp_seconds") {
		select {
		case err := <-done:
			t.Fatalf("shipping ended: %v", err)
		case d := <-failed:
			t.Fatalf("it failed again and waits %s", d)
		case <-time.After(20 * time.Millisecond):
		}
	}
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func metricsPage(t *testing.T, base string) string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, base+"/metrics", nil)
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
	return string(body)
}

// If a stream is gone, the table must be queried. While that is impossible, it is unknown whether
// a batch has arrived, so it must not be sent again.
func TestFaultWhileTheTableIsAskedSettlesNothing(t *testing.T) {
	t.Parallel()
	text, err := json.Marshal(attempt{Table: predictionlog.TablePredictions, LogID: "x", Stream: "projects/p/datasets/d/tables/t/streams/1", Rows: 5, UpTo: 5})
	if err != nil {
		t.Fatal(err)
	}
	for name, fault := range restFaults {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := faultySink(t, &storageServer{err: status.Error(codes.NotFound, "gone")}, fault)
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			defer cancel()
			var f *ship.Failure
			if arrived, err := s.Settle(ctx, string(text)); arrived || !errors.As(err, &f) || f.Reason != ship.Unavailable || !f.Temporary {
				t.Errorf("%t, %v", arrived, err)
			}
		})
	}
}
