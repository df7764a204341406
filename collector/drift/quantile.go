package drift

// QuantileEdges returns the inner edges of k bins of equal mass over sorted, an
// ascending sample without NaN: edge i is the value at 0-based rank
// floor(i n / k), i = 1 .. k-1, and equal edges are kept once. So an edge is
// always a value of the sample, and there are at most k-1 of them, fewer with
// ties, none for an empty sample or k < 2. Bins are half-open, [edge, next edge).
// O(k).
//
// It is the definition 3 of Hyndman and Fan [1] up to the rounding of the rank;
// binned again from such edges, a sample gives the same bins.
//
// [1] Hyndman, R.; Fan, Y. (1996). "Sample Quantiles in Statistical Packages".
// The American Statistician 50 (4): 361-365.
func QuantileEdges(sorted []float64, k int) []float64 {
	n := int64(len(sorted))
	if n == 0 || k < 2 {
		return nil
	}
	edges := make([]float64, 0, k-1)
	for i := range k - 1 {
		e := sorted[rank(i+1, n, k)]
		if len(edges) == 0 || e > edges[len(edges)-1] {
			edges = append(edges, e)
		}
	}
	return edges
}

// rank is floor(i n / k) without overflow for n up to 2^53 and i <= k <= 200.
func rank(i int, n int64, k int) int64 {
	return int64(i) * n / int64(k)
}
