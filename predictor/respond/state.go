package respond

import (
	"maps"
	"slices"
	"time"
)

// run is a run of a playbook, as its entries say.
type run struct {
	ID             string
	Playbook       string
	DryRun         bool
	Model, Version string
	Alert          Alert
	Started, Ended time.Time
	// Outcome and Text are set when it has ended.
	Outcome, Text string
	// Steps are those that have begun, were planned or wait.
	Steps []stepState
	// playbookSum is that of the playbook with which it has started.
	playbookSum string
	// ending is how the run ends after the step that was done last, endingText why; "" if it goes on.
	ending, endingText string
	// done are the evidence of the steps that are done.
	done []Done
}

// stepState is the state of a step of a run.
type stepState struct {
	Number   int // from 1
	Kind     string
	Event    string // the last one
	Begun    time.Time
	At       time.Time // of Event
	Approved bool
	By       string // who approved or refused
	Text     string
	Evidence string // JSON
}

// next is the number of the step that is to be done next, from 1.
func (r *run) next() int { return len(r.done) + 1 }

// step returns the state of a step, which it adds.
func (r *run) step(number int, kind string) *stepState {
	for i := range r.Steps {
		if r.Steps[i].Number == number {
			return &r.Steps[i]
		}
	}
	r.Steps = append(r.Steps, stepState{Number: number, Kind: kind})
	return &r.Steps[len(r.Steps)-1]
}

// waits reports whether the next step waits for approval.
func (r *run) waits() bool {
	return r.Ended.IsZero() && len(r.Steps) > 0 && r.Steps[len(r.Steps)-1].Event == eventWaiting
}

// approved reports whether a person has approved a step.
func (r *run) approved(number int) bool {
	return slices.ContainsFunc(r.Steps, func(s stepState) bool { return s.Number == number && s.Approved })
}

// state is what the entries of an audit file say.
type state struct {
	runs map[string]*run // by ID
	// byKey are the runs by the key of their alert, ignored the reason by the key of an alert.
	byKey   map[string]*run
	ignored map[string]string
	order   []*run
}

func newState() *state {
	return &state{runs: map[string]*run{}, byKey: map[string]*run{}, ignored: map[string]string{}}
}

// add adds an entry.
func (s *state) add(e *Entry) {
	switch e.Event {
	case eventStarted:
		r := &run{ID: e.Run, Playbook: e.Playbook, playbookSum: e.PlaybookSum, DryRun: e.DryRun, Model: e.Model, Version: e.Version, Alert: *e.Alert, Started: e.Time}
		s.runs[r.ID], s.byKey[r.Alert.key()] = r, r
		s.order = append(s.order, r)
		delete(s.ignored, r.Alert.key())
		return
	case eventIgnored:
		s.ignored[e.Alert.key()] = e.Text
		return
	}
	r := s.runs[e.Run]
	if r == nil {
		return
	}
	switch e.Event {
	case eventResolved:
		r.Alert.Status = resolved
	case eventEnded:
		r.Ended, r.Outcome, r.Text = e.Time, e.Outcome, e.Text
		if last := len(r.Steps) - 1; last >= 0 && e.Outcome == outcomeFailed && r.Steps[last].Event == eventBegun {
			r.Steps[last].Event = outcomeFailed
		}
	default:
		step := r.step(e.Step, e.Kind)
		step.Event, step.At = e.Event, e.Time
		if e.Event == eventBegun && step.Begun.IsZero() {
			step.Begun = e.Time
		}
		if e.Event == eventApproved || e.Event == eventRefused {
			step.Approved, step.By = e.Event == eventApproved, e.By
		}
		if e.Text != "" {
			step.Text = e.Text
		}
		if e.Event == eventDone {
			step.Evidence = string(e.Evidence)
			r.done = append(r.done, Done{Kind: e.Kind, Evidence: e.Evidence})
			r.ending, r.endingText = e.Outcome, e.Text
		}
	}
}

// active returns the run of a model that has not ended, or nil.
func (s *state) active(model string) *run {
	for _, r := range slices.Backward(s.order) {
		if r.Model == model && r.Ended.IsZero() {
			return r
		}
	}
	return nil
}

// lastEnded returns when the last run of a model that was no dry run has ended.
func (s *state) lastEnded(model string) (last time.Time) {
	for _, r := range s.order {
		if r.Model == model && !r.DryRun && r.Ended.After(last) {
			last = r.Ended
		}
	}
	return last
}

// copies returns copies of the runs, the newest first, at most limit.
func (s *state) copies(limit int) (all []run) {
	for _, r := range slices.Backward(s.order) {
		if len(all) == limit {
			break
		}
		c := *r
		c.Steps = slices.Clone(r.Steps)
		c.Alert.Labels = maps.Clone(r.Alert.Labels)
		all = append(all, c)
	}
	return all
}
