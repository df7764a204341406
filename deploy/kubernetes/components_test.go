package kubernetes_test

import (
	"bytes"
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

func fits(t *testing.T, name, config, secret, text string, ports int) {
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
	for file, content := range map[string]string{
		config: text, secret: "secret\n",
		"kustomization.yaml": "resources: [" + below + "]\ncomponents: [" + below + "/" + name + "]\nnamespace: monitoring\n" +
			"configMapGenerator: [{name: loan-model-" + name + ", files: [" + config + "]}]\nsecretGenerator: [{name: loan-model-" + name + ", files: [" + secret + "]}]\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, file), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	built, err := exec.CommandContext(t.Context(), bin+"kustomize", "build", dir).Output()
	if err != nil {
		t.Fatalf("kustomize: %v", err)
	}
	for what, n := range map[string]int{
		"name: " + name + "\n": 5, // container, its port, mount, volume, the port of the Service
		"port: " + name + "\n": ports,
		"kind: ConfigMap":      1,
		"kind: Secret":         1,
	} {
		if got := strings.Count(string(built), what); got != n {
			t.Errorf("%q is there %d times, want %d", what, got, n)
		}
	}
	// The generated names have a hash, which the pod must use: another file is another pod.
	if strings.Contains(string(built), "name: loan-model-"+name+"\n") {
		t.Error("the pod names its ConfigMap or Secret without the hash")
	}
	check := exec.CommandContext(t.Context(), bin+"kubeconform", "-strict", "-schema-location", "../../.build/schemas/{{.ResourceKind}}{{.KindSuffix}}.json")
	check.Stdin = bytes.NewReader(built)
	if out, err := check.CombinedOutput(); err != nil {
		t.Errorf("kubeconform: %v\n%s", err, out)
	}
}
