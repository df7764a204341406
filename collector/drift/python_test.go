package drift

import (
	"bytes"
	"encoding/json"
	"os/exec"
	"testing"
)

// ask puts a question to a program of testdata, which computes with numpy and
// scipy what this package does: question and answer are JSON.
func ask(t *testing.T, program string, question, answer any) {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), "python3", "-c", "import numpy, scipy").CombinedOutput(); err != nil {
		t.Skipf("python3 with numpy and scipy is needed for the comparison: %v\n%s", err, out)
	}
	data, err := json.Marshal(question)
	if err != nil {
		t.Fatal(err)
	}
	var stderr bytes.Buffer
	cmd := exec.CommandContext(t.Context(), "python3", "testdata/"+program)
	cmd.Stdin, cmd.Stderr = bytes.NewReader(data), &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", program, err, stderr.Bytes())
	}
	if err := json.Unmarshal(out, answer); err != nil {
		t.Fatalf("%s: %v: %s", program, err, out)
	}
}
