package collector

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/drift-exporter/drift_exporter/collector/snapshot"
)

func TestNullsThatCouldNotBeDrawnLeaveTheRest(t *testing.T) {
	t.Parallel()
	s := usualSnapshot(t)
	for _, d := range []*snapshot.Distribution{&s.Models[1].Features()[0], s.Models[1].Class()} {
		d.Null, d.NullErr = nil, context.DeadlineExceeded
	}
	for _, e := range all(usualOptions) {
		ch := make(chan prometheus.Metric, 1024)
		err := e.Run(s, ch)
		if needs := e.nulls != nil; needs != (err != nil) {
			t.Errorf("%s: %v", e.Name(), err)
		}
		if len(ch) == 0 {
			t.Errorf("%s sent nothing", e.Name())
		}
	}
	got := samples(t, featureDrift{usual}, s)
	contains(t, got, `feature_drift_detected{feature="purpose",model="loan_refinance",version="1"} 1`)
	lacks(t, got, `feature_drift_detected{feature="credit_score"`)
}

// panicking sends a sample and panics.
type panicking struct{}

func (panicking) Name() string { return "panicking" }
func (panicking) Collect(s *snapshot.Snapshot, ch chan<- prometheus.Metric) {
	windowRows{}.Collect(s, ch)
	panic("on purpose")
}

func TestAPanicIsAnErrorOfItsCollector(t *testing.T) {
	t.Parallel()
	e := Entry{Collector: panicking{}, parts: snapshot.PartRows}
	ch := make(chan prometheus.Metric, 1024)
	if err := e.Run(usualSnapshot(t), ch); !errors.Is(err, ErrPanicked) || !strings.Contains(err.Error(), "on purpose") {
		t.Errorf("got %v", err)
	}
	if len(ch) == 0 {
		t.Error("what was sent before is lost")
	}
}

// TestACollectorSeesThePartsThatItDeclares: one that printed another part would show old
// numbers when that has changed.
func TestACollectorSeesThePartsThatItDeclares(t *testing.T) {
	t.Parallel()
	s := usualSnapshot(t)
	for _, e := range all(usualOptions) {
		whole := samples(t, e, s)
		for part := snapshot.PartClock; part <= snapshot.PartLoads; part <<= 1 {
			if e.parts&part == 0 {
				continue
			}
			less := e
			less.parts &^= part
			ch := make(chan prometheus.Metric, 1024)
			if err := less.Run(s, ch); err != nil {
				t.Fatal(err)
			}
			close(ch)
			if got := page(t, sent(ch)); values(got) == whole {
				t.Errorf("%s declares part %b and does not print it", e.Name(), part)
			}
		}
	}
}

// sent are metrics that were collected before.
func sent(ch chan prometheus.Metric) prometheus.Collector {
	var all constant
	for m := range ch {
		all = append(all, m)
	}
	return all
}
