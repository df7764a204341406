package reference

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/drift-exporter/drift_exporter/collector/drift"
)

// sample returns made-up columns of every kind, and answers for a third of the rows.
func sample(seed uint64, n int) ([]Column, *HeldOut) {
	r := rand.New(rand.NewPCG(seed, 1))
	columns := []Column{
		{Name: "income", Type: Numeric, Numbers: make([]float64, n)},
		{Name: "loan_term", Type: Numeric, Numbers: make([]float64, n)},
		{Name: "state", Type: Categorical, Texts: make([]string, n)},
		{Name: "purpose", Type: Categorical, Texts: make([]string, n)},
	}
	heldOut := &HeldOut{}
	for i := range n {
		income := math.Round(40_000 * math.Exp(r.NormFloat64()/2))
		columns[0].Numbers[i] = income
		if r.IntN(20) == 0 {
			columns[0].Numbers[i] = math.NaN()
		}
		columns[1].Numbers[i] = []float64{15, 20, 30}[r.IntN(3)]
		columns[2].Texts[i] = fmt.Sprint("S", int(30*r.ExpFloat64()))
		if r.IntN(10) == 0 {
			columns[2].Texts[i] = ""
		}
		columns[3].Texts[i] = []string{"home", "car"}[r.IntN(2)]
		if i%3 > 0 {
			continue
		}
		score := r.Float64()
		heldOut.Index = append(heldOut.Index, i)
		heldOut.Score = append(heldOut.Score, score)
		heldOut.Predicted = append(heldOut.Predicted, fmt.Sprint(int(score+0.5)))
		heldOut.Actual = append(heldOut.Actual, []string{"0", "1", "1", ""}[r.IntN(4)])
	}
	return columns, heldOut
}

