package e2e_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"testing"
)

// numpy answers what testdata/recompute.py is asked. Loading its libraries takes much longer
// than an answer, so its processes stay for all tests.
var numpy = newRecomputers(2)

// recomputers is a fixed number of places for processes. A place is nil before its process is
// first needed.
type recomputers chan *recomputer

type recomputer struct {
	command *exec.Cmd
	stdin   io.WriteCloser
	stdout  *bufio.Reader
}

func newRecomputers(n int) recomputers {
	r := make(recomputers, n)
	for range n {
		r <- nil
	}
	return r
}

// ask returns the answer to a question of one line. It skips the test where a library is
// missing.
func (r recomputers) ask(t *testing.T, question []byte) (answer []byte, err error) {
	t.Helper()
	needPython(t)
	one := <-r
	defer func() { r <- one }()
	if one == nil {
		if one, err = startRecomputer(); err != nil {
			return nil, fmt.Errorf("start testdata/recompute.py: %w", err)
		}
	}
	if answer, err = one.ask(question); err != nil {
		err = errors.Join(err, one.close())
		one = nil
	}
	return answer, err
}

// close ends the processes. None may be asked any more.
func (r recomputers) close() {
	for range cap(r) {
		if one := <-r; one != nil {
			_ = one.close()
		}
	}
}

// startRecomputer starts a process that outlives the test that needs it first.
func startRecomputer() (*recomputer, error) {
	r := &recomputer{command: exec.CommandContext(context.Background(), "python3", "testdata/recompute.py")}
	r.command.Stderr = os.Stderr
	stdout, err := r.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if r.stdin, err = r.command.StdinPipe(); err != nil {
		return nil, err
	}
	r.stdout = bufio.NewReader(stdout)
	return r, r.command.Start()
}

func (r *recomputer) ask(question []byte) ([]byte, error) {
	if _, err := r.stdin.Write(append(question, '\n')); err != nil {
		return nil, err
	}
	return r.stdout.ReadBytes('\n')
}

func (r *recomputer) close() error {
	return errors.Join(r.stdin.Close(), r.command.Wait())
}
