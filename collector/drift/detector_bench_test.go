package drift

import (
	"slices"
	"testing"
)

// benchmarkTick adds ticks of 15 rows at K = 10 to a window of 1005, after a day of traffic with
// these shares.
func benchmarkTick(b *testing.B, shares []float64) {
	s := newStream(sampleOf(equalShares(10), 100_000, 1), 67, usual, 2)
	rows := rowsOf(shares)
	for range 6000 {
		s.tick(b, rows)
	}
	var ticks [4096]Tick
	for i := range ticks {
		s.tick(b, rows)
		ticks[i] = Tick{Rows: s.pieces, Window: slices.Clone(s.window), Null: s.null}
		s.pieces = NewPieces(len(shares))
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if err := s.detector.Tick(ticks[i%len(ticks)]); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkTickQuiet(b *testing.B)   { benchmarkTick(b, equalShares(10)) }
func BenchmarkTickInDrift(b *testing.B) { benchmarkTick(b, shifted(.5, 1)) }

func BenchmarkPiecesAdd(b *testing.B) {
	p := NewPieces(12)
	for b.Loop() {
		p.Add(7)
		if p.Rows() == 2*PieceSize {
			p.Reset()
		}
	}
}

func BenchmarkDetectorClone(b *testing.B) {
	d := NewDetector(sampleOf(equalShares(10), 100_000, 1), usual)
	b.ReportAllocs()
	for b.Loop() {
		d.Clone()
	}
}

func BenchmarkG(b *testing.B) {
	reference, window := sampleOf(equalShares(10), 100_000, 1), sampleOf(equalShares(10), 1005, 2)
	for b.Loop() {
		G(reference, window)
	}
}

func BenchmarkGPValue(b *testing.B) {
	m := Moments{9, 18, .95}
	for b.Loop() {
		GPValue(50, 10, m)
	}
}

func BenchmarkNullG(b *testing.B) {
	for b.Loop() {
		NewNull(sampleOf(equalShares(10), 300_000, 1), 1005, 9, 1).G()
	}
}

func BenchmarkDetectorAfter(b *testing.B) {
	reference := sampleOf(equalShares(10), 100_000, 1)
	d := NewDetector(reference, usual)
	tick := Tick{Rows: piecesOf(1, 2, 1, 2, 1, 2, 1, 2, 1, 2), Window: reference}
	b.ReportAllocs()
	var c Detector
	for b.Loop() {
		if err := d.After(&c, tick); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkDesignPeriod is the end of a period, once in 8,192 rows.
func BenchmarkDesignPeriod(b *testing.B) {
	d := learned(10, 6000, 1, alike(20, 10))
	b.ReportAllocs()
	for b.Loop() {
		d.endPeriod()
	}
}
