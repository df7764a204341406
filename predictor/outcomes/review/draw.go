package review

import (
	"crypto/sha256"
	"encoding/binary"
	"maps"
	"slices"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// draws decide which predictions are reviewed: each one by itself, with a known probability
// (Poisson sampling). The uniform number u of a prediction follows from its id. It is drawn if u
// is below its probability. People review the smallest quotients of the two first (sequential
// Poisson sampling [1]): so those that have been reviewed at any time are a sample of the same
// kind, only a smaller one, and weights by the inverse probability hold for them.
//
// [1] Ohlsson, E. (1998). "Sequential Poisson Sampling". Journal of Official Statistics 14 (2):
// 149-162.
type draws struct {
	seed   uint64
	second float64
	epochs []epoch
}

// epoch says how predictions are drawn whose ids are above After. An epoch begins when the
// configuration changes, or when more is to be reviewed or no longer. It does not change how earlier
// predictions were drawn.
type epoch struct {
	After     int64   `json:"after"`
	Sample    float64 `json:"sample"`
	Uncertain bool    `json:"uncertain,omitempty"`
	// Raised are the models of which more is drawn, and their probabilities, above Sample.
	Raised map[string]float64 `json:"raised,omitempty"`
}

// same reports whether two epochs draw in the same way.
func (e epoch) same(other epoch) bool {
	return e.Sample == other.Sample && e.Uncertain == other.Uncertain && maps.Equal(e.Raised, other.Raised)
}

// sample returns the probability with which predictions of a model are drawn, if uncertain the
// largest.
func (e epoch) sample(model string) float64 { return max(e.Sample, e.Raised[model]) }

// most returns the largest probability of any model.
func (e epoch) most() float64 {
	most := e.Sample
	for _, sample := range e.Raised {
		most = max(most, sample)
	}
	return most
}

// newDraws returns the draws of a log.
func newDraws(logID string, second float64, epochs []epoch) *draws {
	sum := sha256.Sum256([]byte("reviews of " + logID))
	return &draws{seed: binary.LittleEndian.Uint64(sum[:]), second: second, epochs: epochs}
}

// uniform returns a number between 0 and 1 for an id and a purpose, by SplitMix64 [1].
//
// [1] Steele, G.; Lea, D.; Flood, C. (2014). "Fast splittable pseudorandom number generators".
// OOPSLA '14: 453-472.
func (d *draws) uniform(id int64, purpose uint64) float64 {
	x := d.seed + purpose*0xd1342543de82ef95 + uint64(id)*0x9e3779b97f4a7c15 // #nosec G115 -- bits are mixed
	for range 2 {
		x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
		x = (x ^ x>>27) * 0x94d049bb133111eb
		x ^= x >> 31
	}
	return (float64(x>>11) + .5) / (1 << 53)
}

// of returns the epoch of a prediction.
func (d *draws) of(id int64) epoch {
	for _, e := range slices.Backward(d.epochs) {
		if id > e.After {
			return e
		}
	}
	return epoch{}
}

// may reports whether a prediction can be drawn, whatever its model and its score are.
func (d *draws) may(id int64) bool { return d.uniform(id, 0) < d.of(id).most() }

// leastUncertain is the probability of a prediction that is surely right, as a share of that of
// the most uncertain one. It bounds the weights.
const leastUncertain = .1

// draw returns the probability with which a prediction is drawn, 0 if it is not drawn, and its
// place in the queue.
func (d *draws) draw(row *predictionlog.Row) (probability, key float64) {
	e, u := d.of(row.ID), d.uniform(row.ID, 0)
	probability = e.sample(row.Model)
	if e.Uncertain {
		probability *= uncertainty(row)
	}
	if u >= probability {
		return 0, 0
	}
	return probability, u / probability
}

// twice reports whether two people review a prediction.
func (d *draws) twice(id int64) bool { return d.uniform(id, 1) < d.second }

// classes reads the classes 0 and 1.
var classes = value.NewClassReader(nil)

// uncertainty returns twice the probability that a prediction is wrong, by its own score, from
// leastUncertain to 1. It is 1 for a prediction whose score is not the probability of a class.
func uncertainty(row *predictionlog.Row) float64 {
	p, ok := row.Probability()
	if !ok {
		return 1
	}
	if classes.Predicted(row.Class) != "0" { // else the score is the probability of the other class
		p = 1 - p
	}
	return max(leastUncertain, min(1, 2*p))
}
