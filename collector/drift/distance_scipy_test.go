package drift

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestSciPyMeasuresTheSameDistances(t *testing.T) {
	t.Parallel()
	var question struct {
		Counts  [][2][]int64 `json:"counts"`
		Axes    []placed     `json:"axes"`
		PValues [][]float64  `json:"p_values"`
		Blocks  [][2]any     `json:"blocks"`
	}
	histograms(41, 300, func(reference, window []int64) {
		question.Counts = append(question.Counts, [2][]int64{slices.Clone(reference), slices.Clone(window)})
	})
	r := rand.New(rand.NewPCG(42, 43))
	for i := range 300 {
		question.Axes = append(question.Axes, randomPlaced(r, 1+i%200))
	}
	for i := range 300 {
		p := make([]float64, 1+i%40)
		for j := range p {
			// Ties as well: p-values of a bootstrap are multiples of 1/(B+1).
			p[j] = math.Ceil(1000*math.Pow(r.Float64(), float64(1+i%4))) / 1000
		}
		question.PValues = append(question.PValues, p)
	}
	for i := range 100 {
		reference, blocks := randomBlocks(r, 2+i%20)
		question.Blocks = append(question.Blocks, [2]any{reference, blocks})
	}
	var answer struct {
		Counts  [][4]float64
		Axes    [][2]float64
		Blocks  [][2]float64
		PValues [][]float64 `json:"p_values"`
	}
	ask(t, "distances.py", question, &answer)
	for i, c := range question.Counts {
		for j, m := range measures {
			if got, want := m.of(c[0], c[1]), answer.Counts[i][j]; !near(got, want, 1e-9) {
				t.Errorf("%s(%v, %v) = %v, scipy says %v", m.name, c[0], c[1], got, want)
			}
		}
	}
	for i, p := range question.Axes {
		if got, want := p.axis.KolmogorovSmirnov(p.Window), answer.Axes[i][0]; !near(got, want, 1e-9) {
			t.Errorf("KolmogorovSmirnov of %+v = %v, scipy says %v", p, got, want)
		}
		if got, want := p.axis.Wasserstein(p.Window), answer.Axes[i][1]; !relative(got, want, 1e-9) {
			t.Errorf("Wasserstein of %+v = %v, scipy says %v", p, got, want)
		}
	}
	for i, c := range question.Blocks {
		got, ok := BlockBootstrap("", c[0].([]int64), slices.Concat(c[1].([][]int64)...))
		effect, p := answer.Blocks[i][0], answer.Blocks[i][1]
		if !ok || !near(got.DesignEffect, effect, 1e-9) {
			t.Errorf("design effect of %v = %v, numpy says %v", c, got.DesignEffect, effect)
		}
		if !near(got.PValue, p, 5*math.Sqrt(p*(1-p)*(1./BlockSamples+1./4000))+1./BlockSamples) {
			t.Errorf("p-value of blocks %v = %v, numpy says %v", c, got.PValue, p)
		}
	}
	for i, p := range question.PValues {
		for j, got := range BenjaminiHochberg(p) {
			if want := answer.PValues[i][j]; !near(got, want, 1e-12) {
				t.Errorf("BenjaminiHochberg(%v)[%d] = %v, scipy says %v", p, j, got, want)
			}
		}
	}
}
