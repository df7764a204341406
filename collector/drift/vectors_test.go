package drift

import (
	"encoding/json"
	"math"
	"os"
	"slices"
	"testing"
)

// vectors are testdata/statistics.json: scipy 1.10.1 and numpy, with bootstraps
// of 200,000 draws; the file's "spec" says how each was computed.
type vectors struct {
	Vectors []struct {
		Name      string
		Ref, Prod []int64
		KL        float64
		Terms     []float64 `json:"kl_bin_terms"`
		Corrected float64   `json:"kl_corrected"`
		P         float64   `json:"boot_p_2s"`
		Mean      float64   `json:"null_mean_2s"`
		SD        float64   `json:"null_sd_2s"`
		Q95       float64   `json:"null_q95_2s"`

		PSI            float64
		JensenShannon  float64 `json:"js_div"`
		Hellinger      float64
		TotalVariation float64 `json:"tv"`
		KS             float64 `json:"ks_edges"`
	}
	Extras struct {
		Wilson []struct {
			K, N   int64
			Lo, Hi float64
		} `json:"wilson95"`
		StandardError struct {
			Counts []float64
			NRef   int64 `json:"n_ref"`
			SE, KL float64
		} `json:"kl_standard_error"`
	}
}

const vectorDraws = 200_000

func readVectors(t *testing.T) vectors {
	t.Helper()
	data, err := os.ReadFile("testdata/statistics.json")
	if err != nil {
		t.Fatal(err)
	}
	var v vectors
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatal(err)
	}
	if len(v.Vectors) != 14 {
		t.Fatalf("%d vectors", len(v.Vectors))
	}
	return v
}

func near(a, b, tolerance float64) bool { return math.Abs(a-b) <= tolerance }

func TestKLAndItsTermsMatchTheVectors(t *testing.T) {
	t.Parallel()
	for _, v := range readVectors(t).Vectors {
		if got := KL(v.Ref, v.Prod); !near(got, v.KL, 1e-9) {
			t.Errorf("%s: KL = %v, want %v", v.Name, got, v.KL)
		}
		terms := KLTerms(make([]float64, len(v.Ref)), v.Ref, v.Prod)
		for b, want := range v.Terms {
			if !near(terms[b], want, 1e-9) {
				t.Errorf("%s: term %d = %v, want %v", v.Name, b, terms[b], want)
			}
		}
		if got := max(0, KL(v.Ref, v.Prod)-v.Mean); !near(got, v.Corrected, 1e-9) {
			t.Errorf("%s: corrected = %v, want %v", v.Name, got, v.Corrected)
		}
	}
}

func TestNullMatchesTheVectorsWithinMonteCarloError(t *testing.T) {
	t.Parallel()
	const draws = 20_000
	const errors = 5 // standard errors of the difference of the two bootstraps
	apart := math.Sqrt(1./draws + 1./vectorDraws)
	for _, v := range readVectors(t).Vectors {
		t.Run(v.Name, func(t *testing.T) {
			n := total(v.Prod)
			null := NewNull(v.Ref, n, draws, 1)
			// The floors of the two, 1/(B+1), differ too.
			tolerance := errors*math.Sqrt(v.P*(1-v.P))*apart + 1./draws
			if got := null.PValue(v.KL); !near(got, v.P, tolerance) {
				t.Errorf("p = %v, want %v within %v", got, v.P, tolerance)
			}
			// Leaving out the reference's noise from n_ref = 200 n moves the
			// mean by half a percent.
			slack := errors*v.SD*apart + 1e-15
			if total(v.Ref) >= 200*n {
				slack += 0.005 * v.Mean
			}
			if !near(null.Mean(), v.Mean, slack) {
				t.Errorf("mean = %v, want %v within %v", null.Mean(), v.Mean, slack)
			}
			test := null.Test(v.KL, n, total(v.Ref))
			if test.PValue != null.PValue(v.KL) || test.NoiseFloor != null.Mean() {
				t.Errorf("Test at the null's own size says %+v", test)
			}
			if corrected := max(0, v.KL-test.NoiseFloor); !near(corrected, v.Corrected, slack) {
				t.Errorf("corrected = %v, want %v within %v", corrected, v.Corrected, slack)
			}
			if v.SD == 0 {
				return
			}
			if got := null.PValue(v.Q95); !near(got, 0.05, errors*math.Sqrt(.05*.95)*apart+0.001) {
				t.Errorf("p at the 95 %% quantile = %v", got)
			}
			sample := make([]float64, draws)
			drawDivergences(sample, newPairs(v.Ref, Novelty{}, n), float64(len(v.Ref))/2, newRandom(2))
			// The standard error of a standard deviation, at a kurtosis of 9.
			if got := deviation(sample); !near(got, v.SD, errors*v.SD*math.Sqrt2*apart+0.005*v.SD) {
				t.Errorf("sd = %v, want %v", got, v.SD)
			}
		})
	}
}

func occupied(counts []int64) []int64 {
	return slices.DeleteFunc(slices.Clone(counts), func(c int64) bool { return c == 0 })
}

func deviation(x []float64) float64 {
	var sum, squares float64
	for _, v := range x {
		sum += v
		squares += v * v
	}
	mean := sum / float64(len(x))
	return math.Sqrt(squares/float64(len(x)) - mean*mean)
}

// The vector's counts were rounded and sum to 999, but it was computed with n =
// 1000. So the formula is held to the vector, and StandardError to the formula.
func TestStandardErrorMatchesTheVector(t *testing.T) {
	t.Parallel()
	v := readVectors(t).Extras.StandardError
	formula := func(n float64) (kl, se float64) {
		const p, m = 0.1, 5
		var ratios, squares float64
		for _, c := range v.Counts {
			q := (c + m*p) / (n + m)
			kl += p * math.Log(p/q)
			squares += p * math.Pow(math.Log(p/q), 2)
			ratios += p * p / q
		}
		return kl, math.Sqrt((ratios-1)/n + (squares-kl*kl)/float64(v.NRef))
	}
	if kl, se := formula(1000); !near(kl, v.KL, 1e-9) || !near(se, v.SE, 1e-9) {
		t.Errorf("formula at 1000: %v +- %v, want %v +- %v", kl, se, v.KL, v.SE)
	}
	var window []int64
	for _, c := range v.Counts {
		window = append(window, int64(c))
	}
	reference := slices.Repeat([]int64{v.NRef / 10}, 10)
	kl, se := formula(999)
	if got := KL(reference, window); !near(got, kl, 1e-12) {
		t.Errorf("KL = %v, want %v", got, kl)
	}
	if got := StandardError(reference, window); !near(got, se, 1e-12) {
		t.Errorf("standard error = %v, want %v", got, se)
	}
}

func TestWilsonMatchesTheVectors(t *testing.T) {
	t.Parallel()
	for _, v := range readVectors(t).Extras.Wilson {
		lo, hi := Wilson(v.K, v.N, 1.959963984540054)
		if !near(lo, v.Lo, 1e-9) || !near(hi, v.Hi, 1e-9) {
			t.Errorf("Wilson(%d, %d) = %v, %v, want %v, %v", v.K, v.N, lo, hi, v.Lo, v.Hi)
		}
	}
}
