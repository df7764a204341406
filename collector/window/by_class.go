package window

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/drift-exporter/drift_exporter/collector/drift"
	"github.com/drift-exporter/drift_exporter/collector/reference"
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
)

// newByClass returns how often predictions of each class were right, nil if the reference has no
// outcomes.
func newByClass(r *reference.Reference) *drift.ClassCalibration {
	outcomes := make([]drift.ClassOutcomes, len(r.Classes))
	for i, c := range r.Classes {
		outcomes[i] = drift.ClassOutcomes{Labelled: c.Labelled, Correct: c.Correct, LabelledByScore: c.ScoreLabelled, CorrectByScore: c.ScoreCorrect}
	}
	return drift.NewClassCalibration(outcomes)
}

// classCode returns the code of the predicted class and the score of a row, from the codes of
// both.
func (l *layout) classCode(codes []uint8) uint8 {
	class, bin := l.kind(codes), -1
	if l.score >= 0 {
		bin = fineBin(l.columns[l.score].binning, codes[l.score])
	}
	return l.byClass.Code(class, bin)
}

// fineBin returns the fine bin of a code, in which numbers beyond the reference are in the first
// or the last one, and -1 for what is no number.
func fineBin(b *drift.Binning, code uint8) int {
	switch {
	case int(code) < b.Fine():
		return int(code)
	case code == b.Below():
		return 0
	case code == b.Above():
		return b.Fine() - 1
	}
	return -1
}

// estimateByClass returns the estimate from the numbers of predictions by code of class and
// score, nil without predictions of which the reference knows outcomes.
func (l *layout) estimateByClass(codes []int64) *snapshot.Estimate {
	e := l.byClass.Estimate(codes)
	if e.Rows == 0 {
		return nil
	}
	return &snapshot.Estimate{Method: snapshot.Calibrated, Estimated: e}
}

// codeOfClass is classCode of a class and a score.
func (l *layout) codeOfClass(class string, score float64) uint8 {
	codes := make([]uint8, len(l.columns))
	if l.class >= 0 {
		codes[l.class] = l.columns[l.class].binning.Category([]byte(class))
	}
	if l.score >= 0 {
		codes[l.score] = l.columns[l.score].binning.Number(score)
	}
	return l.classCode(codes)
}

// classCounts counts predictions with feedback by class.
type classCounts struct {
	of    map[string]*snapshot.ClassOutcomes
	pairs map[[2]string]int64 // by predicted class and outcome
}

func (c *classCounts) add(predicted, actual string) {
	if c.pairs == nil {
		c.pairs = map[[2]string]int64{}
	}
	c.pairs[[2]string{predicted, actual}]++
	c.class(predicted).Predicted++
	c.class(actual).Actual++
	if predicted == actual {
		c.class(actual).Correct++
	}
}

func (c *classCounts) class(name string) *snapshot.ClassOutcomes {
	if c.of == nil {
		c.of = map[string]*snapshot.ClassOutcomes{}
	}
	if c.of[name] == nil {
		c.of[name] = &snapshot.ClassOutcomes{Class: name}
	}
	return c.of[name]
}

// sorted returns the classes in the order of their names, nil for a binary model.
func (c *classCounts) sorted() []snapshot.ClassOutcomes {
	if c == nil {
		return nil
	}
	all := make([]snapshot.ClassOutcomes, 0, len(c.of))
	for _, name := range slices.Sorted(maps.Keys(c.of)) {
		all = append(all, *c.of[name])
	}
	return all
}

// sortedPairs returns the pairs of classes in the order of their names, nil for a binary model.
func (c *classCounts) sortedPairs() []snapshot.ClassPair {
	if c == nil {
		return nil
	}
	all := make([]snapshot.ClassPair, 0, len(c.pairs))
	for pair, n := range c.pairs {
		all = append(all, snapshot.ClassPair{Predicted: pair[0], Actual: pair[1], Samples: n})
	}
	slices.SortFunc(all, func(a, b snapshot.ClassPair) int {
		return cmp.Or(strings.Compare(a.Predicted, b.Predicted), strings.Compare(a.Actual, b.Actual))
	})
	return all
}
