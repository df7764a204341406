package review

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/exporter-toolkit/web"

	"github.com/drift-exporter/drift_exporter/predictor/outcomes"
)

// childVariable names the log of a process that TestKilledAtAnyMoment starts and kills.
const childVariable = "REVIEW_TEST_LOG"

func TestMain(m *testing.M) {
	log := os.Getenv(childVariable)
	if log == "" {
		os.Exit(m.Run())
	}
	addresses, systemd, file := []string{"127.0.0.1:0"}, false, ""
	err := outcomes.Run(context.Background(), outcomes.Options{
		LogPath: log, TelemetryPath: "/metrics",
		Load: func() (*outcomes.Config, error) {
			return outcomes.Load(filepath.Join(filepath.Dir(log), "outcomes.yml"), []outcomes.Kind{Kind})
		},
		Web:       &web.FlagConfig{WebListenAddresses: &addresses, WebSystemdSocket: &systemd, WebConfigFile: &file},
		Listening: func(a net.Addr) { fmt.Println(a) },
	})
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// Every answer that the page has confirmed is in the log after kill -9, and counts after a
// restart, once.
func TestKilledAtAnyMoment(t *testing.T) {
	t.Parallel()
	log := loans(t, 200)
	write(t, filepath.Join(filepath.Dir(log), "outcomes.yml"), atOnce)
	want := map[int64]string{}
	for round := range 6 {
		c := exec.CommandContext(t.Context(), "/proc/self/exe")
		c.Env = append(os.Environ(), childVariable+"="+log)
		out, err := c.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		address, err := bufio.NewReader(out).ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		killed := time.AfterFunc(time.Duration(700+150*round)*time.Millisecond, func() { _ = c.Process.Kill() })
		answerUntilKilled(t, "http://"+strings.TrimSpace(address), want)
		killed.Stop()
		_ = c.Wait() // it was killed
	}
	if len(want) < 20 {
		t.Fatalf("only %d answers", len(want))
	}
	o := open(t, log, atOnce, "")
	said := map[int64]string{}
	for _, r := range o.reviews() {
		if said[r.PredictionID] != "" {
			t.Errorf("prediction %d was reviewed twice", r.PredictionID)
		}
		said[r.PredictionID] = r.Outcome
	}
	for id, outcome := range want {
		if said[id] != outcome {
			t.Errorf("prediction %d: the log has %q, and %q was confirmed", id, said[id], outcome)
		}
	}
	o.counts(said) // also those whose confirmation was lost
}

// answerUntilKilled answers about predictions, and notes what was confirmed.
func answerUntilKilled(t *testing.T, base string, want map[int64]string) {
	t.Helper()
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	do := func(method, path, body string) (int, string, error) {
		request, err := http.NewRequestWithContext(t.Context(), method, base+path, strings.NewReader(body))
		if err != nil {
			return 0, "", err
		}
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		answer, err := client.Do(request)
		if err != nil {
			return 0, "", err
		}
		defer func() { _ = answer.Body.Close() }()
		var text strings.Builder
		_, err = bufio.NewReader(answer.Body).WriteTo(&text)
		return answer.StatusCode, text.String(), err
	}
	for n := 0; ; n++ {
		_, page, err := do("GET", "/review?reviewer_id=ann", "")
		if err != nil {
			return
		}
		found := shownID.FindStringSubmatch(page)
		if found == nil {
			continue
		}
		outcome := fmt.Sprint(n % 2)
		status, _, err := do("POST", "/review", url.Values{"reviewer_id": {"ann"}, "prediction_id": {found[1]}, "outcome": {outcome}}.Encode())
		if err != nil || status != http.StatusSeeOther {
			return
		}
		want[number(t, found[1])] = outcome
	}
}
