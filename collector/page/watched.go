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

// watched is one model and version: its assessment and the data behind it.
type watched struct {
	*assess.Model

	of *snapshot.Model
	at int // its number in the snapshot
}

// watchedOf returns the models of a snapshot by name. Within a model, the version with the newest
// prediction comes first.
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

// newest returns the time of the newest prediction, or zero if there is none.
func (m watched) newest() time.Time {
	if m.Freshness == nil || m.Freshness.Newest == nil {
		return time.Time{}
	}
	return *m.Freshness.Newest
}

// id returns the anchor of a model on a page. It is a number, because names may contain anything.
func (m watched) id() string { return "m" + strconv.Itoa(m.at) }

// id returns the part of a subject's anchor that follows the anchor of its model.
func (s *subject) id() string { return string(s.kind[0]) + strconv.Itoa(s.at) }

// distribution returns the data behind a subject.
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
