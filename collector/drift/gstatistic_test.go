package drift

import (
	"encoding/json"
	"math"
	"os"
	"slices"
	"sync"
	"testing"
)

// gVectors are the parts of testdata/statistics.json that belong to the detector.
type gVectors struct {
	Vectors []struct {
		Name      string
		Ref, Prod []int64
		G         float64 `json:"g_2s"`
		P         float64 `json:"g_2s_p"`
		Freedom   int     `json:"dof"`
	}
	Extras struct {
		Projections []struct {
			P, Q, R  []float64
			Radius   float64 `json:"delta"`
			Distance float64 `json:"kl_P_q"`
			W        float64
			Counts   []int64
			LogOdds  float64 `json:"log_e"`
		} `json:"ripr"`
	}
}

func readGVectors(t *testing.T) gVectors {
	t.Helper()
	data, err := os.ReadFile("testdata/statistics.json")
	if err != nil {
		t.Fatal(err)
	}
	var v gVectors
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// homogeneity is the likelihood-ratio test of two samples of one unknown
// distribution, 2 sum O ln(O/E), which the vectors hold.
func homogeneity(reference, window []int64) float64 {
	nref, n := float64(total(reference)), float64(total(window))
	sum := 0.0
	for b := range reference {
		r, c := float64(reference[b]), float64(window[b])
		if r > 0 {
			sum += r * math.Log(r/((r+c)*nref/(nref+n)))
		}
		if c > 0 {
			sum += c * math.Log(c/((r+c)*n/(nref+n)))
		}
	}
	return 2 * sum
}

// G takes the reference's shares for the null where the vectors pool both
// samples: the two agree as n/n_ref and the divergence go to 0.
func TestGIsNearTheHomogeneityTestOfTheVectors(t *testing.T) {
	t.Parallel()
	compared := 0
	for _, v := range readGVectors(t).Vectors {
		if v.Freedom == 0 || v.Name == "disjoint" { // no value; no reference to speak of
			continue
		}
		compared++
		pooled := homogeneity(v.Ref, v.Prod)
		if !near(pooled, v.G, 1e-9*(1+v.G)) {
			t.Errorf("%s: homogeneity = %v, want %v", v.Name, pooled, v.G)
		}
		if got := chiSquaredTail(v.G, v.Freedom); !relative(got, v.P, 1e-9) {
			t.Errorf("%s: p = %v, want %v", v.Name, got, v.P)
		}
		if got := G(v.Ref, v.Prod); !near(got, v.G, 2e-3*v.G+1e-4) {
			t.Errorf("%s: G = %v, far from %v", v.Name, got, v.G)
		}
	}
	if compared < 12 {
		t.Errorf("only %d vectors compared", compared)
	}
}

// The wanted values are numpy's, by the formula.
func TestGOfKnownCounts(t *testing.T) {
	t.Parallel()
	tens := slices.Repeat([]int64{10_000}, 10)
	for name, test := range map[string]struct {
		reference, window []int64
		want              float64
	}{
		"large drift":       {[]int64{60_000, 30_000, 10_000}, []int64{20, 40, 40}, 89.8810754868526},
		"no drift":          {[]int64{60_000, 30_000, 10_000}, []int64{57, 33, 10}, 0.44254377875020345},
		"deciles":           {tens, []int64{66, 72, 89, 93, 90, 79, 112, 100, 148, 151}, 72.55879615612422},
		"small reference":   {[]int64{992, 1023, 961, 1003, 999, 1007, 1021, 1043, 962, 989}, []int64{10011, 10023, 9990, 10014, 9913, 9961, 9844, 9958, 10148, 10138}, 8.29218755631496},
		"same shares":       {[]int64{500, 300, 200}, []int64{50, 30, 20}, 3.0203956062354317e-05},
		"a bin never seen":  {[]int64{1000, 0}, []int64{0, 100}, 1382.1639927045755},
		"a single bin":      {[]int64{1000}, []int64{100}, 0},
		"empty window bins": {[]int64{1, 1}, []int64{2, 0}, 2 * math.Ln2},
	} {
		if got := G(test.reference, test.window); !near(got, test.want, 1e-9*(1+test.want)) {
			t.Errorf("%s: G = %.15g, want %.15g", name, got, test.want)
		}
	}
	if got := G([]int64{1, 2}, []int64{0, 0}); !math.IsNaN(got) {
		t.Errorf("G of an empty window = %v", got)
	}
}

func TestTailsOfKnownValues(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		x       float64
		freedom int
		want    float64 // scipy.stats.chi2.sf
	}{
		{-1, 3, 1}, {0, 3, 1}, {0, 0, 1}, {3, 1, 0.08326451666355042}, {9, 9, 0.43727418891386693},
		{48, 9, 2.554059961249199e-07}, {60, 9, 1.3406780483959625e-09}, {130, 19, 1.4580196110533068e-18},
		{700, 11, 5.39491346631909e-143}, {1400, 9, 7.730994243998953e-296}, {400, 201, 2.6235528169157346e-15},
	} {
		if got := chiSquaredTail(test.x, test.freedom); !relative(got, test.want, 1e-9) {
			t.Errorf("chi-squared tail(%v, %d) = %v, want %v", test.x, test.freedom, got, test.want)
		}
	}
	// A chi-squared distribution is a Pearson III distribution with its moments.
	chi9 := Moments{Mean: 9, Variance: 18, Skewness: math.Sqrt(8. / 9)}
	for _, x := range []float64{0.1, 5, 9, 30, 80, 500} {
		if got, want := chi9.Tail(x), chiSquaredTail(x, 9); !relative(got, want, 1e-9) {
			t.Errorf("Pearson III tail(%v) = %v, want %v", x, got, want)
		}
	}
	if got := chi9.Tail(-1); got != 1 {
		t.Errorf("tail below the origin = %v", got)
	}
	for _, m := range []Moments{{}, {Mean: 1, Skewness: 1}, {1, 1, 0}, {1, 1, -1}, {math.NaN(), math.NaN(), math.NaN()}} {
		if got := GPValue(20, 4, m); got != chiSquaredTail(20, 3) {
			t.Errorf("without a fit %+v the p-value is %v, not chi-squared's", m, got)
		}
	}
	if got := GPValue(math.NaN(), 4, chi9); !math.IsNaN(got) {
		t.Errorf("p-value of NaN = %v", got)
	}
}

