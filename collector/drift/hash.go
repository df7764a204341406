package drift

import "math"

// Hash is the 32-bit FNV-1a hash [1] of a category's text, which decides its group
// among rare ones. It is written in reference files, and never changes. 1 ns a
// byte.
//
// [1] Fowler, G.; Noll, L. C.; Vo, K.-P.; Eastlake, D.; Hansen, T. "The FNV
// Non-Cryptographic Hash Algorithm". Internet-Draft draft-eastlake-fnv.
func Hash(name []byte) uint32 {
	h := uint32(2166136261)
	for _, c := range name {
		h = (h ^ uint32(c)) * 16777619
	}
	return h
}

// hash64 is the 64-bit FNV-1a hash, with its bits mixed by the finalizer of
// splitmix64, for what needs all of them to be even.
func hash64(name []byte) uint64 {
	h := uint64(14695981039346656037)
	for _, c := range name {
		h = (h ^ uint64(c)) * 1099511628211
	}
	return mixed(h)
}

func mixed(h uint64) uint64 {
	h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
	h = (h ^ h>>27) * 0x94d049bb133111eb
	return h ^ h>>31
}

// normalOf is a number of the normal distribution that depends on the name only.
func normalOf(name string) float64 {
	u := (float64(hash64([]byte(name))>>12) + 0.5) * 0x1p-52
	return math.Sqrt2 * math.Erfinv(2*u-1)
}
