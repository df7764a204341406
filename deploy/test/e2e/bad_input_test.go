package e2e_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// good is a request that is answered with 200; rows change it.
const good = `{"interest_rate":4.5,"loan_amount":320000,"loan_balance":300000,"loan_to_value_ratio":0.75,"credit_score":720,` +
	`"debt_to_income_ratio":0.35,"income":95000,"loan_term":30,"loan_age":36,"home_value":400000,"current_rate":3.5,"rate_spread":1.0}`

// TestBadRequests lists what may be wrong with a request: each gets its status
// and says what to do.
func TestBadRequests(t *testing.T) {
	t.Parallel()
	predictor := start(t, "predictor", "--web.listen-address=127.0.0.1:0", "--predictions.log="+filepath.Join(t.TempDir(), "predictions.db"))
	if status, answer := fetch(t, predictor.url+"/predict", good); status != 200 {
		t.Fatalf("%d %s", status, answer)
	}
	if status, answer := fetch(t, predictor.url+"/feedback", `{"prediction_id":0,"actual_outcome":1,"confidence":0.9}`); status != 200 {
		t.Fatalf("%d %s", status, answer)
	}
	with := func(old, new string) string { return strings.Replace(good, old, new, 1) }
	for _, test := range []struct {
		name, path, body string
		status           int
		says             string
	}{
		{"not JSON", "/predict", `hello`, 400, "JSON"},
		{"cut off", "/predict", good[:50], 400, "JSON"},
		{"trailing data", "/predict", good + `{}`, 400, "JSON"},
		{"a number", "/predict", `7`, 400, "object"},
		{"a missing feature", "/predict", with(`"income":95000,`, ``), 400, "income is absent; send it, or null"},
		{"an unknown feature", "/predict", with(`"income"`, `"incme"`), 400, `remove it, or correct its name`},
		{"a repeated feature", "/predict", with(`"income":95000`, `"income":1,"income":2`), 400, "income"},
		{"text for a number", "/predict", with(`95000`, `"much"`), 400, "send a number without quotes"},
		{"a boolean for a number", "/predict", with(`95000`, `true`), 400, "send a number"},
		{"an array for a number", "/predict", with(`95000`, `[1]`), 400, "send a number"},
		{"too large a number", "/predict", with(`95000`, `1e999`), 400, "send a finite number"},
		{"NaN", "/predict", with(`95000`, `NaN`), 400, "JSON"},
		{"one bad row of two", "/predict", `[` + good + `,` + with(`95000`, `"x"`) + `]`, 400, `"index":1`},
		{"too many rows", "/predict", `[` + strings.Repeat(good+`,`, 1000) + good + `]`, 400, "1000"},
		{"too large a body", "/predict", `{"x":"` + strings.Repeat("a", 2<<20) + `"}`, 413, "bytes"},
		{"GET", "/predict", ``, 405, "POST"},
		{"feedback without a prediction", "/feedback", `{"actual_outcome":1}`, 400, "prediction_id"},
		{"feedback without an outcome", "/feedback", `{"prediction_id":0}`, 400, "actual_outcome"},
		{"an outcome that is no class", "/feedback", `{"prediction_id":0,"actual_outcome":2}`, 400, "0 or 1"},
		{"feedback on nothing", "/feedback", `{"prediction_id":99,"actual_outcome":1}`, 404, "99"},
		{"feedback on a negative id", "/feedback", `{"prediction_id":-1,"actual_outcome":1}`, 400, "prediction_id"},
		{"confidence above 1", "/feedback", `{"prediction_id":0,"actual_outcome":1,"confidence":2}`, 400, "confidence"},
		{"less confident, another outcome", "/feedback", `{"prediction_id":0,"actual_outcome":0,"confidence":0.1}`, 409, "confiden"},
		{"another request's id", "/feedback", `{"prediction_id":0,"request_id":"other","actual_outcome":1}`, 409, "request_id"},
		{"observed before the prediction", "/feedback", `{"prediction_id":0,"actual_outcome":1,"observed_at":"2001-01-01T00:00:00Z"}`, 400, "observed_at"},
		{"a date that is none", "/feedback", `{"prediction_id":0,"actual_outcome":1,"observed_at":"yesterday"}`, 400, "RFC 3339"},
		{"an unknown key", "/feedback", `{"prediction_id":0,"actual_outcome":1,"note":"x"}`, 400, "note"},
		{"nowhere", "/predictions", `{}`, 404, ""},
	} {
		status, answer := fetch(t, predictor.url+test.path, test.body)
		if status != test.status || !strings.Contains(answer, test.says) {
			t.Errorf("%s: %d %s\nwant %d and %q", test.name, status, answer, test.status, test.says)
		}
	}
	for header, says := range map[string]string{
		"Content-Type: text/plain":                        "application/json",
		"Content-Type: application/x-www-form-urlencoded": "application/json",
		"X-Request-ID: " + strings.Repeat("x", 129):       "128",
	} {
		args := []string{"-sS", predictor.url + "/predict", "-H", header, "-d", good}
		if !strings.HasPrefix(header, "Content-Type") {
			args = append(args, "-H", "Content-Type: application/json")
		}
		out, err := exec.CommandContext(t.Context(), "curl", args...).CombinedOutput() // #nosec G204 -- our own arguments
		if err != nil || !strings.Contains(string(out), says) || strings.Contains(string(out), `"prediction":`) {
			t.Errorf("with the header %.40s: %v\n%s", header, err, out)
		}
	}
}

