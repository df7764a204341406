package drift

import (
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// fineOf makes fine quantile bins of a sample, as a reference has them.
func fineOf(sample []float64, bins int) (edges []float64, lo, hi float64, counts []int64) {
	sorted := slices.Sorted(slices.Values(sample))
	edges = QuantileEdges(sorted, bins)
	return edges, sorted[0], sorted[len(sorted)-1], countBy(edges, sample)
}

func countBy(edges, sample []float64) []int64 {
	counts := make([]int64, len(edges)+1)
	for _, x := range sample {
		at, equal := slices.BinarySearch(edges, x)
		if equal {
			at++
		}
		counts[at]++
	}
	return counts
}

// shapes are samples of many kinds: smooth, skewed, with ties, rounded, constant
// for the most part.
func shapes(r *rand.Rand) map[string][]float64 {
	all := map[string]func() float64{
		"normal":    r.NormFloat64,
		"lognormal": func() float64 { return math.Exp(2 * r.NormFloat64()) },
		"rounded":   func() float64 { return math.Round(10*r.NormFloat64()) / 10 },
		"terms":     func() float64 { return []float64{15, 20, 30}[r.IntN(3)] },
		"zeros":     func() float64 { return max(0, r.NormFloat64()-1) },
		"counts":    func() float64 { return math.Floor(r.ExpFloat64() * 30) },
	}
	samples := map[string][]float64{}
	for name, draw := range all {
		sample := make([]float64, 200+r.IntN(5000))
		for i := range sample {
			sample[i] = draw()
		}
		samples[name] = sample
	}
	return samples
}

func TestMergedFineBinsAreDirectQuantileBins(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(5, 6))
	for range 6 {
		for name, sample := range shapes(r) {
			if name != "normal" && name != "lognormal" {
				continue // values repeat
			}
			edges, lo, hi, counts := fineOf(sample, 200)
			sorted := slices.Sorted(slices.Values(sample))
			for _, k := range []int{1, 2, 4, 5, 8, 10, 20, 25, 40, 50, 100, 200} {
				b, err := NewContinuous(edges, lo, hi, counts, BinOptions{Count: k})
				if err != nil {
					t.Fatal(err)
				}
				direct := mergeRareDirectly(QuantileEdges(sorted, k), sample)
				if want := append(countBy(direct, sample), 0, 0); !slices.Equal(b.Reference(), want) {
					t.Fatalf("%s, %d bins of %d values: %v, directly %v", name, k, len(sample), b.Reference(), want)
				}
				for i, label := range b.Bins()[:len(direct)] {
					if want := "," + FormatNumber(direct[i]) + ")"; !strings.HasSuffix(label, want) {
						t.Fatalf("%s, %d bins: bin %d is %s, directly it ends %s", name, k, i, label, want)
					}
				}
			}
		}
	}
}

// The 200 fine bins of a file must serve every --bins.count.
func TestAtomsStandAloneWhateverTheNumberOfBins(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(15, 16))
	for range 4 {
		for name, sample := range shapes(r) {
			n := float64(len(sample))
			times := map[float64]int64{}
			for _, x := range sample {
				times[x]++
			}
			edges, lo, hi, counts := fineOf(sample, 200)
			if len(counts) > 200 || total(counts) != int64(len(sample)) {
				t.Fatalf("%s: %d fine bins of %d rows", name, len(counts), total(counts))
			}
			for k := 1; k <= 200; k++ {
				for _, method := range []string{Quantile, Uniform} {
					b, err := NewContinuous(edges, lo, hi, counts, BinOptions{Count: k, Method: method})
					if err != nil {
						t.Fatal(err)
					}
					for x, c := range times {
						label, share := b.Bins()[b.Bin(b.Number(x))], float64(c)/n
						if atom := c > 1 && share > 1/(2*float64(k)); atom && k <= 50 && label != FormatNumber(x) {
							t.Fatalf("%s, %d bins: %v with %.2f %% is in %s", name, k, x, 100*share, label)
						}
						if label == FormatNumber(x) && b.Reference()[b.Cell(b.Number(x))] != c {
							t.Fatalf("%s, %d bins: %v has %d of %d rows", name, k, x, b.Reference()[b.Cell(b.Number(x))], c)
						}
					}
					if method == Uniform {
						continue
					}
					// A bin that is not an atom is a quantile of the rest, except for up to a
					// fine bin on either side, a missing value, and two rare bins.
					for i, c := range b.Reference()[:len(b.Bins())-2] {
						if most := 1/float64(k) + .02 + max(1/(2*float64(k)), .01) + .01; float64(c)/n > most && strings.ContainsAny(b.Bins()[i], "[(") && k > 1 {
							t.Fatalf("%s, %d bins: %s holds %.2f %%", name, k, b.Bins()[i], 100*float64(c)/n)
						}
					}
				}
			}
		}
	}
}

