package reference

import (
	"errors"
	"fmt"

	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// binary reports whether the model predicts one of two classes.
func (r *Reference) binary() bool { return r.Type.Or(value.Binary) == value.Binary }

// probability says what the score of a classifier is.
func (r *Reference) probability() string {
	if r.binary() {
		return fmt.Sprintf("the probability of class %q", r.Positive)
	}
	return "the probability of the predicted class"
}

// checkType checks that the reference has what its type of predictions needs, and nothing that
// only another type has.
func (r *Reference) checkType() error {
	switch r.Type.Or(value.Binary) {
	case value.Multiclass:
		return r.checkMulticlass()
	case value.Regression:
		return r.checkRegression()
	}
	if r.Errors != nil {
		return fmt.Errorf("has errors, which only a regression has: write \"type\": %q, or leave errors out", value.Regression)
	}
	for _, c := range r.Classes {
		if c.Actual != 0 || c.ScoreLabelled != nil || c.ScoreCorrect != nil {
			return fmt.Errorf("class %q: actual, score_labelled and score_correct belong to \"type\": %q: write the type, or leave them out", c.Class, value.Multiclass)
		}
	}
	return nil
}

func (r *Reference) checkMulticlass() error {
	switch n := len(r.Classes); {
	case n == 0:
		return errors.New("has no classes: list those that the model predicts")
	case n > value.MaxClasses:
		return fmt.Errorf("classes has %d entries: a multiclass model has at most %d", n, value.MaxClasses)
	case r.Errors != nil:
		return fmt.Errorf("has errors, which only a regression has: leave errors out, or write \"type\": %q", value.Regression)
	}
	for i := range r.Classes {
		if err := r.checkByScore(&r.Classes[i]); err != nil {
			return fmt.Errorf("class %q: %w", r.Classes[i].Class, err)
		}
	}
	return nil
}

// checkByScore checks the outcomes of a class by score.
func (r *Reference) checkByScore(c *Class) error {
	if (c.ScoreLabelled == nil) != (c.ScoreCorrect == nil) {
		return errors.New("has only one of score_labelled and score_correct: write both, or neither")
	}
	if c.ScoreLabelled == nil {
		return nil
	}
	if r.Score == nil {
		return errors.New("has score_labelled, but there is no score: add the score, or leave it out")
	}
	bins := len(r.Score.Count)
	if len(c.ScoreLabelled) != bins || len(c.ScoreCorrect) != bins {
		return fmt.Errorf("score_labelled has %d numbers, score_correct %d, and the score has %d bins: write one for each bin", len(c.ScoreLabelled), len(c.ScoreCorrect), bins)
	}
	labelled := int64(0)
	for b, n := range c.ScoreLabelled {
		if c.ScoreCorrect[b] > n || n > r.Score.Count[b] {
			return fmt.Errorf("bin %d: score_correct (%d) must not exceed score_labelled (%d), nor that the count of the score (%d)", b, c.ScoreCorrect[b], n, r.Score.Count[b])
		}
		labelled += n
	}
	if labelled > c.Labelled {
		return fmt.Errorf("score_labelled adds up to %d, and labelled is %d: it must not be more", labelled, c.Labelled)
	}
	return nil
}

func (r *Reference) checkRegression() error {
	switch {
	case len(r.Classes) > 0:
		return errors.New("has classes, but a regression predicts numbers: leave classes out, or write another type")
	case r.Score == nil:
		return errors.New("has no score: a regression needs the distribution of its predicted values, over rows that it was not fitted on")
	case r.Errors == nil:
		return nil
	}
	if err := r.Errors.check(r.Score); err != nil {
		return fmt.Errorf("errors: %w", err)
	}
	return nil
}

// lacksOfType is [Reference.Lacks] for what depends on the type of predictions.
func (r *Reference) lacksOfType() (lacks []string) {
	if r.Type == value.Regression && r.Errors == nil {
		lacks = append(lacks, "it has no errors of the predicted values: the error cannot be estimated without outcomes; name the outcome when you make it")
	}
	return lacks
}
