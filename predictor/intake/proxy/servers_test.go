package proxy

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"net/http/httptest"

	"github.com/drift-exporter/drift_exporter/predictor/intake"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite"
)

// needs skips a test for which Python lacks modules.
func needs(t *testing.T, modules string) {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), "python3", "-c", "import "+modules).CombinedOutput(); err != nil {
		t.Skipf("no Python with %s: pip install mlflow-skinny kserve scikit-learn pandas (%v %s)", modules, err, out)
	}
}

// freePort is a port of which nobody else knows.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }() // nothing was sent
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// server starts a server, and waits until a page of it answers.
func server(t *testing.T, port, page string, args ...string) (address string) {
	t.Helper()
	output := filepath.Join(t.TempDir(), "output")
	file, err := os.Create(output) // #nosec G304 -- in the test's folder
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), "python3", args...)
	command.Stdout, command.Stderr = file, file
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // with its children
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- command.Wait() }()
	t.Cleanup(func() {
		_ = syscall.Kill(-command.Process.Pid, syscall.SIGKILL) // it may have ended
		_ = file.Close()
	})
	address = "http://127.0.0.1:" + port
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.After(2 * time.Minute); ; {
		select {
		case err := <-ended:
			text, _ := os.ReadFile(output) // #nosec G304 -- in the test's folder
			t.Fatalf("the server ended: %v\n%s", err, text)
		case <-deadline:
			text, _ := os.ReadFile(output) // #nosec G304 -- in the test's folder
			t.Fatalf("the server does not answer\n%s", text)
		case <-tick.C:
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address+page, nil)
			if err != nil {
				t.Fatal(err)
			}
			if a, err := http.DefaultClient.Do(r); err == nil {
				_ = a.Body.Close() // nothing is read
				if a.StatusCode == http.StatusOK {
					return address
				}
			}
		}
	}
}

// before is a proxy in front of a server.
func before(t *testing.T, address, config string, protocol intake.Protocol) *bench {
	t.Helper()
	b := &bench{direct: address, path: filepath.Join(t.TempDir(), "predictions.db"), registry: prometheus.NewRegistry()}
	var err error
	if b.log, err = sqlite.OpenWriter(t.Context(), b.path, sqlite.WriterOptions{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.log.Close() }) // nothing more is written
	b.Server = httptest.NewServer(newProxy(t, b, address, config, protocol, nil))
	t.Cleanup(b.Close)
	return b
}

// exchanged sends a request to the model and through the proxy, and returns the answer,
// which must be the same, and the newest rows of the log.
func (b *bench) exchanged(t *testing.T, path, media, body string, rows int) (answer string, logged []string) {
	t.Helper()
	header := map[string]string{"Content-Type": media}
	direct, through := ask(t, "POST", b.direct+path, body, header), ask(t, "POST", b.URL+path, body, header)
	if direct.status != through.status || direct.body != through.body || direct.header.Get("Content-Type") != through.header.Get("Content-Type") {
		t.Errorf("%s: directly %+v, through the proxy %+v", body, direct, through)
	}
	if all := b.rows(t); rows > 0 && len(all) >= rows {
		logged = all[len(all)-rows:]
	}
	if named := through.header.Get(PredictionID) != ""; named != (rows > 0) {
		t.Errorf("%s: %+v", body, through)
	}
	return through.body, logged
}

