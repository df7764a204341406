package reference

import (
	"fmt"
	"math"
	"slices"
	"sort"

	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// Scoring counts outcomes by the fine bins of the score, which are known only when a reference was
// built. It is for the types of predictions that need it: of a multiclass model it counts by
// class and bin, and of a regression it adds up the errors.
type Scoring struct {
	reference *Reference
	class     map[string]*Class
	errors    *Errors
	absolute  []float64 // a sample of the absolute errors
	stride    int       // every how many-th row is in the sample
	seen      int
}

// mostErrors bounds the sample from which the quantiles of the errors are taken.
const mostErrors = 1 << 20

// NewScoring returns a Scoring for a reference. It is nil if the reference does not need one.
func (r *Reference) NewScoring() *Scoring {
	if r.binary() || r.Score == nil {
		return nil
	}
	s := &Scoring{reference: r, stride: 1}
	bins := len(r.Score.Count)
	if r.Type == value.Regression {
		s.errors = &Errors{Labelled: make([]int64, bins), Sum: make([]float64, bins), Absolute: make([]float64, bins), Squares: make([]float64, bins)}
		return s
	}
	s.class = map[string]*Class{}
	for i := range r.Classes {
		c := &r.Classes[i]
		c.ScoreLabelled, c.ScoreCorrect = make([]int64, bins), make([]int64, bins)
		s.class[c.Class] = c
	}
	return s
}

// Class counts a held-out row of a multiclass model with an outcome.
func (s *Scoring) Class(score float64, predicted, actual string) {
	if !math.IsNaN(score - score) {
		s.Classes(s.Bin(score), 1, predicted, actual)
	}
}

// Classes counts held-out rows of a multiclass model with an outcome, all with a score in this fine
// bin.
func (s *Scoring) Classes(bin int, rows int64, predicted, actual string) {
	c := s.class[predicted]
	if c == nil || actual == "" {
		return
	}
	c.ScoreLabelled[bin] += rows
	if predicted == actual {
		c.ScoreCorrect[bin] += rows
	}
}

// Number counts a held-out row of a regression with an outcome. Numbers that are not finite are
// not counted.
func (s *Scoring) Number(predicted, actual float64) {
	e := predicted - actual
	if math.IsNaN(predicted-predicted) || math.IsNaN(actual-actual) || math.IsNaN(e-e) {
		return
	}
	b := s.Bin(predicted)
	s.errors.Labelled[b]++
	s.errors.Sum[b] += e
	s.errors.Absolute[b] += math.Abs(e)
	s.errors.Squares[b] += e * e
	if s.seen%s.stride == 0 {
		if len(s.absolute) == mostErrors {
			s.thin()
		}
		s.absolute = append(s.absolute, math.Abs(e))
	}
	s.seen++
}

// thin drops every second error of the sample.
func (s *Scoring) thin() {
	kept := s.absolute[:0]
	for i := 0; i < len(s.absolute); i += 2 {
		kept = append(kept, s.absolute[i])
	}
	s.absolute, s.stride = kept, 2*s.stride
}

// Bin returns the fine bin of a score.
func (s *Scoring) Bin(score float64) int {
	edges := s.reference.Score.Edges
	return sort.Search(len(edges), func(i int) bool { return edges[i] > score })
}

// Done puts the counts into the reference, and changes its hash accordingly.
func (s *Scoring) Done() error {
	r := s.reference
	if s.errors != nil && s.errors.Rows() > 0 {
		slices.Sort(s.absolute)
		for i := range quantiles {
			s.errors.Quantiles = append(s.errors.Quantiles, s.absolute[i*(len(s.absolute)-1)/(quantiles-1)])
		}
		r.Errors = s.errors
	}
	labelled := false
	for i := range r.Classes {
		labelled = labelled || r.Classes[i].Labelled > 0
	}
	if s.class != nil && !labelled {
		for i := range r.Classes {
			r.Classes[i].ScoreLabelled, r.Classes[i].ScoreCorrect = nil, nil
		}
	}
	if err := r.check(); err != nil {
		return fmt.Errorf("build reference: %w", err)
	}
	var err error
	r.Hash, err = r.hash()
	return err
}

// score counts the held-out rows by score where the type of predictions needs it.
func (l *HeldOut) score(r *Reference) error {
	s := r.NewScoring()
	if s == nil {
		return nil
	}
	for i, score := range l.Score {
		switch {
		case s.errors != nil && l.Truth != nil:
			s.Number(score, l.Truth[i])
		case s.errors == nil && l.Actual != nil:
			s.Class(score, l.Predicted[i], l.Actual[i])
		}
	}
	return s.Done()
}