// mergeRareDirectly drops edges between raw values until no bin is rare.
func mergeRareDirectly(edges, sample []float64) []float64 {
	for {
		counts := countBy(edges, sample)
		rare := slices.IndexFunc(counts, func(c int64) bool { return 200*c < int64(len(sample)) })
		if rare < 0 || len(edges) == 0 {
			return edges
		}
		drop := min(rare, len(edges)-1)
		edges = slices.Delete(slices.Clone(edges), drop, drop+1)
	}
}

func TestEveryNumberLiesInTheBinOfItsLabel(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(7, 8))
	for range 3 {
		for name, sample := range shapes(r) {
			edges, lo, hi, counts := fineOf(sample, 200)
			for _, o := range []BinOptions{{}, {Count: 7}, {Method: Uniform}, {Count: 30, Method: Uniform}} {
				b, err := NewContinuous(edges, lo, hi, counts, o)
				if err != nil {
					t.Fatal(err)
				}
				for _, x := range append(sample, lo-1, hi+1, math.MaxFloat64, -math.MaxFloat64, math.Nextafter(lo, -1e9), edges[0]) {
					checkLabel(t, b, x)
					if code := b.Number(x); (x < lo) != (code == b.Below()) || (x > hi) != (code == b.Above()) {
						t.Fatalf("%s: code of %v in [%v, %v] is %d of %d", name, x, lo, hi, code, b.Codes())
					}
				}
			}
		}
	}
}

// checkLabel parses the label of the bin of x and holds x against it.
func checkLabel(t *testing.T, b *Binning, x float64) {
	t.Helper()
	label := b.Bins()[b.Bin(b.Number(x))]
	if label == Unseen {
		return
	}
	ends := strings.Split(strings.Trim(label, "[()]"), ",")
	from, err := strconv.ParseFloat(ends[0], 64)
	if err != nil {
		t.Fatalf("label %q", label)
	}
	to, err := strconv.ParseFloat(ends[len(ends)-1], 64)
	if err != nil {
		t.Fatalf("label %q", label)
	}
	inside := from < x && x < to || x == from && !strings.HasPrefix(label, "(") || x == to && !strings.HasSuffix(label, ")")
	if !inside {
		t.Fatalf("%v is in bin %q", x, label)
	}
}

