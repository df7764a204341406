package exporter

import (
	"cmp"
	"errors"
	"slices"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
)

// page joins the metrics of several gatherers. It does not check every series again as
// prometheus.Gatherers does, which would take a third of the time of a scrape without new
// rows: each gatherer has checked its own. Duplicate names are a bug; page then falls back
// to prometheus.Gatherers, which reports it. The first gatherer runs in the caller's
// goroutine and the others concurrently, because reading /proc takes longer than all other
// work of a scrape without new rows.
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

// fixed holds the metrics of collectors that never change.
func fixed(all ...prometheus.Collector) (prometheus.Gatherer, error) {
	registry := prometheus.NewRegistry()
	for _, c := range all {
		if err := registry.Register(c); err != nil {
			return nil, err
		}
	}
	families, err := registry.Gather()
	return prometheus.GathererFunc(func() ([]*dto.MetricFamily, error) { return families, nil }), err
}
