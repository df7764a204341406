package model

import (
	"math"
	"testing"
)

// two is a model that can be checked by hand.
func two() *Model {
	return &Model{
		Name: "two", Version: "1", Intercept: 0.5, Threshold: 0.6,
		Features: []Feature{
			{Name: "income", Type: Numeric, Mean: 100, SD: 20, Coefficient: 1.5},
			{Name: "state", Type: Categorical, Categories: []Category{{Value: "NY", Coefficient: -2}, {Value: "TX", Coefficient: 0.25}}},
		},
	}
}

func TestPredictAddsContributions(t *testing.T) {
	t.Parallel()
	number := func(x float64) Value { return Value{Number: x} }
	text := func(s string) Value { return Value{Text: s} }
	missing := Value{Missing: true}
	for _, test := range []struct {
		name    string
		income  Value
		state   Value
		logOdds float64
		class   string
	}{
		{"an average income", number(100), text("TX"), 0.75, "1"},
		{"one standard deviation more", number(120), text("TX"), 2.25, "1"},
		{"another category", number(120), text("NY"), 0, "0"},
		{"a missing number is the mean", missing, text("TX"), 0.75, "1"},
		{"a missing category is the average row", number(100), missing, 0.5, "1"},
		{"so is an unknown category", number(100), text("ZZ"), 0.5, "1"},
		{"and an empty one", number(100), text(""), 0.5, "1"},
		{"everything missing leaves the intercept", missing, missing, 0.5, "1"},
		{"NaN counts as missing", number(math.NaN()), text("TX"), 0.75, "1"},
		{"so does an infinity", number(math.Inf(-1)), text("TX"), 0.75, "1"},
		{"above a half, but below the threshold", number(95), text("TX"), 0.375, "0"},
	} {
		probability, class := two().Predict([]Value{test.income, test.state})
		want := 1 / (1 + math.Exp(-test.logOdds))
		if math.Abs(probability-want) > 1e-15 || class != test.class {
			t.Errorf("%s: %v, class %s, want %v, class %s", test.name, probability, class, want, test.class)
		}
	}
}

func TestThresholdDecidesTheClass(t *testing.T) {
	t.Parallel()
	m := two()
	m.Threshold, _ = m.Predict([]Value{{Missing: true}, {Missing: true}})
	if _, class := m.Predict([]Value{{Missing: true}, {Missing: true}}); class != "1" {
		t.Errorf("at the threshold the class is %s, want 1", class)
	}
	m.Threshold = math.Nextafter(m.Threshold, 1)
	if _, class := m.Predict([]Value{{Missing: true}, {Missing: true}}); class != "0" {
		t.Errorf("just below the threshold the class is %s, want 0", class)
	}
}

func TestAbsurdNumbersGiveAProbability(t *testing.T) {
	t.Parallel()
	m := two()
	m.Features = append(m.Features,
		Feature{Name: "steep", Type: Numeric, Mean: -math.MaxFloat64, SD: 1e-300, Coefficient: -math.MaxFloat64},
		Feature{Name: "none", Type: Numeric, Mean: -math.MaxFloat64, SD: 1e-300, Coefficient: 0})
	numbers := []float64{0, 1, -1, math.MaxFloat64, -math.MaxFloat64, math.SmallestNonzeroFloat64, math.NaN(), math.Inf(1), math.Inf(-1)}
	for _, x := range numbers {
		for _, y := range numbers {
			p, class := m.Predict([]Value{{Number: x}, {Text: "NY"}, {Number: y}, {Number: y}})
			if !(p >= 0 && p <= 1) || (class == "1") != (p >= m.Threshold) {
				t.Errorf("income %v, steep %v: probability %v, class %s", x, y, p, class)
			}
		}
	}
}

func TestPredictAllocatesNothing(t *testing.T) {
	values := []Value{{Number: 120}, {Text: "TX"}}
	m := two()
	if n := testing.AllocsPerRun(100, func() { m.Predict(values) }); n != 0 {
		t.Errorf("Predict allocates %v times", n)
	}
}

func BenchmarkPredict(b *testing.B) {
	b.Run("loan", func(b *testing.B) {
		m := Default()
		values := make([]Value, len(m.Features))
		for i, f := range m.Features {
			values[i].Number = f.Mean + f.SD/2
		}
		for b.Loop() {
			m.Predict(values)
		}
	})
	b.Run("lending_club", func(b *testing.B) {
		d := lendingClub(b)
		m, _, err := Train(d, lendingClubOptions)
		if err != nil {
			b.Fatal(err)
		}
		values := d.Values(0)
		for b.Loop() {
			m.Predict(values)
		}
	})
}
