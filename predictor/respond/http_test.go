package respond

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/prometheus/exporter-toolkit/web"
	"golang.org/x/crypto/bcrypt"
)

// running is a process under test.
type running struct {
	t   *testing.T
	url string
}

func start(t *testing.T, playbooks, webConfig string) running {
	t.Helper()
	return startWith(t, playbooks, webConfig, &notes{})
}

func startWith(t *testing.T, playbooks, webConfig string, n *notes) running {
	t.Helper()
	dir := t.TempDir()
	config := ""
	if webConfig != "" {
		config = filepath.Join(dir, "web.yml")
		if err := os.WriteFile(config, []byte(webConfig), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	address, systemd, bound := []string{"127.0.0.1:0"}, false, make(chan net.Addr, 1)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error)
	go func() {
		done <- Run(ctx, Options{
			AuditPath: filepath.Join(dir, "audit.jsonl"), Folder: filepath.Join(dir, "runs"), TelemetryPath: "/metrics",
			Load: func() (*Config, error) { return Parse([]byte(playbooks), "respond.yml", kindsOf(n)) },
			Web:  &web.FlagConfig{WebListenAddresses: &address, WebSystemdSocket: &systemd, WebConfigFile: &config}, Listening: func(a net.Addr) { bound <- a },
		})
	}()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return running{t, "http://" + (<-bound).String()}
}

// send sends a request. Its headers come in pairs.
func (r running) send(method, path, body string, header ...string) (int, string) {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), method, r.url+path, strings.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	if user, _, ok := strings.Cut(req.Header.Get("X-Test-User"), ":"); ok {
		req.SetBasicAuth(user, "secret")
		req.Header.Del("X-Test-User")
	}
	answer, err := http.DefaultClient.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	_ = answer.Body.Close()
	return answer.StatusCode, string(text)
}

const goodAlert = `{"status":"firing","labels":{"alertname":"ModelAccuracyDrop","model":"<b>loans</b>"},"startsAt":"2026-03-01T02:59:00Z","endsAt":"0001-01-01T00:00:00Z","fingerprint":"a1","generatorURL":"http://p/"}`

func notificationOf(alerts ...string) string {
	return `{"version":"4","groupKey":"{}:{}","truncatedAlerts":0,"status":"firing","receiver":"r","groupLabels":{},"commonLabels":{},"alerts":[` + strings.Join(alerts, ",") + `]}`
}

func TestWrongNotificationsAreRefused(t *testing.T) {
	t.Parallel()
	r := start(t, threeSteps, "")
	for name, test := range map[string]struct{ body, says string }{
		"empty":          {"", "unexpected end of JSON"},
		"no JSON":        {"firing", "invalid character"},
		"array":          {"[]", "cannot unmarshal"},
		"old version":    {`{"version":"3","alerts":[]}`, `version is "3"`},
		"no version":     {`{"alerts":[` + goodAlert + `]}`, `version is ""`},
		"no alerts":      {notificationOf(), "it has no alerts"},
		"status":         {notificationOf(strings.Replace(goodAlert, "firing", "pending", 1)), `status is "pending"`},
		"no start":       {notificationOf(strings.Replace(goodAlert, `"startsAt"`, `"begins"`, 1)), "startsAt is missing"},
		"bad start":      {notificationOf(strings.Replace(goodAlert, "2026-03-01T", "yesterday", 1)), "parsing time"},
		"no name":        {notificationOf(strings.Replace(goodAlert, "alertname", "name", 1)), "alertname is missing"},
		"no fingerprint": {notificationOf(strings.Replace(goodAlert, `"a1"`, `""`, 1)), "fingerprint has 0 characters"},
		"long label":     {notificationOf(strings.Replace(goodAlert, "ModelAccuracyDrop", strings.Repeat("x", 1025), 1)), "the label alertname has 1025 bytes; at most 1024 are allowed"},
		"label type":     {notificationOf(strings.Replace(goodAlert, `"ModelAccuracyDrop"`, `5`, 1)), "cannot unmarshal number"},
		"second alert":   {notificationOf(goodAlert, "{}"), "alerts[1]: status"},
		"many":           {notificationOf(strings.Split(strings.Repeat(goodAlert+"\n", 1001), "\n")[:1001]...), "at most 1000 are read"},
		"large":          {`{"version":"` + strings.Repeat("4", 2<<20) + `"}`, "more than 1048576 bytes"},
	} {
		if status, text := r.send(http.MethodPost, "/alerts", test.body); status != http.StatusBadRequest || !strings.Contains(text, test.says) {
			t.Errorf("%s: %d %s, want %s", name, status, text, test.says)
		}
	}
	if status, text := r.send(http.MethodPost, "/alerts", notificationOf(goodAlert), "Content-Type", "text/plain"); status != http.StatusBadRequest || !strings.Contains(text, "send application/json") {
		t.Errorf("text: %d %s", status, text)
	}
	if status, _ := r.send(http.MethodGet, "/alerts", ""); status != http.StatusMethodNotAllowed {
		t.Errorf("GET: %d", status)
	}
	if _, page := r.send(http.MethodGet, "/metrics", ""); !strings.Contains(page, "drift_respond_notifications_refused_total 17") {
		t.Error("refused notifications are not counted")
	}
}

