package drift

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// placed is a random axis and a window by fine code, with all it was made from.
type placed struct {
	Places []float64 `json:"places"`
	Counts []int64   `json:"counts"`
	Lo     float64   `json:"lo"`
	Hi     float64   `json:"hi"`
	SD     float64   `json:"sd"`
	Window []int64   `json:"window"` // by fine code
	axis   *Axis
}

func randomPlaced(r *rand.Rand, bins int) placed {
	p := placed{SD: math.Exp(3 * r.NormFloat64())}
	x := 100 * r.NormFloat64()
	p.Lo = x
	for range bins {
		p.Places = append(p.Places, x)
		p.Counts = append(p.Counts, int64(50*r.ExpFloat64()))
		p.Window = append(p.Window, int64(5*r.ExpFloat64()))
		x += r.ExpFloat64() * p.SD
	}
	p.Counts[r.IntN(bins)]++
	p.Hi = p.Places[bins-1] + float64(r.IntN(2))*r.ExpFloat64()
	p.Window = append(p.Window, r.Int64N(10), r.Int64N(10), r.Int64N(10), r.Int64N(10), 1+r.Int64N(10))
	p.axis = NewAxis(p.Counts, p.Places, p.Lo, p.Hi, p.SD)
	return p
}

func randomAxis(r *rand.Rand, bins int) (*Axis, []int64) {
	p := randomPlaced(r, bins)
	return p.axis, p.Window
}

// The bins lie at 0, 10, 20 and 30, what is outside at -5 and 40; the unit is 10.
func TestDistancesOfNumbersByHand(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name                 string
		window               []int64 // by fine code: four bins, unseen, missing, invalid, below, above
		smirnov, wasserstein float64
	}{
		{name: "alike", window: []int64{5, 5, 5, 5, 0, 0, 0, 0, 0}},
		{name: "one bin up", window: []int64{0, 5, 5, 10, 0, 0, 0, 0, 0}, smirnov: .25, wasserstein: .75},
		{name: "all in the first", window: []int64{9, 0, 0, 0, 0, 0, 0, 0, 0}, smirnov: .75, wasserstein: 1.5},
		{name: "all in the last", window: []int64{0, 0, 0, 9, 0, 0, 0, 0, 0}, smirnov: .75, wasserstein: 1.5},
		{name: "all below", window: []int64{0, 0, 0, 0, 0, 0, 0, 9, 0}, smirnov: 1, wasserstein: 2},
		{name: "all above", window: []int64{0, 0, 0, 0, 0, 0, 0, 0, 9}, smirnov: 1, wasserstein: 2.5},
		{name: "without and between values", window: []int64{5, 5, 5, 5, 90, 70, 0, 0, 0}},
		{name: "no number", window: []int64{0, 0, 0, 0, 1, 1, 0, 0, 0}, smirnov: math.NaN(), wasserstein: math.NaN()},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			axis := NewAxis([]int64{100, 100, 100, 100}, []float64{0, 10, 20, 30}, -5, 40, 10)
			same := func(what string, got, want float64) {
				if !near(got, want, 1e-15) && !(math.IsNaN(got) && math.IsNaN(want)) {
					t.Errorf("%s = %v, want %v", what, got, want)
				}
			}
			same("KolmogorovSmirnov", axis.KolmogorovSmirnov(test.window), test.smirnov)
			same("Wasserstein", axis.Wasserstein(test.window), test.wasserstein)
		})
	}
}

func TestWassersteinNeedsPlacesAndDeviation(t *testing.T) {
	t.Parallel()
	window := []int64{1, 1, 0, 0, 0, 0, 0}
	for name, axis := range map[string]*Axis{
		"no order":           nil,
		"no places":          NewAxis([]int64{1, 1}, nil, 0, 0, 1),
		"constant":           NewAxis([]int64{1, 1}, []float64{5, 5}, 5, 5, 0),
		"deviation unknown":  NewAxis([]int64{1, 1}, []float64{5, 6}, 5, 6, math.NaN()),
		"deviation infinite": NewAxis([]int64{1, 1}, []float64{5, 6}, 5, 6, math.Inf(1)),
	} {
		if got := axis.Wasserstein(window); !math.IsNaN(got) {
			t.Errorf("%s: Wasserstein = %v", name, got)
		}
		if got := axis.KolmogorovSmirnov(window); math.IsNaN(got) != (axis == nil) {
			t.Errorf("%s: KolmogorovSmirnov = %v", name, got)
		}
	}
}

