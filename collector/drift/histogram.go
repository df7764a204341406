package drift

import (
	"math"
	"sort"
)

// HistogramBin counts the numbers from From on and below To. A single bin also counts To.
type HistogramBin struct {
	From, To float64
	Count    int64
}

// Histogram counts ascending finite numbers in bins of one width, which is 1, 2 or 5 times a power
// of ten. There are at most 22 bins. They cover at least the numbers without the smallest and the
// largest 0.5 %; below and above count those beyond the bins. There are no bins without numbers,
// and if the numbers spread over more than float64 holds.
func Histogram(sorted []float64) (bins []HistogramBin, below, above int64) {
	n := len(sorted)
	if n == 0 {
		return nil, 0, 0
	}
	low, high := sorted[n/200], sorted[n-1-n/200]
	width := niceWidth((high - low) / 20)
	if math.IsInf(width, 0) {
		return nil, 0, 0
	}
	edges, single := []float64{low, high}, true
	if first := math.Floor(low / width); low < high && first*width < (first+1)*width {
		edges, single = edges[:0], false
		for k := first; len(edges) == 0 || edges[len(edges)-1] <= high && len(edges) < 23; k++ {
			edges = append(edges, k*width)
		}
	}
	at := func(x float64) int { return sort.SearchFloat64s(sorted, x) }
	for i := range len(edges) - 1 {
		from, to := edges[i], edges[i+1]
		end := at(to)
		if single {
			end = at(math.Nextafter(to, math.Inf(1)))
		}
		bins = append(bins, HistogramBin{from, to, int64(end - at(from))})
		above = int64(n - end)
	}
	return bins, int64(at(edges[0])), above
}

// niceWidth returns the smallest of 1, 2 and 5 times a power of ten that is at least x, which is at
// least 0.
func niceWidth(x float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(x)))
	for _, times := range []float64{1, 2, 5} {
		if times*power >= x {
			return times * power
		}
	}
	return 10 * power
}