func users(t *testing.T) string {
	t.Helper()
	hash, err := bcrypt.GenerateFromPassword([]byte("secret"), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	return "basic_auth_users: {anna: '" + string(hash) + "'}\n"
}

func TestAUserApprovesAndOthersCannot(t *testing.T) {
	t.Parallel()
	r := start(t, threeSteps, users(t))
	anna := []string{"X-Test-User", "anna:"}
	if status, text := r.send(http.MethodPost, "/alerts", notificationOf(goodAlert), anna...); status != http.StatusOK {
		t.Fatalf("%d %s", status, text)
	}
	var all struct{ Runs []runView }
	for len(all.Runs) == 0 || !all.Runs[0].Waits {
		_, text := r.send(http.MethodGet, "/api/v1/runs", "", anna...)
		if err := json.Unmarshal([]byte(text), &all); err != nil {
			t.Fatal(err)
		}
	}
	id := all.Runs[0].Run
	body := fmt.Sprintf(`{"run":%q,"step":3,"approve":true,"note":"<i>"}`, id)
	for name, test := range map[string]struct {
		body   string
		status int
		header []string
	}{
		"nobody":        {body, http.StatusUnauthorized, nil},
		"another site":  {body, http.StatusForbidden, append([]string{"Sec-Fetch-Site", "cross-site"}, anna...)},
		"unknown run":   {strings.Replace(body, id, "none", 1), http.StatusNotFound, anna},
		"another step":  {strings.Replace(body, "3", "2", 1), http.StatusConflict, anna},
		"no decision":   {`{"run":"a","step":3}`, http.StatusBadRequest, anna},
		"no number":     {`{"run":"a","step":"3","approve":true}`, http.StatusBadRequest, anna},
		"unknown field": {`{"run":"a","step":3,"approve":true,"by":"ben"}`, http.StatusBadRequest, anna},
		"two":           {body + body, http.StatusBadRequest, anna},
		"long note":     {strings.Replace(body, "<i>", strings.Repeat("x", 3000), 1), http.StatusBadRequest, anna},
		"type":          {body, http.StatusBadRequest, append([]string{"Content-Type", "text/plain"}, anna...)},
		"form":          {"run=" + id + "&step=x&approve=true", http.StatusBadRequest, append([]string{"Content-Type", "application/x-www-form-urlencoded"}, anna...)},
	} {
		if status, text := r.send(http.MethodPost, "/approve", test.body, test.header...); status != test.status {
			t.Errorf("%s: %d %s, want %d", name, status, text, test.status)
		}
	}
	_, page := r.send(http.MethodGet, "/", "", anna...)
	if !strings.Contains(page, "Approve step 3") || strings.Contains(page, "<b>loans") || !strings.Contains(page, "&lt;b&gt;loans") {
		t.Errorf("page:\n%s", page)
	}
	form := "run=" + id + "&step=3&approve=true&note=ok"
	if status, text := r.send(http.MethodPost, "/approve", form, append([]string{"Content-Type", "application/x-www-form-urlencoded"}, anna...)...); status != http.StatusOK || !strings.Contains(text, id) {
		t.Errorf("approved: %d %s", status, text)
	}
	for all.Runs[0].Outcome != outcomeDone {
		_, text := r.send(http.MethodGet, "/api/v1/runs", "", anna...)
		if err := json.Unmarshal([]byte(text), &all); err != nil {
			t.Fatal(err)
		}
	}
	if got := all.Runs[0].Steps[2]; got.By != "anna" || got.Text != "ok" {
		t.Errorf("step %+v", got)
	}
	if _, metrics := r.send(http.MethodGet, "/metrics", "", anna...); !strings.Contains(metrics, `drift_respond_runs_total{outcome="done",playbook="retrain"} 1`) || !strings.Contains(metrics, "drift_respond_last_run_end_timestamp_seconds") {
		t.Error("the run is not counted")
	}
}

func TestWithoutUsersNobodyApproves(t *testing.T) {
	t.Parallel()
	r := start(t, threeSteps, "")
	if status, text := r.send(http.MethodPost, "/approve", `{"run":"a","step":1,"approve":true}`, "X-Test-User", "anna:"); status != http.StatusForbidden || !strings.Contains(text, "--web.config.file") {
		t.Errorf("%d %s", status, text)
	}
	if status, _ := r.send(http.MethodPost, "/-/reload", ""); status != http.StatusForbidden {
		t.Errorf("reload: %d", status)
	}
}

func TestWrongConfigurationsAreRefused(t *testing.T) {
	t.Parallel()
	const good = `playbooks: [{name: p, alerts: [A], steps: [{look: {}}]}]`
	if _, err := Parse([]byte(good), "respond.yml", kindsOf(&notes{})); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ text, says string }{
		{"", "the configuration is empty"},
		{"playbooks: []", "list at least one playbook"},
		{"dry_run: false", "playbooks is missing"},
		{"playbook: []", `unknown key "playbook"`},
		{good + "\ndry_run: maybe", "write true or false"},
		{good + "\ncooldown: soon", "cooldown"},
		{good + "\ncooldown: -1h", "cooldown"},
		{`playbooks: [{name: p, steps: [{look: {}}]}]`, "alerts is missing"},
		{`playbooks: [{alerts: [A], steps: [{look: {}}]}]`, "name is missing"},
		{`playbooks: [{name: p, alerts: [A]}]`, "steps is missing"},
		{`playbooks: [{name: p, alerts: [], steps: [{look: {}}]}]`, "list at least one name of an alert"},
		{`playbooks: [{name: p, alerts: [A], steps: []}]`, "list at least one step"},
		{`playbooks: [{name: "a b", alerts: [A], steps: [{look: {}}]}]`, "1 to 64 letters"},
		{`playbooks: [{name: p, alerts: [A], steps: [{}]}]`, "write one of look, build, swap"},
		{`playbooks: [{name: p, alerts: [A], steps: [{look: {}, swap: {}}]}]`, "both look and swap"},
		{`playbooks: [{name: p, alerts: [A], steps: [{delete: {}}]}]`, `unknown key "delete"`},
		{`playbooks: [{name: p, alerts: [A], steps: [{look: {}, approve: boss}]}]`, `approve is "boss"`},
		{`playbooks: [{name: p, alerts: [A], steps: [{look: {}, timeout: 0s}]}]`, "write a duration from 1s"},
		{`playbooks: [{name: p, alerts: [A], match: [x], steps: [{look: {}}]}]`, "match must be a mapping"},
		{`playbooks: [{name: p, alerts: [A], match: {a: 1}, steps: [{look: {}}]}]`, "put it in quotes"},
		{`playbooks: [{name: p, alerts: [A], approve_within: 1s, steps: [{look: {}}]}]`, "approve_within"},
		{`playbooks: [{name: p, alerts: [A], steps: [{look: {}}]}, {name: p, alerts: [A], steps: [{look: {}}]}]`, "is there twice"},
		{`playbooks: {name: p}`, "playbooks must be a list"},
		{good + "\n---\n" + good, "a second YAML document"},
		{"playbooks: [", "not valid YAML"},
		{"playbooks: \xff", "not valid UTF-8"},
		{`playbooks: [{name: p, alerts: [A], steps: [` + strings.Repeat("{look: {}},", 51) + `]}]`, "at most 50 are allowed"},
	} {
		if _, err := Parse([]byte(test.text), "respond.yml", kindsOf(&notes{})); err == nil || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: %v, want %s", test.text, err, test.says)
		}
	}
	if _, err := Load(filepath.Join(t.TempDir(), "none.yml"), nil); err == nil || !strings.Contains(err.Error(), "does not exist; write it") {
		t.Errorf("no file: %v", err)
	}
	large := filepath.Join(t.TempDir(), "large.yml")
	if err := os.WriteFile(large, bytes.Repeat([]byte("# \n"), 400_000), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(large, nil); err == nil || !strings.Contains(err.Error(), "is it the right file") {
		t.Errorf("large: %v", err)
	}
}
