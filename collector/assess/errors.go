package assess

import (
	"math"
	"sort"

	"github.com/drift-exporter/drift_exporter/collector/drift"
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
)

// Histogram counts the errors of a regression in bins of one width.
type Histogram struct {
	// Bins are in ascending order.
	Bins []HistogramBin `json:"bins"`
	// Below and Above count the errors beyond the bins.
	Below int64 `json:"below"`
	Above int64 `json:"above"`
}

// HistogramBin counts the errors from From on and below To. A single bin also counts To.
type HistogramBin struct {
	From    float64 `json:"from"`
	To      float64 `json:"to"`
	Samples int64   `json:"samples"`
}

// ErrorsOf counts the errors of a regression's feedback window by size. It is nil without outcomes,
// for another type of model, and for errors that are not finite.
func ErrorsOf(m *snapshot.Model) *Histogram {
	if m.Regression == nil {
		return nil
	}
	bins, below, above := drift.Histogram(m.Regression.Sorted)
	if bins == nil {
		return nil
	}
	h := &Histogram{Below: below, Above: above}
	for _, b := range bins {
		h.Bins = append(h.Bins, HistogramBin{b.From, b.To, b.Count})
	}
	return h
}

// AbsoluteErrorsOf compares the absolute errors of a regression's feedback window with those of the
// reference, by the percentiles of the reference. It is nil without outcomes, for another type of
// model, and for a reference that has no quantiles of errors.
func AbsoluteErrorsOf(m *snapshot.Model) *Fine {
	if m.Regression == nil || len(m.Regression.Sorted) == 0 || m.Reference == nil || m.Reference.Errors == nil || m.Reference.Errors.Quantiles == nil {
		return nil
	}
	quantiles, sorted := m.Reference.Errors.Quantiles, m.Regression.Sorted
	fine, below, above := &Fine{}, 0, 0
	var known, seen []int // by bin: percents of the reference, and errors
	for i, to := range quantiles[1:] {
		from, n := quantiles[i], len(fine.Bins)
		if n > 0 && from == to && fine.Bins[n-1].From == from {
			known[n-1]++ // many errors of one size
			continue
		}
		fine.Bins, known, seen = append(fine.Bins, FineBin{From: from, To: to}), append(known, 1), append(seen, 0)
	}
	for _, e := range sorted {
		e = math.Abs(e)
		i := sort.Search(len(fine.Bins), func(i int) bool { return fine.Bins[i].To >= e })
		switch {
		case i == len(fine.Bins):
			above++
		case e < fine.Bins[0].From:
			below++
		case i+1 < len(fine.Bins) && fine.Bins[i].To == e && fine.Bins[i+1].To == e:
			seen[i+1]++ // the bin of one size
		default:
			seen[i]++
		}
	}
	part := func(n, of int) float64 { return float64(n) / float64(of) }
	for i := range fine.Bins {
		fine.Bins[i].Reference, fine.Bins[i].Window = part(known[i], len(quantiles)-1), part(seen[i], len(sorted))
	}
	fine.Below, fine.Above = part(below, len(sorted)), part(above, len(sorted))
	return fine
}
