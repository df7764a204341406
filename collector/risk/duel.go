package risk

import "math"

// Duel compares two models on the same predictions with an outcome. Wins counts those that the
// first one predicted right and the second one wrong, Losses the reverse.
type Duel struct{ Wins, Losses int64 }

// LogEvidence returns the evidence, in nats, that the first model is right more often where
// only one of them is. The hypothesis is that each such prediction is won with a probability of
// at most 1/2, given the past. Then exp of the evidence ever reaches 1/a with a probability of
// at most a, however often it is looked at. It is the mixture of all bets,
//
//	2 int_{1/2}^1 t^w (1-t)^l dt 2^(w+l) = 2^(w+l+1) B(w+1, l+1) (1 - I_{1/2}(w+1, l+1)) [1].
//
// It says nothing of models that are better on average and not each time given the past.
// O(sqrt(w + l)).
//
// [1] Ville, J. (1939). "Etude critique de la notion de collectif". Gauthier-Villars; Robbins,
// H. (1970). "Statistical Methods Related to the Law of the Iterated Logarithm". Annals of
// Mathematical Statistics 41 (5): 1397-1409.
func (d Duel) LogEvidence() float64 {
	w, l := float64(d.Wins), float64(d.Losses)
	if d.Wins <= d.Losses {
		return math.Log(half(l, w))
	}
	a, _ := math.Lgamma(w + 1)
	b, _ := math.Lgamma(l + 1)
	c, _ := math.Lgamma(w + l + 2)
	whole := (w+l+1)*math.Ln2 + a + b - c
	return whole + math.Log1p(-half(w, l)*math.Exp(-whole))
}

// half returns 2^(a+b+1) int_0^{1/2} t^a (1-t)^b dt for a >= b, by the series of the incomplete
// beta function, whose terms are positive and fall.
func half(a, b float64) float64 {
	sum, term := 0.0, 1.0
	for k := 0.0; term > sum*1e-17; k++ {
		sum += term
		term *= (a + b + 2 + k) / (a + 2 + k) / 2
	}
	return sum / (2 * (a + 1))
}

// Mirror returns the duel from the second model's side.
func (d Duel) Mirror() Duel { return Duel{d.Losses, d.Wins} }
