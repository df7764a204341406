package exporter

import (
	"cmp"
	"errors"
	"slices"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
)

// page is what several registries gather, as one. prometheus.Gatherers checks
// every series once more, a third of what a scrape without new rows takes; each
// registry has checked its own, and two of them share a name only by mistake:
// then the page is theirs to merge.
type page []prometheus.Gatherer

// Gather implements prometheus.Gatherer.
func (p page) Gather() ([]*dto.MetricFamily, error) {
	var families []*dto.MetricFamily
	var errs []error
	for _, g := range p {
		some, err := g.Gather()
		families, errs = append(families, some...), append(errs, err)
	}
	slices.SortFunc(families, func(a, b *dto.MetricFamily) int { return cmp.Compare(a.GetName(), b.GetName()) })
	for i := 1; i < len(families); i++ {
		if families[i-1].GetName() == families[i].GetName() {
			return prometheus.Gatherers(p).Gather()
		}
	}
	return families, errors.Join(errs...)
}
