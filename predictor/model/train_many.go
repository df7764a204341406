package model

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"

	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// trainMulticlass fits a multinomial logistic regression: the probabilities of the classes are
// proportional to the exponentials of their log-odds [1, section 4.4.1]. The penalty is that of
// Train, for the coefficients of every class. scikit-learn's LogisticRegression has the same
// minimum.
func trainMulticlass(d *Dataset, o TrainOptions) (*Model, *Evaluation, error) {
	labels, classes, err := labelsOf(d)
	if err != nil {
		return nil, nil, err
	}
	train, held, err := splitClasses(classes, labels, o.Holdout, o.Seed)
	if err != nil {
		return nil, nil, err
	}
	m := &Model{Name: o.Name, Version: o.Version, Missing: d.Missing, Type: value.Multiclass, Labels: labels}
	p := &softmax{problem: problem{l2: o.L2}, count: len(labels)}
	for _, row := range train {
		p.classes = append(p.classes, classes[row])
	}
	warnings, err := m.prepare(d, train, &p.problem)
	if err != nil {
		return nil, nil, err
	}
	weights, err := p.fit()
	if err != nil {
		return nil, nil, err
	}
	for i := range m.Features {
		f, t := &m.Features[i], &p.terms[i]
		if f.Type == Numeric {
			f.Coefficients = make([]float64, len(labels))
		}
		for j := range f.Categories {
			f.Categories[j].Coefficients = make([]float64, len(labels))
		}
		for k := range labels {
			one := Feature{Type: f.Type, Categories: make([]Category, len(f.Categories))}
			t.coefficients(&one, p.of(weights, k))
			if f.Type == Numeric {
				f.Coefficients[k] = one.Coefficient
			}
			for j := range one.Categories {
				f.Categories[j].Coefficients[k] = one.Categories[j].Coefficient
			}
		}
	}
	for k := range labels {
		m.Intercepts = append(m.Intercepts, round(p.of(weights, k)[0]))
	}
	e := evaluateClasses(m, d, held, p.classes)
	e.Trained, e.Warnings = len(train), warnings
	m.Training = Training{
		Created: o.Created, Outcome: d.Outcome, Rows: len(train), HeldOut: len(held), Seed: o.Seed, L2: o.L2,
		Accuracy: round(e.Accuracy), LogLoss: round(e.LogLoss), MacroF1: round(e.MacroF1),
	}
	return m, e, nil
}

// labelsOf returns the classes in the order of their texts, and the class of each row, -1 where
// there is no outcome.
func labelsOf(d *Dataset) (labels []string, classes []int, err error) {
	seen := map[string]bool{}
	for _, actual := range d.Actual {
		if actual != "" {
			seen[actual] = true
		}
	}
	labels = slices.Sorted(maps.Keys(seen))
	if n := len(labels); n < 2 || n > value.MaxClasses {
		return nil, nil, fmt.Errorf("outcome column %q has %d classes: a multiclass model has 2 to %d", d.Outcome, n, value.MaxClasses)
	}
	at := map[string]int{}
	for k, label := range labels {
		at[label] = k
	}
	classes = make([]int, len(d.Actual))
	for row, actual := range d.Actual {
		classes[row] = -1
		if actual != "" {
			classes[row] = at[actual]
		}
	}
	return labels, classes, nil
}

