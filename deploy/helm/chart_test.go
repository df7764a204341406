// Package helm_test checks the chart of this folder with helm and kubeconform.
package helm_test

import (
	"bytes"
	"errors"
	"flag"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

var update = flag.Bool("update", false, "rewrite the golden files")

const (
	chart = "drift-exporter"
	bin   = "../../.build/bin/"
)

// tool runs one of the tools that make deploy-tools compiles.
func tool(t *testing.T, stdin []byte, name string, args ...string) (stdout []byte, stderr string, err error) {
	t.Helper()
	path := bin + name
	if _, err := os.Stat(path); err != nil {
		t.Skipf("no %s: run make deploy-tools", name)
	}
	var out, complaints bytes.Buffer
	cmd := exec.CommandContext(t.Context(), path, args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(stdin), &out, &complaints
	err = cmd.Run()
	return out.Bytes(), complaints.String(), err
}

// render returns what the chart in a folder makes of values.
func render(t *testing.T, folder string, args ...string) []byte {
	t.Helper()
	out, complaints, err := tool(t, nil, "helm",
		append([]string{"template", "loan", folder, "--namespace=monitoring", "--kube-version=1.34.1"}, args...)...)
	if err != nil {
		t.Fatalf("helm template: %v\n%s", err, complaints)
	}
	return out
}

// conforms asks kubeconform about manifests.
func conforms(t *testing.T, manifests []byte) {
	t.Helper()
	if out, complaints, err := tool(t, manifests, "kubeconform", "-strict",
		"-schema-location", "../../.build/schemas/{{.ResourceKind}}{{.KindSuffix}}.json"); err != nil {
		t.Errorf("kubeconform: %v\n%s%s", err, out, complaints)
	}
}

// withShortFiles returns a copy of the chart with one line in place of each file
// that it takes from elsewhere, so that the golden files hold the chart alone.
func withShortFiles(t *testing.T) string {
	t.Helper()
	folder := filepath.Join(t.TempDir(), chart)
	for _, part := range []string{"Chart.yaml", "values.yaml", "values.schema.json", ".helmignore", "templates"} {
		if out, err := exec.CommandContext(t.Context(), "sh", "-c", `mkdir -p "$2" && cp -r "$1" "$2"`, "sh", filepath.Join(chart, part), folder).CombinedOutput(); err != nil {
			t.Fatal(err, string(out))
		}
	}
	// helm template shows no notes, so they become a manifest.
	notes := filepath.Join(folder, "templates", "NOTES.txt")
	text, err := os.ReadFile(notes)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(notes); err != nil {
		t.Fatal(err)
	}
	manifest := `{{ define "notes" }}` + string(text) + `{{ end -}}
apiVersion: v1
kind: ConfigMap
metadata:
  name: notes
data:
  notes: |
    {{- include "notes" . | nindent 4 }}
`
	if err := os.WriteFile(filepath.Join(folder, "templates", "notes.yaml"), []byte(manifest), 0o644); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"smoke": "#!/bin/sh\n", "rules/drift.yml": "groups: []\n", "dashboards/models.json": "{}\n",
	} {
		path := filepath.Join(folder, "files", name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

func TestChartRendersAsRecorded(t *testing.T) {
	t.Parallel()
	folder := withShortFiles(t)
	sets, err := filepath.Glob("testdata/*.yaml")
	if err != nil || len(sets) != 9 {
		t.Fatalf("%d sets of values, want 9 (%v)", len(sets), err)
	}
	for _, values := range sets {
		t.Run(filepath.Base(values), func(t *testing.T) {
			t.Parallel()
			if out, complaints, err := tool(t, nil, "helm", "lint", "--strict", "--kube-version=1.34.1", "--values="+values, folder); err != nil {
				t.Errorf("helm lint: %v\n%s%s", err, out, complaints)
			}
			got := render(t, folder, "--values="+values)
			conforms(t, got)
			golden := strings.TrimSuffix(values, ".yaml") + ".golden"
			if *update {
				if err := os.WriteFile(golden, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				t.Errorf("the chart with %s is no longer %s; if that is meant, go test ./deploy/helm -update and read the difference", values, golden)
			}
		})
	}
}

// manifest is what the tests below read of one.
type manifest struct {
	Kind     string
	Metadata struct{ Name string }
	Spec     yaml.Node
	Data     map[string]string
}

func manifests(t *testing.T, rendered []byte) []manifest {
	t.Helper()
	var all []manifest
	for decoder := yaml.NewDecoder(bytes.NewReader(rendered)); ; {
		var m manifest
		if err := decoder.Decode(&m); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, m)
	}
}

// The chart takes these through links; a package or a checkout without them would
// be a chart without alerts.
func TestChartHoldsSmokeRulesAndDashboards(t *testing.T) {
	t.Parallel()
	rendered := render(t, chart, "--values=testdata/operator.yaml")
	conforms(t, rendered)
	smoke, err := os.ReadFile("../smoke")
	if err != nil {
		t.Fatal(err)
	}
	rules, dashboards, sawSmoke := 0, 0, false
	for _, m := range manifests(t, rendered) {
		switch {
		case m.Kind == "ConfigMap" && m.Data["smoke"] != "":
			sawSmoke = true
			if m.Data["smoke"] != string(smoke) {
				t.Error("the chart's smoke is not deploy/smoke")
			}
		case m.Kind == "ConfigMap":
			for name, dashboard := range m.Data {
				want, err := os.ReadFile("../grafana/dashboards/" + name)
				if err != nil {
					t.Fatal(err)
				}
				if strings.TrimSpace(dashboard) != strings.TrimSpace(string(want)) {
					t.Errorf("the chart's dashboard %s is not that of deploy/grafana", name)
				}
				dashboards++
			}
		case m.Kind == "PrometheusRule":
			rules++
			name := strings.TrimPrefix(m.Metadata.Name, "loan-drift-exporter-")
			data, err := os.ReadFile("../prometheus/rules/" + name + ".yml")
			if err != nil {
				t.Fatal(err)
			}
			var got, want any
			if err := m.Spec.Decode(&got); err != nil {
				t.Fatal(err)
			}
			if err := yaml.Unmarshal(data, &want); err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("PrometheusRule %s does not hold the rules of %s.yml", m.Metadata.Name, name)
			}
		}
	}
	files, err := filepath.Glob("../prometheus/rules/*.yml")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if !strings.HasSuffix(file, "_test.yml") {
			rules--
		}
	}
	if rules != 0 || !sawSmoke || dashboards == 0 {
		t.Errorf("the chart has %+d PrometheusRules more than files of rules, and %d dashboards; smoke: %t", rules, dashboards, sawSmoke)
	}
}

func TestChartRefusesWrongValues(t *testing.T) {
	t.Parallel()
	for set, says := range map[string]string{
		"replicas=2":                       "replicas",
		"replica=1":                        "replica",
		"persistence.accessModes={RWX}":    "accessModes",
		"exporter.config.model=x":          "model",
		"predictor.port=80":                "port",
		"webConfig.basic_auth_users.x=abc": "basic_auth_users",
		"bigquery.enabled=true":            "bigquery.project is not set",
		"predictor.extraArgs={x}":          "extraArgs",
		"outcomes.enabled=true":            "outcomes.config is not set",
		"outcomes.config.source=x":         "source",
		"respond.enabled=true":             "respond.config is not set",
		"respond.config.playbook=x":        "playbook",
		"fleet.enabled=true":               "fleet",
		"fleet.exporters=0":                "exporters",
		"fleet.enabled=true,fleet.project=my-project,fleet.dataset=d,replicas=0":                             "replicas",
		"fleet.enabled=true,fleet.project=my-project,fleet.dataset=my-project.d":                             "dataset",
		"fleet.enabled=true,fleet.project=my-project,fleet.dataset=d,bigquery.enabled=true,bigquery.table=t": "bigquery",
	} {
		out, complaints, err := tool(t, nil, "helm", "template", "loan", chart, "--kube-version=1.34.1", "--set="+set)
		if err == nil {
			t.Errorf("--set %s was taken:\n%s", set, out)
		} else if !strings.Contains(complaints, says) {
			t.Errorf("--set %s: the error does not say %q: %s", set, says, complaints)
		}
	}
}

func TestChartHasTheVersion(t *testing.T) {
	t.Parallel()
	version, err := os.ReadFile("../../VERSION")
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(chart, "Chart.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Version    string
		AppVersion string `yaml:"appVersion"`
	}
	if err := yaml.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	want := strings.TrimSpace(string(version))
	if file.Version != want || file.AppVersion != want {
		t.Errorf("Chart.yaml has version %s and appVersion %s, VERSION has %s", file.Version, file.AppVersion, want)
	}
}
