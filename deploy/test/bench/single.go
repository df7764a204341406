package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"github.com/drift-exporter/drift_exporter/predictor/simulate/load"
)

// single is one client alone: it waits for one prediction, and the floor for one
// fdatasync of a record's bytes.
func single(ctx context.Context, s settings) (*bench, error) {
	f, err := startFleet(ctx, s, diskLog)
	if err != nil {
		return nil, err
	}
	one, err := connect(ctx, f.servers[diskLog].address, 1, f.posts)
	if err != nil {
		return nil, err
	}
	f.clients = append(f.clients, one)
	file, err := os.Create(filepath.Join(s.dir, "fdatasync")) // #nosec G304 -- in our own directory
	if err != nil {
		return nil, err
	}
	const size, record = 4 << 20, 400
	if _, err := file.Write(make([]byte, size)); err != nil {
		return nil, err
	}
	if err := file.Sync(); err != nil {
		return nil, err
	}
	var offset int64
	bytes := make([]byte, record)
	syncs := load.NewLatencies()
	return &bench{
		probes: []probe{
			func(ctx context.Context, out sample) error {
				if _, err := one.ask(ctx, s.span); err != nil {
					return err
				}
				out["prediction"] = one.waits.Quantile(.5).Seconds()
				return nil
			},
			func(_ context.Context, out sample) error {
				syncs.Reset()
				for start := time.Now(); time.Since(start) < s.span; offset = (offset + record) % (size - record) {
					began := time.Now()
					if _, err := file.WriteAt(bytes, offset); err != nil {
						return err
					}
					if err := unix.Fdatasync(int(file.Fd())); err != nil {
						return err
					}
					syncs.Add(time.Since(began))
				}
				out["fdatasync"] = syncs.Quantile(.5).Seconds()
				return nil
			},
		},
		rows: []row{{
			what: "one client, median wait", ours: "prediction", floor: "fdatasync", beside: "one fdatasync of 400 bytes",
			unit: duration, goal: atMost(1.5),
		}},
		close: func() error { return errors.Join(f.close(), file.Close()) },
	}, nil
}
