// Package process runs the built binary for the programs that measure it.
package process

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"regexp"
	"syscall"
)

// Process is a running command of drift_exporter, as it is installed.
type Process struct {
	// Address is the address on which it listens. PID is its process id.
	Address string
	PID     int

	cmd *exec.Cmd
}

// Start starts the exporter or the predictor on a log, with more flags, and waits
// until it listens on a free port of the loopback interface.
func Start(ctx context.Context, binary, command, log string, flags ...string) (*Process, error) {
	args := append([]string{command, "--web.listen-address=127.0.0.1:0", "--predictions.log=" + log}, flags...)
	cmd := exec.CommandContext(ctx, binary, args...) // #nosec G204 -- the operator names it
	return Await(cmd, listening, listening)
}

// listening matches the message of a command that listens, with the address.
var listening = regexp.MustCompile(`Listening on.*address=(\S+)`)

// Await starts a server and waits until it is ready. It reads the address from stderr, with an
// expression whose group is the address.
func Await(cmd *exec.Cmd, address, ready *regexp.Regexp) (*Process, error) {
	stderr, err := cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	said, p, last := bufio.NewReader(stderr), &Process{PID: cmd.Process.Pid, cmd: cmd}, ""
	for {
		line, err := said.ReadString('\n')
		last = cmp.Or(line, last)
		if m := address.FindStringSubmatch(line); m != nil {
			p.Address = m[1]
		}
		if ready.MatchString(line) {
			go func() { _, _ = io.Copy(io.Discard, said) }() // so that it never waits to be read
			return p, nil
		}
		if err != nil {
			return nil, errors.Join(fmt.Errorf("%s ended before it listened: %s", cmd.Args[0], last), cmd.Wait())
		}
	}
}

// Stop stops the program in an orderly way.
func (p *Process) Stop() error {
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	return p.cmd.Wait()
}

// Kill stops the program at once.
func (p *Process) Kill() {
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait() // says that it was killed
}