func built(t *testing.T) *Reference {
	t.Helper()
	columns, heldOut := sample(1, 3000)
	r, err := Build(columns, heldOut, BuildOptions{
		Model: "loans", Version: "7", Source: "made up", Created: time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC),
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestBuildCountsEveryRowWhereTheBinningPutsIt(t *testing.T) {
	t.Parallel()
	columns, heldOut := sample(1, 3000)
	r := built(t)
	if r.Rows != 3000 || r.Model != "loans" || r.Version != "7" || r.Origin != "made up" || r.Positive != "1" || r.Hash == "" {
		t.Errorf("%+v", r)
	}
	for i, c := range columns {
		f := &r.Features[i]
		b, err := f.Binning(drift.BinOptions{})
		if err != nil {
			t.Fatal(err)
		}
		code := func(row int) uint8 {
			switch {
			case c.Type == Numeric:
				return b.Number(c.Numbers[row])
			case c.Texts[row] == "":
				return b.Missing()
			default:
				return b.Category([]byte(c.Texts[row]))
			}
		}
		fine, labelled, correct := make([]int64, b.Codes()), make([]int64, b.Codes()), make([]int64, b.Codes())
		sums := make([]float64, b.Codes())
		for row := range 3000 {
			fine[code(row)]++
			if c.Type == Numeric {
				sums[code(row)] += c.Numbers[row]
			}
		}
		for j, row := range heldOut.Index {
			if heldOut.Actual[j] == "" {
				continue
			}
			labelled[code(row)]++
			if heldOut.Actual[j] == heldOut.Predicted[j] {
				correct[code(row)]++
			}
		}
		own := len(f.Count)
		if !slices.Equal(fine[:own], f.Count) || fine[b.Missing()] != f.Missing || f.Rows() != 3000 {
			t.Errorf("%s: counts %v and %d missing, want %v", f.Name, f.Count, f.Missing, fine)
		}
		if !slices.Equal(labelled[:own], f.Labelled) || !slices.Equal(correct[:own], f.Correct) {
			t.Errorf("%s: correct %v of %v, want %v of %v", f.Name, f.Correct, f.Labelled, correct, labelled)
		}
		for b, sum := range f.Sum {
			if math.Abs(sum-sums[b]) > 1e-6 {
				t.Errorf("%s: sum of bin %d is %v, want %v", f.Name, b, sum, sums[b])
			}
			if n := float64(f.Count[b]); n > 0 && f.SumOfSquares[b] < sum*sum/n*(1-1e-12) {
				t.Errorf("%s: sum of squares of bin %d is %v at a sum of %v", f.Name, b, f.SumOfSquares[b], sum)
			}
		}
	}
	if len(r.Features[0].Edges) < 190 || !slices.Equal(r.Features[1].Values, []float64{15, 20, 30}) {
		t.Errorf("%d edges, values %v", len(r.Features[0].Edges), r.Features[1].Values)
	}
	checkAnswers(t, r, heldOut)
}

func checkAnswers(t *testing.T, r *Reference, heldOut *HeldOut) {
	t.Helper()
	if n := int64(len(heldOut.Index)); r.Score.Rows() != n || r.Classes[0].Count+r.Classes[1].Count != n {
		t.Errorf("score and classes must be of the %d held-out rows: %d, %v", n, r.Score.Rows(), r.Classes)
	}
	var correct, labelled int64
	for b := range r.Score.Count {
		correct, labelled = correct+r.Score.Correct[b], labelled+r.Score.Labelled[b]
	}
	if c := r.Classes; c[0].Class != "0" || c[1].Class != "1" || c[0].Correct+c[1].Correct != correct || c[0].Labelled+c[1].Labelled != labelled {
		t.Errorf("classes %v, but the score has %d of %d right", c, correct, labelled)
	}
}

func TestBuildIsDeterministic(t *testing.T) {
	t.Parallel()
	var first, second bytes.Buffer
	for _, out := range []*bytes.Buffer{&first, &second} {
		if err := built(t).Encode(out); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(first.Bytes(), second.Bytes()) {
		t.Error("the same rows gave other bytes")
	}
}

func number(t *testing.T, x ...float64) *Feature {
	t.Helper()
	r, err := Build([]Column{{Name: "x", Type: Numeric, Numbers: x}}, nil, BuildOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return &r.Features[0]
}

func TestNumbersWithFewValuesAreDiscrete(t *testing.T) {
	t.Parallel()
	var twenty []float64
	for i := range 20 {
		twenty = append(twenty, float64(i), float64(i))
	}
	if f := number(t, twenty...); len(f.Values) != 20 || f.Edges != nil || f.Min != 0 || f.Max != 19 {
		t.Errorf("20 values: %+v", f)
	}
	if f := number(t, append(twenty, 20)...); f.Values != nil || len(f.Edges) == 0 {
		t.Errorf("21 values: %+v", f)
	}
	if f := number(t, 5, 5, 5); !slices.Equal(f.Values, []float64{5}) || f.Count[0] != 3 {
		t.Errorf("a constant: %+v", f)
	}
}

func TestNumbersThatAreNoneAreMissing(t *testing.T) {
	t.Parallel()
	f := number(t, math.NaN(), math.Inf(1), math.Inf(-1), 3, math.Copysign(0, -1), 0, 3)
	if f.Missing != 3 || !slices.Equal(f.Values, []float64{0, 3}) || f.Count[0] != 2 || math.Signbit(f.Values[0]) {
		t.Errorf("%+v", f)
	}
	f = number(t, math.NaN())
	if f.Missing != 1 || len(f.Edges) != 0 || f.Values != nil || !math.IsNaN(f.Min) || f.Count[0] != 0 {
		t.Errorf("nothing but NaN: %+v", f)
	}
}

func TestSumsBeyondFloat64AreUnknown(t *testing.T) {
	t.Parallel()
	if f := number(t, 1e200, -1e200); f.Sum != nil || f.SumOfSquares != nil || f.Max != 1e200 {
		t.Errorf("%+v", f)
	}
}

func TestSumsOfDecimalsStayShort(t *testing.T) {
	t.Parallel()
	tenths := slices.Repeat([]float64{0.1}, 1000)
	if f := number(t, tenths...); f.Sum[0] != 100 {
		t.Errorf("1000 tenths are %v", f.Sum[0])
	}
}

func TestAtMostTwoHundredCategoriesAreKept(t *testing.T) {
	t.Parallel()
	var texts []string
	for i := range 250 {
		texts = append(texts, slices.Repeat([]string{fmt.Sprintf("c%03d", i)}, 1+i/200)...)
	}
	texts = append(texts, strings.Repeat("x", 129), "bad\xffbyte")
	r, err := Build([]Column{{Name: "c", Type: Categorical, Texts: texts}}, nil, BuildOptions{})
	if err != nil {
		t.Fatal(err)
	}
	f := &r.Features[0]
	if len(f.Categories) != 200 || f.Categories[0] != "c200" || f.Categories[50] != "bad\ufffdbyte" || f.Categories[51] != "c000" {
		t.Errorf("categories %q", f.Categories)
	}
	if f.Unlisted() != 52 || f.Rows() != int64(len(texts)) || len(f.Rare.Names) != 52 || f.Rare.Names[51] != strings.Repeat("x", 129) {
		t.Errorf("%d unlisted of %d, rare %+v", f.Unlisted(), f.Rows(), f.Rare)
	}
}

func TestClassesThatWereNeverPredictedAreListed(t *testing.T) {
	t.Parallel()
	columns := []Column{{Name: "x", Type: Numeric, Numbers: []float64{1, 2, 3}}}
	r, err := Build(columns, &HeldOut{Index: []int{0, 2}, Predicted: []string{"no", "no"}, Actual: []string{"perhaps", "no"}}, BuildOptions{Positive: "yes"})
	if err != nil {
		t.Fatal(err)
	}
	want := []Class{{Class: "no", Count: 2, Correct: 1, Labelled: 2}, {Class: "perhaps"}, {Class: "yes"}}
	if !reflect.DeepEqual(r.Classes, want) || r.Score != nil || r.Positive != "yes" {
		t.Errorf("classes %v, want %v", r.Classes, want)
	}
	r, err = Build(columns, &HeldOut{Index: []int{0, 2}, Score: []float64{0.2, math.NaN()}, Predicted: []string{"0", ""}}, BuildOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if r.Score.Missing != 1 || r.Score.Labelled != nil || r.Features[0].Labelled != nil || r.Classes[0].Count != 1 {
		t.Errorf("without outcomes: %+v", r)
	}
}

func TestBuildRefusesWhatItCannotCount(t *testing.T) {
	t.Parallel()
	x := Column{Name: "x", Type: Numeric, Numbers: []float64{1, 2}}
	for _, c := range []struct {
		name    string
		columns []Column
		heldOut *HeldOut
		o       BuildOptions
		want    string
	}{
		{"no columns", nil, nil, BuildOptions{}, "there are no columns"},
		{"no rows", []Column{{Name: "x", Type: Numeric}}, nil, BuildOptions{}, `feature "x": counts no rows`},
		{"lengths", []Column{x, {Name: "y", Type: Categorical, Texts: []string{"a"}}}, nil, BuildOptions{}, `column "y" has 1 rows and "x" 2`},
		{"type", []Column{{Name: "x", Type: "date"}}, nil, BuildOptions{}, `column "x": type "date" is none of`},
		{"name", []Column{{Type: Numeric, Numbers: []float64{1}}}, nil, BuildOptions{}, "name is missing"},
		{"twice", []Column{x, x}, nil, BuildOptions{}, `feature "x" appears twice`},
		{"bins", []Column{x}, nil, BuildOptions{FineBins: 201}, "201 fine bins: choose 1 to 200"},
		{"score length", []Column{x}, &HeldOut{Index: []int{0}, Score: []float64{1, 2}}, BuildOptions{}, "2 scores for 1 held-out rows"},
		{"outcome length", []Column{x}, &HeldOut{Index: []int{0}, Predicted: []string{"1"}, Actual: []string{"1", "0"}}, BuildOptions{}, "2 outcomes for 1 held-out rows"},
		{"outcomes alone", []Column{x}, &HeldOut{Index: []int{0}, Actual: []string{"1"}}, BuildOptions{}, "no predicted classes"},
		{"row", []Column{x}, &HeldOut{Index: []int{2}}, BuildOptions{}, "held-out row 2 is not among the 2 rows"},
		{"row twice", []Column{x}, &HeldOut{Index: []int{1, 1}}, BuildOptions{}, "row 1 is held out twice"},
	} {
		_, err := Build(c.columns, c.heldOut, c.o)
		if err == nil || !strings.HasPrefix(err.Error(), "build reference: ") || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %s", c.name, err, c.want)
		}
	}
}

func BenchmarkBuild(b *testing.B) {
	const rows = 100_000
	r := rand.New(rand.NewPCG(1, 1))
	columns := make([]Column, 12)
	for i := range columns {
		columns[i] = Column{Name: fmt.Sprint("x", i), Type: Numeric, Numbers: make([]float64, rows)}
		for j := range rows {
			columns[i].Numbers[j] = math.Round(1e5 * math.Exp(r.NormFloat64()))
		}
	}
	heldOut := &HeldOut{}
	for i := range rows / 3 {
		heldOut.Index = append(heldOut.Index, 3*i)
		heldOut.Score = append(heldOut.Score, r.Float64())
		heldOut.Predicted = append(heldOut.Predicted, fmt.Sprint(r.IntN(2)))
		heldOut.Actual = append(heldOut.Actual, fmt.Sprint(r.IntN(2)))
	}
	for b.Loop() {
		if _, err := Build(columns, heldOut, BuildOptions{}); err != nil {
			b.Fatal(err)
		}
	}
}
