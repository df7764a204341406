package replay

import (
	"fmt"
	"strings"
	"time"

	"github.com/drift-exporter/drift_exporter/collector/assess"
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
)

const (
	day  = 24 * time.Hour
	week = 7 * day
	// enoughSamples is the number of outcomes from which a threshold on the newest ones is
	// compared.
	enoughSamples = 50
)

// Decisions are when retraining one model and version would have been recommended, and the errors
// that it made above the reference's.
type Decisions struct {
	// Recommended are the times at which a recommendation began.
	Recommended []Recommendation
	// Known says that there was a verdict at least once.
	Known bool
	// Days are the matured outcomes and the excess errors that became known on each day.
	Days []ExcessDay
	// Below are the times at which the accuracy of the newest outcomes fell below the
	// reference's by more than the tolerance: what a threshold would have made of it.
	Below []time.Time

	on, below bool
	labels    int64
	errors    float64
	first     time.Time
	cost      float64
}

// Recommendation is the begin of a recommendation.
type Recommendation struct {
	Time    time.Time
	Reasons []string
}

// ExcessDay is one day of the history.
type ExcessDay struct {
	Labels int64
	Errors float64
}

// add adds a scrape.
func (d *Decisions) add(s *snapshot.Snapshot, m *snapshot.Model, j assess.Judgement) {
	v := j.Decision(s, m)
	if v == nil {
		return
	}
	if d.first.IsZero() {
		d.first, d.cost = s.Time, j.Retraining.Cost
	}
	if v.Recommended != nil {
		d.Known = true
		if *v.Recommended && !d.on {
			d.Recommended = append(d.Recommended, Recommendation{s.Time, v.Reasons.For()})
		}
		d.on = *v.Recommended
	}
	if v.Excess != nil {
		d.excess(s.Time, v.Excess)
	}
	if p := m.Performance; p != nil && v.Normal != nil && p.Samples >= enoughSamples {
		below := float64(p.Correct)/float64(p.Samples) < 1-*v.Normal-j.Retraining.Tolerance
		if below && !d.below {
			d.Below = append(d.Below, s.Time)
		}
		d.below = below
	}
}

// excess adds what became known since the last scrape. The count begins again at an anchor.
func (d *Decisions) excess(at time.Time, x *assess.Excess) {
	labels, errors := x.Labels-d.labels, x.Errors-d.errors
	d.labels, d.errors = x.Labels, x.Errors
	if labels <= 0 {
		return
	}
	n := max(0, int(at.Sub(d.first)/day))
	for len(d.Days) <= n {
		d.Days = append(d.Days, ExcessDay{})
	}
	d.Days[n].Labels += labels
	d.Days[n].Errors += errors
}

// Policy is a way to decide when to retrain, and what it would have cost.
type Policy struct {
	Name      string
	Trainings int
	// Errors are the errors above the reference's, Cost these and the cost of the trainings.
	Errors, Cost float64
}

// Policies compares the recommendation with never retraining, with doing so every week, and with
// doing so whenever the accuracy of the newest outcomes is below a threshold.
//
// It assumes that a training takes away the excess that there is on its day, and nothing of what
// comes on top of that later: a later rise of the error rate is one for the retrained model too.
// A day has the excess of its outcomes, but not less than 0.
func (d *Decisions) Policies() []Policy {
	var weekly []time.Time
	for at := d.first.Add(week); at.Before(d.first.Add(time.Duration(len(d.Days)) * day)); at = at.Add(week) {
		weekly = append(weekly, at)
	}
	var recommended []time.Time
	for _, r := range d.Recommended {
		recommended = append(recommended, r.Time)
	}
	return []Policy{
		d.policy("never", nil), d.policy("weekly", weekly), d.policy("by threshold", d.Below), d.policy("as recommended", recommended),
	}
}

func (d *Decisions) policy(name string, trainings []time.Time) Policy {
	p := Policy{Name: name, Trainings: len(trainings)}
	taken := 0.0 // the excess rate that a training took away
	for i, today := range d.Days {
		if today.Labels > 0 {
			rate := today.Errors / float64(today.Labels)
			p.Errors += max(0, rate-taken) * float64(today.Labels)
			if end := d.first.Add(time.Duration(i+1) * day); len(trainings) > 0 && trainings[0].Before(end) {
				taken = max(0, rate)
			}
		}
		for end := d.first.Add(time.Duration(i+1) * day); len(trainings) > 0 && trainings[0].Before(end); {
			trainings = trainings[1:]
		}
	}
	p.Cost = p.Errors + d.cost*float64(p.Trainings)
	return p
}

// decisions writes when retraining would have been recommended, and at what cost.
func (r *Report) decisions(b *strings.Builder) {
	for _, result := range r.Results {
		for _, m := range result.Models {
			if d := m.Decisions; d != nil {
				fmt.Fprintf(b, "\nretraining %s%s\n", title(m), r.with(result))
				d.write(b)
			}
		}
	}
}

func (d *Decisions) write(b *strings.Builder) {
	switch {
	case !d.Known:
		fmt.Fprintf(b, "  nothing is known: there is neither a verdict on drift nor one on matured outcomes\n")
	case len(d.Recommended) == 0:
		fmt.Fprintf(b, "  never recommended\n")
	}
	for _, r := range d.Recommended {
		fmt.Fprintf(b, "  recommended at %s: %s\n", stamp(r.Time), strings.Join(r.Reasons, ", "))
	}
	if len(d.Days) == 0 {
		fmt.Fprintf(b, "  no outcome can be compared with the reference\n")
		return
	}
	head := []string{"policy", "trainings", "excess errors", "with their cost"}
	if d.cost == 0 {
		head = head[:3]
	}
	t := table{head}
	for _, p := range d.Policies() {
		row := []string{p.Name, fmt.Sprint(p.Trainings), fmt.Sprintf("%.0f", p.Errors)}
		if d.cost > 0 {
			row = append(row, fmt.Sprintf("%.0f", p.Cost))
		}
		t = append(t, row)
	}
	b.WriteString(t.String())
	if d.cost == 0 {
		fmt.Fprintf(b, "  --retrain.cost adds the cost of the trainings\n")
	}
}
