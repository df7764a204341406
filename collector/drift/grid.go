package drift

import "math"

// gridRatio is the ratio of neighbouring sizes for which nulls are drawn. Up to
// 1.1 apart the type-I error of .05 stays within .050 to .053 in equal bins.
const gridRatio = 1.05

// nullSize returns the size whose null distribution is used for a window of size predictions.
// This is full, the size of a full window (0 if windows have none), or the size of the grid
// round(50 * 1.05^j) with the nearest ratio.
func nullSize(size, full int64) int64 {
	j := int(math.Round(math.Log(float64(size)/MinPredictions) / math.Log(gridRatio)))
	best := gridSize(max(j-1, 0))
	for _, g := range [...]int64{gridSize(max(j, 0)), gridSize(max(j+1, 0)), full} {
		if g >= MinPredictions && ratio(g, size) < ratio(best, size) {
			best = g
		}
	}
	return best
}

func gridSize(j int) int64 {
	return int64(math.Round(MinPredictions * math.Pow(gridRatio, float64(j))))
}

// ratio is the larger over the smaller.
func ratio(a, b int64) float64 {
	return float64(max(a, b)) / float64(min(a, b))
}
