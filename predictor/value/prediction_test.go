package value

import (
	"strings"
	"testing"
)

func TestNamesOfTypesOfPredictions(t *testing.T) {
	t.Parallel()
	for _, p := range Predictions {
		if got, err := ParsePrediction(string(p)); err != nil || got != p {
			t.Errorf("%s: got %q, %v", p, got, err)
		}
	}
	if got, err := ParsePrediction(""); err != nil || got != Binary {
		t.Errorf("no name: got %q, %v", got, err)
	}
	for _, wrong := range []string{"Binary", "ranking", " regression"} {
		if _, err := ParsePrediction(wrong); err == nil || !strings.Contains(err.Error(), "write binary, multiclass or regression") {
			t.Errorf("%q: got %v", wrong, err)
		}
	}
}

func TestOutcomesOfARegressionAreFiniteNumbers(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]float64{"1": 1, "-0.5": -0.5, "3e2": 300, " 7 ": 7, "30.0": 30} {
		if got, ok := OutcomeNumber(text); !ok || got != want {
			t.Errorf("%q: got %v, %v", text, got, ok)
		}
	}
	for _, text := range []string{"", "NaN", "nan", "Inf", "-Infinity", "1e999", "high", "1,5", "NA", "null", "true", "False"} {
		if got, ok := OutcomeNumber(text); ok {
			t.Errorf("%q is %v, want no outcome", text, got)
		}
	}
}
