package kubernetes_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestTheComponentOutcomesFitsTheManifests builds them together, as its comment says, and asks
// kubeconform about the result.
func TestTheComponentOutcomesFitsTheManifests(t *testing.T) {
	t.Parallel()
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
	for name, text := range map[string]string{
		"outcomes.yml": "sources:\n- {name: loans, sql: {driver: postgres, dsn_file: /etc/drift_exporter/secrets/dsn, query: 'SELECT 1 WHERE :since'}}\n",
		"dsn":          "postgres://\n",
		"kustomization.yaml": "resources: [" + below + "]\ncomponents: [" + below + "/outcomes]\nnamespace: monitoring\n" +
			"configMapGenerator: [{name: loan-model-outcomes, files: [outcomes.yml]}]\nsecretGenerator: [{name: loan-model-outcomes, files: [dsn]}]\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	built, err := exec.CommandContext(t.Context(), bin+"kustomize", "build", dir).Output()
	if err != nil {
		t.Fatalf("kustomize: %v", err)
	}
	for what, n := range map[string]int{
		"name: outcomes\n": 5, // container, its port, mount, volume, the port of the Service
		"port: outcomes\n": 4, // two probes, ServiceMonitor, NetworkPolicy
		"kind: ConfigMap":  1,
		"kind: Secret":     1,
	} {
		if got := strings.Count(string(built), what); got != n {
			t.Errorf("%q is there %d times, want %d", what, got, n)
		}
	}
	// The generated names have a hash, which the pod must use: another file is another pod.
	if strings.Contains(string(built), "name: loan-model-outcomes\n") {
		t.Error("the pod names its ConfigMap or Secret without the hash")
	}
	check := exec.CommandContext(t.Context(), bin+"kubeconform", "-strict", "-schema-location", "../../.build/schemas/{{.ResourceKind}}{{.KindSuffix}}.json")
	check.Stdin = bytes.NewReader(built)
	if out, err := check.CombinedOutput(); err != nil {
		t.Errorf("kubeconform: %v\n%s", err, out)
	}
}
