package assess

import (
	"strings"

	"github.com/drift-exporter/drift_exporter/collector/snapshot"
)

// Segment is a slice of the matured predictions whose accuracy fell.
type Segment struct {
	// Name says which: feature=bin, or two of these with " and " between them.
	Name string `json:"segment"`
	// Samples is the number of outcomes since its accuracy began to be low, Accuracy that of
	// these.
	Samples  int64    `json:"samples"`
	Accuracy Interval `json:"accuracy"`
	// Reference is the accuracy of the reference in the slice, nil for two features.
	Reference *float64 `json:"reference_accuracy,omitempty"`
	// LogEvidence is the evidence in nats.
	LogEvidence float64 `json:"log_evidence"`
}

// SegmentsOf returns the slices whose accuracy fell, at most top of them, the largest drop
// first. It is nil where no slices are followed.
func SegmentsOf(m *snapshot.Model, top int) []Segment {
	if m.Accuracy == nil || m.Accuracy.Segments == nil {
		return nil
	}
	all := []Segment{}
	for i := range m.Accuracy.Segments.Segments[:min(top, len(m.Accuracy.Segments.Segments))] {
		s := &m.Accuracy.Segments.Segments[i]
		name, ok := segmentName(m, s)
		if !ok {
			continue
		}
		all = append(all, Segment{
			Name: name, Samples: s.Labels, Accuracy: *wilson(s.Labels-s.Errors, s.Labels),
			Reference: share(s.KnownRight, s.Known), LogEvidence: s.LogEvidence,
		})
	}
	return all
}

// segmentName names a slice; ok is false without distributions.
func segmentName(m *snapshot.Model, s *snapshot.Segment) (name string, ok bool) {
	var parts []string
	for _, p := range s.Parts {
		if p.Feature >= len(m.Features()) {
			return "", false
		}
		d := &m.Features()[p.Feature]
		parts = append(parts, d.Name+"="+d.Binning.Bins()[p.Bin])
	}
	return strings.Join(parts, " and "), true
}
