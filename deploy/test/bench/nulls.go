package main

import (
	"context"
	"slices"
	"time"

	"github.com/drift-exporter/drift_exporter/collector/drift"
)

// nulls measures the time of a p-value at a scrape, and of drawing its null distribution once.
func nulls(context.Context, settings) (*bench, error) {
	bins := slices.Repeat([]int64{100_000}, 10)
	null := drift.NewNull(bins, 1000, drift.DefaultSamples, 1)
	return &bench{
		probes: []probe{
			func(_ context.Context, out sample) error {
				began := time.Now()
				null = drift.NewNull(bins, 1000, drift.DefaultSamples, 1)
				out["null"] = time.Since(began).Seconds()
				return nil
			},
			func(_ context.Context, out sample) error {
				const times = 100_000
				kl := null.Mean()
				began := time.Now()
				for range times {
					kl += 1e-9 * null.Test(kl, 1000, 1_000_000).PValue
				}
				out["p-value"] = time.Since(began).Seconds() / times
				return nil
			},
		},
		rows: []row{
			{what: "p-value at a scrape", ours: "p-value", unit: duration, goal: atMost(1e-6)},
			{what: "its null, 9999 draws, 10 bins", ours: "null", unit: duration, goal: atMost(15e-3)},
		},
	}, nil
}
