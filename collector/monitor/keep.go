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

// keep holds, by collector, the families that it made of a snapshot, checked and
// sorted: a later scrape shows them again while all that they come from is the
// same. Families are never changed, so scrapes that overlap may share them. The
// zero value is empty.
type keep struct {
	mu   sync.Mutex
	made map[string]made
}

// made is what a collector made of a snapshot.
type made struct {
	of       *snapshot.Snapshot
	families []*dto.MetricFamily
}

// get returns the families that the collector made of a snapshot before, if it would
// make the same of this one.
func (k *keep) get(e *collector.Entry, s *snapshot.Snapshot) ([]*dto.MetricFamily, bool) {
	if !e.Keeps(s) {
		return nil, false
	}
	k.mu.Lock()
	last, ok := k.made[e.Name()]
	k.mu.Unlock()
	return last.families, ok && e.Same(last.of, s)
}

// gather returns the families of a collector, why it is not a success, and what
// cannot be shown. Only families that lack nothing are kept.
func (k *keep) gather(e *collector.Entry, s *snapshot.Snapshot) (families []*dto.MetricFamily, incomplete, refused error) {
	families, refused = gathered(func(ch chan<- prometheus.Metric) { incomplete = e.Run(s, ch) })
	if !e.Keeps(s) || incomplete != nil || refused != nil {
		return families, incomplete, refused
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.made == nil {
		k.made = map[string]made{}
	}
	k.made[e.Name()] = made{s, families}
	return families, nil, nil
}

// gathered checks and sorts what is collected.
func gathered(collect func(ch chan<- prometheus.Metric)) ([]*dto.MetricFamily, error) {
	registry := prometheus.NewRegistry()
	registry.MustRegister(undescribed(collect))
	return registry.Gather()
}

// undescribed is a collector whose metrics depend on the features, so that none can
// be described before.
type undescribed func(ch chan<- prometheus.Metric)

// Describe sends nothing.
func (undescribed) Describe(chan<- *prometheus.Desc) {}

// Collect implements prometheus.Collector.
func (u undescribed) Collect(ch chan<- prometheus.Metric) { u(ch) }

// merged sorts families that were checked before. Those of the same name become
// one, which is checked again.
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