func TestDistancesOfNumbersKeepTheirRange(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(31, 32))
	for range 2000 {
		p := randomPlaced(r, 1+r.IntN(40))
		bins := len(p.Counts)
		smirnov, moved := p.axis.KolmogorovSmirnov(p.Window), p.axis.Wasserstein(p.Window)
		if !(smirnov >= 0 && smirnov <= 1) {
			t.Errorf("KolmogorovSmirnov = %v of %+v", smirnov, p)
		}
		// No number moves further than from one end to the other, nor the mean
		// further than the numbers.
		if reach := (p.Hi - p.Lo) / p.SD; !(moved >= 0 && moved <= reach*(1+1e-12)) {
			t.Errorf("Wasserstein = %v beyond %v of %+v", moved, reach, p)
		}
		if itself := append(slices.Clone(p.Counts), 3, 3, 3, 0, 0); p.axis.KolmogorovSmirnov(itself) > 1e-15 || p.axis.Wasserstein(itself) > 1e-12 {
			t.Errorf("the distance of %+v from itself is %v and %v", p, p.axis.KolmogorovSmirnov(itself), p.axis.Wasserstein(itself))
		}
		// Seen from the other end of the line the distances are the same.
		mirrored := NewAxis(reversed(p.Counts), negated(p.Places), -p.Hi, -p.Lo, p.SD)
		window := append(reversed(p.Window[:bins]), p.Window[bins], p.Window[bins+1], p.Window[bins+2], p.Window[bins+4], p.Window[bins+3])
		if got := mirrored.KolmogorovSmirnov(window); !near(got, smirnov, 1e-12) {
			t.Errorf("KolmogorovSmirnov = %v, mirrored %v, of %+v", smirnov, got, p)
		}
		if got := mirrored.Wasserstein(window); !near(got, moved, 1e-9*(1+moved)) {
			t.Errorf("Wasserstein = %v, mirrored %v, of %+v", moved, got, p)
		}
	}
}

func reversed(counts []int64) []int64 {
	counts = slices.Clone(counts)
	slices.Reverse(counts)
	return counts
}

func negated(x []float64) []float64 {
	out := make([]float64, len(x))
	for i, v := range x {
		out[len(x)-1-i] = -v
	}
	return out
}

// Months of 12, 36 and 60 in the reference, and 48 in the window, which lies between
// two of them; by scipy.stats.ks_2samp and wasserstein_distance of the numbers.
func TestNumbersBetweenDiscreteValuesHaveTheirPlace(t *testing.T) {
	t.Parallel()
	values, counts := []float64{12, 36, 60}, []int64{30, 25, 45}
	b, err := NewDiscrete(values, counts, BinOptions{})
	if err != nil {
		t.Fatal(err)
	}
	axis := NewDiscreteAxis(values, counts, 20.47046653107838)
	for _, c := range []struct {
		name                 string
		window               map[float64]int64
		smirnov, wasserstein float64
	}{
		{"half of them between", map[float64]int64{12: 15, 36: 12, 48: 50, 60: 23}, .28, .46896830540843926},
		{"all between", map[float64]int64{48: 7}, .55, .9379366108168785},
		{"none", map[float64]int64{12: 30, 36: 25, 60: 45}, 0, 0},
		{"outside, which counts as at the ends", map[float64]int64{6: 5, 72: 5}, .5, .29310519088027465},
	} {
		fine := make([]int64, b.Codes())
		for x, n := range c.window {
			fine[b.Number(x)] += n
		}
		if got := axis.KolmogorovSmirnov(fine); !near(got, c.smirnov, 1e-12) {
			t.Errorf("%s: KolmogorovSmirnov = %v, want %v", c.name, got, c.smirnov)
		}
		if got := axis.Wasserstein(fine); !near(got, c.wasserstein, 1e-9) {
			t.Errorf("%s: Wasserstein = %v, want %v", c.name, got, c.wasserstein)
		}
	}
}
