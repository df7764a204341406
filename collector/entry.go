package collector

import (
	"errors"
	"fmt"
	"runtime/debug"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/drift-exporter/drift_exporter/collector/snapshot"
)

// ErrPanicked is part of the error of a collector that panicked.
var ErrPanicked = errors.New("panic")

// Run collects from a snapshot. The error says which data was missing.
func (e *Entry) Run(s *snapshot.Snapshot, ch chan<- prometheus.Metric) (err error) {
	if e.needsLog && s.Err != nil {
		return s.Err
	}
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: %v\n%s", ErrPanicked, p, debug.Stack())
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

// ReadsClock reports whether the collector's metrics depend on the time of the scrape.
func (e *Entry) ReadsClock() bool { return e.parts&snapshot.PartClock != 0 }

// Cacheable reports whether the metrics that the collector makes from a snapshot may be
// shown again.
func (e *Entry) Cacheable(s *snapshot.Snapshot) bool {
	return !e.ReadsClock() && (s.Err == nil || !e.needsLog)
}

// Same reports whether the collector surely makes the same metrics from two snapshots.
// When it returns false they may still be the same.
func (e *Entry) Same(a, b *snapshot.Snapshot) bool { return snapshot.Same(a, b, e.parts) }
