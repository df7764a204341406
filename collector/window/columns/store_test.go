package columns

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
		r := New(1, limit)
		c := r.NewCursor([]int{8})
		var rows []row
		clock, id := int64(1000), int64(0)
		for range 300 {
			switch rnd.IntN(10) {
			case 0:
				anchor := id - rnd.Int64N(60)
				r.Forget(anchor)
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
				r.Add(added.id, added.time, []uint8{added.code})
				if rows = append(rows, added); limit > 0 && len(rows) > limit {
					rows = rows[1:]
				}
			}
			if rnd.IntN(3) > 0 {
				continue
			}
			from, until := int64(NoBound), int64(NoBound)
			if rnd.IntN(2) == 0 {
				from = clock - rnd.Int64N(60)
				until = from + rnd.Int64N(80)
			}
			got := c.Window(0, from, until)
			var want [8]int64
			var n int64
			oldest := int64(math.MaxInt64)
			for _, row := range rows {
				if from == NoBound || (row.time > from && row.time <= until) {
					want[row.code]++
					n++
					oldest = min(oldest, row.time)
				}
			}
			if got.Rows != n || (n > 0 && from != NoBound && got.Oldest != oldest) {
				t.Fatalf("seed %d: %d rows from %d, want %d from %d", seed, got.Rows, got.Oldest, n, oldest)
			}
			for code := range want {
				if got.Fine[0][code] != want[code] {
					t.Fatalf("seed %d: code %d counted %d times, want %d", seed, code, got.Fine[0][code], want[code])
				}
			}
		}
	}
}
