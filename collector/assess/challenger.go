package assess

import (
	"math"

	"github.com/drift-exporter/drift_exporter/collector/snapshot"
)

// The evidence from which a challenger counts as better or worse, in nats, and that from which it
// should be promoted.
var (
	enoughEvidence  = math.Log(20)
	promoteEvidence = math.Log(100)
)

// Challenger compares a shadow with the served version on the same predictions.
type Challenger struct {
	Version string `json:"version"`
	// Labels is the number of predictions with an outcome. In Wins of them the challenger alone was
	// right, or had the smaller error, in Losses the served version.
	Labels int64 `json:"labels"`
	Wins   int64 `json:"wins"`
	Losses int64 `json:"losses"`
	// Difference is the challenger's accuracy, or mean absolute error, less the served version's,
	// with an interval that holds at all times together; nil without labels.
	Difference *Interval `json:"difference,omitempty"`
	// Better and Worse are the evidence in nats.
	Better float64 `json:"log_evidence_better"`
	Worse  float64 `json:"log_evidence_worse"`
	// Verdict is one of the verdicts below.
	Verdict string `json:"verdict"`
}

// The verdicts on a challenger: better by 20 to 1, surely better by 100 to 1 and an interval of the
// difference that says so as well, worse by 20 to 1, or none of these.
const (
	ChallengerUndecided    = "undecided"
	ChallengerBetter       = "better"
	ChallengerSurelyBetter = "surely better"
	ChallengerWorse        = "worse"
)

// ChallengersOf returns the challengers of a served version.
func ChallengersOf(m *snapshot.Model) []Challenger {
	if m.Challengers == nil {
		return nil
	}
	all := make([]Challenger, len(*m.Challengers))
	for i, c := range *m.Challengers {
		all[i] = Challenger{Version: c.Version, Labels: c.Labels, Wins: c.Wins, Losses: c.Losses, Better: c.Better, Worse: c.Worse, Verdict: ChallengerUndecided}
		smaller := c.Lower > 0
		if !m.Type.HasClasses() {
			smaller = c.Upper < 0
		}
		switch {
		case c.Better >= promoteEvidence && smaller:
			all[i].Verdict = ChallengerSurelyBetter
		case c.Better >= enoughEvidence:
			all[i].Verdict = ChallengerBetter
		case c.Worse >= enoughEvidence:
			all[i].Verdict = ChallengerWorse
		}
		if c.Labels > 0 {
			all[i].Difference = &Interval{Value: c.Difference, Lower: c.Lower, Upper: c.Upper}
		}
	}
	return all
}
