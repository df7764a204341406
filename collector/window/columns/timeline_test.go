package columns

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestTimelineHoldsWhatItWasGiven packs ids and times of every width, with clocks
// that are set back, and drops rows.
func TestTimelineHoldsWhatItWasGiven(t *testing.T) {
	t.Parallel()
	type row struct{ id, time int64 }
	for width := range 64 {
		rnd := rand.New(rand.NewPCG(uint64(width), 0))
		line, rows := Timeline{}, []row(nil)
		id, dropped := int64(0), int64(0)
		for range 1000 {
			id += 1 + rnd.Int64N(1+1<<(width/2))
			r := row{id, rnd.Int64() >> width}
			if rnd.IntN(2) == 0 {
				r.time = -r.time
			}
			line.add(r.id, r.time)
			rows = append(rows, r)
			if rnd.IntN(100) == 0 {
				dropped += rnd.Int64N(int64(len(rows)) - dropped + 1)
				line.DropBefore(dropped)
			}
		}
		for i := dropped; i < int64(len(rows)); i++ {
			if got := (row{line.ID(i), line.Time(i)}); got != rows[i] {
				t.Fatalf("width %d, row %d: %+v, want %+v", width, i, got, rows[i])
			}
			if found := line.Search(dropped, rows[i].id); found != i {
				t.Fatalf("width %d: row %d was found at %d", width, i, found)
			}
		}
		if line.next != int64(len(rows)) || line.first != dropped {
			t.Fatalf("rows %d to %d, want %d to %d", line.first, line.next, dropped, len(rows))
		}
	}
	extremes := [RunLength]int64{math.MaxInt64, math.MinInt64, 0, -1}
	o := packOffsets(&extremes)
	for i, want := range extremes {
		if got := o.at(int64(i)); got != want {
			t.Errorf("%d, want %d", got, want)
		}
	}
}
