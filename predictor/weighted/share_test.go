package weighted

import (
	"math"
	"math/rand/v2"
	"testing"
)

// With equal probabilities the interval is Wilson's. The values are those of
// statsmodels.stats.proportion.proportion_confint(method="wilson").
func TestEqualProbabilitiesGiveWilson(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		right, n     int
		lower, upper float64
	}{
		{8, 10, .4901624715, .9433178485},
		{0, 10, 0, .2775327999},
		{10, 10, .7224672001, 1},
		{90, 100, .8256343385, .9447708629},
	} {
		var s Share
		for i := range test.n {
			s.Add(.02, i < test.right)
		}
		p, lower, upper, ok := s.Estimate()
		if !ok || math.Abs(p-float64(test.right)/float64(test.n)) > 1e-12 || math.Abs(lower-test.lower) > 1e-9 || math.Abs(upper-test.upper) > 1e-9 {
			t.Errorf("%d of %d: %v, %v to %v, want %v to %v", test.right, test.n, p, lower, upper, test.lower, test.upper)
		}
	}
	if _, _, _, ok := new(Share).Estimate(); ok {
		t.Error("no sample has an estimate")
	}
}

// A weight counts for as many members as it stands for.
func TestWeightsCorrectTheSample(t *testing.T) {
	t.Parallel()
	var s Share
	for range 50 {
		s.Add(.5, false) // 100 wrong ones, of which every other was drawn
	}
	for range 30 {
		s.Add(.1, true) // 300 right ones
	}
	p, lower, upper, _ := s.Estimate()
	if math.Abs(p-.75) > 1e-12 || !(lower < .75 && upper > .75) {
		t.Errorf("%v, %v to %v; want .75", p, lower, upper)
	}
}

// The interval covers the share of the population, with equal probabilities and with some that
// rise with the chance of an error.
func TestIntervalsCover(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(7, 11))
	for _, test := range []struct {
		name  string
		draws func(wrong float64) float64
	}{
		{"equal", func(float64) float64 { return .05 }},
		{"uncertain first", func(wrong float64) float64 { return .05 * max(.1, min(1, 2*wrong)) }},
		{"a share that was changed", func(float64) float64 { return []float64{.02, .1}[rnd.IntN(2)] }},
	} {
		const repeats, population = 1500, 4000
		covered, bias := 0, 0.0
		for range repeats {
			var s Share
			truth := 0.0
			for range population {
				wrong := .4 * rnd.Float64() * rnd.Float64()
				truth += 1 - wrong
				if p := test.draws(wrong); rnd.Float64() < p {
					s.Add(p, rnd.Float64() >= wrong)
				}
			}
			truth /= population
			p, lower, upper, _ := s.Estimate()
			bias += (p - truth) / repeats
			if lower <= truth && truth <= upper {
				covered++
			}
		}
		if share := float64(covered) / repeats; share < .93 || share > .975 || math.Abs(bias) > .003 {
			t.Errorf("%s: coverage %.3f, bias %.4f", test.name, share, bias)
		} else {
			t.Logf("%s: coverage %.3f, bias %.4f", test.name, share, bias)
		}
	}
}
