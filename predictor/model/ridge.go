package model

import (
	"slices"

	"gonum.org/v1/gonum/floats"
)

// ridge is the penalised sum of squares of a regression: half the sum of squared residuals, and
// L2/2 times the sum of squared weights but the intercept. The outcomes are standardised.
type ridge struct{ problem }

// fit returns the weights that minimise the problem, as problem.fit does for two classes. The
// objective is a quadratic, so one Newton step is all that rounding does not undo.
func (p *ridge) fit() ([]float64, error) {
	return minimize(p, make([]float64, p.size), "ridge regression")
}

// evaluate computes loss and gradient, both divided by the number of rows, at x.
func (p *ridge) evaluate(x []float64) {
	if slices.Equal(p.at, x) {
		return
	}
	p.at = append(p.at[:0], x...)
	residuals := p.predict(x)
	floats.Sub(residuals, p.outcomes)
	n := float64(len(residuals))
	p.loss = (floats.Dot(residuals, residuals) + p.l2*floats.Dot(x[1:], x[1:])) / (2 * n)
	p.gradient = p.back(residuals, x)
}

// curvature multiplies the matrix of second derivatives with v.
func (p *ridge) curvature(v []float64) []float64 { return p.back(p.predict(v), v) }
