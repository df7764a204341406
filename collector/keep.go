package collector

import (
	"errors"
	"slices"
	"strings"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"github.com/drift-exporter/drift_exporter/collector/snapshot"
)

// keep holds, by collector, the families that it made of a snapshot, checked and
// sorted: a later scrape shows them again while all that they come from is the
// same. Families are never changed, so scrapes that overlap may share them. The
// zero value is empty.
type keep struct {
	mu   sync.Mutex
	kept map[string]kept
}

type kept struct {
	of       *snapshot.Snapshot
	families []*dto.MetricFamily
}

// get returns the families of a collector if they show this snapshot as well.
func (k *keep) get(e *entry, s *snapshot.Snapshot) ([]*dto.MetricFamily, bool) {
	k.mu.Lock()
	last, ok := k.kept[e.Name()]
	k.mu.Unlock()
	return last.families, ok && snapshot.Same(last.of, s, e.parts)
}

func (k *keep) put(e *entry, s *snapshot.Snapshot, families []*dto.MetricFamily) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.kept == nil {
		k.kept = map[string]kept{}
	}
	k.kept[e.Name()] = kept{s, families}
}

// lasts reports whether what the collector makes may be the same at two scrapes.
func (e *entry) lasts() bool { return e.parts&snapshot.PartClock == 0 }

// keeps reports whether what the collector makes of a snapshot may be shown again.
func (e *entry) keeps(s *snapshot.Snapshot) bool { return e.lasts() && (s.Err == nil || !e.needsLog) }

// kept returns the families that the collector made of a snapshot before, if it would
// make the same of this one.
func (e *entry) kept(s *snapshot.Snapshot, k *keep) ([]*dto.MetricFamily, bool) {
	if !e.keeps(s) {
		return nil, false
	}
	return k.get(e, s)
}

// gather returns the families of a collector, why it is not a success, and what
// cannot be shown. Only families that lack nothing are kept.
func (e *entry) gather(s *snapshot.Snapshot, k *keep) (families []*dto.MetricFamily, incomplete, refused error) {
	families, refused = gathered(func(ch chan<- prometheus.Metric) { incomplete = e.run(s, ch) })
	if e.keeps(s) && incomplete == nil && refused == nil {
		k.put(e, s, families)
	}
	return families, incomplete, refused
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
