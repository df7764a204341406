package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/drift-exporter/drift_exporter/deploy/test/process"
)

// memory measures how much more memory an exporter with a window of a million rows needs than an
// exporter that has nothing to read.
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
			out[name], err = process.ResidentBytes(p.cmd.Process.Pid)
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
