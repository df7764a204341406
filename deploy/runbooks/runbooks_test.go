package runbooks_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// TestEveryAlertHasARunbook wants the link of each alert to lead to a file of
// this repository that is named after it, and no file to be left without alert.
func TestEveryAlertHasARunbook(t *testing.T) {
	t.Parallel()
	const base = "https://github.com/drift-exporter/drift_exporter/blob/main/"
	alerts, ofModels := map[string]bool{}, map[string]bool{}
	for _, path := range glob(t, "../prometheus/rules/*.yml") {
		var file struct {
			Groups []struct {
				Rules []struct {
					Alert, Record, For  string
					Labels, Annotations map[string]string
				}
			}
		}
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := yaml.Unmarshal(content, &file); err != nil {
			t.Fatal(err)
		}
		for _, group := range file.Groups {
			for _, rule := range group.Rules {
				if rule.Alert == "" {
					if strings.Count(rule.Record, ":") != 2 {
						t.Errorf("%s: the record %s is not level:metric:operation", path, rule.Record)
					}
					continue
				}
				alerts[rule.Alert] = true
				ofModels[rule.Alert] = strings.Contains(rule.Annotations["summary"], "$labels.model")
				target, ours := strings.CutPrefix(rule.Annotations["runbook_url"], base)
				if want := "deploy/runbooks/" + rule.Alert + ".md"; !ours || target != want {
					t.Errorf("%s: the runbook_url of %s does not lead to %s", path, rule.Alert, base+want)
				}
				if severity := rule.Labels["severity"]; rule.For == "" || len(rule.Labels) != 1 || severity != "warning" && severity != "critical" {
					t.Errorf("%s: %s needs a for, and severity warning or critical as its only label", path, rule.Alert)
				}
			}
		}
	}
	listed, err := os.ReadFile("../prometheus/README.md")
	if err != nil {
		t.Fatal(err)
	}
	var runbooks []string
	for _, path := range glob(t, "*.md") {
		name := strings.TrimSuffix(filepath.Base(path), ".md")
		runbooks = append(runbooks, name)
		text, err := os.ReadFile(path) // #nosec G304 -- our own folder
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range []string{"# " + name + "\n", "**Meaning.**", "**Impact.**", "## Diagnosis\n", "## Fix\n", "## False alarms\n"} {
			if !strings.Contains(string(text), part) {
				t.Errorf("%s has no %q", path, part)
			}
		}
		if ofModels[name] && !strings.Contains(string(text), "`/drift?model=MODEL") {
			t.Errorf("%s does not say which page shows the model", path)
		}
		if !alerts[name] {
			t.Errorf("%s is of no alert", path)
		}
	}
	for alert := range alerts {
		if !slices.Contains(runbooks, alert) {
			t.Errorf("%s has no runbook", alert)
		}
		if !strings.Contains(string(listed), "["+alert+"]") {
			t.Errorf("deploy/prometheus/README.md does not list %s", alert)
		}
	}
}

// glob returns the files that match, of which there must be some.
func glob(t *testing.T, pattern string) []string {
	t.Helper()
	paths, err := filepath.Glob(pattern)
	if err != nil || len(paths) == 0 {
		t.Fatal(pattern, paths, err)
	}
	return paths
}
