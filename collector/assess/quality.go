package assess

import (
	"math"
	"slices"

	"github.com/drift-exporter/drift_exporter/collector/drift"
	"github.com/drift-exporter/drift_exporter/collector/reference"
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
)

// Quality is how much of a feature the model cannot know well, as shares of the window,
// 0 to 1.
type Quality struct {
	// Missing has no value; ReferenceMissing is the same of the reference's rows, nil
	// when it holds none.
	Missing          float64  `json:"missing"`
	ReferenceMissing *float64 `json:"reference_missing,omitempty"`
	// Invalid is not of the feature's type.
	Invalid float64 `json:"invalid"`
	// Unseen is a category, or a value of a feature of few values, that the reference
	// does not hold; nil of numbers on a scale.
	// ReferenceUnseen is the share that is to be expected of Unseen without drift: the
	// reference's rows with a category that it holds once [1].
	//
	// [1] Good, I. J. (1953). "The Population Frequencies of Species and the Estimation
	// of Population Parameters". Biometrika 40 (3-4): 237-264.
	Unseen          *float64 `json:"unseen,omitempty"`
	ReferenceUnseen *float64 `json:"reference_unseen,omitempty"`
	// OutOfRange is below the reference's minimum or above its maximum; nil of
	// categories, and when the reference does not know these.
	OutOfRange *float64 `json:"out_of_range,omitempty"`
}

// QualityOf judges the values of one feature of a model, nil when its window is empty.
func QualityOf(m *snapshot.Model, d *snapshot.Distribution) *Quality {
	if d.Total == 0 {
		return nil
	}
	q := &Quality{
		Missing:          float64(d.Missing) / float64(d.Total),
		Invalid:          float64(d.Invalid) / float64(d.Total),
		ReferenceMissing: share(d.Reference[d.Binning.Cell(d.Binning.Missing())], d.ReferenceTotal),
	}
	if slices.Contains(d.Binning.Bins(), drift.Unseen) {
		q.Unseen = share(d.Unseen, d.Total)
		q.ReferenceUnseen = share(d.Reference[d.Binning.Cell(d.Binning.Unseen())], d.ReferenceTotal)
	}
	if hasRange(m.Reference, d.Name) {
		q.OutOfRange = share(d.OutOfRange, d.Total)
	}
	return q
}

// hasRange reports whether a feature is a number whose extremes are known.
func hasRange(r *reference.Reference, feature string) bool {
	return r != nil && slices.ContainsFunc(r.Features, func(f reference.Feature) bool {
		return f.Name == feature && (len(f.Values) > 0 || f.Type == reference.Numeric && !(math.IsNaN(f.Min) && math.IsNaN(f.Max)))
	})
}
