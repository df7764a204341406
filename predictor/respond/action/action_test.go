package action

import (
	"context"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/drift-exporter/drift_exporter/predictor/outcomes/review/raise"
	"github.com/drift-exporter/drift_exporter/predictor/respond"
	"github.com/drift-exporter/drift_exporter/predictor/strictyaml"
)

func parse(kind, text string) (respond.Step, error) {
	var n yaml.Node
	if err := yaml.Unmarshal([]byte(text), &n); err != nil {
		return nil, err
	}
	for _, k := range Kinds() {
		if k.Name == kind {
			return k.Parse(strictyaml.Decoder{Path: "respond.yml"}, n.Content[0])
		}
	}
	return nil, fmt.Errorf("no kind %s", kind)
}

func step(t *testing.T, kind, text string) respond.Step {
	t.Helper()
	s, err := parse(kind, text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func job(t *testing.T) *respond.Job {
	t.Helper()
	return &respond.Job{
		Run: "0123", Key: "0123-2", Playbook: "retrain", Model: `lo"ans`, Version: "7", LogPath: "/data/log.db", Folder: t.TempDir(),
		Alert: respond.Alert{Labels: map[string]string{"alertname": "ModelAccuracyDrop"}}, Logger: slog.New(slog.DiscardHandler),
		Before: []respond.Done{{Kind: "validate", Evidence: json.RawMessage(`{"accuracy":0.7}`)}},
	}
}

func script(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "program")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+text), 0o700); err != nil { //nolint:gosec // it is run
		t.Fatal(err)
	}
	return path
}

func TestAProgramGetsTheJobAndNothingElse(t *testing.T) {
	t.Setenv("GIVEN", "yes")
	t.Setenv("SECRET", "no")
	s := step(t, "exec", fmt.Sprintf(`{command: [%s, "$HOME; true"], environment: [GIVEN]}`, script(t, `cat; echo; env; pwd; echo "$1"`)))
	j := job(t)
	r, err := s.Run(t.Context(), j)
	if err != nil {
		t.Fatal(err)
	}
	out := r.Evidence.(ran).Output
	for _, want := range []string{`"idempotency_key":"0123-2"`, `"steps_done":[{"step":"validate","evidence":{"accuracy":0.7}}]`, "DRIFT_KEY=0123-2", `DRIFT_MODEL=lo"ans`, "GIVEN=yes", j.Folder, "$HOME; true"} {
		if !strings.Contains(out, want) {
			t.Errorf("the program has no %s:\n%s", want, out)
		}
	}
	if strings.Contains(out, "SECRET") {
		t.Error("the program has a variable that nobody gave it")
	}
}

func TestAProgramThatFailsSaysWhy(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ text, says string }{
		"status":  {"echo no GPU >&2; exit 3", "exit status 3; its output ended with: no GPU"},
		"silence": {"exit 1", "exit status 1; its output ended with: (nothing)"},
	} {
		_, err := step(t, "exec", "{command: ["+script(t, test.text)+"]}").Run(t.Context(), job(t))
		if err == nil || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := step(t, "exec", "{command: [/no/such/program]}").Run(t.Context(), job(t)); err == nil || !strings.Contains(err.Error(), "no such file") {
		t.Errorf("no program: %v", err)
	}
}

func TestTheOutputOfAProgramIsBounded(t *testing.T) {
	t.Parallel()
	r, err := step(t, "exec", "{command: ["+script(t, `i=0; while [ $i -lt 20000 ]; do echo 0123456789; i=$((i+1)); done; echo the end`)+"]}").Run(t.Context(), job(t))
	if err != nil {
		t.Fatal(err)
	}
	if got := r.Evidence.(ran); len(got.Output) != keptOutput || got.OmittedAt != 20000*11+8-keptOutput || !strings.HasSuffix(got.Output, "the end\n") {
		t.Errorf("%d bytes kept, %d omitted", len(got.Output), got.OmittedAt)
	}
}

// TestAProgramEndsWithAllThatItStarted stops a program that ignores SIGTERM's default effect on
// its child.
func TestAProgramEndsWithAllThatItStarted(t *testing.T) {
	t.Parallel()
	j := job(t)
	s := step(t, "exec", "{command: ["+script(t, `sleep 600 & echo $! > child; wait`)+"]}")
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error)
	go func() {
		_, err := s.Run(ctx, j)
		done <- err
	}()
	child := ""
	for child == "" {
		data, _ := os.ReadFile(filepath.Join(j.Folder, "child"))
		child = strings.TrimSpace(string(data))
		time.Sleep(time.Millisecond)
	}
	stop()
	if err := <-done; err == nil {
		t.Error("a program that was stopped did not fail")
	}
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		state, err := os.ReadFile("/proc/" + child + "/stat")
		if err != nil || strings.Contains(string(state), ") Z ") {
			break
		}
		if time.Now().After(end) {
			t.Fatal("its child still runs")
		}
	}
}

