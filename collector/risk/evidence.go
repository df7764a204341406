package risk

import "math"

const (
	// memories is the number of estimates of the present error rate.
	memories = 3
	// slow is the memory that decides whether an alarm is over.
	slow = 1
	// prior is the number of outcomes at the hypothesis with which each estimate begins.
	prior = 20
	// overshoot bounds the evidence above the threshold, in nats, so that the length of a
	// rise does not matter once it is over.
	overshoot = 5
)

// memory is, for each estimate, the number of outcomes after which an outcome has lost
// 1 - 1/e of its weight.
var memory = [memories]float64{200, 1000, 5000}

// evidence is the e-detector of a [Detector]; see there.
type evidence struct {
	sums           [memories]float64 // S, nats
	errors, labels [memories]float64 // weighted outcomes
}

// begin resets every sum that is below 0.
func (e *evidence) begin() {
	for i, s := range e.sums {
		e.sums[i] = max(s, 0)
	}
}

// bet adds outcomes: first their log odds, then the outcomes to the estimates. No sum rises
// above limit.
func (e *evidence) bet(o Outcomes, p0, limit, near, mean float64) {
	n, wrong := float64(o.Labels), float64(o.Errors)
	for i := range e.sums {
		if q := e.rate(i, p0, near); q > p0 {
			odds := wrong*math.Log(q/p0) + (n-wrong)*math.Log((1-q)/(1-p0))
			leak := (mean - 1) / 2 / (memory[i] + prior*near)
			e.sums[i] = min(e.sums[i]+(odds-n*leak)/near, limit)
		}
		kept := math.Exp(n * math.Log1p(-1/memory[i]))
		e.errors[i] = e.errors[i]*kept + wrong
		e.labels[i] = e.labels[i]*kept + n
	}
}

// rate is the error rate that one memory holds, with a prior of outcomes at p0, which weighs
// as much as near times as many that are not independent. It is below 1 if p0 is, and p0 if
// that is not.
func (e *evidence) rate(i int, p0, near float64) float64 {
	if p0 >= 1 {
		return p0
	}
	return (e.errors[i] + prior*near*p0) / (e.labels[i] + prior*near)
}

// slow is the estimate that decides whether an alarm is over.
func (e *evidence) slow(limit, near float64) float64 { return e.rate(slow, limit, near) }

// log returns the logarithm of the mean of exp(S) over the memories.
func (e *evidence) log() float64 {
	return logMeanExp(e.sums[:])
}

func logMeanExp(sums []float64) float64 {
	top := math.Inf(-1)
	for _, s := range sums {
		top = max(top, s)
	}
	sum := 0.0
	for _, s := range sums {
		sum += math.Exp(s - top)
	}
	return top + math.Log(sum/float64(len(sums)))
}

// forget sets all sums to 0; the estimates stay.
func (e *evidence) forget() { e.sums = [memories]float64{} }
