package agreement

import "math"

// Numbers compares the numbers that two sources, or two people, say about the same things. Its
// zero value compares nothing yet.
type Numbers struct {
	// Both is the number of things about which both said something. Within is the number of these
	// for which Within is true.
	Both, Within int

	difference, meanX, meanY float64
	squaresX, squaresY       float64 // sums of squared distances from the mean
	products                 float64 // the sum of the products of these distances
}

// Within reports whether two numbers differ by no more than tolerance. What the rounding of
// decimal numbers adds does not count: 1.1 is within .1 of 1.
func Within(x, y, tolerance float64) bool {
	if x == y || tolerance == 0 {
		return x == y
	}
	return math.Abs(x-y) <= tolerance+math.Abs(x)*0x1p-52+math.Abs(y)*0x1p-52
}

// Add adds what both said about one thing.
func (n *Numbers) Add(x, y, tolerance float64) {
	n.Both++
	if Within(x, y, tolerance) {
		n.Within++
	}
	count := float64(n.Both)
	n.difference += (math.Abs(x-y) - n.difference) / count
	fromX, fromY := x-n.meanX, y-n.meanY
	n.meanX += fromX / count
	n.meanY += fromY / count
	n.squaresX += fromX * (x - n.meanX)
	n.squaresY += fromY * (y - n.meanY)
	n.products += fromX * (y - n.meanY)
}

// Difference returns the mean absolute difference, in the unit of the numbers. ok is false without
// anything in common, and beyond the range of float64.
func (n *Numbers) Difference() (difference float64, ok bool) {
	return n.difference, n.Both > 0 && n.difference-n.difference == 0
}

// Concordance returns Lin's coefficient of concordance [1], in [-1, 1]: 1 if both always say the
// same number, 0 if their numbers have nothing to do with each other. Unlike a correlation it is
// below 1 if one says more than the other throughout. It divides by n, as [1] does. ok is false
// with fewer than two things, if all numbers are the same, and beyond the range of float64.
//
// [1] Lin, L. I.-K. (1989). "A Concordance Correlation Coefficient to Evaluate Reproducibility".
// Biometrics 45 (1): 255-268.
func (n *Numbers) Concordance() (concordance float64, ok bool) {
	apart := n.meanX - n.meanY
	concordance = 2 * n.products / (n.squaresX + n.squaresY + float64(n.Both)*apart*apart)
	return concordance, n.Both > 1 && concordance-concordance == 0
}
