package main

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
)

func TestMedianIsTheMiddle(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		values spread
		want   float64
	}{
		{spread{3}, 3},
		{spread{1, 3}, 2},
		{spread{9, 1, 2}, 2},
		{spread{4, 1, 3, 2}, 2.5},
		{spread{5, math.Inf(1), 1}, 5},
	} {
		before := slices.Clone(test.values)
		if got := test.values.median(); got != test.want {
			t.Errorf("the median of %v is %v, want %v", test.values, got, test.want)
		}
		if !slices.Equal(test.values, before) {
			t.Errorf("%v became %v", before, test.values)
		}
	}
}

func TestGoalsAreInclusive(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		goal goal
		x    float64
		want bool
	}{
		{atMost(2), 2, true}, {atMost(2), 2.01, false}, {atMost(2), math.NaN(), false}, {atMost(2), math.Inf(1), false},
		{atLeast(2), 2, true}, {atLeast(2), 1.99, false}, {atLeast(2), math.NaN(), false},
		{goal{}, math.Inf(1), true},
	} {
		if got := test.goal.met(test.x); got != test.want {
			t.Errorf("%v of %+v: %t, want %t", test.x, test.goal, got, test.want)
		}
	}
}

// rounds returns a bench whose probes note 1, 2, 3 ... in the order in which they are called.
func rounds(names ...string) *bench {
	b := &bench{}
	calls := 0.
	for _, name := range names {
		b.probes = append(b.probes, func(_ context.Context, s sample) error {
			calls++
			s[name] = calls
			return nil
		})
	}
	return b
}

func TestRatiosAreOfTheSameRoundAndEveryOtherGoesBackwards(t *testing.T) {
	t.Parallel()
	b := rounds("ours", "floor")
	b.rows = []row{{what: "a line", ours: "ours", floor: "floor"}, {what: "derived", ours: "sum"}}
	b.derive = func(s sample) { s["sum"] = s["ours"] + s["floor"] }
	closed := false
	b.close = func() error {
		closed = true
		return nil
	}
	lines, err := b.run(t.Context(), 3)
	if err != nil || !closed {
		t.Fatalf("closed is %t, the error %v", closed, err)
	}
	if want := (spread{1, 4, 5}); !slices.Equal(lines[0].ours, want) {
		t.Errorf("ours is %v, want %v", lines[0].ours, want)
	}
	if want := (spread{1. / 2, 4. / 3, 5. / 6}); !slices.Equal(lines[0].ratio, want) {
		t.Errorf("the ratios are %v, want %v", lines[0].ratio, want)
	}
	if want := (spread{3, 7, 11}); !slices.Equal(lines[1].ours, want) || lines[1].ratio != nil {
		t.Errorf("derived is %v, want %v", lines[1].ours, want)
	}
}

func TestAFloorThatWasNotMeasuredIsAnError(t *testing.T) {
	t.Parallel()
	b := rounds("ours")
	b.rows = []row{{what: "a line", ours: "ours", floor: "floor"}}
	if _, err := b.run(t.Context(), 1); err == nil || !strings.Contains(err.Error(), `a line: its floor "floor" was not measured`) {
		t.Errorf("got %v", err)
	}
}

func TestAFailedProbeEndsTheBench(t *testing.T) {
	t.Parallel()
	broken, shut := errors.New("broken"), errors.New("shut")
	b := rounds("ours")
	b.probes = append(b.probes, func(context.Context, sample) error { return broken })
	b.close = func() error { return shut }
	if _, err := b.run(t.Context(), 2); !errors.Is(err, broken) || !errors.Is(err, shut) || !strings.HasPrefix(err.Error(), "round 0: ") {
		t.Errorf("got %v", err)
	}
}

func TestExponentIsThatOfAPower(t *testing.T) {
	t.Parallel()
	x := []float64{1, 10, 100, 1000}
	for _, power := range []float64{0, .5, 1, 2} {
		var y []float64
		for _, v := range x {
			y = append(y, 7*math.Pow(v, power))
		}
		if got := exponent(x, y); math.Abs(got-power) > 1e-12 {
			t.Errorf("7 x^%v has the exponent %v", power, got)
		}
		// Values that could not be measured, or that are zero, are left out.
		if got := exponent(append(slices.Clone(x), 0, 5), append(slices.Clone(y), 3, 0)); math.Abs(got-power) > 1e-12 {
			t.Errorf("7 x^%v with zeros has the exponent %v", power, got)
		}
	}
	// By least squares, the slope of (0, 0), (1, 0), (2, 3) is 1.5.
	e := math.E
	if got := exponent([]float64{1, e, e * e}, []float64{1, 1, e * e * e}); math.Abs(got-1.5) > 1e-12 {
		t.Errorf("got %v, want 1.5", got)
	}
	if got := exponent([]float64{1}, []float64{1}); !math.IsNaN(got) {
		t.Errorf("one point has the exponent %v", got)
	}
}
