package exporter

import (
	"cmp"
	"errors"
	"slices"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
)

// page is what several gatherers gather, as one. prometheus.Gatherers checks
// every series once more, a third of what a scrape without new rows takes; each
// gatherer has checked its own, and two of them share a name only by mistake:
// then the page is theirs to merge. The first gathers in the caller's goroutine,
// the others meanwhile: to read about the process in /proc takes longer than to
// gather all else without new rows.
type page []prometheus.Gatherer

// Gather implements prometheus.Gatherer.
func (p page) Gather() ([]*dto.MetricFamily, error) {
	if len(p) == 0 {
		return nil, nil
	}
	parts, errs := make([][]*dto.MetricFamily, len(p)), make([]error, len(p))
	var others sync.WaitGroup
	for i := 1; i < len(p); i++ {
		others.Go(func() { parts[i], errs[i] = p[i].Gather() })
	}
	parts[0], errs[0] = p[0].Gather()
	others.Wait()
	families := slices.Concat(parts...)
	slices.SortFunc(families, func(a, b *dto.MetricFamily) int { return cmp.Compare(a.GetName(), b.GetName()) })
	for i := 1; i < len(families); i++ {
		if families[i-1].GetName() == families[i].GetName() {
			return prometheus.Gatherers(p).Gather()
		}
	}
	return families, errors.Join(errs...)
}

// fixed is what a collector says once and for all.
func fixed(c prometheus.Collector) (prometheus.Gatherer, error) {
	registry := prometheus.NewRegistry()
	if err := registry.Register(c); err != nil {
		return nil, err
	}
	families, err := registry.Gather()
	return prometheus.GathererFunc(func() ([]*dto.MetricFamily, error) { return families, nil }), err
}
