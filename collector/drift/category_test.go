package drift

import (
	"fmt"
	"math"
	"slices"
	"testing"
)

func TestCategoricalBins(t *testing.T) {
	t.Parallel()
	b, err := NewCategorical([]string{"rare", "CA", "NY", ""}, []int64{4, 500, 400, 300}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprintf("%q", b.Bins()); got != `["CA" "NY" "" "__other__" "__unseen__" "__missing__" "__invalid__"]` {
		t.Errorf("bins %s", got)
	}
	for s, label := range map[string]string{"CA": "CA", "NY": "NY", "": "", "rare": Other, "ca": Unseen, "TX": Unseen} {
		if got := b.Bins()[b.Bin(b.Category([]byte(s)))]; got != label {
			t.Errorf("bin of %q is %s, want %s", s, got, label)
		}
	}
	if b.Category([]byte("rare")) != 0 || b.Category([]byte("TX")) != b.Unseen() {
		t.Error("a category that is folded must keep its own code, an unseen one must not")
	}
	if b.Numeric() || b.Number(3) != b.Unseen() || b.Number(math.NaN()) != b.Missing() {
		t.Error("a number in a categorical binning must be unseen")
	}
}

func TestTwentyCategoriesAreKeptWhateverTheirOrder(t *testing.T) {
	t.Parallel()
	var names []string
	var counts []int64
	for i := range 200 {
		names = append(names, fmt.Sprintf("c%03d", (i*37)%200))
		counts = append(counts, int64(1000-(i*37)%200))
	}
	b, err := NewCategorical(names, append(slices.Clone(counts), 100_000, 0), nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(b.Bins()) != 4 {
		t.Errorf("%q: each has less than 0.5 %% of all rows", b.Bins())
	}
	for i := range counts {
		if names[i] < "c020" {
			counts[i] += 100_000
		}
	}
	if b, err = NewCategorical(names, counts, nil); err != nil {
		t.Fatal(err)
	}
	if got := b.Bins(); len(got) != 24 || slices.Max(got[:20]) != "c019" {
		t.Errorf("bins %q", got)
	}
	b, err = NewClasses(names, counts)
	if err != nil || len(b.Bins()) != 203 {
		t.Errorf("classes must all be kept: %v", err)
	}
}

func TestCategoriesThatLookLikeOursAreTakenApart(t *testing.T) {
	t.Parallel()
	names := []string{Other, Missing, "_" + Other, "__" + Missing, "_other__", "__x__"}
	b, err := NewCategorical(names, slices.Repeat([]int64{10}, len(names)), nil)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"___other__", "___missing__", "____other__", "_____missing__", "_other__", "__x__", Unseen, Missing, Invalid}
	if !slices.Equal(b.Bins(), want) {
		t.Errorf("bins %q, want %q", b.Bins(), want)
	}
	if b.Bin(b.Category([]byte(Other))) == b.Bin(b.Unseen()) {
		t.Error("the category __other__ must not be counted as other")
	}
}
