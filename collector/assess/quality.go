package assess

import (
	"math"
	"slices"

	"github.com/drift-exporter/drift_exporter/collector/drift"
	"github.com/drift-exporter/drift_exporter/collector/reference"
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
)

// Quality holds the shares of the window, 0 to 1, whose value the model cannot use well.
type Quality struct {
	// Missing is the share without a value. ReferenceMissing is that share of the
	// reference's rows, nil when the reference has no rows.
	Missing          float64  `json:"missing"`
	ReferenceMissing *float64 `json:"reference_missing,omitempty"`
	// Invalid is the share whose value is not of the feature's type.
	Invalid float64 `json:"invalid"`
	// Unseen is the share whose category, or whose value of a feature with few values, is
	// not in the reference; nil for continuous numbers. ReferenceUnseen is the expected
	// value of Unseen without drift: the share of the reference's rows whose category
	// occurs once [1].
	//
	// [1] Good, I. J. (1953). "The Population Frequencies of Species and the Estimation
	// of Population Parameters". Biometrika 40 (3-4): 237-264.
	Unseen          *float64 `json:"unseen,omitempty"`
	ReferenceUnseen *float64 `json:"reference_unseen,omitempty"`
	// OutOfRange is the share below the reference's minimum or above its maximum; nil for
	// categories, and when the reference has no extremes.
	OutOfRange *float64 `json:"out_of_range,omitempty"`
}

// QualityOf assesses the values of one feature of a model, nil when its window is empty.
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

// hasRange reports whether a feature is a number with known extremes.
func hasRange(r *reference.Reference, feature string) bool {
	if r == nil {
		return false
	}
	for i := range r.Features { // not by value: a feature is large, and each asks
		if f := &r.Features[i]; f.Name == feature {
			return len(f.Values) > 0 || f.Type == reference.Numeric && !(math.IsNaN(f.Min) && math.IsNaN(f.Max))
		}
	}
	return false
}