func TestContinuousBins(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		edges  []float64
		counts []int64
		o      BinOptions
		want   string
	}{
		{"score", []float64{620, 655, 690}, []int64{25, 25, 25, 25}, BinOptions{}, "[-Inf,620) [620,655) [655,690) [690,+Inf)"},
		{"fewer bins", []float64{620, 655, 690}, []int64{25, 25, 25, 25}, BinOptions{Count: 2}, "[-Inf,655) [655,+Inf)"},
		{"one bin", []float64{620}, []int64{1, 1}, BinOptions{Count: 1}, "[-Inf,+Inf)"},
		{"no edges", nil, []int64{7}, BinOptions{}, "[-Inf,+Inf)"},
		{"nothing counted", []float64{1, 2}, []int64{0, 0, 0}, BinOptions{}, "[-Inf,+Inf)"},
		{"rare in the middle joins its right", []float64{1, 2, 3}, []int64{500, 4, 500, 500}, BinOptions{Count: 200, Method: Uniform}, "[-Inf,1) [1,3) [3,+Inf)"},
		{"rare ones add up", []float64{1, 2, 3}, []int64{4, 4, 500, 500}, BinOptions{Count: 200, Method: Uniform}, "[-Inf,2) [2,3) [3,+Inf)"},
		{"rare at the end joins its left", []float64{1, 2, 3}, []int64{500, 500, 500, 4}, BinOptions{Count: 200, Method: Uniform}, "[-Inf,1) [1,2) [2,+Inf)"},
		{"shares are of missing rows too", []float64{1, 2}, []int64{600, 100, 600, 99_000, 0}, BinOptions{Count: 3, Method: Uniform}, "[-Inf,1) [1,+Inf)"},
		{"a rare one between wide ones", []float64{1, 2, 3}, []int64{500, 4, 500, 500}, BinOptions{}, "[-Inf,1) [1,2) [2,3) [3,+Inf)"},
		{"the ranges of a rare flag", []float64{.5}, []int64{19_950, 50}, BinOptions{}, "[-Inf,0.5) [0.5,+Inf)"},
		{"the ranges of a flag of 8 %", []float64{.5}, []int64{92, 8}, BinOptions{}, "[-Inf,0.5) [0.5,+Inf)"},
		{"a rare one below a wide one", []float64{1}, []int64{1, 999}, BinOptions{Count: 5}, "[-Inf,1) [1,+Inf)"},
		{"short numbers", []float64{-1e21, -0.25, 1e-7, 300000, 1e21}, []int64{9, 9, 9, 9, 9, 9}, BinOptions{Count: 200}, "[-Inf,-1e+21) [-1e+21,-0.25) [-0.25,1e-07) [1e-07,300000) [300000,1e+21) [1e+21,+Inf)"},
		{"uniform", []float64{1, 2, 3, 4, 5, 6, 7, 8, 9}, slices.Repeat([]int64{10}, 10), BinOptions{Count: 3, Method: Uniform}, "[-Inf,4) [4,6) [6,+Inf)"},
		{"uniform of a skewed amount", []float64{1, 2, 4, 8, 16, 32, 64}, []int64{128, 64, 32, 16, 8, 4, 2, 2}, BinOptions{Count: 4, Method: Uniform}, "[-Inf,16) [16,32) [32,64) [64,+Inf)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b, err := NewContinuous(c.edges, math.NaN(), math.NaN(), c.counts, c.o)
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(b.Bins(), " "); got != c.want+" "+Missing+" "+Invalid {
				t.Errorf("bins %s, want %s", got, c.want)
			}
		})
	}
}

func TestUniformBinsSpanTheReference(t *testing.T) {
	t.Parallel()
	edges, counts := []float64{1, 2, 3, 4, 5, 6, 7, 8, 9}, slices.Repeat([]int64{10}, 10)
	b, err := NewContinuous(edges, -10, 10, counts, BinOptions{Count: 2, Method: Uniform})
	if err != nil {
		t.Fatal(err)
	}
	// The middle of -10 .. 10 is 0, and the nearest edge 1.
	if got := strings.Join(b.Bins(), " "); got != "[-Inf,1) [1,+Inf) "+Missing+" "+Invalid {
		t.Errorf("bins %s", got)
	}
	b, err = NewContinuous(edges, -math.MaxFloat64, math.MaxFloat64, counts, BinOptions{Method: Uniform})
	if err != nil || len(b.Bins()) < 2 {
		t.Errorf("between the largest numbers: %v, %v", b, err)
	}
}

