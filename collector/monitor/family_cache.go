package monitor

import (
	"errors"
	"slices"
	"strings"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"github.com/drift-exporter/drift_exporter/collector"
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
)

// familyCache holds, for each collector, the families that it last made, checked and
// sorted. A later scrape shows them again while the parts of the snapshot that the
// collector reads are the same. Families are never changed, so overlapping scrapes may
// share them. The zero value is empty.
type familyCache struct {
	mu          sync.Mutex
	byCollector map[string]cachedFamilies
}

// cachedFamilies are the families that a collector made from a snapshot.
type cachedFamilies struct {
	from     *snapshot.Snapshot
	families []*dto.MetricFamily
}

// get returns cached families of the collector if it would make the same from this
// snapshot.
func (c *familyCache) get(e *collector.Entry, s *snapshot.Snapshot) ([]*dto.MetricFamily, bool) {
	if !e.Cacheable(s) {
		return nil, false
	}
	c.mu.Lock()
	last, ok := c.byCollector[e.Name()]
	c.mu.Unlock()
	return last.families, ok && e.Same(last.from, s)
}

// gather returns the families of a collector. The error incomplete says what data was
// missing, refused which metrics the registry refused. Only complete families are cached.
func (c *familyCache) gather(e *collector.Entry, s *snapshot.Snapshot) (families []*dto.MetricFamily, incomplete, refused error) {
	families, refused = gathered(func(ch chan<- prometheus.Metric) { incomplete = e.Run(s, ch) })
	if !e.Cacheable(s) || incomplete != nil || refused != nil {
		return families, incomplete, refused
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.byCollector == nil {
		c.byCollector = map[string]cachedFamilies{}
	}
	c.byCollector[e.Name()] = cachedFamilies{s, families}
	return families, nil, nil
}

// gathered checks and sorts the metrics that collect sends.
func gathered(collect func(ch chan<- prometheus.Metric)) ([]*dto.MetricFamily, error) {
	registry := prometheus.NewRegistry()
	registry.MustRegister(undescribed(collect))
	return registry.Gather()
}

// undescribed is a collector whose metrics depend on the features, so it cannot describe
// them before it collects.
type undescribed func(ch chan<- prometheus.Metric)

// Describe sends nothing.
func (undescribed) Describe(chan<- *prometheus.Desc) {}

// Collect implements prometheus.Collector.
func (u undescribed) Collect(ch chan<- prometheus.Metric) { u(ch) }

// merged sorts families that were checked before. Families of the same name are merged
// into one, which is checked again.
func merged(families []*dto.MetricFamily) ([]*dto.MetricFamily, error) {
	slices.SortStableFunc(families, func(a, b *dto.MetricFamily) int { return strings.Compare(a.GetName(), b.GetName()) })
	var errs []error
	for i := 1; i < len(families); i++ {
		if families[i-1].GetName() != families[i].GetName() {
			continue
		}
		both, err := prometheus.Gatherers{only(families[i-1]), only(families[i])}.Gather()
		errs = append(errs, err)
		families = slices.Replace(families, i-1, i+1, both...)
		i--
	}
	return families, errors.Join(errs...)
}

func only(f *dto.MetricFamily) prometheus.Gatherer {
	return prometheus.GathererFunc(func() ([]*dto.MetricFamily, error) { return []*dto.MetricFamily{f}, nil })
}
