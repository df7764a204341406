package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"

	"github.com/drift-exporter/drift_exporter/deploy/test/process"
)

//go:embed python.py
var pythonService []byte

// python compares the predictor with the usual Python service, which stores nothing.
func python(ctx context.Context, s settings) (*bench, error) {
	const n = 16
	const beside = "gunicorn, Flask, scikit-learn, nothing durable"
	b := &bench{rows: []row{
		{what: "requests a second, 16 clients, against Flask", ours: key(diskLog, n), floor: "flask", beside: beside, unit: perSecond, goal: atLeast(15)},
		{what: "processor time of a request, 16 clients, against Flask", ours: "our processor time", floor: "Flask's processor time", beside: beside, unit: duration},
		{what: "one fdatasync of 400 bytes in the same rounds", ours: fdatasync, unit: duration},
	}}
	if out, err := exec.CommandContext(ctx, "python3", "-c", "import flask, gunicorn, sklearn, scipy").CombinedOutput(); err != nil {
		return b, notRun{fmt.Sprintf("python3 cannot import flask, gunicorn, sklearn and scipy (%v%.0s)", err, out)}
	}
	script := filepath.Join(s.dir, "service.py")
	if err := os.WriteFile(script, pythonService, 0o600); err != nil {
		return nil, err
	}
	service, err := startGunicorn(ctx, s.dir)
	if err != nil {
		return nil, err
	}
	f, err := startFleet(ctx, s, diskLog)
	if err != nil {
		return nil, errors.Join(err, service.Stop())
	}
	syncing, end, err := fdatasyncs(s)
	if err != nil {
		return nil, errors.Join(err, f.close(), service.Stop())
	}
	b.close = func() error { return errors.Join(f.close(), service.Stop(), end()) }
	b.probes = append(b.probes, syncing)
	for _, server := range []struct {
		rate, processor, address string
		pid                      int
	}{
		{key(diskLog, n), "our processor time", f.servers[diskLog].address, f.servers[diskLog].cmd.Process.Pid},
		{"flask", "Flask's processor time", service.Address, service.PID},
	} {
		c, err := connect(ctx, server.address, n, f.posts)
		if err != nil {
			return nil, errors.Join(err, b.close())
		}
		f.clients = append(f.clients, c)
		b.probes = append(b.probes, func(ctx context.Context, out sample) error {
			before, err := familySeconds(server.pid)
			if err != nil {
				return err
			}
			if out[server.rate], err = c.ask(ctx, s.span); err != nil {
				return err
			}
			after, err := familySeconds(server.pid)
			out[server.processor] = (after - before) / float64(c.waits.Count())
			return err
		})
	}
	return b, nil
}

// familySeconds returns the processor time of a process and its current children. The worker of
// gunicorn is a child.
func familySeconds(pid int) (float64, error) {
	sum, err := process.CPUSeconds(pid)
	if err != nil {
		return 0, err
	}
	lists, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	if err != nil {
		return 0, err
	}
	for _, list := range lists {
		children, err := os.ReadFile(list) // #nosec G304 -- of /proc
		if err != nil {
			return 0, err
		}
		for child := range strings.FieldsSeq(string(children)) {
			number, err := strconv.Atoi(child)
			if err != nil {
				return 0, err
			}
			seconds, err := familySeconds(number)
			if err != nil {
				return 0, err
			}
			sum += seconds
		}
	}
	return sum, nil
}

// startGunicorn starts service.py of the directory, with one worker and eight
// threads, and waits until it answers.
func startGunicorn(ctx context.Context, dir string) (*process.Process, error) {
	cmd := exec.CommandContext(ctx, "python3", "-m", "gunicorn", "--bind=127.0.0.1:0", "--workers=1", "--threads=8", "--keep-alive=60", "--chdir="+dir, "service:app") // #nosec G204 -- our own
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	return process.Await(cmd, regexp.MustCompile(`Listening at: http://(\S+)`), regexp.MustCompile(`Booting worker`))
}
