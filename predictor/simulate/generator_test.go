package simulate

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/drift-exporter/drift_exporter/predictor/model"
	"github.com/drift-exporter/drift_exporter/predictor/survey"
)

func TestSameSeedGivesTheSameLoans(t *testing.T) {
	t.Parallel()
	a, b, other := New(7), New(7), New(8)
	differs := false
	for range 1000 {
		loan := a.Next()
		if loan != b.Next() {
			t.Fatal("two generators of one seed differ")
		}
		differs = differs || loan != other.Next()
	}
	if !differs {
		t.Error("another seed gives the same loans")
	}
}

// TestLoansNeverChange checks that the loans are those from which the embedded model and
// reference were made, on every run and machine.
func TestLoansNeverChange(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := WriteCSV(&out, 1, 1000); err != nil {
		t.Fatal(err)
	}
	const want = "fa9d87b2fe96d82c4c0d757d8d52744f36867220fe3ddb9107e46a17f5b834aa"
	if got := fmt.Sprintf("%x", sha256.Sum256(out.Bytes())); got != want {
		t.Errorf("the first 1000 loans of seed 1 hash to %s, want %s; when that is meant, go generate ./predictor/model", got, want)
	}
}

func TestFeaturesDescribeTheLoans(t *testing.T) {
	t.Parallel()
	const n = 200_000
	g := New(3)
	var m [12]moments
	var outside [12]int
	approved := 0
	for range n {
		loan := g.Next()
		approved += loan.Outcome
		for i, v := range loan.Values {
			m[i].add(v)
			if f := &Features[i]; v < f.Low || v > f.High {
				outside[i]++
			}
		}
	}
	for i, f := range Features {
		if math.Abs(m[i].mean-f.Mean) > 5*f.SD/math.Sqrt(n) || math.Abs(m[i].sd()/f.SD-1) > .02 {
			t.Errorf("%s: mean %v, sd %v, described as %v, %v", f.Name, m[i].mean, m[i].sd(), f.Mean, f.SD)
		}
		if share := float64(outside[i]) / n; share > .0015 {
			t.Errorf("%s: %v of the values are not between %v and %v, described as .001 at most", f.Name, share, f.Low, f.High)
		}
	}
	if share := float64(approved) / n; math.Abs(share-.6) > .01 {
		t.Errorf("%v are approved, want about .6", share)
	}
}

func TestLoansHangTogether(t *testing.T) {
	t.Parallel()
	g := New(4)
	for range 20_000 {
		loan := g.Next()
		v := map[string]float64{}
		for i, f := range Features {
			v[f.Name] = loan.Values[i]
			if math.Abs(v[f.Name]/f.Step-math.Round(v[f.Name]/f.Step)) > 1e-6 {
				t.Fatalf("%s is %v, no multiple of %v", f.Name, v[f.Name], f.Step)
			}
		}
		switch {
		case v["loan_balance"] <= 0 || v["loan_balance"] >= v["loan_amount"]:
			t.Fatalf("the balance does not lie below the amount: %v", v)
		case math.Abs(v["loan_to_value_ratio"]-v["loan_balance"]/v["home_value"]) > .00051:
			t.Fatalf("the ratio is not that of balance and value: %v", v)
		case math.Abs(v["rate_spread"]-(v["interest_rate"]-v["current_rate"])) > 1e-9:
			t.Fatalf("the spread is not that of the rates: %v", v)
		case v["credit_score"] < 520 || v["credit_score"] > 850 || v["loan_age"] < 6 || v["loan_age"] > 120:
			t.Fatalf("a score or an age is out of range: %v", v)
		case v["loan_term"] != 15 && v["loan_term"] != 20 && v["loan_term"] != 30:
			t.Fatalf("a term of %v years", v["loan_term"])
		case v["debt_to_income_ratio"] < .04 || v["debt_to_income_ratio"] > .67:
			t.Fatalf("debt of %v of the income: %v", v["debt_to_income_ratio"], v)
		}
	}
}

func TestAnnuityIsPaidOff(t *testing.T) {
	t.Parallel()
	// An example from a textbook: 100,000 at 6 % over 30 years is 599.55 a month.
	if got := payment(100_000, 6, 30); math.Abs(got-599.55) > .005 {
		t.Errorf("payment %v, want 599.55", got)
	}
	balance, rate := 250_000., payment(250_000, 4.5, 15)
	for month := range 181 {
		if got := owed(250_000, 4.5, 15, float64(month)); math.Abs(got-balance) > 1e-3 {
			t.Fatalf("after %d months %v is owed, paid off month by month it is %v", month, got, balance)
		}
		balance += balance*4.5/1200 - rate
	}
}

// TestEmbeddedModelIsTrainedOnTheLoans fails if the generator or the training has changed and go
// generate has not been run.
func TestEmbeddedModelIsTrainedOnTheLoans(t *testing.T) {
	t.Parallel()
	var loans, got, want bytes.Buffer
	if err := WriteCSV(&loans, 1, 100_000); err != nil {
		t.Fatal(err)
	}
	d, err := model.ReadCSV(&loans, survey.Options{Outcome: Outcome})
	if err != nil {
		t.Fatal(err)
	}
	m, e, err := model.Train(d, model.TrainOptions{Name: "loan_refinance", Version: "1", Holdout: .3, Seed: 1, Created: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)})
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Encode(&got); err != nil {
		t.Fatal(err)
	}
	if err := model.Default().Encode(&want); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Bytes(), want.Bytes()) {
		t.Errorf("run go generate ./predictor/model: the model is now\n%s\nnot\n%s", &got, &want)
	}
	if math.Abs(e.AUC-.8) > .03 {
		t.Errorf("the held-out AUC is %v, want about .8", e.AUC)
	}
}

func TestCSVHasTheOutcomeLast(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := WriteCSV(&out, 1, 1); err != nil {
		t.Fatal(err)
	}
	const header = "interest_rate,loan_amount,loan_balance,loan_to_value_ratio,credit_score,debt_to_income_ratio,income,loan_term,loan_age,home_value,current_rate,rate_spread,approved\n"
	row, ok := strings.CutPrefix(out.String(), header)
	if !ok || strings.Count(row, ",") != 12 || strings.Count(row, "\n") != 1 {
		t.Errorf("got\n%s", &out)
	}
}

func BenchmarkNext(b *testing.B) {
	g := New(1)
	for b.Loop() {
		g.Next()
	}
}
