package page

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/drift-exporter/drift_exporter/collector/assess"
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
)

// watched is one model and version: its assessment and the subjects in it.
type watched struct {
	*assess.Model

	features []*subject // the worst first
	answers  []*subject // its score and class
	impacts  func() []assess.Impact
	of       *snapshot.Model
	at       int // its number in the snapshot
}

// watchedOf returns the models of a snapshot by name. Within a model, the version with the newest
// prediction comes first.
func watchedOf(s *snapshot.Snapshot, a *assess.Assessment) []watched {
	all := make([]watched, len(a.Models))
	for i := range a.Models {
		m, of := &a.Models[i], &s.Models[i]
		all[i] = watched{m, featuresOf(m, of), answersOf(m, of), sync.OnceValue(func() []assess.Impact { return assess.ImpactsOf(of) }), of, i}
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
