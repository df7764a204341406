package e2e_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/drift-exporter/drift_exporter/collector"
)

// TestDocumentedMetricsExist looks for every metric that the rules, the smoke
// test and the documents name on a live page, and for every metric of the page
// in METRICS.md: none is misspelt, renamed or left out.
func TestDocumentedMetricsExist(t *testing.T) {
	t.Parallel()
	log := filepath.Join(t.TempDir(), "predictions.db")
	predictor := start(t, "predictor", "--web.listen-address=127.0.0.1:0", "--predictions.log="+log)
	exporter := start(t, "exporter", "--web.listen-address=127.0.0.1:0", "--predictions.log="+log, "--window.maturity=1ms", "--drift.dependence=block")
	if status, answer := fetch(t, predictor.url+"/predict", newLoans(11).array(250)); status != 200 {
		t.Fatalf("%d %s", status, answer)
	}
	db := database(t, log, "ro")
	for id := range 250 { // Of both outcomes some are right, so that no ratio is 0/0; the cohort needs 80 %.
		outcome := number(t, db, "SELECT CASE WHEN id % 5 = 0 THEN 1 - class ELSE class END FROM predictions WHERE id = ?", id)
		if status, answer := fetch(t, predictor.url+"/feedback", fmt.Sprintf(`{"prediction_id":%d,"actual_outcome":%d}`, id, outcome)); status != 200 {
			t.Fatalf("%d %s", status, answer)
		}
	}
	every := exporter.url + "/metrics?collect[]=" + strings.Join(collector.Names(), "&collect[]=")
	// Detection goes by ticks of 15 seconds.
	waitFor(t, "drift is decided upon", func() bool { return scrape(t, every)["feature_drift_detected"] != nil })
	ours := scrape(t, every)
	exists := map[string]bool{}
	for _, p := range []page{ours, scrape(t, exporter.url), scrape(t, predictor.url)} {
		for name := range p {
			exists[name] = true
			for _, suffix := range []string{"_bucket", "_count", "_sum"} {
				if p[name].GetMetric()[0].Histogram != nil {
					exists[name+suffix] = true
				}
			}
		}
	}
	// The shipper's, and those of references from BigQuery, need a BigQuery. The page
	// of metrics is written from the code.
	pageOfMetrics := read(t, "deploy/docs/METRICS.md")
	for _, line := range regexp.MustCompile(`(?m)^- \*\*(\w+)\*\* `).FindAllStringSubmatch(pageOfMetrics, -1) {
		exists[line[1]] = true
	}
	for file, names := range documented(t) {
		for _, name := range names {
			if !exists[name] {
				t.Errorf("%s names %s, which is on no page", file, name)
			}
		}
	}
	for name, family := range ours {
		if strings.HasPrefix(name, "model_feature_") {
			name = "model_feature_NAME"
		}
		if name == "drift_exporter_build_info" { // of every program that uses Prometheus' library
			continue
		}
		line := fmt.Sprintf("- **%s** (%s, ", name, strings.ToLower(family.GetType().String()))
		if !strings.Contains(pageOfMetrics, line) {
			t.Errorf("deploy/docs/METRICS.md has no %q", line)
		}
	}
}

// metricName is what begins like a metric of ours.
var metricName = regexp.MustCompile(`\b(?:drift|feature|model|prediction|predictor)_[a-z0-9_]*[a-z0-9]\b`)

// recorded is what the recording rules make: level:metric:operation.
var recorded = regexp.MustCompile(`\b[a-z_]+:[a-z_]+:[a-z0-9_]+\b`)

// documented returns the metrics that each file names.
func documented(t *testing.T) map[string][]string {
	t.Helper()
	const drifts = "deploy/prometheus/rules/drift.yml"
	names := map[string][]string{}
	for _, file := range matching(t, "deploy/prometheus/rules/*.yml") {
		names[file] = inRules(t, read(t, file))
	}
	documents := []string{"deploy/smoke", "README.md", "CONTRIBUTING.md", "SECURITY.md"}
	documents = append(documents, matching(t, "deploy/*.md")...)
	documents = append(documents, matching(t, "deploy/docs/*.md")...)
	documents = append(documents, matching(t, "deploy/prometheus/*.md")...)
	documents = append(documents, matching(t, "deploy/runbooks/*.md")...)
	for _, file := range documents {
		for _, name := range metricName.FindAllString(recorded.ReplaceAllString(read(t, file), ""), -1) {
			if !slices.Contains(notMetrics, name) && !slices.Contains(names[file], name) {
				names[file] = append(names[file], name)
			}
		}
	}
	for file, least := range map[string]int{drifts: 5, "deploy/smoke": 10, "README.md": 20, "deploy/docs/METRICS.md": 80} {
		if n := len(names[file]); n < least {
			t.Errorf("%s names %d metrics, want at least %d", file, n, least)
		}
	}
	return names
}

// inRules returns the metrics of the rules' expressions, and of the queries and
// advice in their annotations.
func inRules(t *testing.T, text string) []string {
	t.Helper()
	var file struct {
		Groups []struct {
			Rules []struct {
				Expr        string
				Annotations map[string]string
			}
		}
	}
	if err := yaml.Unmarshal([]byte(text), &file); err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, group := range file.Groups {
		for _, rule := range group.Rules {
			delete(rule.Annotations, "runbook_url")
			for _, text := range append(slices.Collect(maps.Values(rule.Annotations)), rule.Expr) {
				for _, name := range metricName.FindAllString(recorded.ReplaceAllString(text, ""), -1) {
					names[name] = true
				}
			}
		}
	}
	maps.DeleteFunc(names, func(name string, _ bool) bool { return slices.Contains(notMetrics, name) })
	return slices.Sorted(maps.Keys(names))
}

// notMetrics are the other names that look like it.
var notMetrics = []string{
	"drift_exporter", "drift_test", "drift_predictor", "drift_outcomes", // the program, the rules' tests, units
	"drift_log", "model_selection", // modules of Python
	"drift_respond", "model_file", // a receiver of Alertmanager, a key of playbooks
	"drift_detected",                 // part of a pattern for grep
	"model_version", "prediction_id", // members of the JSON of requests and answers
	"prediction_deleted",                                                                                                           // why an outcome is set aside
	"feature_drift", "feature_quality", "feature_values", "feature_counts", "feature_distance", "feature_bins", "prediction_shift", // collectors
}

// matching returns the files of the project that match.
func matching(t *testing.T, pattern string) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join("../../..", pattern))
	if err != nil || len(found) == 0 {
		t.Fatal(pattern, found, err)
	}
	for i := range found {
		found[i] = strings.TrimPrefix(found[i], "../../../")
	}
	return found
}

func read(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("../../..", path))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}
