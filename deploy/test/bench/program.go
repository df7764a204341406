package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"regexp"
	"syscall"
)

// program is a running command of drift_exporter, as it is installed.
type program struct {
	address string
	cmd     *exec.Cmd
}

// startProgram starts the exporter or the predictor on a log and waits until it
// listens.
func startProgram(ctx context.Context, s settings, command, log string) (*program, error) {
	cmd := exec.CommandContext(ctx, s.binary, command, "--web.listen-address=127.0.0.1:0", "--predictions.log="+log) // #nosec G204 -- the operator names it
	stderr, err := cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	said := bufio.NewReader(stderr)
	for listening := regexp.MustCompile(`Listening on.*address=(\S+)`); ; {
		line, err := said.ReadString('\n')
		if m := listening.FindStringSubmatch(line); m != nil {
			go func() { _, _ = io.Copy(io.Discard, said) }() // so that it never waits to be read
			return &program{address: m[1], cmd: cmd}, nil
		}
		if err != nil {
			return nil, errors.Join(fmt.Errorf("%s ended before it listened: %s", command, line), cmd.Wait())
		}
	}
}

// stop ends the program in good order.
func (p *program) stop() error {
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	return p.cmd.Wait()
}

// kill ends it at once.
func (p *program) kill() {
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait() // says that it was killed
}
