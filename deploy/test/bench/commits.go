package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"time"

	"github.com/drift-exporter/drift_exporter/deploy/test/process"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite"
	"github.com/drift-exporter/drift_exporter/predictor/simulate/load"
)

// commits measures how much readers and retention delay a commit. A writer commits 16 rows again
// and again: alone, while an exporter is scraped a hundred times a second, and while the same
// number of old rows is deleted.
func commits(ctx context.Context, s settings) (*bench, error) {
	path := filepath.Join(s.dir, "commits.db")
	alone, err := openCommitter(ctx, path, sqlite.WriterOptions{})
	if err != nil {
		return nil, err
	}
	pruned, err := openCommitter(ctx, filepath.Join(s.dir, "pruned.db"), sqlite.WriterOptions{RetentionTime: time.Millisecond, Lookback: 1000})
	if err != nil {
		return nil, err
	}
	exporter, err := process.Start(ctx, s.binary, "exporter", path)
	if err != nil {
		return nil, err
	}
	scraper, err := connect(ctx, exporter.Address, 1, [][]byte{load.Get("/metrics", "gzip")})
	if err != nil {
		return nil, err
	}
	return &bench{
		probes: []probe{
			func(ctx context.Context, out sample) (err error) {
				out["alone"], err = alone.commit(ctx, s.span)
				return err
			},
			func(ctx context.Context, out sample) (err error) {
				ctx, stop := context.WithCancel(ctx)
				var scraping sync.WaitGroup
				var failed error
				scraping.Go(func() { failed = scraper.every(ctx, 10*time.Millisecond) })
				out["scraped"], err = alone.commit(ctx, s.span)
				stop()
				scraping.Wait()
				return errors.Join(err, failed)
			},
			func(ctx context.Context, out sample) (err error) {
				out["pruned"], err = pruned.commit(ctx, s.span)
				return err
			},
		},
		rows: []row{
			{what: "commit of 16 rows, p99, scraped 100 times a second", ours: "scraped", floor: "alone", beside: "alone", unit: duration, goal: atMost(1.5)},
			{what: "commit of 16 rows, p99, with retention", ours: "pruned", floor: "alone", beside: "alone", unit: duration, goal: atMost(1.2)},
		},
		close: func() error {
			return errors.Join(scraper.close(), exporter.Stop(), alone.log.Close(), pruned.log.Close())
		},
	}, nil
}

// every sends one request in each period until ctx ends.
func (c *clients) every(ctx context.Context, period time.Duration) error {
	tick := time.NewTicker(period)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if status, body, err := c.conns[0].Ask(c.requests[0]); err != nil || status != 200 {
			return fmt.Errorf("scrape: status %d: %.300s: %w", status, body, err)
		}
	}
}

// committer commits 16 rows at a time.
type committer struct {
	log   *sqlite.Writer
	rows  []predictionlog.Prediction
	waits *load.Latencies
	next  int
}

func openCommitter(ctx context.Context, path string, o sqlite.WriterOptions) (*committer, error) {
	c := &committer{waits: load.NewLatencies()}
	o.OnCommit = func(_ int, took time.Duration, _ error) { c.waits.Add(took) }
	bodies, err := loans()
	if err != nil {
		return nil, err
	}
	for i := range 16 {
		c.rows = append(c.rows, predictionlog.Prediction{Model: "loan_refinance", Version: "1", Features: bodies[i], Score: .5, Class: "1", Latency: time.Millisecond})
	}
	c.log, err = sqlite.OpenWriter(ctx, path, o)
	return c, err
}

// commit commits for a time span, and returns the 99th percentile of the commit times in seconds.
func (c *committer) commit(ctx context.Context, span time.Duration) (float64, error) {
	c.waits.Reset()
	for start := time.Now(); time.Since(start) < span; {
		for i := range c.rows {
			c.next++
			c.rows[i].RequestID = fmt.Sprintf("commit-%012d", c.next)
		}
		if _, err := c.log.Append(ctx, c.rows); err != nil {
			return 0, err
		}
	}
	return c.waits.Quantile(.99).Seconds(), nil
}
