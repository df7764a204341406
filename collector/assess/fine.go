package assess

import (
	"math"

	"github.com/drift-exporter/drift_exporter/collector/reference"
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
)

// Fine is a distribution of numbers by the fine bins of the reference, for a picture.
type Fine struct {
	// Bins are in ascending order. They cover the numbers between the reference's extremes.
	Bins []FineBin `json:"bins"`
	// Below and Above are the shares of the window's numbers beyond the reference's extremes.
	Below float64 `json:"below"`
	Above float64 `json:"above"`
}

// FineBin is a range of numbers, or a single number if From is To, and its shares of the numbers
// of the reference and of the window.
type FineBin struct {
	From      float64 `json:"from"`
	To        float64 `json:"to"`
	Reference float64 `json:"reference"`
	Window    float64 `json:"window"`
}

// FineOf returns a distribution by its fine bins. It is nil for categories, for numbers that are
// counted one by one, with an unknown extreme, and for an empty window.
func FineOf(m *snapshot.Model, d *snapshot.Distribution) *Fine {
	f := referenceFeature(m.Reference, m.Score() == d, d.Name)
	if f == nil || !d.Numeric || len(f.Edges) == 0 || math.IsNaN(f.Min) || math.IsNaN(f.Max) || len(f.Count) > len(d.Fine) {
		return nil
	}
	below, above := d.Fine[d.Binning.Below()], d.Fine[d.Binning.Above()]
	known, seen := int64(0), below+above
	for i, n := range f.Count {
		known, seen = known+n, seen+d.Fine[i]
	}
	if known == 0 || seen == 0 {
		return nil
	}
	fine := &Fine{Below: float64(below) / float64(seen), Above: float64(above) / float64(seen)}
	for i, n := range f.Count {
		b := FineBin{From: f.Min, To: f.Max, Reference: float64(n) / float64(known), Window: float64(d.Fine[i]) / float64(seen)}
		if i > 0 {
			b.From = f.Edges[i-1]
		}
		if i < len(f.Edges) {
			b.To = f.Edges[i]
		}
		if b.To == math.Nextafter(b.From, math.Inf(1)) {
			b.To = b.From
		}
		fine.Bins = append(fine.Bins, b)
	}
	return fine
}

// referenceFeature returns a feature of a reference, or its score, nil if it has none.
func referenceFeature(r *reference.Reference, score bool, name string) *reference.Feature {
	if r == nil {
		return nil
	}
	if score {
		return r.Score
	}
	for i := range r.Features {
		if r.Features[i].Name == name {
			return &r.Features[i]
		}
	}
	return nil
}
