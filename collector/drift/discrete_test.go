package drift

import (
	"slices"
	"testing"
)

func TestNumbersAreDiscreteWhenFewValuesRepeat(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		counts []int64
		want   bool
	}{
		{"terms of loans", []int64{25, 15, 60}, true},
		{"20 rows that all differ", slices.Repeat([]int64{1}, 20), false},
		{"20 values", slices.Repeat([]int64{50}, 20), true},
		{"21 values", slices.Repeat([]int64{50}, 21), false},
		{"a rare flag", []int64{19_950, 50}, true},
		{"one row of a flag in 100", []int64{99, 1}, true},
		{"half of the values once", []int64{5, 5, 5, 1, 1, 1}, false},
		{"nothing", nil, false},
	} {
		if got := Discrete(c.counts); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

func TestNewValuesOfADiscreteNumberAreExpected(t *testing.T) {
	t.Parallel()
	b, err := NewDiscrete([]float64{0, 1, 2, 3, 4}, []int64{1000, 700, 298, 1, 1}, BinOptions{})
	if err != nil {
		t.Fatal(err)
	}
	// 2 of 2000 are expected to be new, and come from all values in proportion.
	if want := []int64{999, 699, 298, 1, 1, 2, 0, 0}; !slices.Equal(b.Reference(), want) {
		t.Errorf("reference %v, want %v", b.Reference(), want)
	}
}
