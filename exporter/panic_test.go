package exporter

import (
	"context"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
)

type panicking struct{ fake }

func (panicking) Gatherer(context.Context, []string) prometheus.Gatherer { panic("no monitor") }

func TestPanicIsAnAnswer(t *testing.T) {
	t.Parallel()
	s := mustNew(t, options(panicking{}))
	check(t, ask(t, s, "GET", "/metrics"), 500, "internal error")
	check(t, ask(t, s, "GET", "/-/healthy"), 200)
}

func TestPanicOfACollectorKeepsTheRestOfThePage(t *testing.T) {
	t.Parallel()
	s := mustNew(t, options(fake{collect: func(_ context.Context, _ []string, ch chan<- prometheus.Metric) {
		ch <- gauge("drift_before", 1)
		panic("no collector")
	}}))
	check(t, ask(t, s, "GET", "/metrics"), 200, "drift_before 1", "drift_exporter_build_info")
}
