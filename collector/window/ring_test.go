package window

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestWindowEqualsCountingAnew moves a window about at random, forwards and
// backwards, with clocks that are set back and rows that are forgotten.
func TestWindowEqualsCountingAnew(t *testing.T) {
	t.Parallel()
	type row struct {
		id, time int64
		code     uint8
	}
	for seed := range uint64(200) {
		rnd := rand.New(rand.NewPCG(seed, 0))
		limit := rnd.IntN(40)
		r := newRing(1, limit)
		c := r.newCursor([]int{8})
		var rows []row
		clock, id := int64(1000), int64(0)
		for range 300 {
			switch rnd.IntN(10) {
			case 0:
				anchor := id - rnd.Int64N(60)
				r.forget(anchor)
				for len(rows) > 0 && rows[0].id < anchor {
					rows = rows[1:]
				}
			case 1:
				if seed%2 == 0 && rnd.IntN(8) == 0 {
					clock -= rnd.Int64N(50)
				}
			default:
				clock += rnd.Int64N(3)
				id += 1 + rnd.Int64N(2)
				added := row{id, clock, uint8(rnd.IntN(5))}
				r.add(added.id, added.time, []uint8{added.code})
				if rows = append(rows, added); limit > 0 && len(rows) > limit {
					rows = rows[1:]
				}
			}
			if rnd.IntN(3) > 0 {
				continue
			}
			from, until := int64(noBound), int64(noBound)
			if rnd.IntN(2) == 0 {
				from = clock - rnd.Int64N(60)
				until = from + rnd.Int64N(80)
			}
			got := c.window(0, from, until)
			var want [8]int64
			var n int64
			oldest := int64(math.MaxInt64)
			for _, row := range rows {
				if from == noBound || (row.time > from && row.time <= until) {
					want[row.code]++
					n++
					oldest = min(oldest, row.time)
				}
			}
			if got.rows != n || (n > 0 && from != noBound && got.oldest != oldest) {
				t.Fatalf("seed %d: %d rows from %d, want %d from %d", seed, got.rows, got.oldest, n, oldest)
			}
			for code := range want {
				if got.fine[0][code] != want[code] {
					t.Fatalf("seed %d: code %d counted %d times, want %d", seed, code, got.fine[0][code], want[code])
				}
			}
		}
	}
}
