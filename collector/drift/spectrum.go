package drift

import (
	"math"
	"sync"
)

// spectrum finds the design effects of pairs of blocks. It holds scratch memory.
type spectrum struct {
	bins          int
	matrix        []float64 // bins x bins
	root, x, next []float64
	memory        []float64 // what the others are parts of
}

// spectra are shared by all designs: each needs one for a moment, once in thousands of rows.
var spectra = sync.Pool{New: func() any { return new(spectrum) }}

// newSpectrum returns a spectrum for that many bins. The caller puts it back into spectra.
func newSpectrum(bins int) *spectrum {
	s := spectra.Get().(*spectrum)
	if size := bins * (bins + 3); len(s.memory) < size {
		s.memory = make([]float64, size)
	}
	rest := s.memory
	take := func(size int) (part []float64) {
		part, rest = rest[:size:size], rest[size:]
		return part
	}
	s.bins, s.matrix, s.root, s.x, s.next = bins, take(bins*bins), take(bins), take(bins), take(bins)
	return s
}

// rareRows is the mean number of rows in a block below which a bin has less weight. When few
// blocks have any of its rows, the variance of their counts is uncertain.
const rareRows = 4

// of returns two design effects, both at least 1. The first is the mean over all directions,
// tr V / (K - 1). The second is the effect in the direction in which the shares vary most, the
// largest eigenvalue of V. V is the covariance of the shares relative to independent rows,
// whose covariance is diag(q) - q q' for shares q. Divided by the roots of q, this is the
// identity, except that nothing varies in the direction of the root of q.
//
// Both are reduced by their uncertainty. For independent rows the mean is 1 with a standard
// deviation of sqrt(2 / ((K - 1) N)) for N pairs, so the mean is divided by 1 plus two standard
// deviations. The largest eigenvalue is above 1 by chance alone; see spike.
func (s *spectrum) of(p *contrasts) (mean, largest float64) {
	if p.number == 0 {
		return 1, 1
	}
	trace, bins := s.standardize(p)
	freedom := bins - 1
	if freedom < 1 {
		return 1, 1
	}
	n := p.number * p.number / p.squared
	mean = max(1, trace/freedom/(1+2*math.Sqrt(2/(freedom*n))))
	top := s.eigenvalue()
	// Only the increase over the other directions is a spike.
	level := 1.0
	if freedom > 1 {
		level = max(1, (trace-top)/(freedom-1))
	}
	return mean, max(mean, level*spike(top/level, n, freedom))
}

// standardize sets the matrix to V and returns its trace and the number of bins
// that have rows.
func (s *spectrum) standardize(p *contrasts) (trace, bins float64) {
	least := rareRows * 2 * p.number / p.rows
	for b, sum := range p.shares {
		if sum > 0 {
			bins++
		}
		s.root[b] = math.Sqrt(max(sum/p.number, least))
	}
	at := 0
	for b := range s.bins {
		for c := b; c < s.bins; c++ {
			v := p.squares[at] / (p.number * s.root[b] * s.root[c])
			s.matrix[b*s.bins+c], s.matrix[c*s.bins+b] = v, v
			at++
		}
		trace += s.matrix[b*s.bins+b]
	}
	return trace, bins
}

// powers is the number of steps of eigenvalue. If they are not enough, the two largest
// eigenvalues are so close that either can be used: the result is within 2 %.
const powers = 40

// eigenvalue returns the largest eigenvalue of the matrix. The matrix is symmetric without
// negative eigenvalues. It uses the power method, starting from the column with the largest
// diagonal.
func (s *spectrum) eigenvalue() float64 {
	k, top := s.bins, 0
	for b := range k {
		if s.matrix[b*k+b] > s.matrix[top*k+top] {
			top = b
		}
	}
	copy(s.x, s.matrix[top*k:top*k+k])
	value := 0.0
	for range powers {
		norm := 0.0
		for _, x := range s.x {
			norm += x * x
		}
		if norm == 0 {
			return 0
		}
		norm, value = math.Sqrt(norm), 0
		for b := range k {
			sum := 0.0
			for c, v := range s.matrix[b*k : b*k+k] {
				sum += v * s.x[c] / norm
			}
			s.next[b] = sum
			value += sum * s.x[b] / norm
		}
		s.x, s.next = s.next, s.x
	}
	return value
}

// spike returns the variance, at least 1, of one of p directions when all others have a
// variance of 1. largest is the largest eigenvalue of a covariance matrix of n draws.
//
// When every direction has a variance of 1, the largest eigenvalue is about
// (1 + sqrt(p/n))^2, and rarely more than three widths of its distribution above that [1]. Up
// to this limit the result is 1. A variance of l appears as l + l p / (n (l - 1)) [2], and
// spike returns l.
//
// [1] Johnstone, I. (2001). "On the Distribution of the Largest Eigenvalue in
// Principal Components Analysis". Annals of Statistics 29 (2): 295-327.
//
// [2] Baik, J.; Silverstein, J. (2006). "Eigenvalues of Large Sample Covariance
// Matrices of Spiked Population Models". Journal of Multivariate Analysis 97 (6):
// 1382-1408.
func spike(largest, n, p float64) float64 {
	if n < 2 {
		return 1
	}
	r, q := math.Sqrt(n-1), math.Sqrt(p)
	edge, width := (r+q)*(r+q)/n, (r+q)*math.Cbrt(1/r+1/q)/n
	if largest <= edge+3*width {
		return 1
	}
	ratio := p / n
	sum := largest + 1 - ratio
	return max(1, (sum+math.Sqrt(max(sum*sum-4*largest, 0)))/2)
}
