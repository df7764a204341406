package fleet

import (
	"fmt"
	"log/slog"
	"time"

	"github.com/drift-exporter/drift_exporter/collector/drift"
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
	"github.com/drift-exporter/drift_exporter/collector/window"
	"github.com/drift-exporter/drift_exporter/predictor/tick"
)

// Options say what is followed and how.
type Options struct {
	Specs []window.Spec
	Bins  drift.BinOptions
	// Window bounds the windows, by Duration only.
	Window window.Options
	// Samples is the number of draws of a null distribution.
	Samples int
	// Interval is --bigquery.interval, the time between two readings.
	Interval time.Duration
	// Lateness is --ship.lateness, how long after its end a tick waits for what is shipped late.
	Lateness time.Duration
	// Lookback is --bigquery.lookback and Labels --bigquery.label-lookback: the distance of two
	// anchors of the distributions, and of the outcomes.
	Lookback, Labels time.Duration
	// Costs returns what reading the log has cost; nil: nobody counts.
	Costs func() *snapshot.Costs
	// Logger receives messages for operators.
	Logger *slog.Logger
}

// Validate returns an error that names the flag of a wrong option.
func (o *Options) Validate() error {
	whole := func(d time.Duration) bool { return d > 0 && d%tick.Length == 0 }
	switch w := &o.Window; {
	case w.Predictions != 0:
		return fmt.Errorf("--window.predictions=%d: with --predictions.bigquery the window is bounded by --window.duration only; set --window.predictions=0", w.Predictions)
	case !whole(w.Duration):
		return fmt.Errorf("--window.duration=%v: with --predictions.bigquery it must be a multiple of %v above 0, such as 1h", w.Duration, tick.Length)
	case w.Blocks:
		return fmt.Errorf("--drift.dependence=block: needs the order of the rows, which --predictions.bigquery does not have; use independent")
	case !whole(o.Lookback) || o.Lookback < w.Duration:
		return fmt.Errorf("--bigquery.lookback=%v: must be a multiple of %v, and at least --window.duration=%v", o.Lookback, tick.Length, w.Duration)
	case !whole(o.Labels) || o.Labels < 2*o.Lookback:
		return fmt.Errorf("--bigquery.label-lookback=%v: must be a multiple of %v, and at least twice --bigquery.lookback=%v", o.Labels, tick.Length, o.Lookback)
	case o.Interval < time.Second:
		return fmt.Errorf("--bigquery.interval=%v: must be at least 1s, such as 1m", o.Interval)
	case o.Lateness < 0 || o.Lateness > time.Hour:
		return fmt.Errorf("--ship.lateness=%v: must be 0 to 1h, such as 2m", o.Lateness)
	}
	return nil
}
