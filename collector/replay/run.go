package replay

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/drift-exporter/drift_exporter/collector"
	"github.com/drift-exporter/drift_exporter/collector/window"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
)

// run is the replay of a history with one setting.
type run struct {
	setting Setting
	specs   []window.Spec
	step    time.Duration
	every   time.Duration // time between two entries in metrics
	metrics *recorder     // nil: none are wanted
	result  *Result

	rows   atomic.Int64 // read so far
	moment atomic.Int64 // that was reached, ns since 1970
}

// newRun loads what is watched.
func newRun(s Setting, o *Options) (*run, error) {
	s.Watch.Log = o.Log
	if o.CSV != nil {
		s.Watch.Log = o.CSV.Path
	}
	specs, err := collector.Load(s.Watch)
	if err != nil {
		return nil, err
	}
	return &run{setting: s, specs: specs, step: o.Step, every: o.MetricsStep, result: &Result{Setting: s.Name, Flags: s.Flags}}, nil
}

// replay fills in the result and the metrics.
func (r *run) replay(ctx context.Context, h history) (err error) {
	s, err := h.open()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	o := &r.setting.Watch
	o.Window.Bare = o.Sequential && r.metrics == nil // Nobody looks at p-values.
	past := newPast(s, max(o.Window.Lookback, int64(o.Window.Predictions)))
	windows, stop, err := collector.Follow(past, r.specs, *o)
	if err != nil {
		return err
	}
	defer stop()
	w := walk{past: past, window: windows, step: int64(r.step), age: int64(o.Window.Duration)}
	if r.metrics != nil {
		w.shown = int64(r.every)
	}
	w.visit = func(s *window.Snapshot) error {
		r.result.add(s, o.Detected)
		r.rows.Store(past.read)
		r.moment.Store(s.Time.UnixNano())
		if r.metrics == nil || s.Time.UnixNano()%int64(r.every) != 0 {
			return nil
		}
		return r.metrics.add(s.Time, collector.Of(s, *o, nil))
	}
	err = w.run(ctx)
	for _, m := range r.result.Models {
		if rows := past.rows[predictionlog.Key{Model: m.Name, Version: m.Version}]; rows != nil {
			m.Rows = *rows
		}
	}
	return err
}
