package monitor

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"github.com/drift-exporter/drift_exporter/collector"
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
)

// scrape is one reading of the log and what the collectors make of it. It
// carries the context of its request because prometheus.Gatherer has no place
// for one.
type scrape struct {
	ctx     context.Context
	monitor *Monitor
	entries []collector.Entry
}

// Gather implements prometheus.Gatherer. The collectors run at once: after a row has
// come all of them have something to do, and most machines have a second core. Those
// that look at the clock have little to do: they share a registry with the metrics of the
// scrape itself.
func (s *scrape) Gather() ([]*dto.MetricFamily, error) {
	now, kept, release := s.monitor.snapshot(s.ctx)
	defer release()
	parts, refused := make([][]*dto.MetricFamily, len(s.entries)+1), make([]error, len(s.entries)+2)
	runs := make([]collector.Result, len(s.entries))
	var running sync.WaitGroup
	for i := range s.entries {
		e, start := &s.entries[i], time.Now()
		if families, ok := kept.get(e, now); ok {
			parts[i], runs[i] = families, collector.Result{Name: e.Name(), Success: true, Took: time.Since(start)}
		} else if e.Lasts() {
			running.Go(func() {
				start := time.Now()
				var incomplete error
				parts[i], incomplete, refused[i] = kept.gather(e, now)
				runs[i] = s.ran(e, incomplete, start)
			})
		}
	}
	running.Wait()
	last := len(s.entries)
	parts[last], refused[last] = gathered(func(ch chan<- prometheus.Metric) {
		for i := range s.entries {
			if e, start := &s.entries[i], time.Now(); !e.Lasts() {
				runs[i] = s.ran(e, e.Run(now, ch), start)
			}
		}
		collector.CollectLog(now, ch)
		collector.CollectRuns(runs, ch)
		s.monitor.collectReload(ch)
	})
	families, err := merged(slices.Concat(parts...))
	refused[last+1] = err
	return families, errors.Join(refused...)
}

// ran is how a collector fared that has ended; it logs why it was not a success.
func (s *scrape) ran(e *collector.Entry, err error, start time.Time) collector.Result {
	switch {
	case errors.Is(err, collector.ErrPanicked):
		s.monitor.options.Logger.Error("collector panicked, please report it", "collector", e.Name(), "err", err)
	case err != nil:
		s.monitor.options.Logger.Debug("collector incomplete", "collector", e.Name(), "err", err)
	}
	return collector.Result{Name: e.Name(), Success: err == nil, Took: time.Since(start)}
}

// collectReload sends how the last reload fared.
func (m *Monitor) collectReload(ch chan<- prometheus.Metric) {
	m.mu.Lock()
	ok, at := m.reloadedOK, m.reloaded
	m.mu.Unlock()
	collector.CollectReload(ok, at, ch)
}

// snapshot reads the log within ctx. What it returns may be used until release;
// kept is what was made of the snapshots before.
func (m *Monitor) snapshot(ctx context.Context) (s *snapshot.Snapshot, k *keep, release func()) {
	now := m.options.Now()
	g := m.acquire()
	if g == nil {
		return &snapshot.Snapshot{Time: now, Err: errClosed}, &keep{}, func() {}
	}
	read := *g.source.Snapshot(ctx, now)
	read.Loads = m.remotes.loads()
	s = &read
	m.note(s.Err)
	return s, &g.kept, g.release
}

// note logs when the log can no longer be read, can be read again, or fails in
// another way than before: not at every scrape.
func (m *Monitor) note(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	failure := ""
	if err != nil {
		failure = err.Error()
	}
	switch {
	case err == nil && (!m.opened || m.failure != ""):
		m.options.Logger.Info("reading the prediction log", "path", m.options.Log)
	case errors.Is(err, context.Canceled):
		return // Who asked has hung up: that says nothing about the log.
	case failure != m.failure:
		m.options.Logger.Error("cannot read the prediction log", "path", m.options.Log, "err", err)
	}
	m.failure = failure
	m.opened = m.opened || err == nil
}