func TestARepetitionWaitsForTheProgramOfTheFirstAttempt(t *testing.T) {
	t.Parallel()
	j := job(t)
	first, err := only(t.Context(), filepath.Join(j.Folder, j.Key+".lock"))
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer stop()
	if _, err := step(t, "exec", "{command: [/bin/true]}").Run(ctx, j); err == nil || !strings.Contains(err.Error(), "an earlier attempt still runs") {
		t.Errorf("beside the first one: %v", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := step(t, "exec", "{command: [/bin/true]}").Run(t.Context(), j); err != nil {
		t.Errorf("after the first one: %v", err)
	}
}

// TestAJobIsCreatedThroughKubernetesServer sends the request of deploy/docs/RESPOND.md to a
// stand-in that answers as the API server does.
func TestAJobIsCreatedThroughKubernetesServer(t *testing.T) {
	t.Parallel()
	jobs := map[string]bool{}
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var body struct {
			Kind     string
			Metadata struct{ Name string }
			Spec     struct {
				Template struct {
					Spec struct{ Containers []struct{ Args []string } }
				}
			}
		}
		switch {
		case r.Header.Get("Authorization") != "Bearer abc.def":
			w.WriteHeader(http.StatusUnauthorized)
		case r.Method != http.MethodPost || r.URL.Path != "/apis/batch/v1/namespaces/models/jobs":
			w.WriteHeader(http.StatusNotFound)
		case json.NewDecoder(r.Body).Decode(&body) != nil || body.Kind != "Job" || body.Spec.Template.Spec.Containers[0].Args[1] != `lo"ans`:
			w.WriteHeader(http.StatusUnprocessableEntity)
		case jobs[body.Metadata.Name]:
			w.WriteHeader(http.StatusConflict)
			fmt.Fprint(w, `{"reason":"AlreadyExists"}`)
		default:
			jobs[body.Metadata.Name] = true
			w.WriteHeader(http.StatusCreated)
			fmt.Fprint(w, `{"kind":"Job"}`)
		}
	}))
	defer server.Close()
	page, err := os.ReadFile("../../../deploy/docs/RESPOND.md")
	if err != nil {
		t.Fatal(err)
	}
	_, text, _ := strings.Cut(string(page), "      - http:\n")
	text, _, _ = strings.Cut(text, "```")
	const account = "/var/run/secrets/kubernetes.io/serviceaccount"
	dir := t.TempDir()
	write(t, filepath.Join(dir, "token"), "abc.def\n")
	write(t, filepath.Join(dir, "ca.crt"), string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})))
	text = strings.ReplaceAll(strings.ReplaceAll(text, account, dir), "https://kubernetes.default.svc", server.URL)
	s := step(t, "http", text)
	for i, status := range []int{http.StatusCreated, http.StatusConflict} {
		r, err := s.Run(t.Context(), job(t))
		if err != nil || r.Evidence.(answered).Status != status {
			t.Fatalf("attempt %d: %+v, %v", i, r, err)
		}
	}
	if len(jobs) != 1 || !jobs["retrain-0123"] {
		t.Errorf("jobs %v", jobs)
	}
	write(t, filepath.Join(dir, "token"), "other")
	if _, err := s.Run(t.Context(), job(t)); err == nil || !strings.Contains(err.Error(), "401 Unauthorized") {
		t.Errorf("another token: %v", err)
	}
	write(t, filepath.Join(dir, "ca.crt"), "none")
	if _, err := s.Run(t.Context(), job(t)); err == nil || !strings.Contains(err.Error(), "has no certificate in PEM form") {
		t.Errorf("no certificate: %v", err)
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestARequestHasTheJobAndItsKey(t *testing.T) {
	t.Parallel()
	var key, body string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		data, _ := io.ReadAll(r.Body)
		key, body = r.Header.Get("Idempotency-Key"), string(data)
		if r.URL.Path == "/away" {
			http.Redirect(w, r, "http://192.0.2.1/", http.StatusTemporaryRedirect)
		}
	}))
	defer server.Close()
	if _, err := step(t, "http", "{url: "+server.URL+"}").Run(t.Context(), job(t)); err != nil || key != "0123-2" || !strings.Contains(body, `"playbook":"retrain"`) {
		t.Errorf("key %s, body %s: %v", key, body, err)
	}
	if _, err := step(t, "http", "{url: "+server.URL+"/away}").Run(t.Context(), job(t)); err == nil || !strings.Contains(err.Error(), "is not followed") {
		t.Errorf("sent elsewhere: %v", err)
	}
	if _, err := step(t, "http", "{url: "+server.URL+", body: '{{.Nothing}}'}").Run(t.Context(), job(t)); err == nil || !strings.Contains(err.Error(), "fill in the body") {
		t.Errorf("a field that is not there: %v", err)
	}
}

