package page

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/drift-exporter/drift_exporter/collector/assess"
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
)

// watched is one model and version: what is said of it, and of what.
type watched struct {
	*assess.Model

	of *snapshot.Model
	at int // its number in the snapshot
}

// watchedOf returns the models of a snapshot by name, and of each the version first that
// has the newest prediction.
func watchedOf(s *snapshot.Snapshot, a *assess.Assessment) []watched {
	all := make([]watched, len(a.Models))
	for i := range a.Models {
		all[i] = watched{&a.Models[i], &s.Models[i], i}
	}
	slices.SortStableFunc(all, func(a, b watched) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), b.newest().Compare(a.newest()), strings.Compare(b.Version, a.Version))
	})
	return all
}

// newest is when the newest prediction was made, zero before the first.
func (m watched) newest() time.Time {
	if m.Freshness == nil || m.Freshness.Newest == nil {
		return time.Time{}
	}
	return *m.Freshness.Newest
}

// id is the anchor of a model on a page: a number, because names may be anything.
func (m watched) id() string { return "m" + strconv.Itoa(m.at) }

// id is the part of a subject's anchor behind that of its model.
func (s *subject) id() string { return string(s.kind[0]) + strconv.Itoa(s.at) }

// distribution is what a subject was made of.
func (m watched) distribution(s *subject) *snapshot.Distribution {
	switch {
	case s.kind == ofFeature:
		return &m.of.Features()[s.at]
	case s.at == 0:
		return m.of.Score()
	default:
		return m.of.Class()
	}
}
