package drift

import "math/bits"

// random is the xoshiro256++ generator [1], seeded by splitmix64 [2]. It is here
// because a null must come out the same after every restart, whatever the Go
// release.
//
// [1] Blackman, D.; Vigna, S. (2021). "Scrambled Linear Pseudorandom Number
// Generators". ACM Transactions on Mathematical Software 47 (4): 36:1-32.
//
// [2] Steele, G.; Lea, D.; Flood, C. (2014). "Fast Splittable Pseudorandom
// Number Generators". ACM SIGPLAN Notices 49 (10): 453-472.
type random struct{ a, b, c, d uint64 }

func newRandom(seed uint64) *random {
	next := func() uint64 {
		seed += 0x9e3779b97f4a7c15
		z := (seed ^ seed>>30) * 0xbf58476d1ce4e5b9
		z = (z ^ z>>27) * 0x94d049bb133111eb
		return z ^ z>>31
	}
	return &random{next(), next(), next(), next()}
}

// bits64 is uniform on all 64-bit integers.
func (r *random) bits64() uint64 {
	out := bits.RotateLeft64(r.a+r.d, 23) + r.a
	t := r.b << 17
	r.c ^= r.a
	r.d ^= r.b
	r.b ^= r.c
	r.a ^= r.d
	r.c ^= t
	r.d = bits.RotateLeft64(r.d, 45)
	return out
}

// unit is uniform on the multiples of 2^-53 in (0, 1).
func (r *random) unit() float64 {
	return (float64(r.bits64()>>12) + 0.5) * 0x1p-52
}

// below is uniform on the integers from 0 to n-1, up to n/2^64.
func (r *random) below(n uint64) uint64 {
	high, _ := bits.Mul64(r.bits64(), n)
	return high
}
