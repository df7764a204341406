package review

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
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

func TestAnswersBecomeOutcomes(t *testing.T) {
	t.Parallel()
	o := open(t, loans(t, 4), atOnce, "")
	want := map[int64]string{}
	for i := range 4 {
		word := fmt.Sprint(i % 2)
		want[number(t, o.decide("ann", word))] = word
	}
	if id := o.next("ann"); id != "" {
		t.Errorf("prediction %s is shown again", id)
	}
	o.counts(want)
	for _, r := range o.reviews() {
		if r.Reviewer != "unauthenticated:ann" || r.Probability != 1 || r.Outcome != want[r.PredictionID] {
			t.Errorf("review %+v", r)
		}
	}
	if got := o.metric(`drift_outcomes_accepted_total{source="officers"}`); got != "4" {
		t.Errorf("%s accepted", got)
	}
	if got := o.metric(`drift_outcomes_review_queue{person="first",source="officers"}`); got != "0" {
		t.Errorf("%s wait", got)
	}
}

func TestTwoDisagreeAndAThirdSettles(t *testing.T) {
	t.Parallel()
	o := open(t, loans(t, 1), "sources:\n- {name: officers, review: {sample: 1, second_review: 1, undo: 0s}}\n", "")
	o.decide("ann", "1")
	o.counts(map[int64]string{0: "1"})
	if id := o.next("ann"); id != "" {
		t.Error("the first reviewer is asked again")
	}
	o.decide("bob", "0")
	if got := o.metric(`drift_outcomes_review_queue{person="third",source="officers"}`); got != "1" {
		t.Errorf("%s wait for a third", got)
	}
	if o.next("ann") != "" || o.next("bob") != "" {
		t.Error("one of the two settles it")
	}
	o.counts(map[int64]string{0: "1"})
	o.decide("cleo", "0")
	o.counts(map[int64]string{0: "0"})
	if o.next("dan") != "" {
		t.Error("it is settled, and yet a fourth is asked")
	}
	if ratio, n := o.metric(`drift_outcomes_review_agreement_ratio{source="officers"}`), o.metric(`drift_outcomes_review_agreement_samples{source="officers"}`); ratio != "0" || n != "1" {
		t.Errorf("agreement %q of %q", ratio, n)
	}
}

func TestAModelIsJudgedOnlyAfterTheReviewer(t *testing.T) {
	t.Parallel()
	o := open(t, loans(t, 2), everyLoan, "")
	_, page := o.get("/review?reviewer_id=ann", nil)
	for _, secret := range []string{"0.51", "0.5)", "but the model", "score ("} {
		if strings.Contains(page, secret) {
			t.Errorf("the page of an open prediction has %q", secret)
		}
	}
	id := o.decide("ann", "repaid")
	_, page = o.get("/review?reviewer_id=ann", nil)
	if !strings.Contains(page, "Prediction "+id+": you said <strong><bdi>repaid</bdi></strong>") || !strings.Contains(page, "score 0.5") {
		t.Errorf("the model's answer is not shown:\n%s", page)
	}
}

func TestUndoAndSkip(t *testing.T) {
	t.Parallel()
	o := open(t, loans(t, 3), everyLoan, "")
	first := o.decide("ann", "repaid")
	if status, page := o.post("ann", url.Values{"action": {"undo"}}); status != http.StatusSeeOther {
		t.Fatalf("%d %s", status, page)
	}
	if id := o.next("ann"); id != first {
		t.Errorf("after undo prediction %s is shown, want %s", id, first)
	}
	o.post("ann", url.Values{"action": {"skip"}, "prediction_id": {first}})
	if id := o.next("ann"); id == first {
		t.Error("a skipped prediction is shown at once")
	}
	if id := o.next("bob"); id != first {
		t.Error("another person does not get what was skipped")
	}
	o.post("bob", url.Values{"action": {"skip"}, "prediction_id": {first}})
	o.decide("ann", "repaid")
	o.decide("ann", "repaid")
	if id := o.decide("ann", "default"); id != first {
		t.Errorf("at last prediction %s is shown, want the skipped one", id)
	}
	rows := o.reviews()
	if len(rows) != 5 || rows[1].Outcome != "" || rows[1].Reviewer == "" || rows[4].Outcome != "0" {
		t.Errorf("reviews %+v", rows)
	}
	if status, page := o.post("bob", url.Values{"action": {"undo"}}); status != http.StatusConflict || !strings.Contains(page, "nothing to undo") {
		t.Errorf("%d %s", status, page)
	}
	if got := o.metric(`drift_outcomes_review_skips_total{source="officers"}`); got != "2" {
		t.Errorf("%s skips", got)
	}
}

