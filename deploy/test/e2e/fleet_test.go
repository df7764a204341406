package e2e_test

import (
	"encoding/json"
	"fmt"
	"math"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestFleetIsTheUnionOfItsLogs has a real Prometheus merge what three exporters
// count, each on a log of its own, by the recording rules, and wants what one
// exporter says of all their rows.
func TestFleetIsTheUnionOfItsLogs(t *testing.T) {
	t.Parallel()
	needPrometheus(t)
	dir := t.TempDir()
	whole := emptyLog(t)
	all := database(t, whole, "rw")
	run := func(log string) string {
		exporter := start(t, "exporter", "--web.listen-address=127.0.0.1:0", "--predictions.log="+log, "--collector.feature_counts")
		return strings.TrimPrefix(exporter.url, "http://")
	}
	var replicas []string
	for i, rows := range []int{130, 310, 200} {
		log := filepath.Join(dir, fmt.Sprintf("%d.db", i))
		predictor := start(t, "predictor", "--web.listen-address=127.0.0.1:0", "--predictions.log="+log)
		if status, answer := fetch(t, predictor.url+"/predict", newLoans(uint64(20+i)).array(rows)); status != 200 {
			t.Fatalf("%d %s", status, answer)
		}
		for id := range 10 * (i + 1) {
			if status, answer := fetch(t, predictor.url+"/feedback", fmt.Sprintf(`{"prediction_id":%d,"actual_outcome":%d}`, id, min(id%(i+2), 1))); status != 200 {
				t.Fatalf("%d %s", status, answer)
			}
		}
		// Row for row into the log of all, under other ids; more of a kind in one
		// replica than in another.
		execute(t, all, fmt.Sprintf(`ATTACH '%s' AS replica`, log))
		execute(t, all, fmt.Sprintf(`INSERT INTO predictions (id, time, model, version, features, score, class)
			SELECT id + %d, time, model, version, features, score, class FROM replica.predictions ORDER BY id`, 1000*i))
		execute(t, all, fmt.Sprintf(`INSERT INTO feedback (prediction_id, outcome) SELECT prediction_id + %d, outcome FROM replica.feedback ORDER BY seq`, 1000*i))
		execute(t, all, `DETACH replica`)
		replicas = append(replicas, run(log))
	}
	file := filepath.Join(dir, "prometheus.yml")
	rules, err := filepath.Abs("../../prometheus/rules/fleet.yml")
	if err != nil {
		t.Fatal(err)
	}
	write(t, file, fmt.Appendf(nil, `global: {scrape_interval: 1s, evaluation_interval: 1s}
rule_files: [%q]
scrape_configs:
  - {job_name: fleet, static_configs: [{targets: [%q, %q, %q]}]}
  - {job_name: whole, static_configs: [{targets: [%q]}]}
`, rules, replicas[0], replicas[1], replicas[2], run(whole)))
	address := runPrometheus(t, dir, file)

	const ready = `min(job_feature:feature_window_predictions:sum{job="fleet"}) == 640 and on () sum(job_model:model_accuracy_samples:sum{job="fleet"}) == 60`
	if got := eventually(t, address, ready, "640"); got != "640" {
		t.Fatalf("the fleet has %q predictions, want 640", got)
	}
	for fleet, whole := range map[string]string{
		`job_feature:feature_kl_divergence:fleet{job="fleet"}`: `feature_kl_divergence{job="whole"}`,
		`job_feature:feature_psi:fleet{job="fleet"}`:           `feature_drift_distance{distance="psi",job="whole"}`,
		`job_model:model_accuracy:fleet{job="fleet"}`:          `model_accuracy{job="whole"}`,
		`job_model:model_accuracy_lower:fleet{job="fleet"}`:    `model_accuracy_lower{job="whole"}`,
		`job_model:model_accuracy_upper:fleet{job="fleet"}`:    `model_accuracy_upper{job="whole"}`,
	} {
		// The groups of rules are evaluated apart from one another, so a fleet may be
		// that of a second ago, when one of its exporters had read nothing.
		var apart string
		for range 50 {
			got, want := vector(t, address, fleet), vector(t, address, whole)
			if apart = unlike(got, want); apart == "" {
				t.Logf("%s: %d samples", fleet, len(got))
				break
			}
			time.Sleep(200 * time.Millisecond)
		}
		if apart != "" {
			t.Errorf("%s is not what the whole has:\n%s", fleet, apart)
		}
	}
}

// unlike lists the samples that differ, "" when none do.
func unlike(got, want map[string]float64) string {
	var apart []string
	for feature, value := range want {
		if has, ok := got[feature]; !ok || math.Abs(has-value) > 1e-9 {
			apart = append(apart, fmt.Sprintf("%q is %v, want %v", feature, got[feature], value))
		}
	}
	if len(got) != len(want) || len(want) == 0 {
		apart = append(apart, fmt.Sprintf("%d samples, want %d and at least 1", len(got), len(want)))
	}
	return strings.Join(apart, "\n")
}

// vector returns the samples of a query by their label feature.
func vector(t *testing.T, address, query string) map[string]float64 {
	t.Helper()
	var answer struct {
		Data struct {
			Result []struct {
				Metric map[string]string
				Value  [2]any
			}
		}
	}
	got := get(t, "http://"+address+"/api/v1/query?query="+url.QueryEscape(query))
	if err := json.Unmarshal([]byte(got.body), &answer); err != nil || got.code != 200 {
		t.Fatalf("%s: %d %v\n%s", query, got.code, err, got.body)
	}
	samples := map[string]float64{}
	for _, result := range answer.Data.Result {
		value, err := strconv.ParseFloat(fmt.Sprint(result.Value[1]), 64)
		if err != nil {
			t.Fatal(err)
		}
		samples[result.Metric["feature"]] = value
	}
	return samples
}
