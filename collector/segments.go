package collector

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/drift-exporter/drift_exporter/collector/assess"
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
)

var segmentLabels = labels("model", "version", "segment")

var (
	segmentAccuracy = prometheus.NewDesc("model_segment_accuracy",
		"Share of correct predictions in a slice whose accuracy fell, 0 to 1, since it began to be low. Absent for all other slices: false ones are bounded by --drift.false-alarms-per-month.",
		segmentLabels.given, nil)
	segmentLower = prometheus.NewDesc("model_segment_accuracy_lower",
		"Lower end of the 95 % Wilson interval of model_segment_accuracy, 0 to 1. Absent where model_segment_accuracy is.",
		segmentLabels.given, nil)
	segmentUpper = prometheus.NewDesc("model_segment_accuracy_upper",
		"Upper end of the 95 % Wilson interval of model_segment_accuracy, 0 to 1. Absent where model_segment_accuracy is.",
		segmentLabels.given, nil)
	segmentSamples = prometheus.NewDesc("model_segment_accuracy_samples",
		"Number of matured outcomes in model_segment_accuracy. Absent where model_segment_accuracy is.",
		segmentLabels.given, nil)
	segmentReference = prometheus.NewDesc("model_segment_reference_accuracy",
		"Share of correct predictions of the reference in the slice, 0 to 1. Absent where model_segment_accuracy is, and for slices by two features.",
		segmentLabels.given, nil)
)

// SegmentLimits bounds what segments shows.
type SegmentLimits struct {
	// Top is the maximum number of slices of a model and version, the largest drop first.
	Top int
}

// Validate returns an error that names the flag of a wrong limit.
func (l *SegmentLimits) Validate() error {
	if l.Top < 0 || l.Top > 1000 {
		return fmt.Errorf("--segments.top=%d: must lie between 0 and 1000, such as 10", l.Top)
	}
	return nil
}

// segments exports the slices of the predictions whose accuracy fell.
type segments struct{ limits SegmentLimits }

// Name implements Collector.
func (segments) Name() string { return "segments" }

// Collect implements Collector.
func (c segments) Collect(s *snapshot.Snapshot, ch chan<- prometheus.Metric) {
	for i := range s.Models {
		m := &s.Models[i]
		for _, segment := range assess.SegmentsOf(m, c.limits.Top) {
			labels := segmentLabels.with(m.Name, m.Version, segment.Name)
			interval(ch, segmentAccuracy, segmentLower, segmentUpper, &segment.Accuracy, labels)
			gauge(ch, segmentSamples, float64(segment.Samples), labels)
			known(ch, segmentReference, segment.Reference, labels)
		}
	}
}