func TestReservationsKeepPeopleApartAndExpire(t *testing.T) {
	t.Parallel()
	log := loans(t, 2)
	clock := time.Now()
	q := newQueue(&config{limit: 10, reservation: time.Minute})
	a, b := &item{id: 1, probability: 1, key: .1}, &item{id: 2, probability: 1, key: .2}
	q.add(b)
	q.add(a)
	if q.next("ann", clock) != a || q.next("bob", clock) != b || q.next("cleo", clock) != nil || q.next("ann", clock) != a {
		t.Error("two people get one prediction")
	}
	if q.next("cleo", clock.Add(time.Minute)) != a {
		t.Error("a reservation does not expire")
	}
	o := open(t, log, everyLoan, "")
	if ann, bob := o.next("ann"), o.next("bob"); ann == bob || ann == "" || bob == "" || o.next("cleo") != "" {
		t.Errorf("predictions %s and %s", ann, bob)
	}
	// An answer that comes after the reservation counts nevertheless.
	id := o.next("ann")
	o.stop()
	o = open(t, log, everyLoan, "")
	if status, page := o.post("ann", url.Values{"prediction_id": {id}, "outcome": {"repaid"}}); status != http.StatusSeeOther {
		t.Errorf("%d %s", status, page)
	}
	if rows := o.reviews(); len(rows) != 1 || rows[0].Probability != 1 {
		t.Errorf("reviews %+v", rows)
	}
}

func TestARestartKeepsTheQueue(t *testing.T) {
	t.Parallel()
	log := loans(t, 400)
	const config = "sources:\n- {name: officers, review: {sample: 0.1, second_review: 0.5, undo: 0s}}\n"
	o := open(t, log, config, "")
	var order []string
	for range 5 {
		order = append(order, o.decide("ann", "1"))
	}
	left, second := o.metric(`drift_outcomes_review_queue{person="first",source="officers"}`), o.metric(`drift_outcomes_review_queue{person="second",source="officers"}`)
	next := o.next("ann")
	o.stop()
	o = open(t, log, config, "")
	if got := o.next("ann"); got != next || slices.Contains(order, got) {
		t.Errorf("after the restart prediction %s is next, before it %s", got, next)
	}
	if l, s := o.metric(`drift_outcomes_review_queue{person="first",source="officers"}`), o.metric(`drift_outcomes_review_queue{person="second",source="officers"}`); l != left || s != second {
		t.Errorf("%s and %s wait, before the restart %s and %s", l, s, left, second)
	}
	// Another share holds for later predictions only.
	o.stop()
	o = open(t, log, strings.Replace(config, "0.1,", "1,", 1), "")
	if l := o.metric(`drift_outcomes_review_queue{person="first",source="officers"}`); l != left {
		t.Errorf("%s wait with another share, before %s", l, left)
	}
	add(t, log, 3, func(int) predictionlog.Prediction {
		return predictionlog.Prediction{Model: "m", Features: []byte("{}"), Class: "1", Score: .9, Latency: -1}
	})
	want := fmt.Sprint(number(t, left) + 3)
	for o.metric(`drift_outcomes_review_queue{person="first",source="officers"}`) != want {
		time.Sleep(time.Millisecond)
	}
}

