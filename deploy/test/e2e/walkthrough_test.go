package e2e_test

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
)

// block is a block of commands in a page of Markdown.
var block = regexp.MustCompile("(?ms)^```sh\n(.*?)^```$")

// port is one that the walk-throughs use.
var port = regexp.MustCompile(`\b(5000|8001|8080)\b`)

// freePort is the port of a free address.
func freePort(t *testing.T) string {
	t.Helper()
	_, port, err := net.SplitHostPort(freeAddress(t))
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// Each walk-through runs as it is written, in an empty folder, but with other ports.
func TestWalkthroughsRunAsTheyAreWritten(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/WALKTHROUGHS.md")
	if err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), "python3", "-c", "import mlflow, pandas, sklearn, uvicorn, xgboost").CombinedOutput(); err != nil {
		t.Skipf("pip install mlflow-skinny scikit-learn pandas xgboost-cpu: %v %s", err, out)
	}
	program, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	writer, err := os.ReadFile("../../python/drift_log.py")
	if err != nil {
		t.Fatal(err)
	}
	sections := strings.Split(string(page), "\n## ")[1:]
	if len(sections) < 4 {
		t.Fatalf("%d walk-throughs", len(sections))
	}
	for _, section := range sections {
		name, text, _ := strings.Cut(section, "\n")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			if err := os.Symlink(program, filepath.Join(folder, "drift_exporter")); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(folder, "drift_log.py"), writer, 0o600); err != nil {
				t.Fatal(err)
			}
			ports := map[string]string{"5000": freePort(t), "8001": freePort(t), "8080": freePort(t)}
			var script strings.Builder
			for _, m := range block.FindAllStringSubmatch(text, -1) {
				script.WriteString(m[1])
			}
			commands := port.ReplaceAllStringFunc(script.String(), func(p string) string { return ports[p] })
			// The defaults of the flags are those of the page.
			for command, p := range map[string]string{"exporter": ports["8001"], "predictor": ports["5000"]} {
				commands = strings.ReplaceAll(commands, "drift_exporter "+command+" ", "drift_exporter "+command+" --web.listen-address=127.0.0.1:"+p+" ")
			}
			run := exec.CommandContext(t.Context(), "bash", "-euo", "pipefail", "-c", commands)
			run.Dir = folder
			run.Env = append(os.Environ(), "PATH="+folder+":"+os.Getenv("PATH"))
			output, err := os.Create(filepath.Join(folder, "output"))
			if err != nil {
				t.Fatal(err)
			}
			run.Stdout, run.Stderr = output, output
			run.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // with what it starts
			if err := run.Start(); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = syscall.Kill(-run.Process.Pid, syscall.SIGKILL) }) // it may have ended
			err = run.Wait()
			said, _ := os.ReadFile(filepath.Join(folder, "output"))
			if err != nil {
				t.Fatalf("%v\n%s", err, said)
			}
			if testing.Verbose() {
				t.Logf("%s", said)
			}
		})
	}
}