// TestBadFiles lists what may be wrong with a file or a flag: each ends the
// command with its status and says what to do.
func TestBadFiles(t *testing.T) {
	t.Parallel()
	program, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	file := func(content string) string {
		f, err := os.CreateTemp(dir, "*.txt")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.WriteString(content); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		return f.Name()
	}
	config := func(yaml string) []string {
		return []string{"exporter", "--config.check", "--config.file=" + file(yaml)}
	}
	reference := func(json string) []string {
		return []string{"exporter", "--config.check", "--reference.file=" + file(json)}
	}
	model := func(json string) []string {
		return []string{"predictor", "--web.listen-address=127.0.0.1:0", "--predictions.log=" + filepath.Join(dir, "unused.db"), "--model.file=" + file(json)}
	}
	train := func(csv string, more ...string) []string {
		return append([]string{"train", "--csv=" + file(csv), "--model.output=" + filepath.Join(dir, "m"), "--reference.output=" + filepath.Join(dir, "r")}, more...)
	}
	feature := func(json string) []string {
		return reference(`{"schema":1,"model":"m","rows":10,"features":[` + json + `]}`)
	}
	for _, test := range []struct {
		name   string
		args   []string
		status int
		says   string
	}{
		{"configuration: an unknown key", config("models:\n  - name: m\n    references: {file: x}\n"), 1, ":3"},
		{"configuration: a repeated key", config("models: []\nmodels: []\n"), 1, "models"},
		{"configuration: no models", config("models: []\n"), 1, "models"},
		{"configuration: not YAML", config("models: [\n"), 1, "line"},
		{"configuration: another kind of prediction", config("models:\n  - name: m\n    prediction: {type: ranking}\n    reference: {file: x}\n"), 1, "ranking"},
		{"configuration: a missing reference", config("models:\n  - name: m\n    reference: {file: nowhere.json}\n"), 1, "nowhere.json"},
		{"configuration: no reference", config("models:\n  - name: m\n"), 1, "reference"},
		{"configuration: BigQuery", config("models:\n  - name: loan_refinance\n    reference: {bigquery: {project: p}}\n"), 1, "no table"},
		{"configuration and reference", []string{"exporter", "--config.file=a", "--reference.file=b"}, 1, "exclude each other"},
		{"reference: cut off", reference(`{`), 1, "cut off"},
		{"reference: an unknown key", reference(`{"schema":1,"model":"m","rows":1,"featurs":[]}`), 1, "featurs"},
		{"reference: another schema", reference(`{"schema":9,"model":"m","rows":1,"features":[]}`), 1, "schema"},
		{"reference: no features", reference(`{"schema":1,"model":"m","rows":1,"features":[]}`), 1, "feature"},
		{"reference: edges that fall", feature(`{"name":"a","type":"numeric","edges":[2,1],"count":[1,2,3]}`), 1, "edges"},
		{"reference: too few counts", feature(`{"name":"a","type":"numeric","edges":[1,2],"count":[1,2]}`), 1, "one edge fewer"},
		{"reference: a negative count", feature(`{"name":"a","type":"numeric","edges":[1],"count":[-1,2]}`), 1, "count"},
		{"reference: an unknown type", feature(`{"name":"a","type":"text","count":[1]}`), 1, "type"},
		{"reference: a feature twice", feature(`{"name":"a","type":"numeric","edges":[1],"count":[1,2]},{"name":"a","type":"numeric","edges":[1],"count":[1,2]}`), 1, "twice"},
		{"reference: no model", reference(`{"schema":1,"rows":3,"features":[{"name":"a","type":"numeric","edges":[1],"count":[1,2]}]}`), 1, "names no model"},
		{"model: not JSON", model(`x`), 1, "JSON"},
		{"model: an unknown key", model(`{"schema":1,"name":"m","wat":1}`), 1, "wat"},
		{"model: no features", model(`{"schema":1,"name":"m","version":"1","intercept":0,"threshold":0.5,"features":[]}`), 1, "feature"},
		{"model: no spread", model(`{"schema":1,"name":"m","version":"1","intercept":0,"threshold":0.5,"features":[{"name":"a","type":"numeric","mean":0,"sd":0,"coefficient":1}]}`), 1, "sd"},
		{"model: a threshold beyond 1", model(`{"schema":1,"name":"m","version":"1","intercept":0,"threshold":2,"features":[{"name":"a","type":"numeric","mean":0,"sd":1,"coefficient":1}]}`), 1, "threshold"},
		{"log: missing", []string{"log", "check", "--predictions.log=" + filepath.Join(dir, "none.db")}, 1, "does not exist"},
		{"log: not one", []string{"log", "check", "--predictions.log=" + file(strings.Repeat("x", 5000))}, 1, "not"},
		{"log: empty", []string{"log", "check", "--predictions.log=" + file("")}, 1, "log init"},
		{"log: erase nobody", []string{"log", "erase", "--predictions.log=" + file("")}, 2, "request-id"},
		{"train: no rows", []string{"train"}, 2, "--csv"},
		{"train: no such column", train("a,b\n1,0\n", "--outcome=c"), 1, "a, b"},
		{"train: ragged", train("a,y\n1,0,3\n", "--outcome=y"), 1, "line 2"},
		{"train: one outcome only", train("a,y\n"+strings.Repeat("1,1\n", 50), "--outcome=y"), 1, "at least 10 of each"},
		{"train: a value that never occurs", train("a,y\n1,good\n2,bad\n", "--outcome=y", "--positive=fine"), 1, "fine"},
		{"flags: no window", []string{"exporter", "--window.predictions=0"}, 1, "--window.predictions"},
		{"flags: significance", []string{"exporter", "--drift.significance=5"}, 1, "between 0 and 1"},
		{"flags: a duration", []string{"exporter", "--window.duration=soon"}, 2, "90d"},
		{"flags: bins", []string{"exporter", "--bins.method=best"}, 2, "quantile"},
		{"flags: telemetry path", []string{"exporter", "--web.telemetry-path=metrics"}, 1, "--web.telemetry-path"},
		{"flags: web configuration", []string{"exporter", "--web.config.file=" + file("tls: yes\n")}, 1, "--web.config.file"},
		{"simulate: a negative rate", []string{"simulate", "--rate=-1"}, 1, "must not be negative"},
		{"simulate: nobody there", []string{"simulate", "--predictor.url=nonsense"}, 1, "nonsense"},
	} {
		cmd := exec.CommandContext(t.Context(), program, test.args...) // #nosec G204 -- our own arguments
		cmd.Dir = dir
		var said bytes.Buffer
		cmd.Stderr = &said
		_ = cmd.Run()
		if status := cmd.ProcessState.ExitCode(); status != test.status || !strings.Contains(said.String(), test.says) {
			t.Errorf("%s: exit status %d, want %d and %q\n%s", test.name, status, test.status, test.says, &said)
		}
	}
}