func TestSpecialNumbers(t *testing.T) {
	t.Parallel()
	b, err := NewContinuous([]float64{0, 1}, -5, 5, []int64{1, 1, 1}, BinOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		x    float64
		want uint8
	}{
		{math.NaN(), b.Missing()}, {math.Inf(1), b.Missing()}, {math.Inf(-1), b.Missing()},
		{0, 1}, {math.Copysign(0, -1), 1}, {-5e-324, 0}, {1, 2}, {5, 2}, {-5, 0},
		{5.1, b.Above()}, {-5.1, b.Below()}, {math.MaxFloat64, b.Above()},
	} {
		if got := b.Number(c.x); got != c.want {
			t.Errorf("Number(%v) = %d, want %d", c.x, got, c.want)
		}
	}
	for code, bin := range map[uint8]int{b.Below(): 0, b.Above(): 2, b.Missing(): 3, b.Invalid(): 4} {
		if got := b.Bin(code); got != bin {
			t.Errorf("Bin(%d) = %d, want %d", code, got, bin)
		}
	}
	if !b.Numeric() || b.Codes() != 8 || b.Category([]byte("x")) != b.Invalid() {
		t.Errorf("numeric %v, %d codes", b.Numeric(), b.Codes())
	}
}

func TestDiscreteBins(t *testing.T) {
	t.Parallel()
	terms := []float64{15, 20, 30}
	b, err := NewDiscrete(terms, []int64{25, 15, 60}, BinOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(b.Bins(), " "); got != "15 20 30 __unseen__ __missing__ __invalid__" {
		t.Errorf("bins %s", got)
	}
	for x, label := range map[float64]string{15: "15", 20: "20", 30: "30", 17: Unseen, 14: Unseen, 31: Unseen, math.Inf(1): Missing} {
		if got := b.Bins()[b.Bin(b.Number(x))]; got != label {
			t.Errorf("bin of %v is %s, want %s", x, got, label)
		}
	}
	if first, gaps := b.Gaps(); gaps != 2 || b.Number(17) != first || b.Number(29) != first+1 || b.Number(14) != b.Below() || b.Number(31) != b.Above() {
		t.Errorf("codes of unseen numbers: %d, %d, %d", b.Number(17), b.Number(14), b.Number(31))
	}
	for _, c := range []struct {
		name   string
		values []float64
		counts []int64
		o      BinOptions
		want   string
	}{
		{"constant", []float64{0}, []int64{9}, BinOptions{}, "0"},
		{"rare", []float64{1, 2, 3}, []int64{4, 600, 600}, BinOptions{}, "1 2 3"},
		{"more than twice the bins", []float64{1, 2, 3, 4, 5}, []int64{10, 10, 10, 10, 10}, BinOptions{Count: 2}, "[1,2] [3,5]"},
		{"more than twice the uniform bins", []float64{1, 2, 3, 4, 5, 100}, []int64{10, 10, 10, 10, 10, 10}, BinOptions{Count: 2, Method: Uniform}, "[1,4] [5,100]"},
	} {
		b, err := NewDiscrete(c.values, c.counts, c.o)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(b.Bins(), " "); got != c.want+" __unseen__ __missing__ __invalid__" {
			t.Errorf("%s: bins %s, want %s", c.name, got, c.want)
		}
		for _, x := range c.values {
			checkLabel(t, b, x)
		}
	}
}

func TestFoldKeepsCounts(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(9, 10))
	edges, lo, hi, counts := fineOf(shapes(r)["lognormal"], 200)
	b, err := NewContinuous(edges, lo, hi, counts, BinOptions{Count: 13})
	if err != nil {
		t.Fatal(err)
	}
	fine := make([]int64, b.Codes())
	cells := make([]int64, b.Cells())
	want := int64(0)
	for i := range fine {
		fine[i] = r.Int64N(1000)
		want += fine[i]
	}
	cells[0] = 5
	if got := total(b.Export(b.Fold(fine, cells), make([]int64, len(b.Bins())))); got != want+5 {
		t.Errorf("%d rows, want %d", got, want+5)
	}
	for code := range b.Codes() {
		if b.Bin(uint8(code)) >= len(b.Bins()) || b.BinOf(b.Cell(uint8(code))) != b.Bin(uint8(code)) {
			t.Errorf("code %d is in bin %d of %d", code, b.Bin(uint8(code)), len(b.Bins()))
		}
	}
}

