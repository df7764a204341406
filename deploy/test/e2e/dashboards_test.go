package e2e_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/drift-exporter/drift_exporter/collector"
)

// TestEveryPanelHasData asks a real Prometheus, which scraped traffic with
// outcomes, every query of every panel and of every variable, and wants data.
func TestEveryPanelHasData(t *testing.T) {
	t.Parallel()
	needPrometheus(t)
	dir := t.TempDir()
	log := filepath.Join(dir, "predictions.db")
	predictor := start(t, "predictor", "--web.listen-address=127.0.0.1:0", "--predictions.log="+log)
	args := []string{"exporter", "--web.listen-address=127.0.0.1:0", "--predictions.log=" + log, "--window.maturity=1ms"}
	for _, name := range collector.Names() {
		args = append(args, "--collector."+name)
	}
	exporter := start(t, args...)
	outcomes := threeSources(t, dir, log)
	more := []string{outcomes.url}
	for _, s := range typeStories { // models of the types that the embedded one is not
		r := rand.New(rand.NewPCG(11, 12))
		of, shows := s.begin(t, r)
		s.serve(t, r, of, 600, 0)
		more = append(more, shows.url)
	}
	address := startPrometheus(t, predictor.url, exporter.url, more...)
	program, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	// All the while, as most panels show what happens a second.
	traffic := exec.CommandContext(t.Context(), program, "simulate", "--predictor.url="+predictor.url, "--rate=100", "--outcomes", "--shift=income=+1sd") // #nosec G204 -- our own arguments
	if err := traffic.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = traffic.Process.Kill()
		_ = traffic.Wait()
	})

	queries := map[string]string{} // by where they are
	for _, file := range matching(t, "deploy/grafana/dashboards/*.json") {
		for where, query := range inDashboard(t, read(t, file)) {
			queries[file+": "+where] = query
		}
	}
	if len(queries) < 80 {
		t.Errorf("%d queries, want at least 80", len(queries))
	}
	checkOthers(t, address, queries)
	defer func() {
		for where, query := range queries {
			t.Errorf("%s has no data: %s", where, query)
		}
	}()
	waitFor(t, "every panel has data", func() bool {
		for where, query := range queries {
			if results(t, address, query) == 0 {
				return false
			}
			delete(queries, where)
		}
		return true
	})
	checkRules(t, address)
}

// others begin metrics that need what this test does not start: a responder, reviews, a shadow,
// explored predictions, or a slice whose accuracy fell. Their own tests have data for them.
var others = regexp.MustCompile(`\b(drift_respond|drift_outcomes_review|model_challenger|model_explored|model_segment)_\w+`)

// checkOthers takes the queries about others out. Prometheus must understand them, and their
// metrics must be documented.
func checkOthers(t *testing.T, address string, queries map[string]string) {
	t.Helper()
	documented := read(t, "deploy/docs/METRICS.md")
	for where, query := range queries {
		names := others.FindAllString(query, -1)
		if len(names) == 0 {
			continue
		}
		delete(queries, where)
		results(t, address, query)
		for _, name := range names {
			if !strings.Contains(documented, "**"+name+"**") {
				t.Errorf("%s asks for %s, which is not in METRICS.md", where, name)
			}
		}
	}
	if len(queries) < 80 {
		t.Errorf("%d queries are left, want at least 80", len(queries))
	}
}

// threeSources starts the outcomes process with three sources that speak of the same predictions.
func threeSources(t *testing.T, dir, log string) *process {
	t.Helper()
	config := "sources:\n"
	for i, name := range []string{"loan_system", "bureau", "officers"} {
		var text strings.Builder
		for id := range 50 {
			fmt.Fprintf(&text, "{\"prediction_id\": %d, \"outcome\": %d}\n", id, (id+id%(i+7)/6)%2)
		}
		path := filepath.Join(dir, name+".jsonl")
		write(t, path, []byte(text.String()))
		config += fmt.Sprintf("- {name: %s, confidence: 0.9, files: {path: %s, interval: 1s, settle: 0s}}\n", name, path)
	}
	path := filepath.Join(dir, "outcomes.yml")
	write(t, path, []byte(config))
	return start(t, "outcomes", "--web.listen-address=127.0.0.1:0", "--predictions.log="+log, "--config.file="+path)
}

// inDashboard returns the queries of a dashboard's panels and variables, for all
// models and versions and two features, a number and one of few values.
func inDashboard(t *testing.T, content string) map[string]string {
	t.Helper()
	type target struct{ Expr string }
	type panel struct {
		Title, Type string
		Targets     []target
		Panels      []panel
	}
	var board struct {
		Panels     []panel
		Templating struct {
			List []struct{ Name, Definition string }
		}
	}
	if err := json.Unmarshal([]byte(content), &board); err != nil {
		t.Fatal(err)
	}
	chosen := strings.NewReplacer("$model", ".*", `"$version"`, `".*"`, "$feature", "income|loan_term", "$__rate_interval", "10s")
	queries := map[string]string{}
	for _, p := range board.Panels {
		for _, p := range append(p.Panels, p) {
			for i, q := range p.Targets {
				queries[fmt.Sprintf("%s, query %d", p.Title, i+1)] = chosen.Replace(q.Expr)
			}
		}
	}
	values := regexp.MustCompile(`^(?:label_values\((.*), \w+\)|query_result\((.*)\))$`)
	for _, variable := range board.Templating.List {
		if m := values.FindStringSubmatch(variable.Definition); m != nil {
			queries["variable "+variable.Name] = chosen.Replace(m[1] + m[2])
		} else if variable.Name != "datasource" {
			t.Errorf("the variable %s is not understood: %s", variable.Name, variable.Definition)
		}
	}
	return queries
}

// results counts the results of a query whose value is a number; 0 as well while
// Prometheus is not up yet.
func results(t *testing.T, address, query string) int {
	t.Helper()
	var answer struct {
		Error string
		Data  struct {
			Result []struct{ Value [2]any }
		}
	}
	status, body, err := request(t.Context(), "http://"+address+"/api/v1/query?query="+url.QueryEscape(query), "", "")
	if err != nil || status == 503 {
		return 0
	}
	if err := json.Unmarshal([]byte(body), &answer); err != nil || status != 200 {
		t.Fatalf("%s: %d %v %s", query, status, err, answer.Error)
	}
	n := 0
	for _, r := range answer.Data.Result {
		if r.Value[1] != "NaN" {
			n++
		}
	}
	return n
}
