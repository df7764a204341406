// Package alertmanager_test has a real Alertmanager route and mute alerts.
package alertmanager_test

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// labels are the labels of an alert.
type labels map[string]string

// program finds a program by one of its names.
func program(t *testing.T, names ...string) string {
	t.Helper()
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Skipf("no %s: apt-get install prometheus-alertmanager", names[0])
	return ""
}

func TestRoutesBySeverity(t *testing.T) {
	t.Parallel()
	amtool := program(t, "amtool")
	if out, err := exec.CommandContext(t.Context(), amtool, "check-config", "alertmanager.yml").CombinedOutput(); err != nil {
		t.Fatalf("amtool check-config: %v\n%s", err, out)
	}
	for alert, want := range map[string]string{
		"alertname=ModelAccuracyDrop severity=critical": "pager",
		"alertname=ModelFeatureDrift severity=warning":  "ticket",
		"alertname=Another":                             "ticket",
	} {
		args := append([]string{"config", "routes", "test", "--config.file=alertmanager.yml", "--verify.receivers=" + want}, strings.Fields(alert)...)
		if out, err := exec.CommandContext(t.Context(), amtool, args...).CombinedOutput(); err != nil {
			t.Errorf("%s does not go to %s: %v\n%s", alert, want, err, out)
		}
	}
}

// start runs an Alertmanager that calls the webhook and sends an alert without waiting
// for others of its group. It returns the address of its alerts.
func start(t *testing.T, webhook string) string {
	t.Helper()
	path := program(t, "prometheus-alertmanager", "alertmanager")
	config, err := os.ReadFile("alertmanager.yml")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.NewReplacer("http://webhook:9099", webhook, "group_wait: 30s", "group_wait: 0s", "group_interval: 5m", "group_interval: 1s").Replace(string(config))
	dir := t.TempDir()
	file := filepath.Join(dir, "alertmanager.yml")
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	cmd := exec.CommandContext(t.Context(), path, "--config.file="+file, "--storage.path="+dir,
		"--web.listen-address="+address, "--cluster.listen-address=")
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if t.Failed() {
			t.Log(said.String())
		}
	})
	return "http://" + address + "/api/v2/alerts"
}

func ask(t *testing.T, method, url string, body io.Reader) (*http.Response, error) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, body)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	return http.DefaultClient.Do(request)
}

// post sends alerts, again until the Alertmanager takes them.
func post(t *testing.T, url string, alerts ...labels) {
	t.Helper()
	var firing []map[string]labels
	for _, alert := range alerts {
		firing = append(firing, map[string]labels{"labels": alert})
	}
	body, err := json.Marshal(firing)
	if err != nil {
		t.Fatal(err)
	}
	for t.Context().Err() == nil {
		if response, err := ask(t, http.MethodPost, url, bytes.NewReader(body)); err == nil {
			_ = response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return
			}
		}
		select {
		case <-t.Context().Done():
		case <-time.After(20 * time.Millisecond):
		}
	}
	t.Fatal("the Alertmanager took no alerts")
}

func TestExporterDownMutesWhatItSaidLast(t *testing.T) {
	t.Parallel()
	received := make(chan string, 100)
	webhook := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var message struct{ Alerts []struct{ Labels labels } }
		body, _ := io.ReadAll(r.Body)
		if err := json.Unmarshal(body, &message); err != nil {
			t.Errorf("the webhook got %s: %v", body, err)
		}
		for _, alert := range message.Alerts {
			received <- r.URL.Path + " " + alert.Labels["alertname"] + " " + alert.Labels["severity"] + " " + alert.Labels["instance"]
		}
	}))
	t.Cleanup(webhook.Close)
	url := start(t, webhook.URL)

	// The cause is known before its consequences, as for: 5m is before for: 10m.
	down := labels{"alertname": "DriftExporterDown", "severity": "critical", "job": "drift_exporter", "instance": "a"}
	far := labels{"alertname": "ModelFeatureDrift", "severity": "critical", "job": "drift_exporter", "instance": "b", "model": "m", "version": "1", "feature": "income"}
	post(t, url, down, far)
	var got []string
	for range 2 {
		got = append(got, <-received)
	}
	with := func(alert labels, name, value string) labels {
		changed := maps.Clone(alert)
		changed[name] = value
		return changed
	}
	post(t, url,
		with(far, "instance", "a"),       // muted: exporter a is down
		with(far, "severity", "warning"), // muted: the page says so
		with(with(far, "severity", "warning"), "feature", "age"),
		labels{"alertname": "PredictionLogStale", "severity": "warning", "job": "drift_exporter", "instance": "a"}, // muted
		labels{"alertname": "PredictionLogStale", "severity": "warning", "job": "drift_exporter", "instance": "b"},
	)
	for range 2 {
		got = append(got, <-received)
	}
	slices.Sort(got)
	want := []string{
		"/pager DriftExporterDown critical a", "/pager ModelFeatureDrift critical b",
		"/ticket ModelFeatureDrift warning b", "/ticket PredictionLogStale warning b",
	}
	if !slices.Equal(got, want) {
		t.Errorf("received %q, want %q", got, want)
	}
	response, err := ask(t, http.MethodGet, url+"?inhibited=true&active=false&silenced=false", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	var muted []struct{ Labels labels }
	if err := json.NewDecoder(response.Body).Decode(&muted); err != nil {
		t.Fatal(err)
	}
	if len(muted) != 3 {
		t.Errorf("%d alerts are muted, want 3: %v", len(muted), muted)
	}
}
