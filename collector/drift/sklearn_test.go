package drift

import (
	"bytes"
	"encoding/json"
	"math"
	"math/rand/v2"
	"os/exec"
	"testing"
)

type sklearnQuestions struct {
	Scored [][2][]float64 `json:"scored"`
	Ranked [][2][]float64 `json:"ranked"`
	Waited [][2][]float64 `json:"waited"`
}

type sklearnAnswers struct {
	Scored [][2]*float64
	Ranked []*float64
	Waited [][2][]float64
}

// askScikitLearn runs testdata/labels.py, an implementation by other hands.
func askScikitLearn(t *testing.T, questions sklearnQuestions) sklearnAnswers {
	t.Helper()
	const look = "import importlib.util, sys; sys.exit(importlib.util.find_spec('sklearn') is None)"
	if out, err := exec.CommandContext(t.Context(), "python3", "-c", look).CombinedOutput(); err != nil {
		t.Skipf("python3 has no scikit-learn: %v\n%s", err, out)
	}
	data, err := json.Marshal(questions)
	if err != nil {
		t.Fatal(err)
	}
	var stderr bytes.Buffer
	cmd := exec.CommandContext(t.Context(), "python3", "testdata/labels.py")
	cmd.Stdin, cmd.Stderr = bytes.NewReader(data), &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("labels.py: %v\n%s", err, stderr.Bytes())
	}
	var answers sklearnAnswers
	if err := json.Unmarshal(out, &answers); err != nil {
		t.Fatalf("labels.py: %v: %s", err, out)
	}
	return answers
}

// agrees compares a number with one by other hands, which has no NaN but null.
func agrees(got float64, want *float64) bool {
	if want == nil {
		return math.IsNaN(got)
	}
	return near(got, *want, 1e-9)
}

func TestScikitLearnSaysTheSame(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(21, 22))
	// coarse makes ties of some samples.
	coarse := func(n int) []float64 {
		x, steps := make([]float64, n), []float64{2, 5, 20, 1e9}[r.IntN(4)]
		for i := range x {
			x[i] = math.Round(r.Float64()*steps) / steps
		}
		return x
	}
	var ask sklearnQuestions
	for range 300 {
		scores := coarse(1 + r.IntN(200))
		outcomes := make([]float64, len(scores))
		for i, s := range scores {
			if r.Float64() < []float64{s, .5, 1}[r.IntN(3)] {
				outcomes[i] = 1
			}
		}
		ask.Scored = append(ask.Scored, [2][]float64{scores, outcomes})
		n := 2 + r.IntN(60)
		ask.Ranked = append(ask.Ranked, [2][]float64{coarse(n), coarse(n)})
	}
	ask.Ranked = append(ask.Ranked, [2][]float64{{1, 1, 1}, {1, 2, 3}})
	for range 100 {
		n := 30 + r.IntN(100)
		ages, came := make([]float64, n), make([]float64, n)
		for i := range ages {
			ages[i], came[i] = float64(r.IntN(12)), float64(min(1, r.IntN(5)))
		}
		ask.Waited = append(ask.Waited, [2][]float64{ages, came})
	}
	got := askScikitLearn(t, ask)
	for i, c := range ask.Scored {
		scored := make([]Scored, len(c[0]))
		for j := range scored {
			scored[j] = Scored{Score: c[0][j], Positive: c[1][j] == 1}
		}
		if brier := BrierScore(scored); !agrees(brier, got.Scored[i][1]) {
			t.Errorf("case %d: Brier score %v, scikit-learn says %v", i, brier, *got.Scored[i][1])
		}
		if ece, want := ExpectedCalibrationError(scored), closedForm(scored); !near(ece, want, 1e-12) {
			t.Errorf("case %d: calibration error %v, want %v", i, ece, want)
		}
		if auc := ROCAUC(scored); !agrees(auc, got.Scored[i][0]) {
			t.Errorf("case %d: ROC AUC %v, scikit-learn says %v", i, auc, got.Scored[i][0])
		}
	}
	for i, c := range ask.Ranked {
		if rho := Spearman(c[0], c[1]); !agrees(rho, got.Ranked[i]) {
			t.Errorf("case %d: rank correlation %v of %v, scipy says %v", i, rho, c, got.Ranked[i])
		}
	}
	for i, c := range ask.Waited {
		compareMaturity(t, c, got.Waited[i])
	}
}

// compareMaturity holds Maturity at every share against a product-limit estimate.
func compareMaturity(t *testing.T, rows, cdf [2][]float64) {
	t.Helper()
	delays, waiting := make([]int64, 12), make([]int64, 12)
	for i, age := range rows[0] {
		if rows[1][i] == 1 {
			delays[int(age)]++
		} else {
			waiting[int(age)]++
		}
	}
	for _, share := range []float64{.05, .3, .5, .8, .95, 1} {
		want, reached := 0.0, false
		for i, p := range cdf[1] {
			if p >= share-1e-9 {
				want, reached = cdf[0][i], true
				break
			}
		}
		k, ok := Maturity(delays, waiting, share)
		if ok != reached || ok && float64(k) != want {
			t.Errorf("%v of outcomes have come at %d (%v), scipy says %v (%v): delays %v, waiting %v", share, k, ok, want, reached, delays, waiting)
		}
	}
}

// closedForm is the calibration error as its definition has it: bin by bin, the
// mean score next to the share of positives.
func closedForm(scored []Scored) float64 {
	var sum float64
	for bin := range 10 {
		var n, score, positive float64
		for _, s := range scored {
			if b := math.Floor(s.Score * 10); b == float64(bin) || b == 10 && bin == 9 {
				n++
				score += s.Score
				if s.Positive {
					positive++
				}
			}
		}
		if n > 0 {
			sum += n / float64(len(scored)) * math.Abs(score/n-positive/n)
		}
	}
	return sum
}
