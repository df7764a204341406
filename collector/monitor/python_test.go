package monitor

import (
	"bytes"
	"encoding/json"
	"math"
	"os/exec"
	"testing"

	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// python runs a script on a question and returns its answer: metrics by the type of the model.
func python(t *testing.T, question []byte, script string, args ...string) map[value.Prediction]map[string]float64 {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "python3", append([]string{script}, args...)...)
	var stderr bytes.Buffer
	cmd.Stdin, cmd.Stderr = bytes.NewReader(question), &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", script, err, stderr.Bytes())
	}
	var all map[value.Prediction]map[string]float64
	if err := json.Unmarshal(out, &all); err != nil {
		t.Fatal(err)
	}
	return all
}

// near says whether two numbers are equal but for rounding.
func near(x, y float64) bool { return math.Abs(x-y) <= 1e-9*max(1, math.Abs(x)) }
