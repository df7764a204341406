package reference

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/drift-exporter/drift_exporter/collector/drift"
)

// sampled returns a feature that was counted from numbers.
func sampled(t *testing.T, numbers []float64) *Feature {
	t.Helper()
	r, err := Build([]Column{{Name: "x", Type: Numeric, Numbers: numbers}}, nil, BuildOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return &r.Features[0]
}

// coded counts numbers by the fine codes of a feature.
func coded(t *testing.T, f *Feature, numbers []float64) []int64 {
	t.Helper()
	b, err := f.Binning(drift.BinOptions{})
	if err != nil {
		t.Fatal(err)
	}
	fine := make([]int64, b.Codes())
	for _, x := range numbers {
		fine[b.Number(x)]++
	}
	return fine
}

// apart returns the Kolmogorov-Smirnov distance and the Wasserstein distance of two samples,
// computed from the numbers themselves.
func apart(a, b []float64) (smirnov, wasserstein float64) {
	a, b = slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b))
	i, j, last := 0, 0, math.Inf(-1)
	for i < len(a) || j < len(b) {
		x := math.Inf(1)
		if i < len(a) {
			x = a[i]
		}
		if j < len(b) {
			x = min(x, b[j])
		}
		d := math.Abs(float64(i)/float64(len(a)) - float64(j)/float64(len(b)))
		if smirnov = max(smirnov, d); d > 0 {
			wasserstein += d * (x - last)
		}
		last = x
		for ; i < len(a) && a[i] == x; i++ {
		}
		for ; j < len(b) && b[j] == x; j++ {
		}
	}
	return smirnov, wasserstein
}

func deviation(x []float64) float64 {
	mean, squares := 0.0, 0.0
	for _, v := range x {
		mean += v / float64(len(x))
	}
	for _, v := range x {
		squares += (v - mean) * (v - mean)
	}
	return math.Sqrt(squares / float64(len(x)))
}

// This checks what Axis says about its error, on the mean of ten windows of 1000 against 100,000.
func TestErrorOfBinnedDistances(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(61, 62))
	for _, source := range []struct {
		name   string
		draw   func() float64
		errors [][2]float64 // shift in deviations, greatest relative error of Wasserstein
	}{
		{"normal", r.NormFloat64, [][2]float64{{.2, .01}, {.5, .01}, {-.5, .01}, {1, .01}, {-1, .01}, {3, .15}}},
		{"lognormal", func() float64 { return math.Exp(11 + 0.6*r.NormFloat64()) }, [][2]float64{{.2, .03}, {.5, .01}, {1, .01}, {3, .01}}},
		{"Pareto", func() float64 { return math.Pow(r.Float64(), -1/2.5) }, [][2]float64{{.2, .06}, {.5, .03}, {1, .02}, {3, .03}}},
	} {
		numbers := make([]float64, 100_000)
		for i := range numbers {
			numbers[i] = source.draw()
		}
		f, sd := sampled(t, numbers), deviation(numbers)
		axis := f.Axis()
		for _, test := range source.errors {
			shift, most := test[0], test[1]
			var binned, exact, short float64
			for range 10 {
				window := make([]float64, 1000)
				for i := range window {
					window[i] = source.draw() + shift*sd
				}
				fine := coded(t, f, window)
				smirnov, moved := apart(numbers, window)
				binned, exact = binned+axis.Wasserstein(fine), exact+moved/sd
				short = max(short, math.Abs(smirnov-axis.KolmogorovSmirnov(fine)))
			}
			t.Logf("%s shifted by %v: %v for %v (%+.2f %%), Kolmogorov-Smirnov short by %v", source.name, shift, binned/10, exact/10, 100*(binned/exact-1), short)
			if !(math.Abs(binned/exact-1) <= most) {
				t.Errorf("%s shifted by %v: %v for %v", source.name, shift, binned/10, exact/10)
			}
			if short > .005 {
				t.Errorf("%s shifted by %v: Kolmogorov-Smirnov short by %v", source.name, shift, short)
			}
		}
	}
}

