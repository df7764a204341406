package drift

import (
	"fmt"
	"math"
	"slices"
	"testing"
)

// manyBinnings returns binnings of many kinds, and numbers around their edges.
func manyBinnings(t testing.TB, n int) (binnings []*Binning, numbers [][]float64) {
	t.Helper()
	r := newRandom(1)
	for i := range n {
		sample := make([]float64, 2000)
		for j := range sample {
			switch i % 3 {
			case 0:
				sample[j] = math.Round(1e5*r.unit()) / 1000
			case 1:
				sample[j] = 1 / (1 - r.unit())
			default:
				sample[j] = math.Floor(20 * r.unit())
			}
		}
		var b *Binning
		var err error
		if i%3 == 2 {
			values := slices.Compact(slices.Sorted(slices.Values(sample)))
			counts := make([]int64, len(values))
			for _, x := range sample {
				at, _ := slices.BinarySearch(values, x)
				counts[at]++
			}
			b, err = NewDiscrete(values, counts, BinOptions{})
		} else {
			edges, lo, hi, counts := fineOf(sample, MaxFine)
			b, err = NewContinuous(edges, lo, hi, counts, BinOptions{})
		}
		if err != nil {
			t.Fatal(err)
		}
		binnings, numbers = append(binnings, b), append(numbers, sample)
	}
	return binnings, numbers
}

func TestNumberRowIsNumberOfEach(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, narrow, narrow + narrow/4, 2*narrow + 5} {
		binnings, numbers := manyBinnings(t, n)
		for i := 4; i < n; i += 5 {
			binnings[i] = nil
		}
		row, codes := NewNumberRow(binnings), make([]uint8, n)
		values := make([]float64, n)
		for at := range 500 {
			for i := range values {
				values[i] = numbers[i][at]
				switch at % 50 {
				case 0:
					values[i] = math.NaN()
				case 1:
					values[i] = math.Inf(1 - 2*(i%2))
				case 2:
					values[i] = 1e300 * float64(1-2*(i%2))
				case 3:
					values[i] = math.Nextafter(values[i], 0)
				case 4:
					values[i] += 0.5
				}
			}
			row.Codes(values, codes)
			for i, b := range binnings {
				want := uint8(0)
				if b != nil {
					want = b.Number(values[i])
				}
				if codes[i] != want {
					t.Fatalf("%d columns: the code of %v in column %d is %d, want %d", n, values[i], i, codes[i], want)
				}
			}
		}
	}
}

// BenchmarkNumberRow codes rows of numbers with one lookup after the other, and together.
func BenchmarkNumberRow(b *testing.B) {
	for _, n := range []int{12, 100, 1000} {
		binnings, numbers := manyBinnings(b, n)
		rows := make([][]float64, 500)
		for i := range rows {
			for _, column := range numbers {
				rows[i] = append(rows[i], column[i])
			}
		}
		codes := make([]uint8, n)
		perNumber := func(b *testing.B) {
			b.Helper()
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/number")
		}
		b.Run(fmt.Sprintf("columns=%d/each", n), func(b *testing.B) {
			for i := 0; b.Loop(); i++ {
				for c, x := range rows[i%len(rows)] {
					codes[c] = binnings[c].Number(x)
				}
			}
			perNumber(b)
		})
		row := NewNumberRow(binnings)
		b.Run(fmt.Sprintf("columns=%d/row", n), func(b *testing.B) {
			for i := 0; b.Loop(); i++ {
				row.Codes(rows[i%len(rows)], codes)
			}
			perNumber(b)
		})
	}
}
