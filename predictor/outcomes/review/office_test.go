package review

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/exporter-toolkit/web"

	"github.com/drift-exporter/drift_exporter/predictor/outcomes"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite"
)

// office is a running process in which people review, with its log.
type office struct {
	t    *testing.T
	log  string
	url  string
	stop func()
}

// loans makes a log with n loans of which every third is refused.
func loans(t *testing.T, n int) string {
	t.Helper()
	return logOf(t, n, func(i int) predictionlog.Prediction {
		p := predictionlog.Prediction{
			Model: "loan_refinance", Version: "2", Class: "1", Latency: -1, Score: .51 + .4*float64(i%7)/7,
			Features: fmt.Appendf(nil, `{"credit_score":%d,"annual_income":%d,"loan_amount":%d,"debt_to_income_ratio":0.%d,"employment_status":"%s","loan_purpose":"refinance","home_value":%d,"loan_term":360,"previous_defaults":%d,"interest_rate":null}`,
				600+i%200, 41_250+i*731, 210_000+i*1_317, 21+i%50, []string{"employed", "self-employed", "retired"}[i%3], 320_000+i*997, i%3),
		}
		if i%3 == 0 {
			p.Class, p.Score = "0", .5-.4*float64(i%5)/5
		}
		return p
	})
}

func logOf(t *testing.T, n int, of func(i int) predictionlog.Prediction) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "predictions.db")
	add(t, path, n, of)
	return path
}

