package model

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// DefaultL2 is the penalty when TrainOptions.L2 is 0. It is a normal prior of
// standard deviation 1 on every coefficient: felt by a category of 20 rows,
// not by a feature of 20,000; scikit-learn's default (C=1) is the same.
const DefaultL2 = 1

const (
	minClassRows    = 10  // of each outcome; with fewer there is nothing to learn or to evaluate
	minCategoryRows = 10  // rarer categories count as unknown, in training as in prediction
	maxCategories   = 200 // the most frequent ones are kept
)

// TrainOptions says how to train.
type TrainOptions struct {
	Name, Version string
	Holdout       float64   // share of the labelled rows to evaluate on, in (0,1)
	Seed          uint64    // of the choice of these rows
	L2            float64   // penalty, see Train; 0: DefaultL2
	Threshold     float64   // probability from which a prediction is class "1"; 0: DefaultThreshold
	Created       time.Time // is written into the model; training reads no clock
}

// Train fits a model to the rows whose outcome is known, but for a share that is held out, drawn
// at random within each class, and evaluated on. It is a logistic regression, with more than two
// classes a multinomial one, and with numbers as outcomes a ridge regression.
//
// The logistic regression minimises
//
//	sum of log losses + L2/2 * sum of squared coefficients,
//
// the intercept not penalised, numeric features standardised, categories
// one-hot and centred [1, sections 3.4.1 and 4.4]. A missing number counts as
// the mean. Categories of fewer than 10 training rows, and those beyond the
// 200 most frequent, count as unknown. A constant feature stays in the model
// with coefficient 0: requests still carry it, and so it can be watched.
//
// The same rows and options give the same model: results are rounded to nine
// significant digits, far below their standard error and far above what
// differs between processors.
//
// Errors: no outcomes, fewer than 10 rows of a class, a holdout outside (0,1),
// columns of unequal lengths, infinities. It takes 0.5 s for 100,000 rows of 12
// numbers, and the memory of the rows again.
//
// [1] Hastie, T.; Tibshirani, R.; Friedman, J. (2009). "The Elements of
// Statistical Learning", 2nd edition. Springer. Pages 61-68, 119-128.
func Train(d *Dataset, o TrainOptions) (*Model, *Evaluation, error) {
	if o.L2 == 0 {
		o.L2 = DefaultL2
	}
	if o.Threshold == 0 {
		o.Threshold = DefaultThreshold
	}
	if err := checkTraining(d, o); err != nil {
		return nil, nil, err
	}
	fit := trainBinary
	switch d.Type {
	case value.Multiclass:
		fit = trainMulticlass
	case value.Regression:
		fit = trainRegression
	}
	m, e, err := fit(d, o)
	if err != nil {
		return nil, nil, err
	}
	if err := m.Validate(); err != nil {
		return nil, nil, fmt.Errorf("trained model: %w", err)
	}
	return m, e, nil
}

// trainBinary fits a logistic regression.
func trainBinary(d *Dataset, o TrainOptions) (*Model, *Evaluation, error) {
	train, held, err := split(d.Outcomes, o.Holdout, o.Seed)
	if err != nil {
		return nil, nil, err
	}
	classes := d.Coding.Classes()
	m := &Model{
		Name: o.Name, Version: o.Version, Threshold: o.Threshold,
		Negative: classes[0].Name, Positive: classes[1].Name, Missing: d.Missing,
	}
	p := &problem{outcomes: gather(d.Outcomes, train), l2: o.L2}
	warnings, err := m.prepare(d, train, p)
	if err != nil {
		return nil, nil, err
	}
	weights, err := p.fit()
	if err != nil {
		return nil, nil, err
	}
	m.Intercept = round(weights[0])
	for i := range m.Features {
		p.terms[i].coefficients(&m.Features[i], weights)
	}
	e := evaluate(m, d, held, p.baseRate())
	e.Trained, e.Warnings = len(train), warnings
	m.Training = Training{
		Created: o.Created, Outcome: d.Outcome, Positive: d.Coding.Positive, Rows: len(train), HeldOut: len(held),
		BaseRate: round(p.baseRate()), Seed: o.Seed, L2: o.L2,
		Accuracy: round(e.Accuracy), AUC: round(e.AUC), AUCLower: round(e.AUCLower), AUCUpper: round(e.AUCUpper), LogLoss: round(e.LogLoss),
	}
	return m, e, nil
}

