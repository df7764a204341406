package assess

import (
	"strings"

	"github.com/drift-exporter/drift_exporter/collector/snapshot"
)

// Segments are the slices of the matured predictions whose accuracy fell.
type Segments struct {
	// Followed is the number of slices that are followed, Fallen that of those whose accuracy fell.
	Followed int `json:"followed"`
	Fallen   int `json:"fallen"`
	// Worst are the fallen ones, the largest drop first, at most Judgement.MaxSegments.
	Worst []Segment `json:"worst"`
}

// Segment is a slice of the matured predictions whose accuracy fell.
type Segment struct {
	// Name says which: feature=bin, or two of these with " and " between them. Parts has the same.
	Name  string        `json:"segment"`
	Parts []SegmentPart `json:"parts"`
	// Samples is the number of outcomes since its accuracy began to be low, Accuracy that of
	// these.
	Samples  int64    `json:"samples"`
	Accuracy Interval `json:"accuracy"`
	// Reference is the accuracy of the reference in the slice, nil for two features.
	Reference *float64 `json:"reference_accuracy,omitempty"`
	// LogEvidence is the evidence in nats; the slice was named at Threshold.
	LogEvidence float64 `json:"log_evidence"`
	Threshold   float64 `json:"threshold"`
}

// SegmentPart is a feature in one of its bins.
type SegmentPart struct {
	Feature string `json:"feature"`
	Bin     string `json:"bin"`
}

// Segments says which slices' accuracy fell. It is nil where no slices are followed.
func (j Judgement) Segments(m *snapshot.Model) *Segments {
	worst := SegmentsOf(m, j.MaxSegments)
	if worst == nil {
		return nil
	}
	all := m.Accuracy.Segments
	return &Segments{Followed: all.Followed, Fallen: len(all.Segments), Worst: worst}
}

// SegmentsOf returns the slices whose accuracy fell, at most top of them, the largest drop
// first. It is nil where no slices are followed, and without distributions.
func SegmentsOf(m *snapshot.Model, top int) []Segment {
	if m.Accuracy == nil || m.Accuracy.Segments == nil || m.Distributions == nil {
		return nil
	}
	all := []Segment{}
	for i := range m.Accuracy.Segments.Segments[:min(top, len(m.Accuracy.Segments.Segments))] {
		s := &m.Accuracy.Segments.Segments[i]
		name, parts := segmentParts(m, s)
		all = append(all, Segment{
			Name: name, Parts: parts, Samples: s.Labels, Accuracy: *wilson(s.Labels-s.Errors, s.Labels),
			Reference: share(s.KnownRight, s.Known), LogEvidence: s.LogEvidence, Threshold: s.Threshold,
		})
	}
	return all
}

// segmentParts names a slice.
func segmentParts(m *snapshot.Model, s *snapshot.Segment) (string, []SegmentPart) {
	var names []string
	var parts []SegmentPart
	for _, p := range s.Parts {
		d := &m.Features()[p.Feature]
		part := SegmentPart{d.Name, d.Binning.Bins()[p.Bin]}
		parts, names = append(parts, part), append(names, part.Feature+"="+part.Bin)
	}
	return strings.Join(names, " and "), parts
}
