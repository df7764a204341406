// Package kubernetes_test checks the manifests of this folder.
package kubernetes_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite prometheus-rule.yaml")

const ruleHead = `# The rules of deploy/prometheus/rules for the Prometheus operator; written by
#   go test ./deploy/kubernetes -update
#
#   kubectl apply -f deploy/kubernetes/prometheus-rule.yaml
`

// operatorRules returns the rule files as PrometheusRules, comments and all.
func operatorRules(t *testing.T) []byte {
	t.Helper()
	files, err := filepath.Glob("../prometheus/rules/*.yml")
	if err != nil || len(files) == 0 {
		t.Fatal("no rule files", err)
	}
	var out bytes.Buffer
	out.WriteString(ruleHead)
	first := true
	for _, path := range files {
		name, isTest := strings.CutSuffix(strings.TrimSuffix(filepath.Base(path), ".yml"), "_test")
		if isTest {
			continue
		}
		rules, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !first {
			out.WriteString("---\n")
		}
		first = false
		out.WriteString("apiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\nmetadata:\n  name: loan-model-api-" + name +
			"\n  namespace: monitoring\n  labels:\n    app: loan-model-api\nspec:\n")
		for line := range strings.Lines(string(rules)) {
			if strings.TrimSpace(line) != "" {
				out.WriteString("  ")
			}
			out.WriteString(line)
		}
	}
	return out.Bytes()
}

func TestPrometheusRuleHoldsTheRules(t *testing.T) {
	t.Parallel()
	want := operatorRules(t)
	if *update {
		if err := os.WriteFile("prometheus-rule.yaml", want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile("prometheus-rule.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("prometheus-rule.yaml does not hold the rules of deploy/prometheus/rules: run go test ./deploy/kubernetes -update")
	}
}
