package drift

import (
	"math"
	"slices"
	"sync"
	"testing"
)

// FuzzDetector adds any rows in any ticks. Whatever they are, the results must stay in their
// ranges. They must not depend on how the rows were added: with empty ticks in between, in
// another order within a piece, with a copy that continues for the original, or with a copy that
// the original adopts.
func FuzzDetector(f *testing.F) {
	f.Add([]byte{15, 15, 15, 15}, uint64(1), uint8(10), uint16(1000))
	f.Add([]byte{250, 0, 255, 3, 77}, uint64(2), uint8(3), uint16(60))
	f.Add([]byte{1, 1, 1, 1, 1, 1, 1, 1}, uint64(3), uint8(2), uint16(0))
	f.Add([]byte{255, 255, 255, 255, 255, 255}, uint64(4), uint8(40), uint16(65535))
	f.Fuzz(func(t *testing.T, ticks []byte, seed uint64, bins uint8, known uint16) {
		r := newRandom(seed)
		k := 1 + int(bins)%40
		reference := make([]int64, k)
		for range known {
			reference[int(r.bits64()%uint64(k))]++
		}
		o := usual
		o.Tolerance = float64(seed%3) / 100
		straight, divided, ahead := NewDetector(reference, o), NewDetector(reference, o), NewDetector(reference, o)
		var c Detector
		window := make([]int64, k)
		// One null distribution serves all sizes, because it is needed at every tick with drift.
		once := sync.OnceValue(func() *Null { return NewNull(reference, 1000, 99, 1) })
		null := func(int64) (*Null, error) { return once(), nil }
		for _, size := range ticks[:min(len(ticks), 60)] {
			rows := make([]int, 10*int(size))
			within := uint64(k)
			if size%2 > 0 {
				within = 1 + r.bits64()%uint64(k) // drift towards the first bins
			}
			for i := range rows {
				rows[i] = int(r.bits64() % within)
				window[rows[i]]++
			}
			fold(t, straight, rows, window, null)
			for piece := range slices.Chunk(rows, PieceSize) {
				slices.Reverse(piece)
			}
			fold(t, divided, nil, window, null)
			divided = divided.Clone()
			fold(t, divided, rows, window, null)
			mustEqual(t, straight, divided)
			if len(rows) > 0 {
				tick := tickOf(rows, window, null)
				if err := ahead.After(&c, tick); err != nil {
					t.Fatal(err)
				}
				ahead.Adopt(&c, tick.Rows)
			}
			mustEqual(t, straight, ahead)

			log := straight.LogEvidence()
			if math.IsNaN(log) || math.IsInf(log, 0) || log > straight.Threshold()+overshoot+1e-9 {
				t.Fatalf("log M = %v with a threshold of %v", log, straight.Threshold())
			}
			if total(reference) == 0 && straight.Detected() {
				t.Fatal("alarm of an empty reference")
			}
			if straight.Detected() && (!straight.Known() || straight.Raised() == 0) {
				t.Fatalf("alarm, known %v, raised by %v", straight.Known(), straight.Raised())
			}
		}
	})
}

func fold(t *testing.T, d *Detector, rows []int, window []int64, null func(int64) (*Null, error)) {
	t.Helper()
	mustTick(t, d, tickOf(rows, window, null))
}

func tickOf(rows []int, window []int64, null func(int64) (*Null, error)) Tick {
	p := NewPieces(len(window))
	for _, b := range rows {
		p.Add(b)
	}
	return Tick{Rows: p, Window: window, Null: null}
}