// trainRegression fits a ridge regression [1, section 3.4.1]. The outcomes are standardised while
// it is fitted, which changes nothing but the size of the numbers. scikit-learn's Ridge has the
// same minimum, with alpha for L2.
func trainRegression(d *Dataset, o TrainOptions) (*Model, *Evaluation, error) {
	train, held, err := splitNumbers(d.Truth, o.Holdout, o.Seed)
	if err != nil {
		return nil, nil, err
	}
	truth := gather(d.Truth, train)
	mean, sd, _ := moments(truth)
	if !finite(mean) || !finite(sd) || !(sd > 0) {
		return nil, nil, fmt.Errorf("outcome column %q is constant, or too large to be squared: there is nothing to learn", d.Outcome)
	}
	for i := range truth {
		truth[i] = (truth[i] - mean) / sd
	}
	m := &Model{Name: o.Name, Version: o.Version, Missing: d.Missing, Type: value.Regression}
	p := &ridge{problem{outcomes: truth, l2: o.L2}}
	warnings, err := m.prepare(d, train, &p.problem)
	if err != nil {
		return nil, nil, err
	}
	weights, err := p.fit()
	if err != nil {
		return nil, nil, err
	}
	floats.Scale(sd, weights)
	m.Intercept = round(mean + weights[0])
	for i := range m.Features {
		p.terms[i].coefficients(&m.Features[i], weights)
	}
	e := evaluateNumbers(m, d, held, mean)
	e.Trained, e.Warnings = len(train), warnings
	m.Training = Training{
		Created: o.Created, Outcome: d.Outcome, Rows: len(train), HeldOut: len(held), Seed: o.Seed, L2: o.L2,
		MeanAbsoluteError: round(e.MeanAbsoluteError), RootMeanSquaredError: round(e.RootMeanSquaredError), RSquared: round(e.RSquared),
	}
	return m, e, nil
}

// evaluateClasses predicts the given rows with a multiclass model, fitted on rows of these
// classes.
func evaluateClasses(m *Model, d *Dataset, rows, fitted []int) *Evaluation {
	e := &Evaluation{Type: value.Multiclass, HeldOut: rows, Rows: len(rows)}
	shares := make([]float64, len(m.Labels))
	for _, class := range fitted {
		shares[class] += 1 / float64(len(fitted))
	}
	frequent, at := 0, map[string]int{}
	for k, label := range m.Labels {
		at[label] = k
		if shares[k] > shares[frequent] {
			frequent = k
		}
	}
	n := float64(len(rows))
	counts := make([]struct{ predicted, actual, both float64 }, len(m.Labels))
	var values []Value
	for _, row := range rows {
		values = d.appendValues(values[:0], row)
		score, class := m.Predict(values)
		actual := d.Actual[row]
		e.Scores, e.Predicted, e.Actual = append(e.Scores, score), append(e.Predicted, class), append(e.Actual, actual)
		counts[at[class]].predicted++
		counts[at[actual]].actual++
		if class == actual {
			counts[at[class]].both++
			e.Accuracy += 1 / n
		}
		if actual == m.Labels[frequent] {
			e.BaseAccuracy += 1 / n
		}
		e.LogLoss -= math.Log(max(m.chance(values, at[actual]), 1e-15)) / n
		e.BaseLogLoss -= math.Log(max(shares[at[actual]], 1e-15)) / n
	}
	classes := 0.
	for _, c := range counts {
		if c.predicted+c.actual > 0 {
			e.MacroF1 += 2 * c.both / (c.predicted + c.actual)
			classes++
		}
	}
	e.MacroF1 /= classes
	return e
}

// chance returns the probability of a class of a multiclass model.
func (m *Model) chance(values []Value, class int) float64 {
	logOdds := slices.Clone(m.Intercepts)
	for i := range m.Features {
		for k := range logOdds {
			logOdds[k] += limit(m.Features[i].contribution(&values[i], k), mostLogOdds)
		}
	}
	return math.Exp(logOdds[class] - floats.LogSumExp(logOdds))
}

// evaluateNumbers predicts the given rows with a regression, fitted on rows with this mean.
func evaluateNumbers(m *Model, d *Dataset, rows []int, mean float64) *Evaluation {
	e := &Evaluation{Type: value.Regression, HeldOut: rows, Rows: len(rows), Truth: gather(d.Truth, rows)}
	n := float64(len(rows))
	average, _, _ := moments(e.Truth)
	var values []Value
	var residual, total float64
	for i, row := range rows {
		values = d.appendValues(values[:0], row)
		y, _ := m.Predict(values)
		e.Scores = append(e.Scores, y)
		e.MeanAbsoluteError += math.Abs(y-e.Truth[i]) / n
		e.BaseMeanAbsoluteError += math.Abs(mean-e.Truth[i]) / n
		residual += (y - e.Truth[i]) * (y - e.Truth[i])
		total += (average - e.Truth[i]) * (average - e.Truth[i])
	}
	e.RootMeanSquaredError = math.Sqrt(residual / n)
	if total > 0 {
		e.RSquared = 1 - residual/total
	}
	return e
}
