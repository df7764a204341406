package model

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

func TestAUCIsACountOfPairs(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		scores []float64
		actual []bool
		want   float64
	}{
		// Pairs (positive, negative): (.8,.6) won, (.8,.2) won, (.4,.6) lost, (.4,.2) won.
		{"by hand", []float64{.8, .6, .4, .2}, []bool{true, false, true, false}, 3. / 4},
		// (.5,.5) tied, (.5,.1) won, (.9,.5) won, (.9,.1) won.
		{"a tie counts half", []float64{.5, .5, .9, .1}, []bool{true, false, true, false}, 3.5 / 4},
		{"all tied", []float64{.3, .3, .3, .3}, []bool{true, false, true, false}, .5},
		{"separated", []float64{.9, .8, .2, .1}, []bool{true, true, false, false}, 1},
		{"the wrong way round", []float64{.9, .8, .2, .1}, []bool{false, false, true, true}, 0},
	} {
		got, lower, upper := auc(test.scores, test.actual)
		if got != test.want || !(lower <= got && got <= upper) || lower < 0 || upper > 1 {
			t.Errorf("%s: %v (%v to %v), want %v", test.name, got, lower, upper, test.want)
		}
	}
}

func TestAUCOfOneClassIsNotDefined(t *testing.T) {
	t.Parallel()
	if area, lower, upper := auc([]float64{.1, .2}, []bool{true, true}); !math.IsNaN(area) || !math.IsNaN(lower) || !math.IsNaN(upper) {
		t.Errorf("%v (%v to %v), want NaN", area, lower, upper)
	}
}

// TestAUCIntervalIsDeLongs computes the variance from its definition, over all
// pairs (DeLong, DeLong and Clarke-Pearson 1988, pages 838-840).
func TestAUCIntervalIsDeLongs(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2)) // #nosec G404 -- repeatable draws, no secret
	for trial := range 50 {
		var scores []float64
		var actual []bool
		var x, y []float64 // of positives and negatives
		for i := range 20 + r.IntN(60) {
			positive := i < 3 || i > 5 && r.IntN(3) == 0
			s := r.NormFloat64()
			if positive {
				s++
			}
			if trial%2 == 0 {
				s = math.Round(s * 2) // many ties
			}
			scores, actual = append(scores, s), append(actual, positive)
			if positive {
				x = append(x, s)
			} else {
				y = append(y, s)
			}
		}
		psi := func(x, y float64) float64 {
			switch {
			case x > y:
				return 1
			case x == y:
				return .5
			}
			return 0
		}
		var theta float64
		v10, v01 := make([]float64, len(x)), make([]float64, len(y))
		for i := range x {
			for j := range y {
				p := psi(x[i], y[j])
				theta += p / float64(len(x)*len(y))
				v10[i] += p / float64(len(y))
				v01[j] += p / float64(len(x))
			}
		}
		var s10, s01 float64
		for _, v := range v10 {
			s10 += (v - theta) * (v - theta) / float64(len(x)-1)
		}
		for _, v := range v01 {
			s01 += (v - theta) * (v - theta) / float64(len(y)-1)
		}
		margin := 1.959964 * math.Sqrt(s10/float64(len(x))+s01/float64(len(y)))
		got, lower, upper := auc(scores, actual)
		for _, pair := range [][2]float64{{got, theta}, {lower, max(0, theta-margin)}, {upper, min(1, theta+margin)}} {
			if math.Abs(pair[0]-pair[1]) > 1e-7 {
				t.Fatalf("trial %d: %v (%v to %v), want %v, margin %v", trial, got, lower, upper, theta, margin)
			}
		}
	}
}

func TestLogLoss(t *testing.T) {
	t.Parallel()
	got := logLoss([]float64{.8, .3, .5}, []bool{true, false, true})
	if want := -(math.Log(.8) + math.Log(.7) + math.Log(.5)) / 3; math.Abs(got-want) > 1e-15 {
		t.Errorf("%v, want %v", got, want)
	}
	if got := logLoss([]float64{0}, []bool{true}); math.Abs(got-34.5) > .1 {
		t.Errorf("a certain error costs %v, want 34.5", got)
	}
}

func TestPrintShowsTheInterval(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	e := &Evaluation{Trained: 70, Rows: 30, Accuracy: .8, BaseAccuracy: .6, AUC: .75, AUCLower: .7, AUCUpper: .8, LogLoss: .5, BaseLogLoss: .67, Warnings: []string{`column "a": is constant`}}
	if err := e.Print(&out); err != nil {
		t.Fatal(err)
	}
	const want = `rows      70 trained on, 30 held out
accuracy  0.8000 (0.6000 by always predicting the more frequent class)
AUC       0.7500 (95 % interval 0.7000 to 0.8000)
log loss  0.5000 (0.6700 by always predicting the base rate)
warning: column "a": is constant
`
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", &out, want)
	}
}
