package model

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/optimize"
)

// problem is the penalised likelihood of the training rows as a function of
// the weights: the intercept, then every term's.
type problem struct {
	outcomes []float64
	terms    []term
	size     int // weights
	l2       float64

	at       []float64 // the weights that loss and gradient belong to
	loss     float64
	gradient []float64
	scores   []float64 // scratch: a row's log-odds, then its residual
}

// term is one feature's part in the log-odds: standardised numbers with one
// weight, codes of categories with a weight each, or, when both are nil, nothing.
type term struct {
	offset  int // of its first weight
	numbers []float64
	codes   []int32   // -1: unknown or missing
	shares  []float64 // of each category among the known
}

func (p *problem) add(t term) {
	if p.size == 0 {
		p.size = 1 // the intercept
	}
	t.offset = p.size
	if t.numbers != nil {
		p.size++
	}
	p.size += len(t.shares)
	p.terms = append(p.terms, t)
}

// fit returns the weights that minimise the problem, which is strictly convex
// and so has one minimum, by limited-memory BFGS [1].
//
// [1] Liu, D. C.; Nocedal, J. (1989). "On the limited memory BFGS method for
// large scale optimization". Mathematical Programming 45: 503-528.
func (p *problem) fit() ([]float64, error) {
	start := make([]float64, p.size)
	base := p.baseRate()
	start[0] = math.Log(base / (1 - base))
	result, err := optimize.Minimize(optimize.Problem{
		Func: func(x []float64) float64 { p.evaluate(x); return p.loss },
		Grad: func(into, x []float64) { p.evaluate(x); copy(into, p.gradient) },
	}, start, &optimize.Settings{GradientThreshold: 1e-9, MajorIterations: 2000}, &optimize.LBFGS{Store: 20})
	// Close to the minimum a line search can fail to find a smaller loss than
	// rounding allows; the gradient says whether that is the case.
	if result == nil {
		return nil, fmt.Errorf("fit logistic regression: %w", err)
	}
	p.evaluate(result.X)
	if slope := floats.Norm(p.gradient, math.Inf(1)); !(slope < 1e-6) {
		return nil, fmt.Errorf("fit logistic regression: no minimum after %d iterations (%v, gradient %g): %w",
			result.MajorIterations, result.Status, slope, err)
	}
	return result.X, nil
}

// evaluate computes loss and gradient, both divided by the number of rows, at x.
func (p *problem) evaluate(x []float64) {
	if slices.Equal(p.at, x) {
		return // asked for the loss first, then for the gradient
	}
	p.at = append(p.at[:0], x...)
	if p.scores == nil {
		p.scores = make([]float64, len(p.outcomes))
		p.gradient = make([]float64, p.size)
	}
	for i := range p.scores {
		p.scores[i] = x[0]
	}
	for i := range p.terms {
		p.terms[i].score(p.scores, x)
	}
	var loss, residuals float64
	for i, s := range p.scores {
		e := math.Exp(-math.Abs(s))
		probability := 1 / (1 + e) // of the likelier class
		if s < 0 {
			probability = e / (1 + e)
		}
		loss += math.Max(s, 0) - s*p.outcomes[i] + math.Log1p(e)
		p.scores[i] = probability - p.outcomes[i]
		residuals += p.scores[i]
	}
	p.gradient[0] = residuals
	for i := range p.terms {
		p.terms[i].slope(p.gradient, p.scores)
	}
	for i := 1; i < p.size; i++ {
		loss += p.l2 / 2 * x[i] * x[i]
		p.gradient[i] += p.l2 * x[i]
	}
	n := float64(len(p.outcomes))
	p.loss = loss / n
	floats.Scale(1/n, p.gradient)
}

// score adds the term to each row's log-odds.
func (t *term) score(scores, x []float64) {
	if t.numbers != nil {
		floats.AddScaled(scores, x[t.offset], t.numbers)
		return
	}
	centred := t.centred(x)
	for i, code := range t.codes {
		if code >= 0 {
			scores[i] += centred[code]
		}
	}
}

// centred is the categories' weights less their mean over the known rows.
func (t *term) centred(x []float64) []float64 {
	w := slices.Clone(x[t.offset : t.offset+len(t.shares)])
	floats.AddConst(-floats.Dot(w, t.shares), w)
	return w
}

// slope writes the derivatives of the loss by the term's weights.
func (t *term) slope(gradient, residuals []float64) {
	if t.numbers != nil {
		gradient[t.offset] = floats.Dot(t.numbers, residuals)
		return
	}
	g := gradient[t.offset : t.offset+len(t.shares)]
	clear(g)
	var all float64
	for i, code := range t.codes {
		if code >= 0 {
			g[code] += residuals[i]
			all += residuals[i]
		}
	}
	floats.AddScaled(g, -all, t.shares)
}

// coefficients copies the weights that were found into the feature.
func (t *term) coefficients(f *Feature, x []float64) {
	if t.numbers != nil {
		f.Coefficient = round(x[t.offset])
		return
	}
	for i, w := range t.centred(x) {
		f.Categories[i].Coefficient = round(w)
	}
}

func (p *problem) baseRate() float64 {
	return floats.Sum(p.outcomes) / float64(len(p.outcomes))
}
