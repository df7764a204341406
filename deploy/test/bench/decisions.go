package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"github.com/drift-exporter/drift_exporter/collector"
	"github.com/drift-exporter/drift_exporter/collector/command"
	"github.com/drift-exporter/drift_exporter/collector/monitor"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite"
)

// watched are exporters with different collectors, in the order in which they are measured.
var watched = []struct {
	name string
	with func(name string) bool
}{
	{"none", func(n string) bool { return n != "decision" && n != "challenger" && isDefault(n) }},
	{"default", isDefault},
	{"all", func(n string) bool { return n == "segments" || isDefault(n) }},
	{"impact", func(n string) bool { return n == "accuracy_impact" || isDefault(n) }},
}

func isDefault(name string) bool { return slices.Contains(collector.Defaults(), name) }

// deciding measures what the collectors about decisions add to the processor time of a scrape, in
// this process and without HTTP. Before each, 500 predictions, their shadows and their outcomes are written, and the
// clock goes on by half a minute, after which they are mature.
func deciding(ctx context.Context, s settings) (*bench, error) {
	bodies, err := loanBodies()
	if err != nil {
		return nil, err
	}
	clock := time.Unix(0, newestRow)
	now := func() time.Time { return clock }
	path := filepath.Join(s.dir, "decisions.db")
	writer, err := sqlite.OpenWriter(ctx, path, sqlite.WriterOptions{Now: now})
	if err != nil {
		return nil, err
	}
	closing := []func() error{writer.Close}
	closeAll := func() error {
		var errs []error
		for _, c := range slices.Backward(closing) {
			errs = append(errs, c())
		}
		return errors.Join(errs...)
	}
	write := func() error {
		clock = clock.Add(30 * time.Second)
		batch := make([]predictionlog.Prediction, 500)
		for i := range batch {
			b := &bodies[i%len(bodies)]
			batch[i] = predictionlog.Prediction{Model: loanModel, Version: "1", Features: b.features, Score: b.score, Class: b.class, Latency: 50 * time.Microsecond}
		}
		records, err := writer.Append(ctx, batch)
		if err != nil {
			return err
		}
		outcomes := make([]predictionlog.Feedback, len(records))
		for i := range records {
			batch[i].Version, batch[i].ShadowOf = "2", &records[i].ID
			outcomes[i] = predictionlog.Feedback{PredictionID: &records[i].ID, Outcome: fmt.Sprint(i % 5 / 4), Confidence: 1}
		}
		if _, err := writer.Append(ctx, batch); err != nil {
			return err
		}
		_, err = writer.AppendOutcomes(ctx, outcomes)
		return err
	}
	monitors := make([]*monitor.Monitor, len(watched))
	for i, w := range watched {
		o := command.Defaults()
		o.Log, o.Now, o.Window.Predictions, o.Window.Maturity, o.BootstrapSamples = path, now, 1000, time.Second, 99
		for _, name := range collector.Names() {
			if w.with(name) {
				o.Enabled = append(o.Enabled, name)
			}
		}
		if monitors[i], err = monitor.New(o); err != nil {
			return nil, errors.Join(err, closeAll())
		}
		closing = append(closing, monitors[i].Close)
	}
	// scrape returns how many seconds of the processor each scrape takes after a write. The first one differs each
	// time, because it has the processor's caches to itself.
	turn := 0
	scrape := func() ([]float64, error) {
		if err := write(); err != nil {
			return nil, err
		}
		took := make([]float64, len(monitors))
		for i := range monitors {
			at := (i + turn) % len(monitors)
			began, err := processorTime()
			if err != nil {
				return nil, err
			}
			if _, err := monitors[at].Gatherer(ctx, nil).Gather(); err != nil {
				return nil, err
			}
			ended, err := processorTime()
			if err != nil {
				return nil, err
			}
			took[at] = ended - began
		}
		turn++
		return took, nil
	}
	for range 8 { // full windows, with their null distributions
		if _, err := scrape(); err != nil {
			return nil, errors.Join(err, closeAll())
		}
	}
	return &bench{
		probes: []probe{func(_ context.Context, out sample) error {
			all := make([]spread, len(monitors))
			for range 40 {
				took, err := scrape()
				if err != nil {
					return err
				}
				for i, x := range took {
					all[i] = append(all[i], x)
				}
			}
			for i, w := range watched {
				out[w.name] = all[i].median()
			}
			return nil
		}},
		rows: []row{
			{what: "processor time of a scrape with decision, challenger and segments", ours: "all", floor: "none", beside: "without these collectors", unit: duration},
			{what: "decision and challenger alone", ours: "default", floor: "none", beside: "without these collectors", unit: duration},
			{what: "accuracy_impact", ours: "impact", floor: "default", beside: "the default collectors", unit: duration},
		},
		close: closeAll,
	}, nil
}
