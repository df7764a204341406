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

// Run collects from a snapshot, and returns what it had to do without.
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

// Lasts reports whether what the collector makes may be the same at two scrapes.
func (e *Entry) Lasts() bool { return e.parts&snapshot.PartClock == 0 }

// Keeps reports whether what the collector makes of a snapshot may be shown again.
func (e *Entry) Keeps(s *snapshot.Snapshot) bool { return e.Lasts() && (s.Err == nil || !e.needsLog) }

// Same reports whether the collector makes the same of two snapshots. False says nothing.
func (e *Entry) Same(a, b *snapshot.Snapshot) bool { return snapshot.Same(a, b, e.parts) }