func TestMLflowsServerIsLogged(t *testing.T) {
	t.Parallel()
	needs(t, "mlflow, sklearn, pandas, uvicorn")
	folder := filepath.Join(t.TempDir(), "model")
	if out, err := exec.CommandContext(t.Context(), "python3", "testdata/mlflow_model.py", folder).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	port := freePort(t)
	address := server(t, port, "/ping", "-m", "mlflow", "models", "serve", "-m", folder, "--host", "127.0.0.1", "-p", port, "--env-manager", "local")
	b := before(t, address, `models: [{name: rich, version: "1", answer: probabilities, classes: ["0", "1"], features: [age, income]}]`, intake.MLflow)
	for _, test := range []struct{ media, body string }{
		{"application/json", `{"dataframe_split": {"columns": ["age", "income"], "data": [[41, 50000.5], [20.0, 4e4]]}}`},
		{"application/json; charset=utf-8", `{"dataframe_records": [{"age": 41, "income": 50000.5}, {"age": 20.0, "income": 4e4}]}`},
		{"application/json", `{"instances": [[41, 50000.5], [20.0, 4e4]]}`},
		{"application/json", `{"inputs": [[41, 50000.5], [20.0, 4e4]]}`},
		{"text/csv", "age,income\n41,50000.5\n20.0,4e4\n"},
	} {
		body, rows := b.exchanged(t, "/invocations", test.media, test.body, 2)
		var answer struct{ Predictions [][]float64 }
		if err := json.Unmarshal([]byte(body), &answer); err != nil || len(answer.Predictions) != 2 || len(rows) != 2 {
			t.Fatalf("%s: %v %s %q", test.body, err, body, rows)
		}
		for i, features := range []string{`{"age":41,"income":50000.5}`, `{"age":20.0,"income":4e4}`} {
			p := answer.Predictions[i]
			class := strconv.Itoa(map[bool]int{true: 1}[p[1] > p[0]])
			if _, row, _ := strings.Cut(rows[i], " "); row != fmt.Sprintf("rich  %s %v %s", features, p[1], class) {
				t.Errorf("%s: logged %s of %v", test.body, row, p)
			}
		}
	}
	b.exchanged(t, "/invocations", "application/json", `{"foo": 1}`, 0)
	b.exchanged(t, "/invocations", "text/plain", `1,2`, 0)
	if got := b.unmapped(t); got != "upstream_status 2" {
		t.Error(got)
	}
}

func TestKServesServerIsLogged(t *testing.T) {
	t.Parallel()
	needs(t, "kserve, sklearn")
	port := freePort(t)
	address := server(t, port, "/v2/health/ready", "testdata/kserve_model.py", port)
	const config = `models: [{name: rent, version: "7", answer: value, features: [rooms, area]}]`
	v2, v1 := before(t, address, config, intake.V2), before(t, address, config, intake.V1)
	body, rows := v2.exchanged(t, "/v2/models/rent/infer", "application/json", `{"id": "a-1", "inputs": [{"name": "x", "shape": [2, 2], "datatype": "FP64", "data": [1, 20, 2, 50.5]}]}`, 2)
	var outputs struct {
		Outputs []struct{ Data []float64 }
	}
	if err := json.Unmarshal([]byte(body), &outputs); err != nil || len(outputs.Outputs) != 1 || len(rows) != 2 {
		t.Fatalf("%v %s %q", err, body, rows)
	}
	if want := fmt.Sprintf(`1 rent  {"rooms":2,"area":50.5} %v `, outputs.Outputs[0].Data[1]); rows[1] != want {
		t.Errorf("logged %s, want %s", rows[1], want)
	}
	body, rows = v1.exchanged(t, "/v1/models/rent:predict", "application/json", `{"instances": [[1, 20], [2, 50.5]]}`, 2)
	var predictions struct{ Predictions []float64 }
	if err := json.Unmarshal([]byte(body), &predictions); err != nil || len(predictions.Predictions) != 2 || len(rows) != 2 {
		t.Fatalf("%v %s %q", err, body, rows)
	}
	if want := fmt.Sprintf(`1 rent  {"rooms":2,"area":50.5} %v `, predictions.Predictions[1]); rows[1] != want {
		t.Errorf("logged %s, want %s", rows[1], want)
	}
	v2.exchanged(t, "/v2/models/other/infer", "application/json", `{"inputs": []}`, 0)
	v2.exchanged(t, "/v2/models/rent/infer", "application/json", `{"inputs": [{"name": "x", "shape": [1, 1], "datatype": "FP64", "data": [1]}]}`, 0)
	if page := ask(t, "GET", v2.URL+"/v2/models/rent/ready", "", nil); page.status != 200 {
		t.Errorf("%+v", page)
	}
}