// TestBrokenLogs shows a broken log to an exporter: the page stays, drift_up is
// 0, what does not need the log is there, and a sound log is read again.
func TestBrokenLogs(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "predictions.db")
	exporter := start(t, "exporter", "--web.listen-address=127.0.0.1:0", "--predictions.log="+path)
	sound := func() {
		t.Helper()
		predictor := start(t, "predictor", "--web.listen-address=127.0.0.1:0", "--predictions.log="+path)
		if status, answer := fetch(t, predictor.url+"/predict", good); status != 200 {
			t.Fatalf("%d %s", status, answer)
		}
		if err := predictor.kill(15); err != nil {
			t.Error(err)
		}
	}
	remove := func() {
		for _, suffix := range []string{"", "-wal", "-shm", ".lock"} {
			_ = os.Remove(path + suffix)
		}
	}
	write := func(content []byte) {
		remove()
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range []struct {
		name   string
		broken func()
		says   string
	}{
		{"missing", remove, "does not exist"},
		{"empty", func() { write(nil) }, "empty"},
		{"not a log", func() { write(bytes.Repeat([]byte("x"), 8192)) }, "not"},
		{"a directory", func() {
			remove()
			if err := os.Mkdir(path, 0o750); err != nil {
				t.Fatal(err)
			}
		}, path},
		{"truncated", func() {
			remove()
			sound()
			if err := os.Truncate(path, 3000); err != nil {
				t.Fatal(err)
			}
			_ = os.Remove(path + "-wal")
			_ = os.Remove(path + "-shm")
		}, path},
	} {
		test.broken()
		status, page := fetch(t, exporter.url+"/metrics", "")
		for _, line := range []string{"drift_up 0", `drift_scrape_collector_success{collector="traffic"} 0`, `drift_scrape_collector_success{collector="reference"} 1`, "model_reference_info{"} {
			if status != 200 || !strings.Contains(page, "\n"+line) {
				t.Errorf("%s: %d, the page has no %s", test.name, status, line)
			}
		}
		if strings.Contains(page, "\nmodel_success_total") {
			t.Errorf("%s: the page has counters without a log", test.name)
		}
		if !exporter.says(test.says) {
			t.Errorf("%s: the exporter's log does not say %q", test.name, test.says)
		}
		remove()
		sound()
		if _, page := fetch(t, exporter.url+"/metrics", ""); !strings.Contains(page, "\ndrift_up 1") || !strings.Contains(page, fmt.Sprintf("\nmodel_success_total{model=%q,version=%q} 1", "loan_refinance", "1")) {
			t.Errorf("%s: a sound log afterwards is not read", test.name)
		}
	}
}
