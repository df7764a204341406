package risk

import (
	"math"

	"gonum.org/v1/gonum/mathext"
)

// Stratum is the reference's predictions of one kind, such as of one predicted class: how many
// there are, how many of them have a known outcome, and how many of these were wrong: a whole
// number of errors, or a sum of losses between 0 and 1.
type Stratum struct {
	Rows, Labels int64
	Errors       float64
}

// Reference is the error rate that a model had for predictions of several kinds.
type Reference struct {
	strata     []Stratum
	confidence float64
}

// NewReference returns the rates of the reference's predictions by kind, or nil when none of
// them has a known outcome. Limits hold with that confidence, between 0 and 1, usually .99.
func NewReference(strata []Stratum, confidence float64) *Reference {
	for _, s := range strata {
		if s.Labels > 0 {
			return &Reference{strata, confidence}
		}
	}
	return nil
}

// Knows reports whether the reference has an outcome of that kind.
func (r *Reference) Knows(kind int) bool {
	return kind >= 0 && kind < len(r.strata) && r.strata[kind].Labels > 0
}

// Rate returns the error rate that the reference's predictions have if those of each kind get
// an outcome with the given probabilities, or all of them for nil, and an upper limit. Without
// the probabilities, a change of which predictions get an outcome looks like a change of the
// error rate.
//
// The limit holds whichever predictions of a kind get an outcome: the others may all be right,
// as loans that are not yet repaid. Then a rate r among all predictions of a kind is at most
// min(1, r/c) among those with an outcome, for a probability c of an outcome.
//
// With all outcomes, the limit is that of Clopper and Pearson [1]: the (k+1, n-k) beta quantile for
// k errors in n outcomes. Weighted rates have a number of outcomes that gives them the same
// variance, at most the real one. ok is false when no kind with an outcome has a weight.
// 10 us.
//
// [1] Clopper, C.; Pearson, E. S. (1934). "The Use of Confidence or Fiducial Limits
// Illustrated in the Case of the Binomial". Biometrika 26 (4): 404-413.
func (r *Reference) Rate(labelled []float64) (rate, limit float64, ok bool) {
	sum, known, most := 0.0, 0.0, 0.0
	weight := func(i int) float64 {
		s := &r.strata[i]
		if s.Labels == 0 {
			return 0
		}
		if labelled == nil {
			return float64(s.Rows)
		}
		return float64(s.Rows) * labelled[i]
	}
	for i, s := range r.strata {
		if w := weight(i); w > 0 {
			sum += w
			known += float64(s.Labels)
			p := s.Errors / float64(s.Labels)
			rate += w * p
			most += min(w, float64(s.Rows)*p)
		}
	}
	if sum == 0 {
		return 0, 0, false
	}
	rate, most = rate/sum, most/sum
	variance, kish := 0.0, 0.0
	for i, s := range r.strata {
		if w := weight(i) / sum; w > 0 {
			p, n := s.Errors/float64(s.Labels), float64(s.Labels)
			variance += w * w * p * (1 - p) / n
			kish += w * w / n
		}
	}
	size := min(known, 1/kish)
	if variance > 0 {
		size = min(known, rate*(1-rate)/variance)
	}
	limit = UpperLimit(rate*size, size, r.confidence)
	if rate > 0 {
		limit *= most / rate
	}
	return rate, min(limit, 1), true
}

// UpperLimit returns the upper Clopper-Pearson limit of a rate of which errors in labels were
// seen. Both may be fractions. It is 1 when all were wrong or there are none.
func UpperLimit(errors, labels, confidence float64) float64 {
	if errors >= labels {
		return 1
	}
	return mathext.InvRegIncBeta(errors+1, labels-errors, confidence)
}

// Combine returns the union bound of a probability of error for process number j of a
// sequence, j at least 1: alpha 6 / (pi^2 j^2). They add up to alpha.
func Combine(alpha float64, j int64) float64 {
	return alpha * 6 / (math.Pi * math.Pi * float64(j) * float64(j))
}