func TestGPValueFallsAsGRises(t *testing.T) {
	t.Parallel()
	m, last := Moments{9.4, 21, 1.1}, 1.0
	for g := 0.0; g < 1300; g += 0.25 {
		p := GPValue(g, 10, m)
		if !(p > 0 && p <= last) {
			t.Fatalf("p(%v) = %v after %v", g, p, last)
		}
		last = p
	}
}

func TestMomentsOfDraws(t *testing.T) {
	t.Parallel()
	got := momentsOf([]float64{1, 2, 2, 3, 7})
	// numpy.mean, numpy.var, scipy.stats.skew
	if !near(got.Mean, 3, 1e-12) || !near(got.Variance, 4.4, 1e-12) || !near(got.Skewness, 1.170158632255954, 1e-12) {
		t.Errorf("moments %+v", got)
	}
	if got := momentsOf([]float64{4, 4, 4}); got.Variance != 0 || got.Skewness != 0 {
		t.Errorf("moments of a constant %+v", got)
	}
}

// The null of G is drawn apart from that of KL, which it must not change.
func TestNullOfGIsTheSameForEveryCaller(t *testing.T) {
	t.Parallel()
	reference := []int64{6000, 3000, 1000, 0}
	one, other := NewNull(reference, 300, 500, 7), NewNull(reference, 300, 500, 7)
	var callers sync.WaitGroup
	for range 4 {
		callers.Go(func() { one.G() })
	}
	callers.Wait()
	if one.G() != other.G() {
		t.Errorf("moments differ: %+v, %+v", one.G(), other.G())
	}
	if one.Mean() != other.Mean() {
		t.Errorf("means of KL differ: %v, %v", one.Mean(), other.Mean())
	}
	// Three occupied bins: chi-squared with 2 degrees of freedom.
	if m := one.G(); !near(m.Mean, 2, 0.1) || !near(m.Variance, 4, 0.5) || !near(m.Skewness, 2, 0.4) {
		t.Errorf("moments %+v", m)
	}
}

func TestNullOfGWithoutVarianceIsLeftToChiSquared(t *testing.T) {
	t.Parallel()
	for _, reference := range [][]int64{{100}, {100, 0}, {0, 0}} {
		if got := NewNull(reference, 100, 10, 1).G(); got != (Moments{}) {
			t.Errorf("%v: %+v", reference, got)
		}
	}
}

