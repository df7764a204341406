package kubernetes_test

import (
	"bytes"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestTheComponentsFitTheManifests builds each together with them, as its comment says, and asks
// kubeconform about the result.
func TestTheComponentsFitTheManifests(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		config, secret string // a file each
		text           string
		ports          int // where the port is named: two probes, ServiceMonitor, NetworkPolicy
	}{
		"outcomes": {"outcomes.yml", "dsn", "sources:\n- {name: loans, sql: {driver: postgres, dsn_file: /etc/drift_exporter/secrets/dsn, query: 'SELECT 1 WHERE :since'}}\n", 4},
		"respond":  {"respond.yml", "chat", "playbooks:\n- {name: tell, alerts: [ModelAccuracyDrop], steps: [{notify: {url_file: /etc/drift_exporter/secrets/chat, text: dropped}}]}\n", 5},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fits(t, name, test.config, test.secret, test.text, test.ports)
		})
	}
}

// fits builds a component of a process beside the predictor, which has a ConfigMap, a Secret and a port.
func fits(t *testing.T, name, config, secret, text string, ports int) {
	t.Helper()
	built := build(t, name, "configMapGenerator: [{name: loan-model-"+name+", files: ["+config+"]}]\n"+
		"secretGenerator: [{name: loan-model-"+name+", files: ["+secret+"]}]\n", map[string]string{config: text, secret: "secret\n"})
	holds(t, built, map[string]int{
		"name: " + name + "\n": 5, // container, its port, mount, volume, the port of the Service
		"port: " + name + "\n": ports,
		"kind: ConfigMap":      1,
		"kind: Secret":         1,
		// The generated names have a hash, which the pod must use: another file is another pod.
		"name: loan-model-" + name + "\n": 0,
	})
}

func TestTheComponentFleetFitsTheManifests(t *testing.T) {
	t.Parallel()
	built := build(t, "fleet", "replicas: [{name: loan-model-api, count: 5}]\n"+
		"configMapGenerator: [{name: loan-model-fleet, literals: [project=my-project, dataset=loans]}]\n", nil)
	holds(t, built, map[string]int{
		"replicas: 5\n":    1,
		"replicas: 2\n":    1,
		"name: ship\n":     3, // container, its port, the port of the Service
		"port: ship\n":     4, // two probes, ServiceMonitor, NetworkPolicy
		"name: exporter\n": 1, // the Deployment's alone
		"--predictions.bigquery=$(FLEET_PROJECT).$(FLEET_DATASET)\n": 1,
		"--predictions.log=/data/predictions.db\n":                   2,
		"--feedback.any-replica\n":                                   1,
		"name: loan-model-fleet-":                                    5, // four variables, and the ConfigMap
		"replacement: drift_exporter\n":                              1,
		"replacement: ship\n":                                        1,
	})
}

// build builds a component together with the manifests, as its comment says, and asks kubeconform
// about the result.
func build(t *testing.T, component, kustomization string, files map[string]string) string {
	t.Helper()
	const bin = "../../.build/bin/"
	for _, tool := range []string{"kustomize", "kubeconform"} {
		if _, err := os.Stat(bin + tool); err != nil {
			t.Skipf("no %s: run make deploy-tools", tool)
		}
	}
	here, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	below, err := filepath.Rel(dir, here) // kustomize takes no absolute paths
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{
		"kustomization.yaml": "resources: [" + below + "]\ncomponents: [" + below + "/" + component + "]\nnamespace: monitoring\n" + kustomization,
	}
	maps.Copy(all, files)
	for name, text := range all {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	built, err := exec.CommandContext(t.Context(), bin+"kustomize", "build", dir).Output()
	if err != nil {
		t.Fatalf("kustomize: %v", err)
	}
	check := exec.CommandContext(t.Context(), bin+"kubeconform", "-strict", "-schema-location", "../../.build/schemas/{{.ResourceKind}}{{.KindSuffix}}.json")
	check.Stdin = bytes.NewReader(built)
	if out, err := check.CombinedOutput(); err != nil {
		t.Errorf("kubeconform: %v\n%s", err, out)
	}
	return string(built)
}

// holds checks how often a text is in manifests.
func holds(t *testing.T, built string, times map[string]int) {
	t.Helper()
	for what, n := range times {
		if got := strings.Count(built, what); got != n {
			t.Errorf("%q is there %d times, want %d", what, got, n)
		}
	}
}
