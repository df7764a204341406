package page

import (
	"math"
	"testing"

	"github.com/drift-exporter/drift_exporter/collector/assess"
)

// The fine bins of a number hold all of its numbers, and the order of a money column's axis is kept.
func TestFineBinsHoldAllNumbers(t *testing.T) {
	t.Parallel()
	m := &drifting(t).Snapshot(t.Context()).Models[1]
	pictures := 0
	for d := range m.Distributions.All() {
		f := assess.FineOf(m, d)
		if f == nil {
			continue
		}
		pictures++
		reference, window := 0., f.Below+f.Above
		for i, b := range f.Bins {
			reference, window = reference+b.Reference, window+b.Window
			if b.To < b.From || i > 0 && b.From < f.Bins[i-1].From {
				t.Errorf("%s: bin %d is %+v", d.Name, i, b)
			}
		}
		if math.Abs(reference-1) > 1e-9 || math.Abs(window-1) > 1e-9 {
			t.Errorf("%s: shares %v and %v", d.Name, reference, window)
		}
	}
	if pictures < 4 {
		t.Errorf("%d pictures", pictures)
	}
	bins := []assess.FineBin{{From: 1000, To: 20_000, Reference: .02}, {From: 20_000, To: 90_000, Reference: .97}, {From: 90_000, To: 1e6, Reference: .01}}
	if !widely(bins) {
		t.Error("incomes have no logarithmic axis")
	}
	bins[0].From = 0
	if widely(bins) {
		t.Error("a feature with 0 has one")
	}
}