// Where chi-squared is off, the larger one of the two tails keeps its level.
func TestGPValueKeepsItsLevel(t *testing.T) {
	t.Parallel()
	const draws = 60_000
	for name, test := range map[string]struct {
		shares       []float64
		reference, n int64
	}{
		"deciles, 100":        {equalShares(10), 1_000_000, 100},
		"20 bins, 100":        {equalShares(20), 1_000_000, 100},
		"rare bins, 100":      {[]float64{.3, .22, .16, .1, .07, .05, .03, .02, .015, .01, .01, .005, .005, .005}, 1_000_000, 100},
		"3 classes, 60":       {[]float64{.6, .3, .1}, 100_000, 60},
		"equal sizes, 10,000": {equalShares(10), 10_000, 10_000},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			normal := parts(test.shares)
			truth, windows := newMultinomial(normal, test.reference), newMultinomial(normal, test.n)
			random := newRandom(11)
			reference, window := make([]int64, len(normal)), make([]int64, len(normal))
			truth.draw(random, reference)
			moments := NewNull(reference, test.n, DefaultSamples, 5).G()
			var below [3]float64
			levels := [3]float64{.05, .01, .001}
			for range draws {
				truth.draw(random, reference)
				windows.draw(random, window)
				p := GPValue(G(reference, window), len(normal), moments)
				for i, level := range levels {
					if p < level {
						below[i]++
					}
				}
			}
			for i, level := range levels {
				// The specification measured 1.3; the rest is four standard errors.
				most := 1.3*level + 4*math.Sqrt(level/draws)
				if got := below[i] / draws; got > most || got < level/3 {
					t.Errorf("p < %v in a share of %v", level, got)
				}
			}
		})
	}
}

// Rare cells are tested as they are. Over 3,000,000 draws each, of windows of 100,
// 1,000 and 10,000 against references of 100,000 and without end, the window rule's probability
// was below 1e-3 to 1e-6 in .0 to .7 times as many windows as it said: in ten equal
// cells, these with rare ones of .25 and .05 %, flags of as much, and three cells
// with one. What makes it careful are the cells that the reference never saw, which
// count as degrees of freedom.
func TestTailOfGHoldsWithRareCells(t *testing.T) {
	t.Parallel()
	deciles := slices.Repeat([]int64{9970}, 10)
	for name, reference := range map[string][]int64{
		"deciles":         append(slices.Clone(deciles), 0, 0),
		"with .25 %":      append(slices.Clone(deciles), 250, 0, 0),
		"with both":       append(slices.Clone(deciles), 250, 50, 0, 0),
		"flag of .25 %":   {99_750, 250, 0, 0, 0},
		"flag of .05 %":   {99_950, 50, 0, 0, 0},
		"three and .05 %": {60_000, 30_000, 9950, 50, 0, 0},
	} {
		for _, n := range []int64{100, 1000} {
			null := NewNull(reference, n, 9999, 1).G()
			p, r := newPairs(reference, Novelty{}, n), newRandom(uint64(n))
			const draws = 50_000
			var below [2]int
			levels := [2]float64{1e-3, 1e-4}
			for range draws {
				p.draw(r)
				tail := GPValue(flooredG(p.drawn, p.window, len(reference)), len(reference), null)
				for i, level := range levels {
					if tail < level {
						below[i]++
					}
				}
			}
			for i, level := range levels {
				// 50 and 5 are expected at most, with standard errors of 7 and 2.
				if most := level*draws + 4*math.Sqrt(level*draws); float64(below[i]) > most {
					t.Errorf("%s, n = %d: %d of %d windows below %v", name, n, below[i], draws, level)
				}
			}
		}
	}
}

// TestAWindowBelowTheBoundIsNeverRare compares the bound with G, and the usual values of G with
// their probability.
func TestAWindowBelowTheBoundIsNeverRare(t *testing.T) {
	t.Parallel()
	r := newRandom(5)
	for range 5000 {
		k := 2 + int(r.bits64()%30)
		reference, window := make([]int64, k), make([]int64, k)
		for i := range reference {
			reference[i], window[i] = int64(r.below(5000)), int64(r.below(1+r.below(300)))
		}
		if total(window) == 0 || total(reference) == 0 {
			continue
		}
		d := NewDetector(reference, usual)
		n := float64(total(window))
		size := n / (1 + r.unit())
		g, bound := sizedG(reference, window, k, size), boundG(d.ball.center, window, n, size, float64(d.rows))
		if g > bound*(1+1e-12) {
			t.Fatalf("G of %v against %v is %v, above %v", window, reference, g, bound)
		}
		if p := chiSquaredTail(d.usual, k-1); p < d.probability || p > 1.01*d.probability {
			t.Errorf("%d bins: the tail at %v is %v, want a little more than %v", k, d.usual, p, d.probability)
		}
	}
	for _, none := range []float64{usualG(.5, 0), usualG(1, 9)} {
		if none >= 0 {
			t.Errorf("got %v where no value is usual", none)
		}
	}
}
