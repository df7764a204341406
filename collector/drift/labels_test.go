package drift

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"testing"
)

func TestCBPEAndAttributionMatchTheVectors(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("testdata/statistics.json")
	if err != nil {
		t.Fatal(err)
	}
	var v struct {
		Extras struct {
			CBPE struct {
				Scores       []float64
				Threshold    float64
				Estimate, SE float64
			} `json:"cbpe"`
			Attribution struct {
				P, Q       []float64
				Before     []float64 `json:"acc_ref"`
				After      []float64 `json:"acc_prod"`
				Covariate  float64   `json:"covariate_term"`
				Total      float64
				WithinTerm float64 `json:"within_term"`
			}
		}
	}
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatal(err)
	}
	var sum, variance float64
	for _, s := range v.Extras.CBPE.Scores {
		conf := s
		if s < v.Extras.CBPE.Threshold {
			conf = 1 - s
		}
		sum += conf
		variance += conf * (1 - conf)
	}
	e := CBPE(int64(len(v.Extras.CBPE.Scores)), sum, variance)
	if !near(e.Accuracy, v.Extras.CBPE.Estimate, 1e-9) || !near(e.StandardError, v.Extras.CBPE.SE, 1e-9) {
		t.Errorf("CBPE %+v, want %v +- %v", e, v.Extras.CBPE.Estimate, v.Extras.CBPE.SE)
	}
	w := v.Extras.Attribution
	var bins []AccuracyBin
	for i := range w.P {
		n := math.Round(w.Q[i] * 1000)
		bins = append(bins, AccuracyBin{
			Reference: int64(math.Round(w.P[i] * 1000)), Window: int64(n), Known: 1000, KnownRight: int64(math.Round(w.Before[i] * 1000)),
			Labelled: int64(n), Right: int64(math.Round(w.After[i] * n)),
		})
	}
	a := Attribute(bins)
	if !near(a.Covariate, w.Covariate, 1e-9) || !near(a.Within, w.WithinTerm, 1e-9) || !near(a.Covariate+a.Within, w.Total, 1e-9) {
		t.Errorf("attribution %+v, want %v and %v", a, w.Covariate, w.WithinTerm)
	}
}

func TestEstimateWeighsTheReferencesAccuracyByTheScores(t *testing.T) {
	t.Parallel()
	labelled, correct := make([]int64, 200), make([]int64, 200)
	for b := range labelled {
		labelled[b], correct[b] = 50, int64(25+b/8)
	}
	labelled[7], correct[7] = 0, 0
	c := NewCalibration(labelled, correct)
	of, right := c.Groups()
	if len(of) != calibrationGroups || total(of) != 199*50 || total(right) != total(correct) {
		t.Fatalf("groups of %v outcomes, %v right", of, right)
	}
	// The reference's own scores give back its accuracy.
	if e, want := c.Estimate(labelled), float64(total(correct))/float64(total(labelled)); !near(e.Accuracy, want, 1e-12) {
		t.Errorf("the reference has an accuracy of %v, want %v", e.Accuracy, want)
	}
	one := make([]int64, 200)
	one[199] = 4
	a := float64(right[19]) / float64(of[19])
	if e := c.Estimate(one); e.Rows != 4 || !near(e.Accuracy, a, 1e-12) || !near(e.StandardError, math.Sqrt(a*(1-a)*(1./4+1/float64(of[19]))), 1e-12) {
		t.Errorf("four of the highest scores: %+v, want %v", e, a)
	}
	if e := c.Estimate(make([]int64, 200)); e.Rows != 0 || !math.IsNaN(e.Accuracy) {
		t.Errorf("nothing: %+v", e)
	}
	if NewCalibration(nil, nil) != nil || NewCalibration(make([]int64, 3), make([]int64, 3)) != nil {
		t.Error("there is a calibration without outcomes")
	}
	if of, _ := NewCalibration([]int64{3}, []int64{2}).Groups(); len(of) != 1 {
		t.Errorf("one bin makes %v", of)
	}
}

// TestBandsHoldWhatTheyPromise draws windows of outcomes whose probability is the
// score, and asks how often the band around each estimate holds the accuracy that
// they turn out to have: in .93 to .97 of 4,000 windows (1,000 of the long ones),
// which is three standard errors of the simulation and more from an exact .95.
func TestBandsHoldWhatTheyPromise(t *testing.T) {
	t.Parallel()
	const z95 = 1.959963984540054
	r := rand.New(rand.NewPCG(31, 32))
	// right draws a score, its fine bin and whether the prediction was right.
	row := func(shift float64) (score float64, bin int, right bool) {
		score = 1 / (1 + math.Exp(-(shift + 1.3*r.NormFloat64())))
		return score, min(int(score*200), 199), (r.Float64() < score) == (score >= .5)
	}
	for n, windows := range map[int]int{100: 4000, 1000: 1000} {
		for _, shift := range []float64{0, -.8} { // covariate shift
			var cbpe, calibrated, wilson int
			var truth, guess float64
			for range windows {
				// The reference of each window is one more draw, of a few outcomes.
				labelled, correct := make([]int64, 200), make([]int64, 200)
				for range 2000 {
					_, bin, right := row(0)
					if labelled[bin]++; right {
						correct[bin]++
					}
				}
				c := NewCalibration(labelled, correct)
				var sum, variance float64
				var hits int64
				fine := make([]int64, 200)
				for range n {
					score, bin, right := row(shift)
					conf := max(score, 1-score)
					sum, variance = sum+conf, variance+conf*(1-conf)
					if fine[bin]++; right {
						hits++
					}
				}
				accuracy := float64(hits) / float64(n)
				if e := CBPE(int64(n), sum, variance); math.Abs(accuracy-e.Accuracy) <= z95*e.StandardError {
					cbpe++
				}
				e := c.Estimate(fine)
				if math.Abs(accuracy-e.Accuracy) <= z95*e.StandardError {
					calibrated++
				}
				truth, guess = truth+accuracy, guess+e.Accuracy
				if lo, hi := Wilson(hits, int64(n), z95); lo <= expected(shift) && expected(shift) <= hi {
					wilson++
				}
			}
			share := func(of int) float64 { return float64(of) / float64(windows) }
			truth, guess = truth/float64(windows), guess/float64(windows)
			t.Logf("n %d, shift %v: coverage %.3f (CBPE), %.3f (calibrated), %.3f (Wilson); accuracy %.4f, estimate %.4f", n, shift,
				share(cbpe), share(calibrated), share(wilson), truth, guess)
			for name, hits := range map[string]int{"CBPE": cbpe, "calibrated": calibrated, "Wilson": wilson} {
				if coverage := share(hits); coverage < .93 || coverage > .97 {
					t.Errorf("n %d, shift %v: %s covers %.3f", n, shift, name, coverage)
				}
			}
			if bias := guess - truth; math.Abs(bias) > .003 {
				t.Errorf("n %d, shift %v: the estimate is %v off", n, shift, bias)
			}
		}
	}
}

// expected is the accuracy that the simulated scores have in the long run, by
// Simpson's rule over eight standard deviations.
func expected(shift float64) float64 {
	const steps = 2000
	var sum float64
	for i := range steps + 1 {
		x := -8 + 16*float64(i)/steps
		weight := []float64{2, 4}[i%2]
		if i == 0 || i == steps {
			weight = 1
		}
		score := 1 / (1 + math.Exp(-(shift + 1.3*x)))
		sum += weight * max(score, 1-score) * math.Exp(-x*x/2) / math.Sqrt(2*math.Pi)
	}
	return sum * 16 / steps / 3
}
