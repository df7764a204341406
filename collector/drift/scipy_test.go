package drift

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

type scipyQuestions struct {
	KL       [][2][]int64   `json:"kl"`
	Wilson   [][2]int64     `json:"wilson"`
	Binomial [][4]any       `json:"binomial"`
	Search   [][2][]float64 `json:"search"`
	Null     [][3]any       `json:"null"`
}

type scipyAnswers struct {
	KL       []float64
	Wilson   [][2]float64
	Binomial []float64
	Search   [][]uint8
	Null     [][3]float64
}

// askSciPy runs testdata/check.py, an implementation by other hands of what this
// package computes.
func askSciPy(t *testing.T, questions scipyQuestions) scipyAnswers {
	t.Helper()
	var answers scipyAnswers
	ask(t, "check.py", questions, &answers)
	return answers
}

func TestSciPySaysTheSame(t *testing.T) {
	t.Parallel()
	const z95 = 1.959963984540054
	r := rand.New(rand.NewPCG(11, 12))
	var ask scipyQuestions
	histograms(13, 300, func(reference, window []int64) {
		ask.KL = append(ask.KL, [2][]int64{slices.Clone(reference), slices.Clone(window)})
	})
	for range 200 {
		n := 1 + r.Int64N(5000)
		ask.Wilson = append(ask.Wilson, [2]int64{r.Int64N(n + 1), n})
	}
	for range 60 {
		ask.Binomial = append(ask.Binomial, binomialCase(r))
	}
	var binnings []*Binning
	for range 100 {
		sample := make([]float64, 300)
		for i := range sample {
			sample[i] = math.Round(50*r.NormFloat64()) / 10
		}
		edges, _, _, counts := fineOf(sample, 1+r.IntN(200))
		b, err := NewContinuous(edges, math.NaN(), math.NaN(), counts, BinOptions{})
		if err != nil {
			t.Fatal(err)
		}
		binnings = append(binnings, b)
		ask.Search = append(ask.Search, [2][]float64{append([]float64{}, edges...), sample})
	}
	var nulls []*Null
	histograms(14, 40, func(reference, window []int64) {
		n := total(window)
		// With a few counts in a bin KL takes few values, and whether the
		// reference is drawn as well from n_ref = 200 n on matters between them.
		if slices.Min(occupied(reference)) < 50 {
			return
		}
		nulls = append(nulls, NewNull(reference, n, 20_000, 5))
		// Somewhere in the bulk, where p says something.
		kl := nulls[len(nulls)-1].Mean() * (0.5 + 1.5*r.Float64())
		ask.Null = append(ask.Null, [3]any{slices.Clone(reference), n, kl})
	})

	got := askSciPy(t, ask)
	for i, c := range ask.KL {
		if kl := KL(c[0], c[1]); !near(kl, got.KL[i], 1e-9) {
			t.Errorf("KL(%v, %v) = %v, scipy says %v", c[0], c[1], kl, got.KL[i])
		}
	}
	for i, c := range ask.Wilson {
		lo, hi := Wilson(c[0], c[1], z95)
		if !near(lo, got.Wilson[i][0], 1e-9) || !near(hi, got.Wilson[i][1], 1e-9) {
			t.Errorf("Wilson(%d, %d) = %v, %v, scipy says %v", c[0], c[1], lo, hi, got.Wilson[i])
		}
	}
	for i, c := range ask.Binomial {
		if p := got.Binomial[i]; !(p > tooUnlikely) {
			t.Errorf("binomial(%v, %v): scipy gives the draws a p-value of %v", c[0], c[1], p)
		}
	}
	for i, c := range ask.Search {
		for j, x := range c[1] {
			if code := binnings[i].Number(x); code != got.Search[i][j] {
				t.Errorf("Number(%v) with edges %v = %d, numpy says %d", x, c[0], code, got.Search[i][j])
			}
		}
	}
	for i, c := range ask.Null {
		checkNull(t, c, nulls[i], got.Null[i])
	}
}

// checkNull compares two bootstraps of 20,000 draws, up to five standard errors.
func checkNull(t *testing.T, c [3]any, null *Null, scipy [3]float64) {
	t.Helper()
	reference, n, kl := c[0].([]int64), c[1].(int64), c[2].(float64)
	p, mean, sd := scipy[0], scipy[1], scipy[2]
	apart := 5 * math.Sqrt(2./20_000)
	// From n_ref = 200 n on the reference's noise is left out here.
	slack := 0.0
	if total(reference) >= 200*n {
		slack = 0.005
	}
	if got := null.PValue(kl); !near(got, p, apart*math.Sqrt(p*(1-p))+slack+0.001) {
		t.Errorf("p of %v with %v at n = %d is %v, numpy says %v", kl, reference, n, got, p)
	}
	if !near(null.Mean(), mean, apart*sd+slack*mean+1e-12) {
		t.Errorf("noise floor with %v at n = %d is %v, numpy says %v", reference, n, null.Mean(), mean)
	}
}

// binomialCase draws 20,000 numbers and counts them in 200 cells around the mean.
func binomialCase(r *rand.Rand) [4]any {
	n := 1 + int64(math.Pow(10, 5*r.Float64()))
	p := math.Pow(10, -3*r.Float64())
	if r.IntN(2) == 0 {
		p = 1 - p
	}
	first := max(0, int64(float64(n)*p)-100)
	counts := make([]int64, 200)
	draw := newRandom(r.Uint64())
	for range 20_000 {
		cell := draw.binomial(n, p, 1-p) - first
		counts[min(max(cell, 0), 199)]++
	}
	return [4]any{n, p, first, counts}
}
