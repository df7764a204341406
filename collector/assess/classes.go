package assess

import (
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
)

// ClassPerformance is the performance of a multiclass model for one class, or for several of
// which the page shows the sum.
type ClassPerformance struct {
	Class string `json:"class"`
	// Predicted and Actual are how often it was predicted and how often it was the outcome,
	// Correct how often both.
	Predicted int64 `json:"predicted"`
	Actual    int64 `json:"actual"`
	Correct   int64 `json:"correct"`
}

// ClassPair counts predictions with an outcome of a multiclass model by both.
type ClassPair struct {
	Predicted string `json:"predicted"`
	Actual    string `json:"actual"`
	Samples   int64  `json:"samples"`
}

// PairsOf returns the confusion matrix of a multiclass model without its zeros, in the order of the
// names of classes. It is nil for other types of models.
func PairsOf(m *snapshot.Model) []ClassPair {
	if m.Performance == nil {
		return nil
	}
	var all []ClassPair
	for _, p := range m.Performance.Pairs {
		all = append(all, ClassPair(p))
	}
	return all
}

// Precision returns the share of predictions of the class that were right, nil without any.
func (c *ClassPerformance) Precision() *float64 { return share(c.Correct, c.Predicted) }

// Recall returns the share of outcomes of the class that were predicted, nil without any.
func (c *ClassPerformance) Recall() *float64 { return share(c.Correct, c.Actual) }

// Add adds the counts of another class.
func (c *ClassPerformance) Add(other *ClassPerformance) {
	c.Predicted += other.Predicted
	c.Actual += other.Actual
	c.Correct += other.Correct
}

// addClasses adds what is known by class, and the means over the classes. In the means, the
// precision of a class that was never predicted is 0, and so is the recall of one that was never
// observed: a model that gives up a class does not get better.
func (p *Performance) addClasses(classes []snapshot.ClassOutcomes) {
	if len(classes) == 0 {
		return
	}
	var precision, recall, f1 float64
	for _, c := range classes {
		one := ClassPerformance{c.Class, c.Predicted, c.Actual, c.Correct}
		p.Classes = append(p.Classes, one)
		precision += orZero(one.Precision())
		recall += orZero(one.Recall())
		f1 += orZero(share(2*c.Correct, c.Predicted+c.Actual))
	}
	n := float64(len(classes))
	p.Precision, p.Recall, p.F1 = known(precision/n), known(recall/n), known(f1/n)
}

func orZero(x *float64) float64 {
	if x == nil {
		return 0
	}
	return *x
}
