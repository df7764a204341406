package replay

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/drift-exporter/drift_exporter/collector"
	"github.com/drift-exporter/drift_exporter/collector/monitor"
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
	"github.com/drift-exporter/drift_exporter/collector/window"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
)

// run is the replay of a history with one setting.
type run struct {
	setting   Setting
	specs     []window.Spec
	step      time.Duration
	every     time.Duration // time between two entries in metrics
	metrics   *recorder     // nil: none are wanted
	hindsight *hindsight
	result    *Result

	rows   atomic.Int64 // read so far
	moment atomic.Int64 // that was reached, ns since 1970
}

// newRun loads the references of a setting.
func newRun(s Setting, o *Options) (*run, error) {
	s.Watch.Log = o.Log
	if o.Rows != nil {
		s.Watch.Log = o.Rows.Path
	}
	specs, err := monitor.Load(s.Watch)
	if err != nil {
		return nil, err
	}
	segments := 0
	if o.Segments {
		s.Watch.SegmentPairs, segments = true, s.Watch.SegmentLimits.Top
		if !slices.Contains(s.Watch.Enabled, "segments") {
			s.Watch.Enabled = append(slices.Clone(s.Watch.Enabled), "segments")
		}
	}
	return &run{setting: s, specs: specs, step: o.Step, every: o.MetricsStep, result: &Result{Setting: s.Name, Flags: s.Flags, decide: o.Decisions, segments: segments}}, nil
}

// replay fills in the result and the metrics.
func (r *run) replay(ctx context.Context, h history) (err error) {
	o := &r.setting.Watch
	alone := o.Sequential && r.metrics == nil && !r.result.decide && r.result.segments == 0 // Nobody looks at anything else than the detectors.
	o.Window.Bare, o.Window.Alarms = alone, alone
	s, err := h.open(r)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	past := newPast(s, max(o.Window.Lookback, int64(o.Window.Predictions)))
	past.hindsight = r.hindsight
	source, err := monitor.Follow(past, r.specs, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, source.Close()) }()
	w := walk{past: past, source: source, step: int64(r.step), age: int64(o.Window.Duration)}
	if r.metrics != nil {
		w.shown = int64(r.every)
	}
	judgement := o.Judgement()
	w.visit = func(s *snapshot.Snapshot) error {
		r.result.add(s, judgement)
		r.rows.Store(past.read)
		r.moment.Store(s.Time.UnixNano())
		if r.metrics == nil || s.Time.UnixNano()%int64(r.every) != 0 {
			return nil
		}
		return r.metrics.add(s.Time, collector.Page(s, o.Collectors(), o.Enabled))
	}
	if err := w.run(ctx); err != nil || ctx.Err() != nil {
		r.result.count(past.rows)
		return err
	}
	if r.result.count(past.rows) == 0 {
		return fmt.Errorf("no predictions match the watched models (log: %s, watched: %s): name the reference with --reference.file, or a configuration with --config.file",
			names(maps.Keys(past.rows), func(k predictionlog.Key) string { return k.Model }),
			names(slices.Values(r.specs), func(s window.Spec) string { return s.Name }))
	}
	return nil
}

// count fills in the number of predictions of each model, and returns the total.
func (r *Result) count(rows map[predictionlog.Key]*int64) (all int64) {
	for _, m := range r.Models {
		if n := rows[predictionlog.Key{Model: m.Name, Version: m.Version}]; n != nil {
			m.Rows = *n
			all += *n
		}
	}
	return all
}

// names lists names, each once.
func names[T any](of iter.Seq[T], name func(T) string) string {
	var all []string
	for o := range of {
		all = append(all, strconv.Quote(name(o)))
	}
	slices.Sort(all)
	return strings.Join(slices.Compact(all), ", ")
}