// add adds predictions to a log.
func add(t *testing.T, path string, n int, of func(i int) predictionlog.Prediction) {
	t.Helper()
	w, err := sqlite.OpenWriter(t.Context(), path, sqlite.WriterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	batch := make([]predictionlog.Prediction, n)
	for i := range batch {
		batch[i] = of(i)
	}
	if _, err := w.Append(t.Context(), batch); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

// everyLoan is a configuration in which every prediction is drawn.
const everyLoan = `sources:
- name: officers
  outcome: {map: {repaid: 1, default: 0}}
  review: {sample: 1, second_review: 0, question: "Was the loan repaid?"}
`

// open starts the process. passwords is the text of a file for --web.config.file.
func open(t *testing.T, log, config, passwords string) *office {
	t.Helper()
	return openWith(t, log, config, passwords, Kind)
}

// openWith is open with sources of another kind.
func openWith(t *testing.T, log, config, passwords string, kind outcomes.Kind) *office {
	t.Helper()
	dir := t.TempDir()
	file := ""
	if passwords != "" {
		file = filepath.Join(dir, "web.yml")
		write(t, file, passwords)
	}
	path := filepath.Join(dir, "outcomes.yml")
	write(t, path, config)
	ctx, cancel := context.WithCancel(t.Context())
	bound, ended := make(chan net.Addr, 1), make(chan error, 1)
	addresses, systemd := []string{"127.0.0.1:0"}, false
	go func() {
		ended <- outcomes.Run(ctx, outcomes.Options{
			LogPath: log, TelemetryPath: "/metrics",
			Load:      func() (*outcomes.Config, error) { return outcomes.Load(path, []outcomes.Kind{kind}) },
			Web:       &web.FlagConfig{WebListenAddresses: &addresses, WebSystemdSocket: &systemd, WebConfigFile: &file},
			Listening: func(a net.Addr) { bound <- a },
		})
	}()
	o := &office{t: t, log: log}
	select {
	case a := <-bound:
		o.url = "http://" + a.String()
	case err := <-ended:
		t.Fatal(err)
	}
	stopped := false
	o.stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
	t.Cleanup(o.stop)
	for {
		if status, _ := o.get("/review", map[string]string{"user": "ann"}); status != http.StatusServiceUnavailable {
			break
		}
		time.Sleep(time.Millisecond)
	}
	return o
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func (o *office) do(method, path string, header map[string]string, body io.Reader) (int, string) {
	o.t.Helper()
	request, err := http.NewRequestWithContext(o.t.Context(), method, o.url+path, body)
	if err != nil {
		o.t.Fatal(err)
	}
	for name, value := range header {
		if name == "user" {
			request.SetBasicAuth(value, "secret")
			continue
		}
		request.Header.Set(name, value)
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := client.Do(request)
	if err != nil {
		o.t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		o.t.Fatal(err)
	}
	return answer.StatusCode, string(text)
}

func (o *office) get(path string, header map[string]string) (int, string) {
	return o.do("GET", path, header, nil)
}

// post sends a form of the page.
func (o *office) post(reviewer string, form url.Values) (int, string) {
	form.Set("reviewer_id", reviewer)
	return o.do("POST", "/review", map[string]string{"Content-Type": "application/x-www-form-urlencoded"}, strings.NewReader(form.Encode()))
}

var shownID = regexp.MustCompile(`name="prediction_id" value="(\d+)"`)

// next returns the id of the prediction that the page shows a reviewer, "" if none.
func (o *office) next(reviewer string) string {
	o.t.Helper()
	status, page := o.get("/review?"+url.Values{"reviewer_id": {reviewer}}.Encode(), nil)
	if status != 200 {
		o.t.Fatalf("%d %s", status, page)
	}
	if found := shownID.FindStringSubmatch(page); found != nil {
		return found[1]
	}
	return ""
}

// decide answers about the prediction that is shown, and returns its id.
func (o *office) decide(reviewer, outcome string) string {
	o.t.Helper()
	id := o.next(reviewer)
	if status, page := o.post(reviewer, url.Values{"prediction_id": {id}, "outcome": {outcome}}); status != http.StatusSeeOther {
		o.t.Fatalf("%d %s", status, page)
	}
	return id
}

// validate sends a body to POST /validate.
func (o *office) validate(body string, header map[string]string) (int, string) {
	all := map[string]string{"Content-Type": "application/json"}
	maps.Copy(all, header)
	return o.do("POST", "/validate", all, strings.NewReader(body))
}

// reviews are the rows in the log.
func (o *office) reviews() (all []predictionlog.ReviewRow) {
	o.t.Helper()
	r := sqlite.NewReader(o.log)
	defer func() { _ = r.Close() }()
	last := ""
	err := r.CheckedReviews(o.t.Context(), 1<<60, func(row *predictionlog.ReviewRow, intact bool) error {
		if !intact || row.Previous != last {
			o.t.Errorf("review %d does not verify", row.Seq)
		}
		last = row.Hash
		all = append(all, *row)
		return nil
	})
	if err != nil {
		o.t.Fatal(err)
	}
	return all
}

// counts waits until feedback has the outcomes that are wanted, by prediction.
func (o *office) counts(want map[int64]string) {
	o.t.Helper()
	var got map[int64]string
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if got = o.feedback(); fmt.Sprint(got) == fmt.Sprint(want) {
			return
		}
	}
	o.t.Fatalf("what counts is %v, want %v", got, want)
}

func (o *office) feedback() map[int64]string {
	o.t.Helper()
	r := sqlite.NewReader(o.log)
	defer func() { _ = r.Close() }()
	got := map[int64]string{}
	if err := r.Feedback(o.t.Context(), -1, 1<<60, func(f *predictionlog.FeedbackRow) error { got[f.PredictionID] = f.Outcome; return nil }); err != nil {
		o.t.Fatal(err)
	}
	return got
}

// metric returns the value of a line of /metrics, "" if it is not there.
func (o *office) metric(name string) string {
	o.t.Helper()
	_, page := o.get("/metrics", nil)
	for line := range strings.Lines(page) {
		if value, found := strings.CutPrefix(line, name+" "); found {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

func number(t *testing.T, text string) (n int64) {
	t.Helper()
	if _, err := fmt.Sscan(text, &n); err != nil {
		t.Fatal(err)
	}
	return n
}

// at once is a configuration whose answers count at once.
const atOnce = "sources:\n- {name: officers, review: {sample: 1, second_review: 0, undo: 0s}}\n"
