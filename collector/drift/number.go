package drift

import (
	"math"
	"math/bits"
)

// Number is the fine code of x: missing when it is NaN or infinite, below or
// above outside the reference's extremes; else, with edges, the number of edges
// <= x, and with discrete values the index of the one equal to x, or other. -0
// is 0. A binary search without branches that depend on x, 10 ns at 9 edges and
// 20 ns at 199; no allocation. For a Binning of categories every finite x is other.
func (b *Binning) Number(x float64) uint8 {
	switch {
	case math.IsNaN(x - x):
		return b.Missing()
	case b.keys == nil:
		return b.Other()
	case x < b.lo:
		return b.Below()
	case x > b.hi:
		return b.Above()
	}
	key := orderedKey(x)
	at := b.keys.atMost(key)
	if b.discrete {
		if b.keys.key[at-1] != key {
			return b.Other()
		}
		at--
	}
	return at
}

// keys are ascending numbers as unsigned integers in the same order, padded to a
// full tree: the borrow of an integer subtraction steers the search without a
// branch, which would be mispredicted half the time.
type keys struct {
	key  [256]uint64
	half uint8
}

func newKeys(ascending []float64) *keys {
	k := &keys{}
	for i := range k.key {
		k.key[i] = math.MaxUint64
	}
	for i, x := range ascending {
		k.key[i] = orderedKey(x)
	}
	for size := 1; size <= len(ascending); size *= 2 {
		k.half = code(size)
	}
	return k
}

// atMost is the number of keys <= key.
func (k *keys) atMost(key uint64) uint8 {
	at := uint8(0)
	for half := k.half; half > 0; half >>= 1 {
		_, less := bits.Sub64(key, k.key[at+half-1], 0)
		at += half & uint8(less-1)
	}
	return at
}

// orderedKey maps finite numbers to integers of the same order, -0 and 0 to the same.
func orderedKey(x float64) uint64 {
	b := math.Float64bits(x + 0) // -0 + 0 is 0
	return b ^ (-(b >> 63) | 1<<63)
}
