package drift

import (
	"cmp"
	"math"
	"slices"
)

const (
	// keepAll draws are kept one by one; of more, bulkKnots quantiles and the
	// tailKnots largest stay: 19 KB instead of 80 KB, and there are 60 nulls for
	// each feature.
	keepAll   = 1200
	bulkKnots = 1000
	tailKnots = 200
)

// knot is one point of a survival function: how many draws, or how much of
// [certain], are at least value, and beyond it by more than a tie.
type knot struct {
	value           float64
	atLeast, beyond int32
}

// condense keeps the survival function of ascending draws at up to keepAll
// distinct values: exactly when there are no more (small windows in few bins),
// else at equally spaced ranks and in the upper tail.
func condense(draws []float64) []knot {
	atoms := make([]knot, 0, len(draws))
	for i := 0; i < len(draws); {
		j := i + 1
		for j < len(draws) && draws[j]-draws[j-1] <= tie {
			j++
		}
		atoms = append(atoms, knot{draws[i], int32(len(draws) - i), int32(len(draws) - j)})
		i = j
	}
	if len(atoms) <= keepAll {
		return slices.Clone(atoms)
	}
	kept := make([]knot, 0, keepAll)
	next := 0
	for i, a := range atoms {
		tail := int(a.beyond) < tailKnots
		// The atom holds the next of the equally spaced ranks.
		if through := len(draws) - int(a.beyond); tail || i == 0 || through*bulkKnots > next*len(draws) {
			kept = append(kept, a)
			next = through*bulkKnots/len(draws) + 1
		}
	}
	return slices.Clip(kept)
}

// certain is what a probability of 1 counts in the knots of an exact null.
const certain = 1 << 30

// take makes a null of everything that can happen.
func (n *Null) take(all []possible) {
	slices.SortFunc(all, func(a, b possible) int { return cmp.Compare(b.value, a.value) })
	n.of = certain
	beyond, sum := int32(0), 0.0
	for i := 0; i < len(all); {
		j := i
		for ; j < len(all) && all[i].value-all[j].value <= tie; j++ {
			sum += all[j].probability
			n.mean += all[j].probability * all[j].value
		}
		atLeast := int32(math.Round(min(sum, 1) * certain))
		n.knots = append(n.knots, knot{all[j-1].value, atLeast, beyond})
		i, beyond = j, atLeast
	}
	slices.Reverse(n.knots)
	n.knots = slices.Clip(n.knots)
}

// atLeast is the number of draws >= t, tied ones included. Between two knots it
// is interpolated, and never rises with t.
func (n *Null) atLeast(t float64) float64 {
	i, _ := slices.BinarySearchFunc(n.knots, t-tie, func(k knot, t float64) int {
		if k.value < t {
			return -1
		}
		return 1
	})
	switch {
	case i == len(n.knots):
		return 0
	case i == 0 || n.knots[i-1].beyond == n.knots[i].atLeast:
		return float64(n.knots[i].atLeast)
	}
	a, b := n.knots[i-1], n.knots[i]
	into := (b.value - t) / (b.value - a.value)
	return float64(b.atLeast) + min(max(into, 0), 1)*float64(a.beyond-b.atLeast)
}
