package model

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
)

// softmax is the penalised likelihood of a multinomial logistic regression. Its weights are those
// of problem for each class in turn. Adding the same number to the intercepts of all classes
// changes nothing: of these minima, fit returns the one in which they add up to 0.
type softmax struct {
	problem

	classes []int // of each row
	count   int   // classes

	chances [][]float64 // of each class and row
}

// fit returns the weights that minimise the problem, as problem.fit does for two classes.
func (p *softmax) fit() ([]float64, error) {
	start := make([]float64, p.size*p.count)
	for _, class := range p.classes {
		start[class*p.size]++
	}
	mean := 0.
	for k := range p.count {
		start[k*p.size] = math.Log(start[k*p.size] / float64(len(p.classes)))
		mean += start[k*p.size] / float64(p.count)
	}
	for k := range p.count {
		start[k*p.size] -= mean
	}
	x, err := minimize(p, start, "multinomial logistic regression")
	if err != nil {
		return nil, err
	}
	mean = p.meanIntercept(x)
	for k := range p.count {
		x[k*p.size] -= mean
	}
	return x, nil
}

func (p *softmax) meanIntercept(x []float64) (mean float64) {
	for k := range p.count {
		mean += x[k*p.size] / float64(p.count)
	}
	return mean
}

func (p *softmax) of(x []float64, class int) []float64 {
	return x[class*p.size : (class+1)*p.size]
}

// scores returns the log-odds of each class and row.
func (p *softmax) scores(x []float64) [][]float64 {
	all := make([][]float64, p.count)
	for k := range all {
		w := p.of(x, k)
		all[k] = slices.Repeat([]float64{w[0]}, len(p.classes))
		for i := range p.terms {
			p.terms[i].score(all[k], w)
		}
	}
	return all
}

// evaluate computes loss and gradient, both divided by the number of rows, at x.
func (p *softmax) evaluate(x []float64) {
	if slices.Equal(p.at, x) {
		return
	}
	p.at = append(p.at[:0], x...)
	p.chances = p.scores(x)
	loss := 0.
	for i, class := range p.classes {
		most, sum := math.Inf(-1), 0.
		for k := range p.chances {
			most = max(most, p.chances[k][i])
		}
		own := p.chances[class][i] - most
		for k := range p.chances {
			p.chances[k][i] = math.Exp(p.chances[k][i] - most)
			sum += p.chances[k][i]
		}
		loss += math.Log(sum) - own
		for k := range p.chances {
			p.chances[k][i] /= sum
		}
	}
	p.gradient = make([]float64, len(x))
	n := float64(len(p.classes))
	for k := range p.count {
		residuals := slices.Clone(p.chances[k])
		for i, class := range p.classes {
			if class == k {
				residuals[i]--
			}
		}
		w := p.of(x, k)
		loss += p.l2 / 2 * floats.Dot(w[1:], w[1:])
		p.slopes(p.of(p.gradient, k), residuals, w, n)
	}
	p.loss = loss / n
}

// slopes writes the derivatives by the weights of one class.
func (p *softmax) slopes(into, residuals, w []float64, n float64) {
	into[0] = floats.Sum(residuals)
	for i := range p.terms {
		p.terms[i].slope(into, residuals)
	}
	floats.AddScaled(into[1:], p.l2, w[1:])
	floats.Scale(1/n, into)
}

// curvature multiplies the matrix of second derivatives at p.at with v. In the direction in which
// all intercepts grow alike it is made 1 instead of 0: no gradient has a part in it, and no
// division by 0 occurs.
func (p *softmax) curvature(v []float64) []float64 {
	moved := p.scores(v)
	for i := range p.classes {
		mean := 0.
		for k := range moved {
			mean += p.chances[k][i] * moved[k][i]
		}
		for k := range moved {
			moved[k][i] = p.chances[k][i] * (moved[k][i] - mean)
		}
	}
	out := make([]float64, len(v))
	for k := range moved {
		p.slopes(p.of(out, k), moved[k], p.of(v, k), float64(len(p.classes)))
	}
	mean := p.meanIntercept(v)
	for k := range p.count {
		out[k*p.size] += mean
	}
	return out
}
