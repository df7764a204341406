package e2e_test

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// smoke runs deploy/smoke.
func smoke(t *testing.T, args ...string) (status int, said string) {
	t.Helper()
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("no curl: install it")
	}
	cmd := exec.CommandContext(t.Context(), "../../smoke", args...)
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), string(out)
}

func TestSmokePasses(t *testing.T) {
	t.Parallel()
	log := filepath.Join(t.TempDir(), "predictions.db")
	predictor := start(t, "predictor", "--web.listen-address=127.0.0.1:0", "--predictions.log="+log)
	exporter := start(t, "exporter", "--web.listen-address=127.0.0.1:0", "--predictions.log="+log)
	urls := []string{"--predictor=" + predictor.url, "--exporter=" + exporter.url}

	// Before anything was predicted there is nothing to find fault with.
	if status, said := smoke(t, append(urls, "--read-only")...); status != 0 || !strings.Contains(said, "none  model_accuracy") {
		t.Errorf("--read-only on an empty log ended with %d:\n%s", status, said)
	}
	if status, said := smoke(t, urls...); status != 0 || !strings.Contains(said, "ok    drift of income is detected") || strings.Contains(said, "FAIL") {
		t.Errorf("ended with %d:\n%s", status, said)
	}
	if status, said := smoke(t, append(urls, "--read-only")...); status != 0 || strings.Contains(said, "none ") {
		t.Errorf("--read-only afterwards ended with %d:\n%s", status, said)
	}
	// Only income has drifted.
	p := scrape(t, exporter.url)
	for _, m := range p["feature_drift_detected"].GetMetric() {
		for _, l := range m.GetLabel() {
			if l.GetName() == "feature" && (m.Gauge.GetValue() == 1) != (l.GetValue() == "income") {
				t.Errorf("feature_drift_detected of %s is %v", l.GetValue(), m.Gauge.GetValue())
			}
		}
	}
}

func TestSmokeFindsFaults(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	predictor := start(t, "predictor", "--web.listen-address=127.0.0.1:0", "--predictions.log="+filepath.Join(dir, "predictions.db"))
	exporter := start(t, "exporter", "--web.listen-address=127.0.0.1:0", "--predictions.log="+filepath.Join(dir, "another.db"))
	for _, test := range []struct {
		name   string
		args   []string
		status int
		says   string
	}{
		{"two logs", []string{"--predictor=" + predictor.url, "--exporter=" + exporter.url, "--read-only"}, 1, "drift_up is not 1"},
		{"nobody there", []string{"--predictor=http://127.0.0.1:1", "--exporter=http://127.0.0.1:1"}, 2, "nothing answers"},
		{"a misspelt flag", []string{"--exporters=x"}, 2, "unknown argument --exporters=x"},
		{"no options for curl", []string{"--curl-config=" + filepath.Join(dir, "none")}, 2, "cannot read --curl-config"},
	} {
		if status, said := smoke(t, test.args...); status != test.status || !strings.Contains(said, test.says) {
			t.Errorf("%s: ended with %d, want %d and %q:\n%s", test.name, status, test.status, test.says, said)
		}
	}
}
