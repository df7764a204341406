package replay

import (
	"slices"
	"strings"
	"time"

	"github.com/drift-exporter/drift_exporter/collector/assess"
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
)

// Alarm is a period during which drift was detected: from the first scrape with drift to the
// first scrape without. Off is zero if the alarm lasted to the end.
type Alarm struct {
	On, Off time.Time
	// Began and Ended are the values of Result.Passed at On and Off. If the clock was set back, a
	// time occurs twice in a log, and counts as two times here.
	Began, Ended time.Duration
}

// Distribution is the result for one feature, the score or the class.
type Distribution struct {
	Name   string
	Alarms []Alarm
	// On is the total time during which drift was detected.
	On time.Duration

	on   bool
	seen int // number of the scrape that showed it last
}

// Model is one model and version in a Result. A version without a reference has no distributions.
type Model struct {
	Name, Version string
	// Rows is the number of its predictions.
	Rows          int64
	Distributions []*Distribution
	// Decisions is nil unless they were requested.
	Decisions *Decisions
	// Segments are the slices whose accuracy fell, as they were named last; nil if none was, or
	// unless they were requested. SegmentsAt is when.
	Segments   []assess.Segment
	SegmentsAt time.Time
}

// Result is the result of one setting for a history.
type Result struct {
	// Setting is its name. Flags are the flags that differ from the first setting.
	Setting, Flags string
	// From and To are the times of the first and the last scrape. They are zero if there was
	// none.
	From, To time.Time
	// Passed is the time from the first to the last scrape. If the log's clock was set back, it
	// differs from To - From: setting the clock back takes no time, and times that the log
	// contains twice count twice.
	Passed time.Duration
	// Scrapes is the number of scrapes.
	Scrapes int
	// Models are sorted by name and version.
	Models []*Model

	decide   bool // whether Decisions were requested
	segments int  // the greatest number of Segments, 0 unless they were requested
}

// span returns the time between the first and the last scrape, plus one step before.
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
		if named := assess.SegmentsOf(m, r.segments); len(named) > 0 {
			of.Segments, of.SegmentsAt = named, s.Time
		}
		if r.decide {
			if of.Decisions == nil {
				of.Decisions = &Decisions{}
			}
			of.Decisions.add(s, m, j)
		}
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

// set turns the alarm on or off. passed is the time since the first scrape, and step the time
// since the last one.
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

// around splits the alarms by the time of a change. Alarms before it are false, because nothing
// had changed yet.
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
