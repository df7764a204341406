package snapshot

import "github.com/drift-exporter/drift_exporter/collector/drift"

// Segments are the slices of the matured predictions whose accuracy fell.
type Segments struct {
	// Followed is the number of slices that are followed.
	Followed int
	// Segments are those whose accuracy fell, the largest drop first.
	Segments []Segment
}

// Segment is the predictions with a feature in one bin, or two features each in one.
type Segment struct {
	Parts []SegmentPart
	// Labels and Errors count the outcomes since the slice's accuracy began to be low.
	Labels, Errors int64
	// Known counts the reference's outcomes in the slice, KnownRight the right ones among them;
	// both are 0 for two features. Limit is the greatest error rate that agrees with them.
	Known, KnownRight int64
	Limit             float64
	// LogEvidence is the evidence in nats; the slice was named at Threshold.
	LogEvidence, Threshold float64
}

// SegmentPart is a feature, by its place in Distributions.Features, and one of its exported bins.
type SegmentPart struct{ Feature, Bin int }

// Drop is by how much the error rate is surely above its limit: with its lower 95 % Wilson
// bound.
func (s Segment) Drop() float64 {
	const z95 = 1.959963984540054
	lower, _ := drift.Wilson(s.Errors, s.Labels, z95)
	return lower - s.Limit
}
