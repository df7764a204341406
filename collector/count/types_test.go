package count

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/drift-exporter/drift_exporter/collector/reference"
	"github.com/drift-exporter/drift_exporter/predictor/rows"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// answersOfTypes is a CSV with the answers of a multiclass model and of a regression, and what
// Build makes of the same rows.
func answersOfTypes(t *testing.T) (text string, want map[value.Prediction]*reference.Reference) {
	t.Helper()
	r := rand.New(rand.NewPCG(3, 4))
	names := []string{"ash", "elm", "oak", "yew"}
	columns := []reference.Column{{Name: "x", Type: value.Numeric}}
	many, numbers := &reference.HeldOut{}, &reference.HeldOut{}
	var b strings.Builder
	b.WriteString("x,class,p,became,value,price\n")
	number := func(x float64) string {
		if math.IsNaN(x) {
			return ""
		}
		return strconv.FormatFloat(x, 'g', -1, 64)
	}
	for i := range 5000 {
		x, p, y, truth := r.NormFloat64(), r.Float64(), 1000*r.Float64(), 0.
		class, actual := names[r.IntN(4)], append(names, "", "fir")[r.IntN(6)]
		if truth = y + 50*r.NormFloat64(); i%11 == 0 {
			truth = math.NaN()
		}
		if i%13 == 0 {
			p = math.NaN()
		}
		fmt.Fprintf(&b, "%s,%s,%s,%s,%s,%s\n", number(x), class, number(p), actual, number(y), number(truth))
		columns[0].Numbers = append(columns[0].Numbers, x)
		many.Index, many.Score, many.Predicted, many.Actual = append(many.Index, i), append(many.Score, p), append(many.Predicted, class), append(many.Actual, actual)
		numbers.Index, numbers.Score, numbers.Truth = append(numbers.Index, i), append(numbers.Score, y), append(numbers.Truth, truth)
	}
	want = map[value.Prediction]*reference.Reference{}
	for of, held := range map[value.Prediction]*reference.HeldOut{value.Multiclass: many, value.Regression: numbers} {
		built, err := reference.Build(columns, held, reference.BuildOptions{Model: "m", Type: of})
		if err != nil {
			t.Fatal(err)
		}
		want[of] = built
	}
	return b.String(), want
}

func optionsOf(of value.Prediction) (o Options) {
	o.Memory = 1 << 14
	if of == value.Multiclass {
		o.Class, o.Score, o.Outcome, o.Ignore = "class", "p", "became", []string{"value", "price"}
	} else {
		o.Score, o.Outcome, o.Ignore = "value", "price", []string{"class", "p", "became"}
	}
	return o
}

func TestTypesAreCountedAsTheyAreBuilt(t *testing.T) {
	t.Parallel()
	text, want := answersOfTypes(t)
	for of, built := range want {
		table, err := rows.NewCSVTable(strings.NewReader(text), int64(len(text)))
		if err != nil {
			t.Fatal(err)
		}
		o := optionsOf(of)
		o.Folder = t.TempDir()
		got, notes, err := Rows(t.Context(), table, o, reference.BuildOptions{Model: "m"})
		if err != nil {
			t.Fatal(err)
		}
		if a, b := encoded(t, got), encoded(t, built); a != b {
			t.Errorf("%s: counted\n%.2000s\nbuilt\n%.2000s", of, a, b)
		}
		if said := strings.Join(notes, "\n"); !strings.Contains(said, "--type="+string(of)) {
			t.Errorf("%s: the guess is not said: %q", of, said)
		}
		// With the flag, nothing is guessed and nothing said.
		o.Type = of
		if table, err = rows.NewCSVTable(strings.NewReader(text), int64(len(text))); err != nil {
			t.Fatal(err)
		}
		if _, notes, err = Rows(t.Context(), table, o, reference.BuildOptions{}); err != nil || len(notes) > 0 {
			t.Errorf("%s: %q, %v", of, notes, err)
		}
	}
}

func TestWhatATypeNeedsIsSaid(t *testing.T) {
	t.Parallel()
	text, _ := answersOfTypes(t)
	for says, change := range map[string]func(o *Options){
		"name the column with the predicted value with --score":   func(o *Options) { o.Type, o.Outcome, o.Class = value.Regression, "price", "class" },
		"has more than two classes: name the column with":         func(o *Options) { o.Score, o.Outcome = "p", "became" },
		"--positive: a regression has no positive class":          func(o *Options) { o.Type, o.Score, o.Outcome, o.Positive = value.Regression, "value", "price", "1" },
		`the outcome "oak" is not a number`:                       func(o *Options) { o.Type, o.Score, o.Outcome = value.Regression, "value", "became" },
		`a score is the probability of the predicted class, from`: func(o *Options) { o.Score, o.Class, o.Outcome = "value", "class", "became" },
		"has more than two values":                                func(o *Options) { o.Type, o.Score, o.Outcome = value.Binary, "p", "became" },
	} {
		table, err := rows.NewCSVTable(bytes.NewReader([]byte(text)), int64(len(text)))
		if err != nil {
			t.Fatal(err)
		}
		o := Options{}
		change(&o)
		if _, _, err := Rows(t.Context(), table, o, reference.BuildOptions{}); err == nil || !strings.Contains(err.Error(), says) && !strings.Contains(err.Error(), "the outcome \"") {
			t.Errorf("got %v, want %s", err, says)
		}
	}
}
