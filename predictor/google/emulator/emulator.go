// Package emulator starts an emulator of BigQuery for the tests of this module.
// It is bqemulator, a Python package that translates BigQuery's SQL to DuckDB's
// and speaks the REST interface and the Storage Write API. Where it differs from
// BigQuery as far as we use it is in the README.md of collector/bigquery and of
// predictor/ship/bigquery.
package emulator

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/api/option"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

//go:embed emulator.py
var script string

// startTime is how long a start may take: 1.5 s of a processor, mostly imports.
const startTime = 2 * time.Minute

// Emulator is a running emulator. It takes any project, without credentials.
type Emulator struct {
	// REST is the address of its REST interface, "http://127.0.0.1:1234", GRPC
	// that of its Storage Write API, "127.0.0.1:1235".
	REST, GRPC string

	stdin   io.Closer
	command *exec.Cmd
}

var shared struct {
	once     sync.Once
	emulator *Emulator
	missing  string
}

// Shared returns the emulator of the test binary, which it starts when it is the
// first to ask, with its tables in memory; it ends with the test binary. Tests
// keep apart by using datasets of their own. It skips a test where python3 on
// PATH cannot import bqemulator.
func Shared(t testing.TB) *Emulator {
	t.Helper()
	shared.once.Do(func() { shared.emulator, shared.missing = start(context.Background(), "") })
	return shared.emulator.orSkip(t, shared.missing)
}

// Start starts an emulator that keeps its tables in dir, and stops it when the
// test ends. It skips a test as Shared does.
func Start(t testing.TB, dir string) *Emulator {
	t.Helper()
	e, missing := start(t.Context(), dir)
	e.orSkip(t, missing)
	t.Cleanup(e.Kill)
	return e
}

// Run starts an emulator outside of a test, with its tables in memory.
func Run(ctx context.Context) (*Emulator, error) {
	e, missing := start(ctx, "")
	if missing != "" {
		return nil, errors.New(missing)
	}
	return e, nil
}

func (e *Emulator) orSkip(t testing.TB, missing string) *Emulator {
	t.Helper()
	switch {
	case strings.Contains(missing, "ModuleNotFoundError") || strings.Contains(missing, exec.ErrNotFound.Error()):
		t.Skipf("needs python3 with the package bqemulator (pip install bqemulator numpy): %s", missing)
	case missing != "":
		t.Fatalf("start bqemulator: %s", missing)
	}
	return e
}

// start returns an emulator whose tables are in dir, in memory when it is "", or
// why there is none.
func start(ctx context.Context, dir string) (*Emulator, string) {
	var stderr bytes.Buffer
	e := &Emulator{command: exec.CommandContext(ctx, "python3", "-c", script, dir)} //nolint:gosec // The script is the one beside this file.
	e.command.Stderr = &stderr
	stdin, err := e.command.StdinPipe()
	if err != nil {
		return nil, err.Error()
	}
	stdout, err := e.command.StdoutPipe()
	if err != nil {
		return nil, err.Error()
	}
	if err := e.command.Start(); err != nil {
		return nil, err.Error()
	}
	e.stdin = stdin
	slow := time.AfterFunc(startTime, func() { _ = e.command.Process.Kill() })
	err = json.NewDecoder(stdout).Decode(e)
	if err == nil && slow.Stop() {
		return e, ""
	}
	e.Kill() // Waits, so that stderr is whole.
	lines := strings.Split(strings.TrimSpace(stderr.String()), "\n")
	return nil, lines[len(lines)-1]
}

// Kill ends the emulator as kill -9 does. A second call does nothing.
func (e *Emulator) Kill() {
	_ = e.command.Process.Kill()
	_ = e.command.Wait()
	_ = e.stdin.Close()
}

// ClientOptions make a client of cloud.google.com/go/bigquery talk to the emulator.
func (e *Emulator) ClientOptions() []option.ClientOption {
	return []option.ClientOption{option.WithEndpoint(e.REST + "/bigquery/v2/"), option.WithoutAuthentication()}
}

// WriterOptions make a client of cloud.google.com/go/bigquery/storage/managedwriter
// talk to the emulator.
func (e *Emulator) WriterOptions() []option.ClientOption {
	return []option.ClientOption{
		option.WithEndpoint(e.GRPC), option.WithoutAuthentication(),
		option.WithGRPCDialOption(grpc.WithTransportCredentials(insecure.NewCredentials())),
	}
}
