package main

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestWindowHoldsTheNewestRows(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(4, 0))
	s := newStream([]int64{700, 200, 100}, promised, 1, 60, 200)
	rows := newRows(shares{.7, .2, .1})
	var all []uint8
	for range 100 {
		err := s.tick(func(tick []uint8) []uint8 {
			for range r.IntN(90) {
				tick = append(tick, rows.row(r))
			}
			all = append(all, tick...)
			return tick
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range s.watches {
			want := make([]int64, 3)
			for _, b := range all[max(len(all)-len(w.ring), 0):] {
				want[b]++
			}
			if !slices.Equal(w.counts, want) || w.full() != (len(all) >= len(w.ring)) {
				t.Fatalf("window of %d after %d rows: %v, want %v", len(w.ring), len(all), w.counts, want)
			}
		}
	}
}

func TestBatchesShareAPartOfTheirVariance(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(5, 0))
	traffic := normals(means{}, batches(20, .3))(r)
	var rows []uint8
	for tick := range 40_000 {
		rows = traffic(tick, rows)
	}
	mean, variance, within := 0.0, 0.0, 0.0
	for _, b := range rows {
		mean += float64(b) / float64(len(rows))
	}
	for i := 0; i+20 <= len(rows); i += 20 {
		sum := 0.0
		for _, b := range rows[i : i+20] {
			d := float64(b) - mean
			sum += d
			variance += d * d
		}
		within += sum * sum
	}
	// The variance of a batch's sum is 20 (1 + 19 icc). Deciles keep most of it.
	if icc := (within/variance - 1) / 19; math.Abs(icc-.29) > 0.015 {
		t.Errorf("the deciles have an intraclass correlation of %v", icc)
	}
}

func TestSituationsHaveTheRowsTheySay(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]int{
		"one row a minute":                          1440,
		"20,000 rows in one tick each night":        20_000,
		"bursts of 20 a second, 10 minutes an hour": 86_400 * (50 + 10*20) / 60,
		"daily cycle of .2 sd":                      86_400,
		"batches of 20, icc .1":                     86_400,
		"constant shift of .1 sd":                   86_400,
	} {
		all := situations()
		i := slices.IndexFunc(all, func(s situation) bool { return s.name == name })
		traffic := all[i].traffic(rand.New(rand.NewPCG(6, 0)))
		got := 0
		for tick := range ticksPerDay {
			got += len(traffic(tick, nil))
		}
		if got != want {
			t.Errorf("%s: %d rows a day, want %d", name, got, want)
		}
	}
}

func TestPSIIsSymmetricAndBounded(t *testing.T) {
	t.Parallel()
	a, b := []int64{600, 300, 100, 0}, []int64{20, 40, 40, 0}
	// The sum of (q - p) ln(q/p), by hand.
	want := (.2-.6)*math.Log(.2/.6) + (.4-.3)*math.Log(.4/.3) + (.4-.1)*math.Log(4)
	if got := psi(a, b); math.Abs(got-want) > 1e-12 || math.Abs(psi(b, a)-want) > 1e-12 {
		t.Errorf("PSI = %v, want %v", got, want)
	}
	if got := psi([]int64{10, 0}, []int64{0, 10}); math.IsInf(got, 0) || math.IsNaN(got) {
		t.Errorf("PSI of disjoint histograms = %v", got)
	}
}

func TestSummaryLeavesEarlyRunsOut(t *testing.T) {
	t.Parallel()
	d := summarize([]detection{
		{found: 30, cleared: 100, early: true}, {found: 60, cleared: 300, again: 1}, {found: 90, cleared: 200}, {found: never, cleared: never},
	})
	want := Delay{Found: 90, Found90: never, Cleared: 300, Cleared90: 300, Share: 2. / 3, Again: 1, Early: 1}
	if d != want {
		t.Errorf("summary %+v, want %+v", d, want)
	}
}
