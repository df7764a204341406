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

// scrape is one reading of the log, and the metrics that the collectors make from it. It
// carries the context of its request because prometheus.Gatherer takes none.
type scrape struct {
	ctx     context.Context
	monitor *Monitor
	entries []collector.Entry
}

// Gather implements prometheus.Gatherer. Cacheable collectors run concurrently. Those
// that read the clock are cheap: they share one registry with the scrape's own metrics.
func (s *scrape) Gather() ([]*dto.MetricFamily, error) {
	now, cache, release := s.monitor.snapshot(s.ctx)
	defer release()
	parts, refused := make([][]*dto.MetricFamily, len(s.entries)+1), make([]error, len(s.entries)+2)
	runs := make([]collector.Result, len(s.entries))
	var running sync.WaitGroup
	for i := range s.entries {
		e, start := &s.entries[i], time.Now()
		if families, ok := cache.get(e, now); ok {
			parts[i], runs[i] = families, collector.Result{Name: e.Name(), Success: true, Took: time.Since(start)}
		} else if !e.ReadsClock() {
			running.Go(func() {
				start := time.Now()
				var incomplete error
				parts[i], incomplete, refused[i] = cache.gather(e, now)
				runs[i] = s.ran(e, incomplete, start)
			})
		}
	}
	running.Wait()
	last := len(s.entries)
	parts[last], refused[last] = gathered(func(ch chan<- prometheus.Metric) {
		for i := range s.entries {
			if e, start := &s.entries[i], time.Now(); e.ReadsClock() {
				runs[i] = s.ran(e, e.Run(now, ch), start)
			}
		}
		collector.CollectLog(now, ch)
		collector.CollectFleet(now, ch)
		collector.CollectRuns(runs, ch)
		s.monitor.collectReload(ch)
	})
	families, err := merged(slices.Concat(parts...))
	refused[last+1] = err
	return families, errors.Join(refused...)
}

// ran returns the result of a collector, and logs why it was not a success.
func (s *scrape) ran(e *collector.Entry, err error, start time.Time) collector.Result {
	switch {
	case errors.Is(err, collector.ErrPanicked):
		s.monitor.options.Logger.Error("collector panicked, please report it", "collector", e.Name(), "err", err)
	case err != nil:
		s.monitor.options.Logger.Debug("collector incomplete", "collector", e.Name(), "err", err)
	}
	return collector.Result{Name: e.Name(), Success: err == nil, Took: time.Since(start)}
}

// collectReload sends the result of the last reload.
func (m *Monitor) collectReload(ch chan<- prometheus.Metric) {
	m.mu.Lock()
	ok, at := m.reloadedOK, m.reloaded
	m.mu.Unlock()
	collector.CollectReload(ok, at, ch)
}

// snapshot reads the log within ctx. The snapshot, and the cache of the families that
// earlier ones led to, may be used until release.
func (m *Monitor) snapshot(ctx context.Context) (s *snapshot.Snapshot, cache *familyCache, release func()) {
	now := m.options.Now()
	g := m.acquire()
	if g == nil {
		return &snapshot.Snapshot{Time: now, Err: errClosed}, &familyCache{}, func() {}
	}
	read := *g.source.Snapshot(ctx, now)
	read.Loads = m.remotes.loads()
	s = &read
	m.note(s.Err)
	return s, &g.made, g.release
}

// note logs when the log can no longer be read, can be read again, or fails for another
// reason than before. It does not repeat itself at every scrape.
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
		return // The client disconnected: that is no fault of the log.
	case failure != m.failure:
		m.options.Logger.Error("cannot read the prediction log", "path", m.options.Log, "err", err)
	}
	m.failure = failure
	m.opened = m.opened || err == nil
}
