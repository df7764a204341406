package collector

import (
	"strings"
	"testing"

	"github.com/drift-exporter/drift_exporter/collector/snapshot"
)

func TestSegmentsPage(t *testing.T) {
	t.Parallel()
	golden(t, segments{usualOptions.SegmentLimits})
}

func TestNoMoreSegmentsThanAskedFor(t *testing.T) {
	t.Parallel()
	s := usualSnapshot(t)
	got := samples(t, segments{SegmentLimits{Top: 1}}, s)
	if n := strings.Count(got, "model_segment_accuracy{"); n != 1 {
		t.Errorf("%d segments:\n%s", n, got)
	}
	contains(t, got, `model_segment_accuracy{model="loan_refinance",segment="loan_term=30 and credit_score=[-Inf,620)",version="1"} 0.25`)
}

func TestSegmentsAreAbsentUnlessTheyAreFollowed(t *testing.T) {
	t.Parallel()
	for _, a := range []*snapshot.Accuracy{nil, {}, {Segments: &snapshot.Segments{Followed: 130}}} {
		if got := samples(t, segments{SegmentLimits{Top: 10}}, one(snapshot.Model{Accuracy: a})); got != "" {
			t.Errorf("%s", got)
		}
	}
}

func TestSegmentLimitsAreChecked(t *testing.T) {
	t.Parallel()
	for top, ok := range map[int]bool{-1: false, 0: true, 1: true, 1000: true, 1001: false} {
		if err := (&SegmentLimits{Top: top}).Validate(); (err == nil) != ok {
			t.Errorf("%d: %v", top, err)
		}
	}
}