func TestValidateTakesTheOriginalBody(t *testing.T) {
	t.Parallel()
	o := open(t, loans(t, 3), atOnce, "")
	status, answer := o.validate(`{"reviewer_id": "ann", "prediction_id": 2, "validated_outcome": 1}`, nil)
	var got struct {
		PredictionID  int64  `json:"prediction_id"`
		Reviewer      string `json:"reviewer_id"`
		Outcome       string `json:"validated_outcome"`
		Authenticated bool   `json:"authenticated"`
	}
	if err := json.NewDecoder(bytes.NewReader([]byte(answer))).Decode(&got); err != nil || status != 200 || got.PredictionID != 2 || got.Outcome != "1" || got.Reviewer != "ann" || got.Authenticated {
		t.Errorf("%d %s", status, answer)
	}
	o.counts(map[int64]string{2: "1"})
	if status, answer = o.validate(`{"reviewer_id": "ann", "prediction_id": 2, "validated_outcome": 1.0}`, nil); status != 200 || !strings.Contains(answer, `"unchanged":true`) || len(o.reviews()) != 1 {
		t.Errorf("the same again: %d %s", status, answer)
	}
	// The prediction was chosen, so it says nothing about the sample, and stays in the queue.
	if r := o.reviews()[0]; r.Probability != 0 {
		t.Errorf("review %+v", r)
	}
	if n := o.metric(`drift_outcomes_review_accuracy_samples{source="officers"}`); n != "0" {
		t.Errorf("%s samples", n)
	}
	for body, want := range map[string]string{
		`{`:   "400 not one JSON object",
		`[1]`: "400 not one JSON object",
		`{"prediction_id": 1, "prediction_id": 2}`:                                    "400 not one JSON object",
		`{"reviewer_id": "ann", "prediction_id": 1}`:                                  "422 required",
		`{"reviewer_id": "ann", "validated_outcome": 1}`:                              "422 required",
		`{"reviewer_id": "ann", "prediction_id": -1, "validated_outcome": 1}`:         "422 whole number",
		`{"reviewer_id": "ann", "prediction_id": 1.5, "validated_outcome": 1}`:        "422 whole number",
		`{"reviewer_id": "ann", "prediction_id": 99, "validated_outcome": 1}`:         "404 No prediction",
		`{"reviewer_id": "ann", "prediction_id": 1, "validated_outcome": 2}`:          "422 not one of 1, 0",
		`{"reviewer_id": "ann", "prediction_id": 1, "validated_outcome": [1]}`:        "422 not one of 1, 0",
		`{"reviewer_id": "ann", "prediction_id": 1, "validated_outcome": null}`:       "422 required",
		`{"reviewer_id": "", "prediction_id": 1, "validated_outcome": 1}`:             "422 reviewer_id is missing",
		`{"reviewer_id": 7, "prediction_id": 1, "validated_outcome": 1}`:              "422 reviewer_id must be a text",
		`{"reviewer_id": "a\u0000", "prediction_id": 1, "validated_outcome": 1}`:      "403 cannot be printed",
		`{"reviewer_id": "ann", "prediction_id": 1, "validated_outcome": 1, "who":1}`: `422 \"who\" is unknown`,
	} {
		status, answer := o.validate(body, nil)
		code, says, _ := strings.Cut(want, " ")
		if fmt.Sprint(status) != code || !strings.Contains(answer, says) {
			t.Errorf("%s: %d %s, want %s", body, status, answer, want)
		}
	}
	if status, _ := o.validate(`{}`, map[string]string{"Content-Type": "text/plain"}); status != http.StatusUnsupportedMediaType {
		t.Errorf("text: %d", status)
	}
	if status, _ := o.validate(`{"reviewer_id": "ann", "prediction_id": 1, "validated_outcome": 1}`, map[string]string{"Sec-Fetch-Site": "cross-site"}); status != http.StatusForbidden {
		t.Errorf("from another site: %d", status)
	}
	if len(o.reviews()) != 1 {
		t.Errorf("reviews %+v", o.reviews())
	}
}

// The password of both is "secret".
const users = "basic_auth_users: {ann: \"$2a$04$VOu71YJt9jcBn7CzniT.Nu7lWGB7SZe3KupV94dEAaraOe.vGmp5y\", bob: \"$2a$04$VOu71YJt9jcBn7CzniT.Nu7lWGB7SZe3KupV94dEAaraOe.vGmp5y\"}\n"

