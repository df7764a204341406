package e2e_test

import (
	"bytes"
	"debug/elf"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestBinaryIsStaticAndSaysItsVersion(t *testing.T) {
	t.Parallel()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	f, err := elf.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP || p.Type == elf.PT_DYNAMIC {
			t.Errorf("the binary is linked dynamically: it has %v", p.Type)
		}
	}
	version, err := os.ReadFile("../../../VERSION")
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), path, "--version").Output()
	if want := "drift_exporter, version " + strings.TrimSpace(string(version)); err != nil || !strings.HasPrefix(string(out), want) {
		t.Errorf("--version: %v, printed %q, want %q", err, out, want)
	}
}

func TestExitStatuses(t *testing.T) {
	t.Parallel()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	missing := filepath.Join(t.TempDir(), "missing")
	for _, test := range []struct {
		args   []string
		status int
		stdout string
		stderr string
	}{
		{[]string{"--help"}, 0, "--window.predictions", ""},
		{[]string{"predictor", "--help"}, 0, "--predictions.retention.time", ""},
		{[]string{"nonsense"}, 2, "", "the commands are: exporter, predictor"},
		{[]string{"--nonsense"}, 2, "", "--nonsense"},
		{[]string{"exporter", "--window.predictions=many"}, 2, "", "many"},
		{[]string{"exporter", "--reference.file=" + missing}, 1, "", "no such file"},
		{[]string{"predictor", "--model.file=" + missing}, 1, "", "no such file"},
		{[]string{"log", "check", "--predictions.log=" + missing}, 1, "", "does not exist"},
		{[]string{"exporter", "--config.check"}, 0, "valid", ""},
		{[]string{"-h"}, 0, "predictor  Serve a model over HTTP", ""},
		{[]string{"log", "--help"}, 0, "erase", ""},
		{[]string{"log"}, 2, "", "must select a subcommand"},
		{[]string{"log", "erase"}, 2, "", "--request-id"},
		{[]string{"predictor", "--window.predictions=3"}, 2, "", "see --help"},
		{[]string{"predictor", "--predictions.log=" + filepath.Join(missing, "predictions.db")}, 1, "", "make its directory first"},
		{[]string{"predictor", "--web.listen-address=nowhere:x", "--predictions.log=" + filepath.Join(t.TempDir(), "predictions.db")}, 1, "", "run predictor: serve HTTP: listen tcp"},
	} {
		cmd := exec.CommandContext(t.Context(), path, test.args...)
		var stdout, stderr bytes.Buffer
		cmd.Stdout, cmd.Stderr = &stdout, &stderr
		_ = cmd.Run()
		if got := cmd.ProcessState.ExitCode(); got != test.status {
			t.Errorf("%v: exit status %d, want %d", test.args, got, test.status)
		}
		if !strings.Contains(stdout.String(), test.stdout) || !strings.Contains(stderr.String(), test.stderr) {
			t.Errorf("%v: printed %q and %q, want %q and %q", test.args, &stdout, &stderr, test.stdout, test.stderr)
		}
	}
}

// Without cgo go-sqlite3 is a stub, which would fail only when it is used. The
// log uses so much of it that such a binary cannot even be built.
func TestNothingBuildsWithoutCgo(t *testing.T) {
	t.Parallel()
	build := exec.CommandContext(t.Context(), "go", "build", "../../../predictor/predictionlog/sqlite")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err == nil || !strings.Contains(string(out), "undefined: sqlite3.") {
		t.Errorf("a log without SQLite: %v\n%s", err, out)
	}
}

func TestOnlyOnePredictorWritesALog(t *testing.T) {
	t.Parallel()
	log := filepath.Join(t.TempDir(), "predictions.db")
	program, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	start(t, "predictor", "--web.listen-address=127.0.0.1:0", "--predictions.log="+log)
	second := exec.CommandContext(t.Context(), program, "predictor", "--web.listen-address=127.0.0.1:0", "--predictions.log="+log)
	out, _ := second.CombinedOutput()
	if got := second.ProcessState.ExitCode(); got != 1 || !strings.Contains(string(out), "already has a predictor") || !strings.Contains(string(out), "stop the other") {
		t.Errorf("a second predictor ends with %d\n%s", got, out)
	}
}
