package review

import (
	"math"

	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// estimate is an accuracy that is estimated from a sample whose predictions had known
// probabilities of being drawn.
type estimate struct {
	samples              int
	value, lower, upper  float64
	weights, wins, votes float64 // sums of w, of w where right, and of w^2
}

// add adds a reviewed prediction.
func (e *estimate) add(probability float64, right bool) {
	w := 1 / probability
	e.samples++
	e.weights += w
	e.votes += w * w
	if right {
		e.wins += w
	}
}

// z is the quantile of the normal distribution for intervals of 95 %.
const z = 1.959963984540054

// finish computes the ratio estimate [1] and Wilson's interval with the effective sample size of
// Kish [2], (sum w)^2 / sum w^2. With equal weights this is Wilson's interval itself.
//
// [1] Hájek, J. (1971). Comment on "An essay on the logical foundations of survey sampling".
// [2] Kish, L. (1965). Survey Sampling. Wiley, chapter 11.
func (e *estimate) finish() {
	if e.samples == 0 {
		return
	}
	p, n := e.wins/e.weights, e.weights*e.weights/e.votes
	middle := p + z*z/(2*n)
	half := z * math.Sqrt(p*(1-p)/n+z*z/(4*n*n))
	e.value, e.lower, e.upper = p, max(0, (middle-half)/(1+z*z/n)), min(1, (middle+half)/(1+z*z/n))
}

// accuracy estimates the accuracy of all predictions from those that were drawn and reviewed, and
// of each predicted class.
func (q *queue) accuracy(classes *value.ClassReader) (all estimate, byClass map[string]*estimate) {
	byClass = map[string]*estimate{}
	for _, it := range q.items {
		if it.probability == 0 || len(it.reviews()) == 0 {
			continue
		}
		class := classes.Predicted(it.class)
		right := class == it.outcome()
		all.add(it.probability, right)
		if byClass[class] == nil {
			byClass[class] = &estimate{}
		}
		byClass[class].add(it.probability, right)
	}
	all.finish()
	for _, e := range byClass {
		e.finish()
	}
	return all, byClass
}

// agreement returns how many predictions two people or more have reviewed, and on how many of
// them the first two agree.
func (q *queue) agreement() (agree, both int) {
	for _, it := range q.items {
		if all := it.reviews(); len(all) > 1 {
			both++
			if all[0].outcome == all[1].outcome {
				agree++
			}
		}
	}
	return agree, both
}
