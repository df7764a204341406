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

	at        []float64 // the weights that loss and gradient belong to
	loss      float64
	gradient  []float64
	residuals []float64 // probability less outcome of each row
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
// and so has one minimum: limited-memory BFGS [1] comes close, Newton's method
// with conjugate gradients [2] finishes. The latter matters where features are
// nearly collinear: there BFGS stops about 1e-5 from the minimum, and another
// processor's rounding would give another model.
//
// [1] Liu, D. C.; Nocedal, J. (1989). "On the limited memory BFGS method for
// large scale optimization". Mathematical Programming 45: 503-528.
// [2] Nocedal, J.; Wright, S. J. (2006). "Numerical Optimization", 2nd edition.
// Springer. Pages 101-120 and 165-170.
func (p *problem) fit() ([]float64, error) {
	start := make([]float64, p.size)
	base := p.baseRate()
	start[0] = math.Log(base / (1 - base))
	return minimize(p, start, "logistic regression")
}

// objective is a strictly convex function of the weights, of which one point at a time is known.
type objective interface {
	// evaluate goes to a point.
	evaluate(x []float64)
	// point returns the value and the gradient there; the gradient is valid until the next point.
	point() (loss float64, gradient []float64)
	// curvature multiplies the matrix of second derivatives there with v.
	curvature(v []float64) []float64
}

func (p *problem) point() (loss float64, gradient []float64) { return p.loss, p.gradient }

// minimize returns the minimum of an objective, as fit describes.
func minimize(p objective, start []float64, what string) ([]float64, error) {
	result, err := optimize.Minimize(optimize.Problem{
		Func: func(x []float64) float64 { p.evaluate(x); loss, _ := p.point(); return loss },
		Grad: func(into, x []float64) { p.evaluate(x); _, gradient := p.point(); copy(into, gradient) },
	}, start, &optimize.Settings{GradientThreshold: 1e-6, MajorIterations: 2000}, &optimize.LBFGS{Store: 20})
	if result == nil {
		return nil, fmt.Errorf("fit %s: %w", what, err)
	}
	// An error here is mostly a line search that met the limits of rounding. The
	// slope below shows whether it matters.
	x := polish(p, result.X)
	_, gradient := p.point()
	if slope := floats.Norm(gradient, math.Inf(1)); !(slope < 1e-9) {
		return nil, fmt.Errorf("fit %s: no minimum found, the slope is still %g after %d iterations (%v): look for a feature with extreme values",
			what, slope, result.MajorIterations, result.Status)
	}
	return x, nil
}

// polish takes Newton steps while they make the slope smaller, and returns the
// best weights; loss and gradient are theirs.
func polish(p objective, x []float64) []float64 {
	slope := func() float64 {
		_, gradient := p.point()
		return floats.Norm(gradient, 2)
	}
	p.evaluate(x)
	for range 20 {
		before := slope()
		next := slices.Clone(x)
		floats.Sub(next, newton(p))
		p.evaluate(next)
		if !(slope() < before/2) {
			p.evaluate(x)
			break
		}
		x = next
	}
	return x
}

// newton solves curvature * step = gradient by conjugate gradients.
func newton(p objective) []float64 {
	_, gradient := p.point()
	step := make([]float64, len(gradient))
	rest := slices.Clone(gradient)
	direction := slices.Clone(rest)
	square := floats.Dot(rest, rest)
	enough := square * 1e-24
	for i := 0; i < 1000 && square > enough; i++ {
		bent := p.curvature(direction)
		length := square / floats.Dot(direction, bent)
		floats.AddScaled(step, length, direction)
		floats.AddScaled(rest, -length, bent)
		last := square
		square = floats.Dot(rest, rest)
		floats.AddScaledTo(direction, rest, square/last, direction)
	}
	return step
}

// curvature multiplies the matrix of second derivatives at p.at with v.
func (p *problem) curvature(v []float64) []float64 {
	rows := p.predict(v)
	for i, y := range p.outcomes {
		probability := p.residuals[i] + y
		rows[i] *= probability * (1 - probability)
	}
	return p.back(rows, v)
}

// predict returns what a linear model with these weights says of each row.
func (p *problem) predict(x []float64) []float64 {
	rows := slices.Repeat([]float64{x[0]}, len(p.outcomes))
	for i := range p.terms {
		p.terms[i].score(rows, x)
	}
	return rows
}

// back returns the derivatives by the weights at x of something with this slope by row.
func (p *problem) back(rows, x []float64) []float64 {
	out := make([]float64, p.size)
	out[0] = floats.Sum(rows)
	for i := range p.terms {
		p.terms[i].slope(out, rows)
	}
	floats.AddScaled(out[1:], p.l2, x[1:])
	floats.Scale(1/float64(len(rows)), out)
	return out
}

// evaluate computes loss and gradient, both divided by the number of rows, at x.
func (p *problem) evaluate(x []float64) {
	if slices.Equal(p.at, x) {
		return // asked for the loss first, then for the gradient
	}
	p.at = append(p.at[:0], x...)
	if p.residuals == nil {
		p.residuals = make([]float64, len(p.outcomes))
		p.gradient = make([]float64, p.size)
	}
	logOdds := p.residuals // in the same place: one becomes the other
	for i := range logOdds {
		logOdds[i] = x[0]
	}
	for i := range p.terms {
		p.terms[i].score(logOdds, x)
	}
	var loss float64
	for i, s := range logOdds {
		e := math.Exp(-math.Abs(s))
		loss += math.Max(s, 0) - s*p.outcomes[i] + math.Log1p(e)
		probability := 1 / (1 + e)
		if s < 0 {
			probability = e / (1 + e)
		}
		p.residuals[i] = probability - p.outcomes[i]
	}
	p.gradient[0] = floats.Sum(p.residuals)
	for i := range p.terms {
		p.terms[i].slope(p.gradient, p.residuals)
	}
	floats.AddScaled(p.gradient[1:], p.l2, x[1:])
	n := float64(len(p.outcomes))
	p.loss = (loss + p.l2/2*floats.Dot(x[1:], x[1:])) / n
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