func TestANotificationKeepsItsAddressSecret(t *testing.T) {
	t.Parallel()
	var body string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		data, _ := io.ReadAll(r.Body)
		if body = string(data); r.URL.Path == "/secret-gone" {
			w.WriteHeader(http.StatusGone)
		}
	}))
	path := filepath.Join(t.TempDir(), "url")
	s := step(t, "notify", "{url_file: "+path+`, text: '{{.Model}} {{.Alert.Labels.alertname}} {{.Alert.Annotations.none}}<b>'}`)
	write(t, path, server.URL+"/secret\n")
	if _, err := s.Run(t.Context(), job(t)); err != nil || !strings.Contains(body, `"text":"lo\"ans ModelAccuracyDrop `) {
		t.Errorf("body %s: %v", body, err)
	}
	write(t, path, server.URL+"/secret-gone")
	_, gone := s.Run(t.Context(), job(t))
	server.Close()
	_, closed := s.Run(t.Context(), job(t))
	write(t, path, "nowhere")
	_, wrong := s.Run(t.Context(), job(t))
	for _, err := range []error{gone, closed, wrong} {
		if err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("error %v", err)
		}
	}
}

func TestMoreIsReviewedForAsLongAsTheFirstAttemptSaid(t *testing.T) {
	t.Parallel()
	folder, j := t.TempDir(), job(t)
	s := step(t, "review_more", fmt.Sprintf("{folder: %s, sample: 0.3, for: 7d}", folder))
	if plan := s.Plan(j); !strings.Contains(plan, "with a probability of 0.3") || len(files(t, folder)) != 0 {
		t.Errorf("the plan is %q, and it was carried out: %v", plan, files(t, folder))
	}
	first, err := s.Run(t.Context(), j)
	if err != nil {
		t.Fatal(err)
	}
	again, err := s.Run(t.Context(), j)
	if err != nil || again != first {
		t.Errorf("repeated: %+v, %v; want %+v", again, err, first)
	}
	all, err := raise.Read(folder, time.Now())
	if err != nil || len(all) != 1 || all[0] != first.Evidence.(asked).Raise || all[0].Model != j.Model || all[0].Run != j.Run || all[0].Sample != .3 {
		t.Errorf("asked for %+v, %v", all, err)
	}
	if left := time.Until(all[0].Until); left < 6*24*time.Hour || left > 7*24*time.Hour {
		t.Errorf("it lasts %s", left)
	}
	if _, err := step(t, "review_more", "{folder: /nowhere, sample: 0.3, for: 7d}").Run(t.Context(), j); err == nil || !strings.Contains(err.Error(), "/nowhere is not there") {
		t.Errorf("without a folder: %v", err)
	}
}

func files(t *testing.T, folder string) []os.DirEntry {
	t.Helper()
	all, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestWrongStepsAreRefused(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ kind, text, says string }{
		{"exec", "{}", "command is missing"},
		{"exec", "{command: retrain.sh}", "command must be a list"},
		{"exec", "{command: []}", "command is empty"},
		{"exec", "{command: [retrain.sh]}", "write the absolute path of a program"},
		{"exec", "{command: [/bin/true, 5]}", "put it in quotes"},
		{"exec", "{command: [/bin/true], environment: [A=1]}", "list names of variables"},
		{"exec", "{command: [/bin/true], shell: true}", `unknown key "shell"`},
		{"http", "{}", "url is missing"},
		{"http", "{url: 'ftp://host/'}", "begins with https:// or http://"},
		{"http", "{url: 'http://u:p@host/'}", "put a token into token_file"},
		{"http", "{url: 'http://host/', method: FETCH}", `method "FETCH" is none of POST`},
		{"http", "{url: 'http://host/', body: '{{.Model'}", "body is not a template"},
		{"http", "{url: 'http://host/', conflict_is_done: perhaps}", "write true or false"},
		{"review_more", "{}", "folder is missing"},
		{"review_more", "{folder: f, for: 1d}", "sample is missing"},
		{"review_more", "{folder: f, sample: 0.3}", "for is missing"},
		{"review_more", "{folder: f, sample: 0, for: 1d}", "sample is 0; write a number above 0"},
		{"review_more", "{folder: f, sample: 2, for: 1d}", "write a number from 0 to 1"},
		{"review_more", "{folder: f, sample: 0.3, for: 91d}", "write a duration from 1s to 2160h"},
		{"review_more", "{folder: f, sample: 0.3, for: 1d, model: m}", `unknown key "model"`},
		{"notify", "{url_file: f}", "text is missing"},
		{"notify", "{text: t}", "url_file is missing"},
		{"notify", "{url_file: f, text: '{{end}}'}", "text is not a template"},
		{"notify", "{url: x, text: t}", `unknown key "url"`},
	} {
		if _, err := parse(test.kind, test.text); err == nil || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s %s: %v, want %s", test.kind, test.text, err, test.says)
		}
	}
}