// prepare adds a feature and a term for each column. It returns warnings about columns without
// information.
func (m *Model) prepare(d *Dataset, train []int, p *problem) (warnings []string, err error) {
	for i := range d.Columns {
		f, t, warning, err := prepare(&d.Columns[i], train)
		if err != nil {
			return nil, fmt.Errorf("column %q: %w", d.Columns[i].Name, err)
		}
		if warning != "" {
			warnings = append(warnings, fmt.Sprintf("column %q: %s", d.Columns[i].Name, warning))
		}
		m.Features = append(m.Features, f)
		p.add(t)
	}
	return warnings, nil
}

func checkTraining(d *Dataset, o TrainOptions) error {
	switch {
	case o.Name == "" || o.Version == "":
		return errors.New("a model needs a name and a version: metrics and log rows carry both")
	case !(o.Holdout > 0 && o.Holdout < 1):
		return fmt.Errorf("holdout is %v: it must be above 0 and below 1, usually 0.3; the model is evaluated on held-out rows", o.Holdout)
	case !(o.L2 > 0) || !finite(o.L2):
		return fmt.Errorf("the L2 penalty is %v: it must be above 0, usually %d", o.L2, DefaultL2)
	case d.outcomes() == 0:
		return errors.New("there is no outcome to learn: name its column with --outcome")
	case d.outcomes() != d.Rows:
		return fmt.Errorf("there are %d outcomes for %d rows", d.outcomes(), d.Rows)
	case len(d.Columns) == 0:
		return errors.New("there is no feature to learn from")
	}
	for i := range d.Columns {
		c := &d.Columns[i]
		switch {
		case c.Type == Numeric && len(c.Numbers) == d.Rows:
		case (c.Type == Categorical || c.Type == Boolean) && len(c.Texts) == d.Rows:
		case c.Type == Numeric || c.Type == Categorical || c.Type == Boolean:
			return fmt.Errorf("column %q does not have %d rows", c.Name, d.Rows)
		default:
			return fmt.Errorf("column %q: type is %q: it must be %q, %q or %q", c.Name, c.Type, Numeric, Categorical, Boolean)
		}
	}
	return nil
}

// split draws the held-out share of each class at random and returns the row
// numbers of both parts, ascending. Rows without an outcome are in neither.
func split(outcomes []float64, holdout float64, seed uint64) (train, held []int, err error) {
	var classes [2][]int
	for row, y := range outcomes {
		switch y {
		case 0:
			classes[0] = append(classes[0], row)
		case 1:
			classes[1] = append(classes[1], row)
		default:
			if !math.IsNaN(y) {
				return nil, nil, fmt.Errorf("outcome of row %d is %v: it must be 0, 1 or NaN", row, y)
			}
		}
	}
	for class, rows := range classes {
		if len(rows) < minClassRows {
			return nil, nil, fmt.Errorf("%d rows have outcome %d and %d outcome %d: at least %d of each are needed to learn from",
				len(rows), class, len(classes[1-class]), 1-class, minClassRows)
		}
	}
	train, held = splitEach(classes[:], holdout, seed)
	return train, held, nil
}

// splitClasses is split for many classes, -1 of rows without an outcome.
func splitClasses(classes []int, labels []string, holdout float64, seed uint64) (train, held []int, err error) {
	groups := make([][]int, len(labels))
	for row, class := range classes {
		if class >= 0 {
			groups[class] = append(groups[class], row)
		}
	}
	for k, rows := range groups {
		if len(rows) < minClassRows {
			return nil, nil, fmt.Errorf("%d rows have outcome %q: at least %d of each class are needed to learn from; join rare classes, or empty the cells of their outcome",
				len(rows), labels[k], minClassRows)
		}
	}
	train, held = splitEach(groups, holdout, seed)
	return train, held, nil
}

// splitNumbers is split for the outcomes of a regression.
func splitNumbers(truth []float64, holdout float64, seed uint64) (train, held []int, err error) {
	var rows []int
	for row, y := range truth {
		if finite(y) {
			rows = append(rows, row)
		}
	}
	if len(rows) < 2*minClassRows {
		return nil, nil, fmt.Errorf("%d rows have an outcome: at least %d are needed to learn from", len(rows), 2*minClassRows)
	}
	train, held = splitEach([][]int{rows}, holdout, seed)
	return train, held, nil
}

// splitEach draws the held-out share of each group at random.
func splitEach(groups [][]int, holdout float64, seed uint64) (train, held []int) {
	random := rand.New(rand.NewPCG(seed, 0x73706c6974)) // #nosec G404 -- a repeatable split, no secret
	for _, rows := range groups {
		random.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
		n := int(math.Round(float64(len(rows)) * holdout))
		n = min(max(n, 2), len(rows)-2) // either part shows both classes, twice for a variance
		held = append(held, rows[:n]...)
		train = append(train, rows[n:]...)
	}
	slices.Sort(train)
	slices.Sort(held)
	return train, held
}
