package action

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"

	"go.yaml.in/yaml/v3"
	"golang.org/x/sys/unix"

	"github.com/drift-exporter/drift_exporter/predictor/respond"
	"github.com/drift-exporter/drift_exporter/predictor/strictyaml"
)

const (
	// keptOutput is how much of a program's output the audit file keeps, in bytes: its end.
	keptOutput = 16 << 10
	// endTime is how long a program has to end after SIGTERM.
	endTime = 10 * time.Second
)

// program is the step exec. It runs a program without a shell.
type program struct {
	command     []string
	environment []string // names of variables that the program gets
	folder      string   // "": that of the run
}

var variableName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

func parseExec(d strictyaml.Decoder, n *yaml.Node) (respond.Step, error) {
	m := d.Map(n, "exec", "command", "environment", "directory")
	m.Require("command", "list the path of a program and its arguments")
	p := &program{
		command:     m.Texts("command", "list the path of a program and its arguments"),
		environment: m.Texts("environment", "list the names of environment variables, or leave it out"),
		folder:      m.Text("directory", ""),
	}
	for _, name := range p.environment {
		if m.Err == nil && !variableName.MatchString(name) {
			m.Wrong("environment", "environment has %q; list names of variables, whose values this process has", name)
		}
	}
	if m.Err != nil {
		return nil, m.Err
	}
	if !filepath.IsAbs(p.command[0]) {
		m.Wrong("command", "command begins with %q; write the absolute path of a program: no shell looks for it", p.command[0])
		return nil, m.Err
	}
	return p, nil
}

// Plan implements respond.Step.
func (p *program) Plan(*respond.Job) string { return "run " + strings.Join(p.command, " ") }

// ran is the evidence of a program.
type ran struct {
	Command    []string `json:"command"`
	Seconds    float64  `json:"seconds"`
	Output     string   `json:"output"`
	OmittedAt  int64    `json:"output_omitted_bytes,omitempty"`
	ExitStatus int      `json:"exit_status"`
}

// Run implements respond.Step. The program gets the job as JSON on its standard input. A status
// other than 0 is a failure. When ctx ends, the program and all that it started get SIGTERM, and
// SIGKILL ten seconds later.
func (p *program) Run(ctx context.Context, j *respond.Job) (respond.Result, error) {
	input, err := json.Marshal(message(j))
	if err != nil {
		return respond.Result{}, fmt.Errorf("write the job as JSON: %w", err)
	}
	out := &tail{limit: keptOutput}
	cmd := exec.CommandContext(ctx, p.command[0], p.command[1:]...) // #nosec G204 -- the operator's configuration
	cmd.Dir, cmd.Env, cmd.Stdin, cmd.Stdout, cmd.Stderr = p.folder, p.variables(j), bytes.NewReader(input), out, out
	if cmd.Dir == "" {
		cmd.Dir = j.Folder
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }
	cmd.WaitDelay = endTime
	alone, err := only(ctx, filepath.Join(j.Folder, j.Key+".lock"))
	if err != nil {
		return respond.Result{}, err
	}
	cmd.ExtraFiles = []*os.File{alone}
	begun := time.Now()
	err = errors.Join(cmd.Run(), alone.Close())
	if cmd.Process != nil { // what it has started and left behind
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
	}
	text, omitted := out.text()
	done := ran{Command: p.command, Seconds: time.Since(begun).Seconds(), Output: text, OmittedAt: omitted}
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return respond.Result{}, fmt.Errorf("%s: %w; its output ended with: %s", p.command[0], exit, lastLines(text))
	}
	if err != nil {
		return respond.Result{}, fmt.Errorf("run %s: %w", p.command[0], err)
	}
	return respond.Result{Evidence: done, Text: fmt.Sprintf("%s ended well after %.1f s", p.command[0], done.Seconds)}, nil
}

// only returns a file that is locked for the program that inherits it. If this process was killed,
// the program may still run: then only waits until it has ended.
func only(ctx context.Context, path string) (*os.File, error) {
	file, err := os.OpenFile(filepath.Clean(path), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock the program: %w", err)
	}
	look := time.NewTicker(100 * time.Millisecond)
	defer look.Stop()
	for {
		err := unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if err == nil {
			return file, nil
		}
		if !errors.Is(err, unix.EWOULDBLOCK) {
			return nil, errors.Join(fmt.Errorf("lock the program: %w", err), file.Close())
		}
		select {
		case <-ctx.Done():
			return nil, errors.Join(fmt.Errorf("the program of an earlier attempt still runs: %w", context.Cause(ctx)), file.Close())
		case <-look.C:
		}
	}
}

// variables are the environment of the program: PATH, what the configuration names, and the job.
func (p *program) variables(j *respond.Job) []string {
	env := []string{
		"DRIFT_RUN=" + j.Run, "DRIFT_KEY=" + j.Key, "DRIFT_PLAYBOOK=" + j.Playbook, "DRIFT_MODEL=" + j.Model, "DRIFT_VERSION=" + j.Version,
		"DRIFT_LOG=" + j.LogPath, "DRIFT_FOLDER=" + j.Folder,
	}
	for _, name := range append([]string{"PATH"}, p.environment...) {
		if value, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+value)
		}
	}
	return env
}

// lastLines returns the end of an output, for an error.
func lastLines(text string) string {
	text = strings.TrimSpace(text)
	if text == "" {
		return "(nothing)"
	}
	const most = 500
	if len(text) > most {
		text = text[len(text)-most:]
	}
	return strings.ToValidUTF8(text, "?")
}

// tail keeps the end of what is written to it.
type tail struct {
	limit int
	kept  []byte
	all   int64
}

// Write implements io.Writer.
func (t *tail) Write(p []byte) (int, error) {
	t.all += int64(len(p))
	t.kept = append(t.kept, p...)
	if len(t.kept) > 2*t.limit {
		t.kept = append(t.kept[:0], t.kept[len(t.kept)-t.limit:]...)
	}
	return len(p), nil
}

// text returns the end, and how many bytes before it were omitted.
func (t *tail) text() (text string, omitted int64) {
	kept := t.kept
	if len(kept) > t.limit {
		kept = kept[len(kept)-t.limit:]
	}
	return strings.ToValidUTF8(string(kept), "?"), t.all - int64(len(kept))
}
