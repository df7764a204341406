package e2e_test

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// What is exported is a function of the log, the reference, the configuration
// and the scrape's clock: of three exporters of one log one reads every step,
// one every thirtieth and is killed midway, and one starts afresh each time. The
// rows carry times of their own, an hour of them, and drift comes and goes.
func TestExportersAgreeAcrossAnchorsAndRestarts(t *testing.T) {
	t.Parallel()
	log := emptyLog(t)
	db := database(t, log, "rw")
	flags := []string{
		"exporter", "--web.listen-address=127.0.0.1:0", "--predictions.log=" + log,
		"--window.predictions=200", "--window.lookback=300", "--window.feedback=50", "--window.maturity=1m",
		"--collector.feature_counts", "--collector.accuracy_impact", quick,
	}
	often, seldom := start(t, flags...), start(t, flags...)
	rows := newLoans(4)
	at := time.Now().Add(-time.Hour)
	alarms := map[bool]int{}
	for step := range 150 {
		rows.income = 1
		if step >= 50 && step < 90 {
			rows.income = 4
		}
		rows.insert(t, db, 10, at, 2*time.Second)
		at = at.Add(20 * time.Second)
		scrape(t, often.url)
		if step == 70 {
			_ = seldom.kill(syscall.SIGKILL)
			seldom = start(t, flags...)
		}
		if step%30 != 29 {
			continue
		}
		fresh := start(t, flags...)
		want := scrape(t, often.url)
		if !want.is(1, "drift_up") || len(want.failing()) > 0 || len(want["feature_drift_detected"].GetMetric()) != 12 {
			t.Errorf("step %d: drift_up is not 1, or a collector fails: %v", step, want.failing())
		}
		for _, name := range []string{
			"model_feedback_coverage_ratio", "model_feedback_delay_seconds", "model_roc_auc", "model_matured_coverage_ratio",
			"model_estimated_accuracy", "model_accuracy_surprise", "feature_accuracy_impact", "feature_accuracy_bin_z",
		} {
			if len(want[name].GetMetric()) == 0 {
				t.Errorf("step %d: there is no %s", step, name)
			}
		}
		alarms[want.is(1, "feature_drift_detected", "feature", "income")]++
		for name, url := range map[string]string{"scraped every 30 steps": seldom.url, "just started": fresh.url} {
			for _, d := range differences(want, scrape(t, url), fromTheLog) {
				t.Errorf("step %d: an exporter scraped at every step and one %s differ in %s", step, name, d)
			}
		}
		_ = fresh.kill(syscall.SIGTERM)
	}
	if alarms[true] == 0 || alarms[false] == 0 {
		t.Errorf("drift of income was seen at %d of the comparisons and not at %d, want both", alarms[true], alarms[false])
	}
}

// TestExportersAgree holds two exporters of one log against each other at the
// same ids: one is scraped after every step, the other after thirty, and
// killed and started again midway. The look-back is short, so that several
// anchors are passed.
func TestExportersAgree(t *testing.T) {
	t.Parallel()
	log := filepath.Join(t.TempDir(), "predictions.db")
	predictor := start(t, "predictor", "--web.listen-address=127.0.0.1:0", "--predictions.log="+log)
	flags := []string{"exporter", "--web.listen-address=127.0.0.1:0", "--predictions.log=" + log, "--window.predictions=200", "--window.lookback=300", "--collector.accuracy_impact", quick}
	often, seldom := start(t, flags...), start(t, flags...)
	for step := range 150 {
		var batch []string
		for range 10 {
			batch = append(batch, loan())
		}
		if status, answer := fetch(t, predictor.url+"/predict", "["+strings.Join(batch, ",")+"]"); status != 200 {
			t.Fatalf("%d %s", status, answer)
		}
		if status, answer := fetch(t, predictor.url+"/feedback", fmt.Sprintf(`{"prediction_id":%d,"actual_outcome":%d}`, step*10, step%2)); status != 200 {
			t.Fatalf("%d %s", status, answer)
		}
		fetch(t, often.url+"/metrics", "")
		if step == 70 {
			_ = seldom.kill(syscall.SIGKILL)
			seldom = start(t, flags...)
		}
		if step%30 != 29 {
			continue
		}
		want := scrape(t, often.url)
		found := differences(want, scrape(t, seldom.url), fromTheLog)
		for range 3 { // A tick may end between the two scrapes.
			if len(found) == 0 {
				break
			}
			want = scrape(t, often.url)
			found = differences(want, scrape(t, seldom.url), fromTheLog)
		}
		for _, d := range found {
			t.Errorf("step %d: the two exporters differ in %s", step, d)
		}
		if n := len(want.samples()); n < 100 {
			t.Errorf("step %d: only %d samples", step, n)
		}
	}
}

// emptyLog makes a log for services that write it without the predictor.
func emptyLog(t *testing.T) string {
	t.Helper()
	log := filepath.Join(t.TempDir(), "predictions.db")
	sound(t, "init", log)
	return log
}

// sound runs a log command, which must succeed.
func sound(t *testing.T, verb, log string, flags ...string) string {
	t.Helper()
	program, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	args := append([]string{"log", verb, "--predictions.log=" + log}, flags...)
	out, err := exec.CommandContext(t.Context(), program, args...).CombinedOutput()
	if err != nil {
		t.Errorf("log %s: %v\n%s", verb, err, out)
	}
	return strings.TrimSpace(string(out))
}
