package collector

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"github.com/drift-exporter/drift_exporter/collector/snapshot"
)

var (
	up = prometheus.NewDesc("drift_up",
		"1 when this scrape read the prediction log to its newest row, else 0; always present.", nil, nil)
	collectorSuccess = prometheus.NewDesc("drift_scrape_collector_success",
		"1 when the collector had all it needed in this scrape, else 0; always present.", collectorLabels.given, nil)
	collectorDuration = prometheus.NewDesc("drift_scrape_collector_duration_seconds",
		"Time that the collector took in this scrape, in seconds, without reading the log; always present.", collectorLabels.given, nil)
	logSize = prometheus.NewDesc("drift_log_size_bytes",
		"Size of the prediction log and its write-ahead log, in bytes; absent when there is no log.", nil, nil)
	invalidRows = prometheus.NewDesc("drift_log_invalid_rows_total",
		"Rows of the prediction log whose features are not a JSON object, since the log began; lower is better.", nil, nil)
	seriesDropped = prometheus.NewDesc("drift_series_dropped",
		"What this page leaves out, by the reason: versions of the watched models that are in the log beyond --versions.max, and series of bins beyond --bins.max-series.", reasonLabels.given, nil)
	reloadSuccessful = prometheus.NewDesc("drift_exporter_config_last_reload_successful",
		"1 when the last attempt to load configuration and references succeeded, else 0 and the former ones are in use.", nil, nil)
	reloadTimestamp = prometheus.NewDesc("drift_exporter_config_last_reload_success_timestamp_seconds",
		"Time of the last successful load of configuration and references, in seconds since 1970.", nil, nil)
)

// scrape is one reading of the log and what the collectors make of it. It
// carries the context of its request because prometheus.Gatherer has no place
// for one.
type scrape struct {
	ctx     context.Context
	monitor *Monitor
	entries []entry
}

// outcome is how a collector fared.
type outcome struct {
	success bool
	took    time.Duration
}

// Gather implements prometheus.Gatherer. The collectors run at once: after a row has
// come all of them have something to do, and most machines have a second core. Those
// of which nothing is ever kept have little to do: they share a registry with what is
// told of the scrape itself.
func (s *scrape) Gather() ([]*dto.MetricFamily, error) {
	now, kept, release := s.monitor.snapshot(s.ctx)
	defer release()
	parts, refused := make([][]*dto.MetricFamily, len(s.entries)+1), make([]error, len(s.entries)+2)
	outcomes := make([]outcome, len(s.entries))
	var running sync.WaitGroup
	for i := range s.entries {
		e, start := &s.entries[i], time.Now()
		if families, ok := e.kept(now, kept); ok {
			parts[i], outcomes[i] = families, outcome{true, time.Since(start)}
		} else if e.lasts() {
			running.Go(func() {
				start := time.Now()
				var incomplete error
				parts[i], incomplete, refused[i] = e.gather(now, kept)
				outcomes[i] = s.outcome(e, incomplete, start)
			})
		}
	}
	running.Wait()
	last := len(s.entries)
	parts[last], refused[last] = gathered(func(ch chan<- prometheus.Metric) {
		for i := range s.entries {
			if e, start := &s.entries[i], time.Now(); !e.lasts() {
				outcomes[i] = s.outcome(e, e.run(now, ch), start)
			}
		}
		collectLog(now, ch)
		s.collectOwn(outcomes, ch)
	})
	families, err := merged(slices.Concat(parts...))
	refused[last+1] = err
	return families, errors.Join(refused...)
}

// outcome is how a collector fared that has ended; it logs why it was not a success.
func (s *scrape) outcome(e *entry, err error, start time.Time) outcome {
	switch {
	case errors.Is(err, errPanicked):
		s.monitor.options.Logger.Error("collector panicked, please report it", "collector", e.Name(), "err", err)
	case err != nil:
		s.monitor.options.Logger.Debug("collector incomplete", "collector", e.Name(), "err", err)
	}
	return outcome{err == nil, time.Since(start)}
}

// collectOwn tells how the collectors and the last reload fared.
func (s *scrape) collectOwn(outcomes []outcome, ch chan<- prometheus.Metric) {
	for i, o := range outcomes {
		labels := collectorLabels.with(s.entries[i].Name())
		gauge(ch, collectorSuccess, truth(o.success), labels)
		gauge(ch, collectorDuration, o.took.Seconds(), labels)
	}
	m := s.monitor
	m.mu.Lock()
	ok, at := m.reloadedOK, m.reloaded
	m.mu.Unlock()
	gauge(ch, reloadSuccessful, truth(ok), nil)
	gauge(ch, reloadTimestamp, seconds(at), nil)
}

// collectLog tells how the log could be read.
func collectLog(s *snapshot.Snapshot, ch chan<- prometheus.Metric) {
	gauge(ch, up, truth(s.Err == nil), nil)
	if s.LogSize != nil {
		gauge(ch, logSize, float64(*s.LogSize), nil)
	}
	if s.Err == nil {
		counter(ch, invalidRows, s.InvalidRows, nil)
		gauge(ch, seriesDropped, float64(s.DroppedVersions), reasonLabels.with("versions"))
	}
}

// snapshot reads the log within ctx. What it returns may be used until release;
// kept is what was made of the snapshots before.
func (m *Monitor) snapshot(ctx context.Context) (s *snapshot.Snapshot, k *keep, release func()) {
	now := m.options.Now()
	g := m.acquire()
	if g == nil {
		return &snapshot.Snapshot{Time: now, Err: errClosed}, &keep{}, func() {}
	}
	read := *g.window.Snapshot(ctx, now)
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

var errPanicked = errors.New("panic")

// run collects, and returns what it had to do without.
func (e *entry) run(s *snapshot.Snapshot, ch chan<- prometheus.Metric) (err error) {
	if e.needsLog && s.Err != nil {
		return s.Err
	}
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: %v\n%s", errPanicked, p, debug.Stack())
		}
	}()
	e.Collect(s.Only(e.parts), ch)
	if e.nulls == nil {
		return nil
	}
	for i := range s.Models {
		if err := e.nulls(&s.Models[i]); err != nil {
			return err
		}
	}
	return nil
}
