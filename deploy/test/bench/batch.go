package main

import (
	"bytes"
	"context"

	"github.com/drift-exporter/drift_exporter/predictor/simulate/load"
)

// batch requests predictions with 16 clients, by the hundred and one by one.
func batch(ctx context.Context, s settings) (*bench, error) {
	f, err := startFleet(ctx, s, diskLog)
	if err != nil {
		return nil, err
	}
	b := &bench{close: f.close}
	const n, rows = 16, 100
	if err := f.rate(ctx, b, s, diskLog, n); err != nil {
		return nil, err
	}
	bodies, err := loans()
	if err != nil {
		return nil, err
	}
	array := append(append([]byte{'['}, bytes.Join(bodies[:rows], []byte{','})...), ']')
	hundreds, err := connect(ctx, f.servers[diskLog].address, n, [][]byte{load.Post("/predict", array)})
	if err != nil {
		return nil, err
	}
	f.clients = append(f.clients, hundreds)
	b.probes = append(b.probes, func(ctx context.Context, out sample) error {
		rate, err := hundreds.ask(ctx, s.span)
		out["by the hundred"] = rate * rows
		return err
	})
	b.rows = []row{{
		what: "durable predictions, 100 a request", ours: "by the hundred", floor: key(diskLog, n), beside: "one a request",
		unit: perSecond, goal: atLeast(4),
	}}
	return b, nil
}