func TestWhoReviewsIsAuthenticated(t *testing.T) {
	t.Parallel()
	const proxied = "sources:\n- {name: officers, review: {sample: 1, second_review: 0, undo: 0s, identity: {header: X-Forwarded-User, proxies: [%s]}}}\n"
	const body = `{"reviewer_id": "ann", "prediction_id": 1, "validated_outcome": 1}`
	trusted := open(t, loans(t, 3), fmt.Sprintf(proxied, "127.0.0.1/32"), "")
	for _, test := range []struct {
		header map[string]string
		status int
	}{
		{map[string]string{"X-Forwarded-User": "ann"}, 200},
		{map[string]string{"X-Forwarded-User": "bob"}, 403}, // the body says ann
		{map[string]string{"X-Forwarded-User": ""}, 403},
		{map[string]string{"X-Forwarded-User": "unauthenticated:ann"}, 403},
		{nil, 403},
	} {
		if status, answer := trusted.validate(body, test.header); status != test.status {
			t.Errorf("%v: %d %s", test.header, status, answer)
		}
	}
	if rows := trusted.reviews(); len(rows) != 1 || rows[0].Reviewer != "ann" {
		t.Errorf("reviews %+v", rows)
	}
	if got := trusted.metric(`drift_outcomes_review_unauthenticated{source="officers"}`); got != "0" {
		t.Errorf("unauthenticated %s", got)
	}
	status, page := trusted.get("/review", map[string]string{"X-Forwarded-User": "ann"})
	if status != 200 || strings.Contains(page, "Nobody checks") || strings.Contains(page, "reviewer_id") {
		t.Errorf("%d %s", status, page)
	}
	foreign := open(t, loans(t, 3), fmt.Sprintf(proxied, "10.0.0.0/8"), "")
	if status, answer := foreign.validate(body, map[string]string{"X-Forwarded-User": "ann"}); status != 403 || !strings.Contains(answer, "not one of the proxies") {
		t.Errorf("from elsewhere: %d %s", status, answer)
	}
	open := open(t, loans(t, 3), atOnce, "")
	if _, page := open.get("/review?reviewer_id=ann", nil); !strings.Contains(page, "Nobody checks who you are") {
		t.Error("the page does not say that nobody is checked")
	}
	if got := open.metric(`drift_outcomes_review_unauthenticated{source="officers"}`); got != "1" {
		t.Errorf("unauthenticated %s", got)
	}
	// A password that nobody checks proves nothing.
	if status, answer := open.validate(body, map[string]string{"user": "bob"}); status != 200 || open.reviews()[0].Reviewer != "unauthenticated:ann" {
		t.Errorf("%d %s", status, answer)
	}
}

func TestAPasswordSaysWhoReviews(t *testing.T) {
	t.Parallel()
	o := open(t, loans(t, 3), atOnce, users)
	const body = `{"prediction_id": 1, "validated_outcome": 1}`
	if status, _ := o.validate(body, nil); status != http.StatusUnauthorized {
		t.Errorf("without a password: %d", status)
	}
	if status, answer := o.validate(body, map[string]string{"user": "bob"}); status != 200 || !strings.Contains(answer, `"authenticated":true`) {
		t.Errorf("%d %s", status, answer)
	}
	if rows := o.reviews(); len(rows) != 1 || rows[0].Reviewer != "bob" {
		t.Errorf("reviews %+v", rows)
	}
	if status, page := o.get("/review", map[string]string{"user": "ann"}); status != 200 || strings.Contains(page, "Nobody checks") || !strings.Contains(page, "<strong>ann</strong>") {
		t.Errorf("%d %s", status, page)
	}
	if status, page := o.get("/metrics", map[string]string{"user": "ann"}); status != 200 || !strings.Contains(page, `drift_outcomes_review_unauthenticated{source="officers"} 0`) {
		t.Errorf("%d %s", status, page)
	}
}
