package drift

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestClassCalibrationByHand(t *testing.T) {
	t.Parallel()
	c := NewClassCalibration([]ClassOutcomes{
		{Labelled: 10, Correct: 6, LabelledByScore: []int64{5, 5}, CorrectByScore: []int64{1, 5}},
		{Labelled: 4, Correct: 2},
		{},
	})
	counts := make([]int64, c.Codes())
	for _, p := range []struct{ class, bin int }{{0, 0}, {0, 1}, {0, 1}, {0, -1}, {1, 0}, {1, -1}, {2, 0}, {-1, 1}, {7, 0}} {
		counts[c.Code(p.class, p.bin)]++
	}
	e := c.Estimate(counts)
	// One at 1/5, two at 5/5, one at 6/10, two at 2/4; three of which nothing is known.
	if e.Rows != 6 || !near(e.Accuracy, (.2+2+.6+1)/6, 1e-15) {
		t.Errorf("%+v", e)
	}
	chance := .2*.8 + .6*.4 + 2*.25
	known := .2*.8/5 + .6*.4/10 + 4*.25/4
	if !near(e.StandardError, math.Sqrt(chance+known)/6, 1e-15) {
		t.Errorf("the standard error is %v", e.StandardError)
	}
	if NewClassCalibration([]ClassOutcomes{{}, {}}) != nil {
		t.Error("a calibration without outcomes")
	}
}

func TestCodesOfAsManyClassesAsThereMayBeFitIntoAByte(t *testing.T) {
	t.Parallel()
	for n := 1; n <= 200; n += 3 {
		all := make([]ClassOutcomes, n)
		for i := range all {
			all[i] = ClassOutcomes{Labelled: 200, Correct: 100, LabelledByScore: make([]int64, 200), CorrectByScore: make([]int64, 200)}
			for b := range 200 {
				all[i].LabelledByScore[b] = 1
			}
		}
		c := NewClassCalibration(all)
		if c.Codes() > 256 {
			t.Fatalf("%d classes have %d codes", n, c.Codes())
		}
		seen := map[uint8]bool{}
		for i := range all {
			for b := range 200 {
				seen[c.Code(i, b)] = true
			}
			seen[c.Code(i, -1)] = true
		}
		if len(seen) != c.Codes()-1 {
			t.Errorf("%d classes: %d codes of %d are used", n, len(seen), c.Codes()-1)
		}
	}
}

// TestAccuracyByClassAndScoreCovers: two classes whose scores mean different things, and a window
// in which the rarer one has become frequent. By score alone the estimate would be wrong.
func TestAccuracyByClassAndScoreCovers(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(51, 52))
	draw := func(share float64) (class, bin int, right bool) {
		s := r.Float64()
		if r.Float64() < share {
			return 1, int(s * 40), r.Float64() < s/2
		}
		return 0, int(s * 40), r.Float64() < (1+s)/2
	}
	const trials = 1500
	covered, off := 0, 0.
	for range trials {
		reference := []ClassOutcomes{{LabelledByScore: make([]int64, 40), CorrectByScore: make([]int64, 40)}, {LabelledByScore: make([]int64, 40), CorrectByScore: make([]int64, 40)}}
		var labelled, correct [40]int64
		for range 4000 {
			class, bin, right := draw(.2)
			c := &reference[class]
			c.Labelled++
			c.LabelledByScore[bin]++
			labelled[bin]++
			if right {
				c.Correct++
				c.CorrectByScore[bin]++
				correct[bin]++
			}
		}
		c := NewClassCalibration(reference)
		counts, fine, truth := make([]int64, c.Codes()), make([]int64, 40), 0.
		const rows = 1000
		for range rows {
			class, bin, right := draw(.7)
			counts[c.Code(class, bin)]++
			fine[bin]++
			if right {
				truth += 1. / rows
			}
		}
		e := c.Estimate(counts)
		if math.Abs(e.Accuracy-truth) <= 1.959964*e.StandardError {
			covered++
		}
		off += (NewCalibration(labelled[:], correct[:]).Estimate(fine).Accuracy - truth) / trials
	}
	if got := float64(covered) / trials; !(got >= .93 && got <= .97) {
		t.Errorf("the interval covers %.3f", got)
	}
	if off < .2 {
		t.Errorf("by score alone the estimate is off by %.3f only: the test shows nothing", off)
	}
}