func TestNumbersFarFromZeroHaveTheirDeviation(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(63, 64))
	numbers := make([]float64, 20_000)
	for i := range numbers {
		numbers[i] = 1.7e9 + 100*r.NormFloat64() // seconds since 1970
	}
	f := sampled(t, numbers)
	if got, want := f.deviation(f.places()), deviation(numbers); math.Abs(got/want-1) > .01 {
		t.Errorf("standard deviation = %v, want %v", got, want)
	}
}

func TestDiscreteNumbersAreMeasuredExactly(t *testing.T) {
	t.Parallel()
	numbers := slices.Concat(slices.Repeat([]float64{15}, 20), slices.Repeat([]float64{20}, 10), slices.Repeat([]float64{30}, 70))
	window := slices.Concat(slices.Repeat([]float64{15}, 5), slices.Repeat([]float64{30}, 3))
	f := sampled(t, numbers)
	f.Sum, f.SumOfSquares = nil, nil // they add nothing
	smirnov, moved := apart(numbers, window)
	fine := coded(t, f, window)
	if got, want := f.Axis().Wasserstein(fine), moved/deviation(numbers); math.Abs(got-want) > 1e-12 {
		t.Errorf("Wasserstein = %v, want %v", got, want)
	}
	if got := f.Axis().KolmogorovSmirnov(fine); math.Abs(got-smirnov) > 1e-12 {
		t.Errorf("KolmogorovSmirnov = %v, want %v", got, smirnov)
	}
}

func TestWithoutSumsThereIsNoPlace(t *testing.T) {
	t.Parallel()
	f := Feature{Type: Numeric, Edges: []float64{1, 2}, Count: []int64{5, 5, 5}, Min: 0, Max: 3}
	fine := []int64{0, 0, 10, 0, 0, 0, 0, 0}
	if got := f.Axis().Wasserstein(fine); !math.IsNaN(got) {
		t.Errorf("without sums Wasserstein = %v", got)
	}
	if got := f.Axis().KolmogorovSmirnov(fine); math.Abs(got-2./3) > 1e-15 {
		t.Errorf("without sums KolmogorovSmirnov = %v, want 2/3", got)
	}
	// A rounded or wrong sum does not move a mean out of its bin.
	f.Sum, f.SumOfSquares = []float64{100, 7.5, -100}, []float64{1, 12, 1}
	if got, want := f.places(), []float64{1, 1.5, 2}; !slices.Equal(got, want) {
		t.Errorf("places = %v, want %v", got, want)
	}
}

func TestBinsWithoutRowsHaveAPlace(t *testing.T) {
	t.Parallel()
	unknown := math.NaN()
	for _, test := range []struct {
		name  string
		count []int64
		sum   []float64
		min   float64
		max   float64
		want  []float64
	}{
		{"in the middle", []int64{2, 0, 2}, []float64{1, 0, 5}, 0, 3, []float64{.5, 1.5, 2.5}},
		{"outer ones, extremes unknown", []int64{0, 2, 0}, []float64{0, 3, 0}, unknown, unknown, []float64{1, 1.5, 2}},
		{"outer ones, extremes within", []int64{0, 2, 0}, []float64{0, 3, 0}, 1.25, 1.75, []float64{1.125, 1.5, 1.875}},
	} {
		f := Feature{Type: Numeric, Edges: []float64{1, 2}, Count: test.count, Sum: test.sum, SumOfSquares: []float64{1, 5, 13}, Min: test.min, Max: test.max}
		if got := f.places(); !slices.Equal(got, test.want) || !slices.IsSorted(got) {
			t.Errorf("%s: places = %v, want %v", test.name, got, test.want)
		}
		if got := f.Axis().Wasserstein([]int64{1, 1, 1, 0, 0, 0, 1, 1}); !(got >= 0) {
			t.Errorf("%s: Wasserstein = %v", test.name, got)
		}
	}
}

func TestCategoriesAndNothingHaveNoOrder(t *testing.T) {
	t.Parallel()
	for _, f := range []Feature{
		{Type: Categorical, Categories: []string{"a"}, Count: []int64{1}},
		{Type: Numeric, Edges: []float64{1}, Count: []int64{0, 0}, Missing: 5},
	} {
		if f.Axis() != nil {
			t.Errorf("%+v has an axis", f)
		}
	}
}
