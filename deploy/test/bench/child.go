package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/exporter-toolkit/web"

	"github.com/drift-exporter/drift_exporter/predictor"
	"github.com/drift-exporter/drift_exporter/predictor/model"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite"
)

// childCommand makes this program one of the servers that are measured:
//
//	bench child KIND FILE
const childCommand = "child"

// What a server does with a prediction.
const (
	bare    = "bare"  // does not even read it: net/http alone
	noLog   = "nolog" // the predictor, and nothing is kept
	rawLog  = "raw"   // the predictor, and a record goes to a pre-allocated file: see raw
	diskLog = "disk"  // the predictor as it is
)

// serveChild serves on a port that it prints, until stdin is closed. So no server outlives the
// program that started it.
func serveChild(ctx context.Context, args []string, stdin io.Reader, stdout io.Writer) error {
	if len(args) != 2 {
		return fmt.Errorf("usage: bench %s KIND FILE", childCommand)
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	go func() {
		_, _ = io.Copy(io.Discard, stdin) // its end is all that matters
		stop()
	}()
	kind, path := args[0], args[1]
	listening := func(a net.Addr) { fmt.Fprintln(stdout, a) }
	address, systemd, config := []string{"127.0.0.1:0"}, false, ""
	o := predictor.RunOptions{
		Model: model.Default(), LogPath: path, EnablePprof: true, Listening: listening,
		LogOptions: sqlite.WriterOptions{RetentionTime: 90 * 24 * time.Hour, Lookback: 262144}, // as the command has them
		Web:        &web.FlagConfig{WebListenAddresses: &address, WebSystemdSocket: &systemd, WebConfigFile: &config},
	}
	if address, found := strings.CutPrefix(kind, passing); found {
		return servePassing(ctx, address, listening)
	}
	if address, found := strings.CutPrefix(kind, proxied); found {
		return serveProxy(ctx, address, false, o)
	}
	if address, found := strings.CutPrefix(kind, unlogged); found {
		return serveProxy(ctx, address, true, o)
	}
	if what, argument, found := strings.Cut(kind, ":"); found {
		n, err := strconv.Atoi(argument)
		if err != nil {
			return err
		}
		if what == constants {
			return serveConstants(ctx, n, listening)
		}
		return serveExporter(ctx, n, path, listening)
	}
	switch kind {
	case bare:
		return serveBare(ctx, listening)
	case elsewhere:
		return serveElsewhere(ctx, listening)
	case noLog:
		return predictor.Serve(ctx, discard{}, nil, o)
	case rawLog:
		log, err := openRaw(path)
		if err != nil {
			return err
		}
		return errors.Join(predictor.Serve(ctx, log, nil, o), log.close())
	}
	return predictor.Run(ctx, o)
}

// serveBare gives every request the same answer, which is as long as a prediction.
func serveBare(ctx context.Context, listening func(net.Addr)) error {
	answer := []byte(strings.Repeat("x", 170) + "\n")
	return serveHandler(ctx, listening, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write(answer)
	}))
}

// discard is a log that accepts everything and keeps nothing.
type discard struct{}

func (discard) Append(_ context.Context, batch []predictionlog.Prediction) ([]predictionlog.Record, error) {
	return records(batch, 1234567), nil
}

func (d discard) AppendRequest(ctx context.Context, r predictionlog.Request) ([]predictionlog.Record, error) {
	return d.Append(ctx, r.Predictions)
}

// records returns the answer of a log that numbers the batch from first.
func records(batch []predictionlog.Prediction, first int64) []predictionlog.Record {
	all := make([]predictionlog.Record, len(batch))
	for i := range batch {
		p := &batch[i]
		all[i] = predictionlog.Record{ID: first + int64(i), RequestID: p.RequestID, Model: p.Model, Version: p.Version, Score: p.Score, Class: p.Class}
	}
	return all
}

func (discard) AppendOutcomes(context.Context, []predictionlog.Feedback) ([]predictionlog.Accepted, error) {
	return nil, errors.New("this log takes predictions only")
}

func (discard) Refuse(_, _, _ string) {}
func (discard) Ready() error          { return nil }

// child is a running server.
type child struct {
	address string
	cmd     *exec.Cmd
	stdin   io.Closer
}

// startChild starts this program as a server.
func startChild(ctx context.Context, kind, path string) (*child, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return start(exec.CommandContext(ctx, self, childCommand, kind, path)) // #nosec G204 -- this very program
}

// start starts a server that prints its address and stops when its stdin is closed.
func start(cmd *exec.Cmd) (*child, error) {
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	c := &child{cmd: cmd, stdin: stdin}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s did not say where it listens: %w", cmd, err), c.stop())
	}
	c.address = strings.TrimSpace(line)
	return c, nil
}

// stop ends the server.
func (c *child) stop() error { return errors.Join(c.stdin.Close(), c.cmd.Wait()) }

// stopAll stops several servers.
func stopAll(children ...*child) error {
	var errs []error
	for _, c := range children {
		if c != nil {
			errs = append(errs, c.stop())
		}
	}
	return errors.Join(errs...)
}
