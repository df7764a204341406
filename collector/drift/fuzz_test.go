package drift

import (
	"encoding/binary"
	"math"
	"slices"
	"testing"
)

// FuzzBinning makes bins of any edges and counts, and holds every number against
// the bin it falls into.
func FuzzBinning(f *testing.F) {
	floats := func(x ...float64) []byte {
		var data []byte
		for _, v := range x {
			data = binary.LittleEndian.AppendUint64(data, math.Float64bits(v))
		}
		return data
	}
	f.Add(floats(620, 655, 690), []byte{25, 25, 25, 25}, 650.0, uint8(10), false)
	f.Add(floats(-1, 0, 1), []byte{0, 1, 0, 255}, math.Copysign(0, -1), uint8(2), true)
	f.Add(floats(-math.MaxFloat64, 5e-324, math.MaxFloat64), []byte{1}, math.Inf(1), uint8(200), true)
	f.Fuzz(func(t *testing.T, edgeBytes, countBytes []byte, x float64, count uint8, uniform bool) {
		var edges []float64
		for ; len(edgeBytes) >= 8; edgeBytes = edgeBytes[8:] {
			edges = append(edges, math.Float64frombits(binary.LittleEndian.Uint64(edgeBytes)))
		}
		slices.Sort(edges)
		edges = slices.Compact(edges)
		counts := make([]int64, len(edges)+1)
		for i := range counts {
			if len(countBytes) > 0 {
				counts[i] = int64(countBytes[i%len(countBytes)])
			}
		}
		o := BinOptions{Count: int(count)}
		if uniform {
			o.Method = Uniform
		}
		if b, err := NewContinuous(edges, math.NaN(), math.NaN(), counts, o); err == nil {
			checkBinning(t, b, append(edges, x), counts)
		}
		if b, err := NewDiscrete(edges, counts[1:], o); err == nil {
			checkBinning(t, b, append(edges, x), counts[1:])
		}
	})
}

func checkBinning(t *testing.T, b *Binning, numbers []float64, counts []int64) {
	t.Helper()
	labels := slices.Clone(b.Bins())
	slices.Sort(labels)
	if len(slices.Compact(labels)) != len(b.Bins()) {
		t.Fatalf("labels are not distinct: %q", b.Bins())
	}
	if total(b.Reference()) != total(counts) || slices.Min(b.Reference()) < 0 {
		t.Fatalf("%d rows are %v in the reference", total(counts), b.Reference())
	}
	fine := make([]int64, b.Codes())
	for i := range fine {
		fine[i] = int64(i)
	}
	cells := b.Fold(fine, make([]int64, b.Cells()))
	if total(cells) != total(fine) || total(b.Export(cells, make([]int64, len(b.Bins())))) != total(fine) {
		t.Fatalf("%d rows are folded to %v", total(fine), cells)
	}
	row := NewNumberRow(slices.Concat([]*Binning{b, nil}, slices.Repeat([]*Binning{b}, narrow)))
	for _, x := range numbers {
		code := b.Number(x)
		codes := make([]uint8, narrow+2)
		if row.Codes(slices.Repeat([]float64{x}, narrow+2), codes); codes[0] != code || codes[1] != 0 || codes[narrow+1] != code {
			t.Fatalf("codes of %v are %v in a row, and %d alone", x, codes, code)
		}
		if int(code) >= b.Codes() {
			t.Fatalf("code %d of %d", code, b.Codes())
		}
		if math.IsNaN(x - x) {
			if code != b.Missing() {
				t.Fatalf("code of %v is %d", x, code)
			}
			continue
		}
		checkLabel(t, b, x)
	}
}
