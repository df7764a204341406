package drift

import (
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
)

// against is a window beside a reference: divergence, p-value and the share of values
// that were never held.
func (f seen) against(codes []uint8) (kl, p, unseen float64) {
	fine := make([]int64, f.b.Codes())
	for _, c := range codes {
		fine[c]++
	}
	window := f.b.Fold(fine, make([]int64, f.b.Cells()))
	n := int64(len(codes))
	null := f.b.Novelty().NewNull(f.b.Reference(), n, 9999, 1)
	kl = KL(f.b.Reference(), window)
	return kl, null.Test(kl, n, total(f.b.Reference())).PValue, float64(fine[f.b.Unseen()]) / float64(n)
}

func TestManyZeros(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(31, 32))
	draw := func(zeros float64, n int) []float64 {
		sample := make([]float64, n)
		for i := range sample {
			if sample[i] = math.Exp(5 + 2*r.NormFloat64()); r.Float64() < zeros {
				sample[i] = 0
			}
		}
		return sample
	}
	f := numeric(t, "zeros", draw(.92, 20_000))
	if got := f.b.Bins()[f.b.Bin(f.b.Number(0))]; got != "0" {
		t.Errorf("zeros are in %s", got)
	}
	code := func(sample []float64) (codes []uint8) {
		for _, x := range sample {
			codes = append(codes, f.b.Number(x))
		}
		return codes
	}
	if kl, p, _ := f.against(code(draw(.92, 1000))); kl > .03 || p < .001 {
		t.Errorf("as many zeros: KL %v, p %v", kl, p)
	}
	// Without smoothing the bin of zeros makes it infinite; with it, a window of 1,000
	// in 14 cells has .92 ln(.92 1007/6.4) + .08 ln(.08 1007/1000).
	if kl, p, _ := f.against(code(draw(0, 1000))); !near(kl, 4.37, .1) || p != 1e-4 {
		t.Errorf("no zeros: KL %v, p %v", kl, p)
	}
}

func TestRareFlag(t *testing.T) {
	t.Parallel()
	f := numeric(t, "flag", append(slices.Repeat([]float64{0}, 19_950), slices.Repeat([]float64{1}, 50)...))
	codes := append(slices.Repeat([]uint8{f.b.Number(0)}, 50_000), slices.Repeat([]uint8{f.b.Number(1)}, 50_000)...)
	// scipy.stats.entropy([.9975, .0025], [.5, .5])
	if kl, p, _ := f.against(codes); !near(kl, .675676, 1e-4) || p != 1e-4 {
		t.Errorf("KL %v, p %v", kl, p)
	}
}

// 5,000 merchants, equally frequent, 20,000 rows of a reference.
func TestMerchants(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(33, 34))
	f := textual(t, "merchants", merchants(r, 5000, 20_000))
	code := func(n int, name func() string) (codes []uint8) {
		for range n {
			codes = append(codes, f.b.Category([]byte(name())))
		}
		return codes
	}
	any := func() string { return "merchant " + strconv.Itoa(r.IntN(5000)) }
	if kl, p, unseen := f.against(code(1000, any)); kl > .02 || p < .001 || math.Abs(unseen-.018) > .015 {
		t.Errorf("merchants alike: KL %v, p %v, unseen %v", kl, p, unseen)
	}
	next := 0
	fresh := func() string { next++; return "new " + strconv.Itoa(next) }
	if kl, p, unseen := f.against(code(1000, fresh)); kl < 3 || p != 1e-4 || unseen != 1 {
		t.Errorf("new merchants: KL %v, p %v, unseen %v", kl, p, unseen)
	}
	if kl, p, unseen := f.against(code(1000, func() string { return "new" })); kl < 3 || p != 1e-4 || unseen != 1 {
		t.Errorf("one new merchant: KL %v, p %v, unseen %v", kl, p, unseen)
	}
	if kl, p, unseen := f.against(code(1000, func() string { return "merchant 7" })); kl < 1 || p != 1e-4 || unseen != 0 {
		t.Errorf("one known merchant: KL %v, p %v, unseen %v", kl, p, unseen)
	}
}

// 20 rows of a continuous number: few, but no reason for an alarm.
func TestTinyReference(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(35, 36))
	const tries, rows, n = 60, 20, 300
	var small int
	var short, values float64
	for range tries {
		sample, window := make([]float64, rows), make([]float64, n)
		for i := range sample {
			sample[i] = r.NormFloat64()
		}
		for i := range window {
			window[i] = r.NormFloat64()
		}
		f := numeric(t, "tiny", sample)
		var codes []uint8
		fine := make([]int64, f.b.Codes())
		for _, x := range window {
			codes = append(codes, f.b.Number(x))
			fine[f.b.Number(x)]++
		}
		_, p, unseen := f.against(codes)
		if unseen != 0 {
			t.Fatalf("unseen %v", unseen)
		}
		values += p / tries
		if p <= .05 {
			small++
		}
		own := make([]int64, f.b.Fine())
		for _, c := range f.sample {
			own[c]++
		}
		slices.Sort(sample)
		slices.Sort(window)
		short = max(short, math.Abs(smirnov(sample, window)-NewAxis(own, nil, 0, 0, 1).KolmogorovSmirnov(fine)))
	}
	if small > tries/10 || values < .35 {
		t.Errorf("%d of %d windows have p <= .05, the mean is %v", small, tries, values)
	}
	if short > 1./rows+1e-9 { // the share of one fine bin
		t.Errorf("Kolmogorov-Smirnov is short by %v", short)
	}
}

// smirnov is the distance of Kolmogorov and Smirnov of two ascending samples.
func smirnov(a, b []float64) float64 {
	greatest := 0.0
	for _, x := range slices.Concat(a, b) {
		i, _ := slices.BinarySearch(a, math.Nextafter(x, math.Inf(1)))
		j, _ := slices.BinarySearch(b, math.Nextafter(x, math.Inf(1)))
		greatest = max(greatest, math.Abs(float64(i)/float64(len(a))-float64(j)/float64(len(b))))
	}
	return greatest
}
