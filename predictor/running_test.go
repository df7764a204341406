package predictor

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/prometheus/exporter-toolkit/web"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite"
)

// running is a predictor that Run runs.
type running struct {
	t    *testing.T
	url  string
	stop context.CancelFunc
	done chan error // What Run returned.
}

// start runs the toy model on the log at path, on a free port.
func start(t *testing.T, path string, change func(*RunOptions)) *running {
	t.Helper()
	var (
		ctx, stop = context.WithCancel(t.Context())
		addresses = []string{"127.0.0.1:0"}
		config    = ""
		systemd   = false
		bound     = make(chan net.Addr, 1)
		r         = &running{t: t, stop: stop, done: make(chan error, 1)}
		o         = RunOptions{
			Model: toy(), LogPath: path, MaxRequests: 1024,
			Web:       &web.FlagConfig{WebListenAddresses: &addresses, WebConfigFile: &config, WebSystemdSocket: &systemd},
			Listening: func(a net.Addr) { bound <- a },
		}
	)
	if change != nil {
		change(&o)
	}
	t.Cleanup(stop)
	go func() { r.done <- Run(ctx, o) }()
	select {
	case a := <-bound:
		r.url = "http://" + a.String()
	case err := <-r.done:
		t.Fatalf("the predictor did not start: %v", err)
	}
	return r
}

// end stops the predictor and waits for it.
func (r *running) end() {
	r.t.Helper()
	r.stop()
	if err := <-r.done; err != nil {
		r.t.Errorf("the predictor ended with %v", err)
	}
}

// post sends one request over the network.
func (r *running) post(path, body, id string) (answer, error) {
	request, err := http.NewRequestWithContext(context.WithoutCancel(r.t.Context()), http.MethodPost, r.url+path, strings.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	request.Header.Set("Content-Type", "application/json")
	if id != "" {
		request.Header.Set("X-Request-ID", id)
	}
	return r.do(request)
}

// get fetches one page over the network.
func (r *running) get(path string) answer {
	r.t.Helper()
	request, err := http.NewRequestWithContext(r.t.Context(), http.MethodGet, r.url+path, nil)
	if err != nil {
		r.t.Fatal(err)
	}
	got, err := r.do(request)
	if err != nil {
		r.t.Fatal(err)
	}
	return got
}

func (r *running) do(request *http.Request) (answer, error) {
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = response.Body.Close() }() // It was read to its end.
	body, err := io.ReadAll(response.Body)
	return answer{response.StatusCode, response.Header, string(body)}, err
}

// must posts a request that is answered with code.
func (r *running) must(code int, path, body, id string) answer {
	r.t.Helper()
	got, err := r.post(path, body, id)
	if err != nil {
		r.t.Fatal(err)
	}
	if got.code != code {
		r.t.Errorf("%s %s: got %d %s, want %d", path, body, got.code, got.body, code)
	}
	return got
}

// logged reads what is in a log.
func logged(t *testing.T, path string) (rows []predictionlog.Row, outcomes []predictionlog.FeedbackRow, reasons []string) {
	t.Helper()
	r := sqlite.NewReader(path)
	defer func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}()
	state, err := r.State(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	err = errors.Join(
		r.Predictions(t.Context(), -1, state.HighWater.Predictions, func(row *predictionlog.Row) error {
			rows = append(rows, *row)
			rows[len(rows)-1].Features = append([]byte(nil), row.Features...)
			return nil
		}),
		r.Feedback(t.Context(), -1, state.HighWater.Feedback, func(row *predictionlog.FeedbackRow) error {
			outcomes = append(outcomes, *row)
			return nil
		}),
		r.Errors(t.Context(), -1, state.HighWater.Errors, func(row *predictionlog.ErrorRow) error {
			reasons = append(reasons, row.Reason)
			return nil
		}),
	)
	if err != nil {
		t.Fatal(err)
	}
	return rows, outcomes, reasons
}
