package e2e_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite"
)

// elsewhere is a model that answers half to every row, unless it is down.
type elsewhere struct {
	*httptest.Server

	down atomic.Bool
}

func newElsewhere(t *testing.T) *elsewhere {
	t.Helper()
	e := &elsewhere{}
	e.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.Copy(io.Discard, r.Body); err != nil || e.down.Load() {
			panic(http.ErrAbortHandler) // as a process that is killed
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"predictions": [0.5]}`) // the proxy may have been killed
	}))
	t.Cleanup(e.Close)
	return e
}

// upstreamConfig writes a configuration of models that run elsewhere.
func upstreamConfig(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "upstream.yml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// deliver posts a body, and returns the status, 0 without an answer, and a header's value.
func deliver(ctx context.Context, address, body, header string, set ...string) (status int, value string) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(body))
	if err != nil {
		return 0, ""
	}
	for i := 0; i+1 < len(set); i += 2 {
		r.Header.Set(set[i], set[i+1])
	}
	a, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, ""
	}
	defer func() { _ = a.Body.Close() }() // it was read
	if _, err := io.Copy(io.Discard, a.Body); err != nil {
		return 0, ""
	}
	return a.StatusCode, a.Header.Get(header)
}

// loggedIDs are the ids and request ids of a log, which must be sound.
func loggedIDs(t *testing.T, log string) (ids map[int64]bool, requests map[string]int) {
	t.Helper()
	sound(t, "check", log)
	ids, requests = map[int64]bool{}, map[string]int{}
	reader := sqlite.NewReader(log)
	defer func() { _ = reader.Close() }() // it was only read
	err := reader.WholePredictions(t.Context(), -1, 1<<62, func(r *predictionlog.WholeRow) error {
		ids[r.ID] = true
		requests[r.RequestID]++
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return ids, requests
}

// The proxy is killed under load, and the model dies in between: what was answered with an
// id is in the log.
func TestNothingAnsweredThroughTheProxyIsLost(t *testing.T) {
	t.Parallel()
	model, log := newElsewhere(t), filepath.Join(t.TempDir(), "predictions.db")
	config := upstreamConfig(t, "models: [{name: m, answer: probability, features: [a, b]}]")
	var mu sync.Mutex
	acknowledged := map[int64]bool{}
	failed := 0
	for trial := range 3 {
		p := start(t, "predictor", "--web.listen-address=127.0.0.1:0", "--predictions.log="+log, "--upstream.url="+model.URL, "--upstream.protocol=v1", "--upstream.config="+config)
		ctx, cancel := context.WithCancel(t.Context())
		var clients sync.WaitGroup
		for client := range 8 {
			clients.Go(func() {
				for n := 0; ctx.Err() == nil; n++ {
					status, id := deliver(ctx, p.url+"/v1/models/m:predict", fmt.Sprintf(`{"instances": [[%d, "%d-%d"]]}`, n, trial, client), "X-Prediction-ID")
					mu.Lock()
					switch number, err := strconv.ParseInt(id, 10, 64); {
					case status == 200 && err != nil:
						t.Errorf("answered without an id: %q", id)
					case status == 200 && acknowledged[number]:
						t.Errorf("id %d was given twice", number)
					case status == 200:
						acknowledged[number] = true
					case status == 502:
						failed++
					}
					mu.Unlock()
				}
			})
		}
		count := func(of func() int) int {
			mu.Lock()
			defer mu.Unlock()
			return of()
		}
		answers, failures := func() int { return len(acknowledged) }, func() int { return failed }
		more := func(what string, of func() int, n int) {
			n += count(of)
			waitFor(t, what, func() bool { return count(of) >= n })
		}
		more("requests are answered", answers, 100)
		model.down.Store(true)
		more("requests fail", failures, 10)
		model.down.Store(false)
		more("requests are answered again", answers, 100)
		_ = p.kill(syscall.SIGKILL)
		cancel()
		clients.Wait()
	}
	ids, _ := loggedIDs(t, log)
	for id := range acknowledged {
		if !ids[id] {
			t.Errorf("prediction %d was answered and is lost", id)
		}
	}
}

// The disk of the log is full for a while: what was answered with an id is in the log, and
// answers without one are counted. Events are refused until there is room, and then taken.
func TestNothingIsLostWhileTheLogIsDown(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"refuse", "serve"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			dir, model := smallDisk(t), newElsewhere(t)
			log, ballast := filepath.Join(dir, "predictions.db"), filepath.Join(dir, "ballast")
			config := upstreamConfig(t, "models: [{name: m, answer: probability, features: [a]}]")
			p := start(t, "predictor", "--web.listen-address=127.0.0.1:0", "--predictions.log="+log, "--upstream.url="+model.URL, "--upstream.protocol=v1", "--upstream.config="+config, "--predictions.log-failure="+mode)
			acknowledged, unlogged := map[int64]bool{}, 0
			predict := func() (status int, logged bool) {
				status, id := deliver(t.Context(), p.url+"/v1/models/m:predict", `{"instances": [[1]]}`, "X-Prediction-ID")
				number, err := strconv.ParseInt(id, 10, 64)
				if err == nil {
					acknowledged[number] = true
				} else if status == 200 {
					unlogged++
				}
				return status, err == nil
			}
			event := func(kind, body string) int {
				status, _ := deliver(t.Context(), p.url+"/events", body, "", "Ce-Id", "e", "Ce-Type", "org.kubeflow.serving.inference."+kind, "Ce-Specversion", "1.0", "Ce-Inferenceservicename", "m", "Content-Type", "application/json")
				return status
			}
			if status, logged := predict(); status != 200 || !logged {
				t.Fatalf("%d", status)
			}
			fill(t, ballast)
			want := map[string]int{"refuse": 503, "serve": 200}[mode]
			waitFor(t, "the log is full", func() bool {
				status, logged := predict()
				return status == want && !logged
			})
			if status := event("request", `{"instances":[[7]]}`); status != 503 {
				t.Errorf("an event while the log is full: %d", status)
			}
			if err := os.Remove(ballast); err != nil {
				t.Fatal(err)
			}
			waitFor(t, "the log is written again", func() bool {
				status, logged := predict()
				return status == 200 && logged
			})
			if page := scrape(t, p.url); !page.is(float64(unlogged), "predictor_unlogged_predictions_total") {
				t.Errorf("the page does not count %d predictions without a record", unlogged)
			}
			for kind, body := range map[string]string{"request": `{"instances":[[7]]}`, "response": `{"predictions":[0.5]}`} {
				if status := event(kind, body); status != 200 {
					t.Errorf("the %s again: %d", kind, status)
				}
			}
			if err := p.kill(syscall.SIGTERM); err != nil {
				t.Error(err)
			}
			ids, requests := loggedIDs(t, log)
			for id := range acknowledged {
				if !ids[id] {
					t.Errorf("prediction %d was answered and is lost", id)
				}
			}
			if len(ids) != len(acknowledged)+1 || requests["e"] != 1 {
				t.Errorf("%d rows, %d were answered; the event is there %d times", len(ids), len(acknowledged), requests["e"])
			}
		})
	}
}

// The predictor is killed while events come: a pair of which both halves were answered is
// in the log, once.
func TestNoEventThatWasAnsweredIsLost(t *testing.T) {
	t.Parallel()
	log := filepath.Join(t.TempDir(), "predictions.db")
	config := upstreamConfig(t, "models: [{name: m, answer: probability, features: [a]}]")
	var mu sync.Mutex
	answered := map[string]int{} // halves, by id
	address := atomic.Pointer[string]{}
	ctx, cancel := context.WithCancel(t.Context())
	half := func(kind, id, body string) {
		for ctx.Err() == nil { // as a sender that repeats what was not answered
			status, _ := deliver(ctx, *address.Load()+"/events", body, "", "Ce-Id", id, "Ce-Type", "org.kubeflow.serving.inference."+kind, "Ce-Specversion", "1.0", "Ce-Inferenceservicename", "m", "Content-Type", "application/json")
			if status == 200 {
				mu.Lock()
				answered[id]++
				mu.Unlock()
				return
			}
		}
	}
	begin := func() *process {
		p := start(t, "predictor", "--web.listen-address=127.0.0.1:0", "--predictions.log="+log, "--upstream.config="+config)
		address.Store(&p.url)
		return p
	}
	p := begin()
	var senders sync.WaitGroup
	for sender := range 8 {
		senders.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				id := fmt.Sprintf("%d-%d", sender, n)
				halves := [][2]string{{"request", fmt.Sprintf(`{"instances":[[%d]]}`, n)}, {"response", `{"predictions":[0.5]}`}}
				half(halves[n%2][0], id, halves[n%2][1])
				half(halves[1-n%2][0], id, halves[1-n%2][1])
			}
		})
	}
	for trial := range 3 {
		waitFor(t, "events are answered", func() bool {
			mu.Lock()
			defer mu.Unlock()
			return len(answered) >= 100*(trial+1)
		})
		_ = p.kill(syscall.SIGKILL)
		p = begin()
	}
	cancel()
	senders.Wait()
	_ = p.kill(syscall.SIGTERM)
	_, requests := loggedIDs(t, log)
	pairs := 0
	for id, halves := range answered {
		if halves == 2 {
			if pairs++; requests[id] != 1 {
				t.Errorf("event %s is in the log %d times", id, requests[id])
			}
		}
	}
	if pairs < 200 {
		t.Errorf("only %d pairs", pairs)
	}
}

// Command lines and files that do not go together are refused with what to do.
func TestModelsElsewhereAreConfiguredInWords(t *testing.T) {
	t.Parallel()
	config := upstreamConfig(t, "models: [{name: m, answer: probability}]")
	for _, test := range []struct {
		status int
		want   string
		flags  []string
	}{
		{2, "--upstream.url needs --upstream.config", []string{"--upstream.url=http://127.0.0.1:1"}},
		{2, "--upstream.url needs --upstream.protocol", []string{"--upstream.url=http://127.0.0.1:1", "--upstream.config=" + config}},
		{2, "--upstream.protocol needs --upstream.url", []string{"--upstream.protocol=v2", "--upstream.config=" + config}},
		{2, `protocol "v3" is none of v2, v1, mlflow, sagemaker`, []string{"--upstream.url=http://127.0.0.1:1", "--upstream.protocol=v3", "--upstream.config=" + config}},
		{2, "exclude each other", []string{"--model.file=model.json", "--upstream.config=" + config}},
		{2, "--events.tee needs --upstream.config", []string{"--events.tee=http://127.0.0.1:1"}},
		{2, "--events.expire=0s", []string{"--events.expire=0s"}},
		{1, "write an address such as http://broker", []string{"--events.tee=broker", "--upstream.config=" + config}},
		{1, "write an address such as http://127.0.0.1:8080", []string{"--upstream.url=localhost:80", "--upstream.protocol=v2", "--upstream.config=" + config}},
		{1, "no such file", []string{"--upstream.config=none.yml"}},
		{1, "answer is missing", []string{"--upstream.config=" + upstreamConfig(t, "models: [{name: m}]")}},
	} {
		args := append([]string{"predictor", "--web.listen-address=127.0.0.1:0", "--predictions.log=" + filepath.Join(t.TempDir(), "predictions.db")}, test.flags...)
		if out := command(t, test.status, args...); !strings.Contains(out, test.want) {
			t.Errorf("%v: %s, want %q", test.flags, out, test.want)
		}
	}
}
