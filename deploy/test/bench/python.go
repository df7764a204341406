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
	"syscall"

	"github.com/drift-exporter/drift_exporter/deploy/test/process"
)

//go:embed python.py
var pythonService []byte

// python is the predictor beside the usual Python service, which keeps nothing.
func python(ctx context.Context, s settings) (*bench, error) {
	const n = 16
	b := &bench{rows: []row{{
		what: "requests a second, 16 clients, against Flask", ours: key(diskLog, n), floor: "flask",
		beside: "gunicorn, Flask, scikit-learn, nothing durable", unit: perSecond, goal: atLeast(15),
	}}}
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
	b.close = func() error { return errors.Join(f.close(), service.Stop()) }
	if err := f.rate(ctx, b, s, diskLog, n); err != nil {
		return nil, err
	}
	flask, err := connect(ctx, service.Address, n, f.posts)
	if err != nil {
		return nil, err
	}
	f.clients = append(f.clients, flask)
	b.probes = append(b.probes, func(ctx context.Context, out sample) (err error) {
		out["flask"], err = flask.ask(ctx, s.span)
		return err
	})
	return b, nil
}

// startGunicorn starts service.py of the directory, with one worker and eight
// threads, and waits until it answers.
func startGunicorn(ctx context.Context, dir string) (*process.Process, error) {
	cmd := exec.CommandContext(ctx, "python3", "-m", "gunicorn", "--bind=127.0.0.1:0", "--workers=1", "--threads=8", "--keep-alive=60", "--chdir="+dir, "service:app") // #nosec G204 -- our own
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	return process.Await(cmd, regexp.MustCompile(`Listening at: http://(\S+)`), regexp.MustCompile(`Booting worker`))
}
