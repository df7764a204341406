package page

import (
	"github.com/drift-exporter/drift_exporter/collector/assess"
	"github.com/drift-exporter/drift_exporter/collector/page/draw"
	"github.com/drift-exporter/drift_exporter/collector/page/words"
)

// The size of a picture with labels in it, which grows with its labels.
const (
	densityWidth  = 400
	densityHeight = 150
	// largeSpread is how many times as large as the 1 % quantile the 99 % quantile of a positive
	// feature is, at least, to be shown on a logarithmic axis as well. It is so of incomes.
	largeSpread = 4
)

// density is one picture of the values of a feature, on one axis.
type density struct {
	draw.Density

	Axis  string // in words
	Label string // what the picture shows
	Ticks []tick
}

// tick is a label below an axis.
type tick struct {
	At   float64
	Text string
}

// densities returns the pictures of the numbers of a subject, and what lies beyond them in words.
func densities(m watched, s *subject) (all []density, beyond []phrase) {
	f := assess.FineOf(m.of, s.of)
	if f == nil {
		return nil, nil
	}
	ranges := make([]draw.Range, len(f.Bins))
	for i, b := range f.Bins {
		ranges[i] = draw.Range{From: b.From, To: b.To, Pair: draw.Pair{Reference: b.Reference, Window: b.Window}}
	}
	all = append(all, newDensity(ranges, false))
	if s.kind == ofFeature && widely(f.Bins) { // scores are on a scale of their own
		all = append(all, newDensity(ranges, true))
	}
	for _, end := range []struct {
		share float64
		where string
	}{{f.Below, "below"}, {f.Above, "above"}} {
		if end.share > 0 {
			beyond = append(beyond, say(words.Percent(end.share), " of the window's numbers are ", end.where, " all of the reference, and left out here."))
		}
	}
	return all, beyond
}

func newDensity(ranges []draw.Range, logarithmic bool) density {
	d := density{Density: draw.NewDensity(ranges, logarithmic, densityWidth, densityHeight), Axis: "linear axis"}
	if logarithmic {
		d.Axis = "logarithmic axis"
	}
	for _, t := range d.Density.Ticks {
		d.Ticks = append(d.Ticks, tick{t.At, words.Number(t.Value, 3)})
	}
	d.Label = "Reference as an outline, window filled, on a " + d.Axis
	return d
}

// widely reports whether positive numbers spread over so much that a linear axis hides most.
func widely(bins []assess.FineBin) bool {
	if bins[0].From <= 0 {
		return false
	}
	low, high, upTo := bins[0].From, bins[len(bins)-1].To, 0.
	for _, b := range bins {
		if upTo <= .01 {
			low = b.From
		}
		upTo += b.Reference
		if upTo >= .99 {
			high = b.To
			break
		}
	}
	return high >= largeSpread*low
}
