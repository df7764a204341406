package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// memory is what an exporter with a window of a million rows takes above one
// that has nothing to read.
func memory(ctx context.Context, s settings) (*bench, error) {
	bodies, err := loanBodies()
	if err != nil {
		return nil, err
	}
	rows := 1_000_000
	if s.quick {
		rows = 10_000
	}
	path, err := makeLog(ctx, s.dir, "memory.db", rows, 1, bodies)
	if err != nil {
		return nil, err
	}
	measured := false
	resident := func(name, path string, window int) probe {
		return func(ctx context.Context, out sample) (err error) {
			if measured {
				return nil // once is enough
			}
			p, err := startPage(ctx, fmt.Sprintf("%s:%d", watching, window), path)
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, p.close()) }()
			if _, err := settled(p, func() error { return nil }); err != nil {
				return err
			}
			out[name], err = residentBytes(p.cmd.Process.Pid)
			if idle, both := out["idle"]; both {
				out["window"] -= idle
				measured = true
			}
			return err
		}
	}
	return &bench{
		probes: []probe{resident("window", path, rows), resident("idle", filepath.Join(s.dir, "absent.db"), 1000)},
		rows: []row{{
			what: "memory of a window of 1e6, above an idle exporter", ours: "window", unit: mebibytes, goal: atMost(64 << 20),
		}},
	}, nil
}

// residentBytes is the memory that a process has.
func residentBytes(pid int) (float64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		return 0, err
	}
	fields := strings.Fields(string(text))
	pages, err := strconv.ParseFloat(fields[1], 64)
	return pages * float64(os.Getpagesize()), err
}

// cpuSeconds is the processor time that a process has used.
func cpuSeconds(pid int) (float64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	user, err := strconv.ParseFloat(fields[11], 64)
	if err != nil {
		return 0, err
	}
	system, err := strconv.ParseFloat(fields[12], 64)
	const ticks = 100 // a second, on every Linux
	return (user + system) / ticks, err
}
