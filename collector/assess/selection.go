package assess

import (
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
	"github.com/drift-exporter/drift_exporter/predictor/value"
	"github.com/drift-exporter/drift_exporter/predictor/weighted"
)

const (
	// oneSided is the share of the other class's coverage below which outcomes of a class are
	// hardly seen.
	oneSided = 0.1
	// expectedOutcomes is the number of outcomes that a class would have with the coverage of the
	// other one, from which on one can say that it has fewer.
	expectedOutcomes = 10
)

// Selection says of a binary model how the outcomes that are known depend on its own answers.
// Whoever is refused a loan never shows whether they would have paid it back, so accuracy can
// rise while refusals get worse.
type Selection struct {
	// Classes are the positive and the negative class.
	Classes [2]ClassSelection `json:"classes"`
	// OneSided is the class with less than a tenth of the other one's coverage, empty if there is
	// none; nil while that cannot be said.
	OneSided *string `json:"one_sided,omitempty"`
}

// ClassSelection is what is known of the predictions of one class.
type ClassSelection struct {
	Class string `json:"class"`
	// Coverage is the share of the class's predictions in the window with an outcome, nil without
	// such predictions.
	Coverage *float64 `json:"coverage,omitempty"`
	// Accuracy is the share of right ones among the Samples predictions of the class that have an
	// outcome, nil without any.
	Accuracy *Interval `json:"accuracy,omitempty"`
	Samples  int64     `json:"samples"`
	// ExploredAccuracy is the same, estimated from the Explored predictions that were answered
	// with the other class at random; nil without any.
	ExploredAccuracy *Interval `json:"explored_accuracy,omitempty"`
	Explored         int64     `json:"explored"`
}

// SelectionOf assesses how outcomes depend on the predicted class. It is nil for a model that is
// not binary, and when the log could not be read.
func SelectionOf(m *snapshot.Model) *Selection {
	positive, negative, ok := pair(m)
	if m.Counters == nil || !ok {
		return nil
	}
	v := &Selection{Classes: [2]ClassSelection{{Class: positive}, {Class: negative}}}
	yes, no := &v.Classes[0], &v.Classes[1]
	if c := m.Coverage; c != nil {
		yes.Coverage, no.Coverage = share(c.PositiveLabelled, c.Positive), share(c.Labelled-c.PositiveLabelled, c.Rows-c.Positive)
		v.OneSided = oneSidedOf(c, positive, negative)
	}
	if p := m.Performance; p != nil {
		yes.outcomes(p.TruePositive, p.FalsePositive, &p.Explored.Positive)
		no.outcomes(p.TrueNegative, p.FalseNegative, &p.Explored.Negative)
	}
	return v
}

// outcomes sets what is known from outcomes.
func (c *ClassSelection) outcomes(right, wrong int64, explored *weighted.Share) {
	if c.Samples = right + wrong; c.Samples > 0 {
		c.Accuracy = wilson(right, c.Samples)
	}
	c.Explored = explored.Samples
	if value, lower, upper, ok := explored.Estimate(); ok {
		c.ExploredAccuracy = &Interval{value, lower, upper}
	}
}

// oneSidedOf returns the class whose outcomes are hardly seen, "" if there is none, and nil if the
// window is too small to say.
func oneSidedOf(c *snapshot.Coverage, positive, negative string) *string {
	type side struct {
		class          string
		labelled, rows int64
	}
	yes, no := side{positive, c.PositiveLabelled, c.Positive}, side{negative, c.Labelled - c.PositiveLabelled, c.Rows - c.Positive}
	if yes.rows == 0 || no.rows == 0 {
		return nil
	}
	hardlySeen, known := "", false
	for _, s := range [2][2]side{{yes, no}, {no, yes}} {
		one, other := s[0], s[1]
		expected := float64(one.rows) * float64(other.labelled) / float64(other.rows)
		if expected < expectedOutcomes {
			continue
		}
		known = true
		if float64(one.labelled) < oneSided*expected {
			hardlySeen = one.class
		}
	}
	if !known {
		return nil
	}
	return &hardlySeen
}

// pair returns the two classes of a binary model.
func pair(m *snapshot.Model) (positive, negative string, ok bool) {
	if m.Type == value.Multiclass || m.Type == value.Regression {
		return "", "", false
	}
	if m.Reference == nil || len(m.Reference.Classes) == 0 {
		return "1", "0", true
	}
	if len(m.Reference.Classes) != 2 {
		return "", "", false
	}
	read := m.Reference.ClassReader()
	positive = "1"
	if m.Reference.Positive != "" {
		positive = read.Predicted(m.Reference.Positive)
	}
	for i, class := range m.Reference.Classes {
		if read.Predicted(class.Class) == positive {
			return positive, read.Predicted(m.Reference.Classes[1-i].Class), true
		}
	}
	return "", "", false
}
