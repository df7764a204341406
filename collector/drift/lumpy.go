package drift

import "math"

const (
	// lumpyCells is the number of occupied cells up to which the divergence has so few
	// values that the null distribution must be drawn for the window's own size. A null
	// distribution for a size that differs by 2.5 % rejects, at a level of .05: with cells
	// of 99 and 1 %, .61 of windows of 51 and none of 103; with cells of 97, 1, 1 and 1 %,
	// .24 of windows of 51. From five cells on, even with cells of .05 %, it rejects .045
	// to .054 at every size tried.
	lumpyCells = 4
	// lumpySize is the size up to which it does so whatever the shares, and lumpyRows
	// the number of rows to expect in the rarest cell up to which it does so in larger
	// windows.
	lumpySize = 500
	lumpyRows = 10
	// enumerable is the largest variance of a count of two cells that is enumerated:
	// 18 standard deviations are then about 1,100 values.
	enumerable = 3600
)

// A lumpy reference that is at least lumpyReference times as large as the window is not
// drawn. A promised .05 is then at most .056. Drawing it as well would spread the few values
// of the window's divergence over many, and windows without a single rare row would have
// p-values from 0 to .36 that depend on the reference alone.
const lumpyReference = 20

// lumpy reports whether windows of n need a null of their own.
func lumpy(occupied []int64, n int64) bool {
	if len(occupied) < 2 || len(occupied) > lumpyCells {
		return false
	}
	rows, rarest := total(occupied), occupied[0]
	for _, r := range occupied {
		rarest = min(rarest, r)
	}
	expected := float64(n) * float64(rarest) / float64(rows)
	return n < lumpySize || expected < lumpyRows || len(occupied) == 2 && canEnumerate(occupied, n)
}

// canEnumerate reports whether two cells have few enough outcomes to go over them all.
func canEnumerate(occupied []int64, n int64) bool {
	if len(occupied) != 2 {
		return false
	}
	rows := total(occupied)
	p := float64(occupied[0]) / float64(rows)
	return rows/lumpyReference >= n && float64(n)*p*(1-p) <= enumerable
}

// possible is one value of a divergence and its probability.
type possible struct{ value, probability float64 }

// enumerate returns every divergence of windows of n from a reference of two
// occupied cells, but those whose probability is below about 1e-17: counts beyond
// nine standard deviations. 50 ns each.
func enumerate(occupied []int64, n int64, m float64) []possible {
	rows := float64(total(occupied))
	p, q := float64(occupied[0])/rows, float64(occupied[1])/rows
	mean, reach := float64(n)*p, 9*math.Sqrt(float64(n)*p*q)+20
	from, to := int64(max(mean-reach, 0)), int64(min(mean+reach, float64(n)))
	all := make([]possible, 0, to-from+1)
	sum := 0.0
	for c := from; c <= to; c++ {
		o := possible{
			smoothedKL(occupied, []int64{c, n - c}, m),
			math.Exp(logChoose(n, c) + float64(c)*math.Log(p) + float64(n-c)*math.Log(q)),
		}
		all, sum = append(all, o), sum+o.probability
	}
	for i := range all {
		all[i].probability /= sum
	}
	return all
}

func logChoose(n, k int64) float64 {
	of := func(x int64) float64 { l, _ := math.Lgamma(float64(x) + 1); return l }
	return of(n) - of(k) - of(n-k)
}
