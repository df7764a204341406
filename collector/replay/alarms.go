package replay

import (
	"slices"
	"strings"
	"time"

	"github.com/drift-exporter/drift_exporter/collector/assess"
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
)

// Alarm is one time during which drift was detected, from the first scrape that
// said so to the first that did not. Off is zero when it was on to the end.
type Alarm struct {
	On, Off time.Time
	// Began and Ended are how much of Result.Passed had passed at On and Off. Times
	// that a log has twice, because its clock was set back, are two times there.
	Began, Ended time.Duration
}

// Distribution is what was said about one feature, the score or the class.
type Distribution struct {
	Name   string
	Alarms []Alarm
	// On is how long drift was detected altogether.
	On time.Duration

	on   bool
	seen int // number of the scrape that showed it last
}

// Model is one model and version in a Result. A version that no reference serves
// has no distributions.
type Model struct {
	Name, Version string
	// Rows is the number of its predictions.
	Rows          int64
	Distributions []*Distribution
}

// Result is what one setting said about a history.
type Result struct {
	// Setting is its name, Flags what makes it differ from the first one.
	Setting, Flags string
	// From and To are the moments of the first and the last scrape; zero when
	// there was none.
	From, To time.Time
	// Passed is the time from the first to the last scrape. Where the log's clock was
	// set back it is not To - From: no time passes there, and what was logged twice
	// counts twice.
	Passed time.Duration
	// Scrapes is the number of moments that were looked at.
	Scrapes int
	// Models are in the order of their names and versions.
	Models []*Model
}

// span is the time between the first and the last scrape, and a step before.
func (r *Result) span(step time.Duration) time.Duration { return r.Passed + step }

// add adds a scrape.
func (r *Result) add(s *snapshot.Snapshot, j assess.Judgement) {
	passed := max(0, s.Time.Sub(r.To))
	if r.Scrapes == 0 {
		r.From, passed = s.Time, 0
	}
	r.To = s.Time
	r.Passed += passed
	r.Scrapes++
	for i := range s.Models {
		m := &s.Models[i]
		if m.Version == "" && m.Counters == nil {
			continue // a reference that serves every version, and no version yet
		}
		of := r.model(m.Name, m.Version)
		for d := range m.Distributions.All() {
			of.add(d, r, passed, j)
		}
	}
	for _, m := range r.Models {
		for _, d := range m.Distributions {
			if d.on && d.seen != r.Scrapes {
				d.set(false, s.Time, r.Passed, passed) // its rows are too far back
			}
		}
	}
}

func (r *Result) model(name, version string) *Model {
	at, ok := slices.BinarySearchFunc(r.Models, Model{Name: name, Version: version}, func(m *Model, of Model) int {
		if c := strings.Compare(m.Name, of.Name); c != 0 {
			return c
		}
		return strings.Compare(m.Version, of.Version)
	})
	if !ok {
		r.Models = slices.Insert(r.Models, at, &Model{Name: name, Version: version})
	}
	return r.Models[at]
}

// add adds a distribution of a scrape.
func (m *Model) add(of *snapshot.Distribution, r *Result, passed time.Duration, j assess.Judgement) {
	at := slices.IndexFunc(m.Distributions, func(d *Distribution) bool { return d.Name == of.Name })
	if at < 0 {
		at = len(m.Distributions)
		m.Distributions = append(m.Distributions, &Distribution{Name: of.Name})
	}
	d := m.Distributions[at]
	d.seen = r.Scrapes
	drifted := j.Drift(of).Detected
	d.set(drifted != nil && *drifted, r.To, r.Passed, passed)
}

// set sets the alarm on or off at a moment, when so much time has passed since
// the first scrape and step of it since the last one.
func (d *Distribution) set(on bool, at time.Time, passed, step time.Duration) {
	if d.on {
		d.On += step
	}
	switch {
	case on && !d.on:
		d.Alarms = append(d.Alarms, Alarm{On: at, Began: passed})
	case !on && d.on:
		a := &d.Alarms[len(d.Alarms)-1]
		a.Off, a.Ended = at, passed
	}
	d.on = on
}

// around splits the alarms into those before a moment, which are false when
// nothing had changed yet, and those at it or after it.
func (d *Distribution) around(change time.Time) (before, since []Alarm) {
	for _, a := range d.Alarms {
		if a.On.Before(change) {
			before = append(before, a)
		} else {
			since = append(since, a)
		}
	}
	return before, since
}