func TestBinningRefusesWhatItCannotUse(t *testing.T) {
	t.Parallel()
	ones := func(n int) []int64 { return slices.Repeat([]int64{1}, n) }
	many := make([]float64, 201)
	names := make([]string, 201)
	for i := range many {
		many[i], names[i] = float64(i), strconv.Itoa(i)
	}
	continuous := func(edges []float64, counts []int64, o BinOptions) error {
		_, err := NewContinuous(edges, 0, 1, counts, o)
		return err
	}
	discrete := func(values []float64, counts []int64, o BinOptions) error {
		_, err := NewDiscrete(values, counts, o)
		return err
	}
	categorical := func(names []string, counts []int64) error {
		_, err := NewCategorical(names, counts, nil)
		return err
	}
	classes := func(names []string, counts []int64) error {
		_, err := NewClasses(names, counts)
		return err
	}
	for want, err := range map[string]error{
		"201 bins: choose 1 to 200":                             continuous(nil, ones(1), BinOptions{Count: 201}),
		"-1 bins: choose 1 to 200":                              discrete([]float64{1}, ones(1), BinOptions{Count: -1}),
		`binning method "tree": choose "quantile" or "uniform"`: continuous(nil, ones(1), BinOptions{Method: "tree"}),
		"200 edges: at most 199":                                continuous(many[:200], ones(201), BinOptions{}),
		"edges are not ascending":                               continuous([]float64{1, 1}, ones(3), BinOptions{}),
		"edges are not all finite":                              continuous([]float64{math.Inf(-1)}, ones(2), BinOptions{}),
		"3 counts for 2 bins":                                   continuous([]float64{1}, ones(3), BinOptions{}),
		"count 1 is -1":                                         continuous([]float64{1}, []int64{1, -1}, BinOptions{}),
		"no values":                                             discrete(nil, nil, BinOptions{}),
		"201 values: at most 200":                               discrete(many, ones(201), BinOptions{}),
		"values are not all finite":                             discrete([]float64{math.NaN()}, ones(1), BinOptions{}),
		"2 counts for 1 bins":                                   discrete([]float64{1}, ones(2), BinOptions{}),
		"201 categories: at most 200":                           categorical(names, ones(201)),
		`category "0" appears twice`:                            categorical([]string{"0", "0"}, ones(2)),
		"1 counts for 2 bins":                                   categorical(names[:2], ones(1)),
		"1 counts for 3 bins":                                   classes(names[:3], ones(1)),
	} {
		if err == nil || err.Error() != want {
			t.Errorf("error %v, want %s", err, want)
		}
	}
}

func TestQuantileEdges(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		sample []float64
		k      int
		want   []float64
	}{
		{nil, 10, nil},
		{[]float64{5}, 1, nil},
		{[]float64{5}, 10, []float64{5}},
		{[]float64{1, 2, 3, 4}, 2, []float64{3}},
		{[]float64{1, 2, 3, 4, 5}, 2, []float64{3}},
		{[]float64{1, 2, 3}, 10, []float64{1, 2, 3}},
		{[]float64{0, 0, 0, 0, 0, 0, 0, 0, 1, 2}, 5, []float64{0, 5e-324, 1, 2}},
		{[]float64{1, 2, 2, 2, 2, math.MaxFloat64, math.MaxFloat64}, 2, []float64{2, math.Nextafter(2, 3), math.MaxFloat64}},
	} {
		if got := QuantileEdges(c.sample, c.k); !slices.Equal(got, c.want) {
			t.Errorf("QuantileEdges(%v, %d) = %v, want %v", c.sample, c.k, got, c.want)
		}
	}
}
