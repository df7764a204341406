package main

import (
	"fmt"

	"github.com/drift-exporter/drift_exporter/collector/drift"
)

const (
	tickSeconds   = 15
	ticksPerDay   = 24 * 3600 / tickSeconds
	rowsPerTick   = 15 // one a second
	knownRows     = 100_000
	distributions = 13
)

// windows are the window sizes through which streams are watched.
var windows = [...]int64{100, 1000, 10_000}

// promised are the options of the detectors: one false alarm a month over 13 distributions.
var promised = drift.DetectorOptions{Tolerance: 0.02, FalseAlarmsPerMonth: 1, Distributions: distributions}

// watch is the window of the newest rows of a stream, with its detector.
type watch struct {
	reference []int64
	novelty   drift.Novelty
	ring      []uint8
	next      int
	rows      int64 // so far
	counts    []int64
	detector  *drift.Detector
	nulls     map[int64]*drift.Null
	seed      uint64
	alarms    int
}

func newWatch(reference []int64, size int64, o drift.DetectorOptions, seed uint64) *watch {
	return &watch{
		reference: reference, ring: make([]uint8, size), counts: make([]int64, len(reference)),
		detector: drift.NewDetector(reference, o), nulls: map[int64]*drift.Null{}, seed: seed,
	}
}

// tick adds the rows of one tick, which are given in two forms.
func (w *watch) tick(rows []uint8, pieces *drift.Pieces) error {
	for _, b := range rows {
		if w.full() {
			w.counts[w.ring[w.next]]--
		}
		w.ring[w.next] = b
		w.counts[b]++
		w.rows++
		if w.next++; w.next == len(w.ring) {
			w.next = 0
		}
	}
	before := w.detector.Detected()
	err := w.detector.Tick(drift.Tick{Rows: pieces, Window: w.counts, Null: w.null})
	if err != nil {
		return fmt.Errorf("fold a tick: %w", err)
	}
	if !before && w.detector.Detected() {
		w.alarms++
	}
	return nil
}

func (w *watch) full() bool { return w.rows >= int64(len(w.ring)) }

// null returns the null distribution for windows as large as the present one.
func (w *watch) null(n int64) (*drift.Null, error) {
	if w.nulls[n] == nil {
		w.nulls[n] = w.novelty.NewNull(w.reference, n, drift.DefaultSamples, w.seed+uint64(n))
	}
	return w.nulls[n], nil
}

// stream is the traffic of one distribution, watched through windows of several sizes.
type stream struct {
	watches []*watch
	pieces  *drift.Pieces
	rows    []uint8
}

func newStream(reference []int64, o drift.DetectorOptions, seed uint64, sizes ...int64) *stream {
	s := &stream{pieces: drift.NewPieces(len(reference))}
	for _, size := range sizes {
		s.watches = append(s.watches, newWatch(reference, size, o, seed))
	}
	return s
}

// tick adds the rows that traffic returns.
func (s *stream) tick(traffic func(rows []uint8) []uint8) error {
	s.rows = traffic(s.rows[:0])
	s.pieces.Reset()
	for _, b := range s.rows {
		s.pieces.Add(int(b))
	}
	for _, w := range s.watches {
		if err := w.tick(s.rows, s.pieces); err != nil {
			return err
		}
	}
	return nil
}
