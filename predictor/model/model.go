// Package model is a linear model kept in a file: it loads the file, predicts with it, and
// trains it from rows with known outcomes. It is a logistic regression for two classes, a
// multinomial one for more, and a ridge regression for numbers.
//
// A model is nothing but its file: names, types, training means, standard
// deviations and coefficients. Nothing here knows what the features mean.
package model

import (
	"bytes"
	_ "embed"
	"math"
	"sync"
	"time"

	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// The types a feature can have. A boolean feature is a categorical one of the
// categories "false" and "true", which requests may spell 0 and 1 as well.
const (
	Numeric     = value.Numeric
	Categorical = value.Categorical
	Boolean     = value.Boolean
)

// DefaultThreshold is the probability from which a prediction is class "1".
// At 0.5 the predicted class is the likelier one, which minimises the expected
// number of errors; where the two kinds of error cost differently, edit the
// threshold in the model file.
const DefaultThreshold = 0.5

// Model is a linear model over numeric, categorical and boolean features.
// It is immutable once loaded, and safe for concurrent use.
type Model struct {
	// Type is what it predicts, empty for one of two classes. A regression has no threshold, and Intercept and Coefficient are
	// in the unit of the outcome instead of log-odds. A multiclass model has Labels, and has an
	// intercept and coefficients for each of them, instead of Intercept and Coefficient.
	Type       value.Prediction
	Labels     []string  // the classes, at least two, distinct
	Intercepts []float64 // log-odds of each class for the average row

	Name      string    // as in the label model of every metric
	Version   string    // as in the label version
	Features  []Feature // in the order in which Predict takes values
	Intercept float64   // log-odds of class "1" for the average row
	Threshold float64   // in (0,1); a probability at or above it is class "1"

	// Negative and Positive are the names of the classes "0" and "1" in the column of
	// outcomes that was learned, in canonical form; empty where they have none.
	Negative, Positive string
	// Missing lists texts that stand for a missing value, in canonical form.
	Missing []string

	Training Training // where the model came from; zero for a hand-written file
}

// Feature is one input of the model.
//
// A numeric feature adds Coefficient * (x - Mean) / SD to the log-odds. A
// categorical or boolean one adds the coefficient of its category, which is centred: the
// average over the training rows is 0. So a missing value, which stands for
// the average, adds 0 for both types, and so does a category that training
// has not seen or has seen too rarely.
type Feature struct {
	Name        string
	Type        string     // Numeric, Categorical or Boolean
	Mean        float64    // of the training rows, in the feature's own unit; numeric only
	SD          float64    // of the training rows, above 0; numeric only
	Coefficient float64    // log-odds a standard deviation; numeric only
	Categories  []Category // distinct, by value; not of numeric features
	// Coefficients has one for each class of a multiclass model; numeric only.
	Coefficients []float64
}

// Category is one value of a categorical or boolean feature.
type Category struct {
	Value       string  // canonical, see value.Category
	Coefficient float64 // log-odds against the average training row
	// Coefficients has one for each class of a multiclass model.
	Coefficients []float64
}

// Training says where a model came from and how good it was on rows it had
// not seen.
type Training struct {
	Created  time.Time `json:"created,omitzero"`
	Outcome  string    `json:"outcome,omitempty"`  // the column that was learned
	Positive string    `json:"positive,omitempty"` // its value that is class "1"
	Rows     int       `json:"rows"`               // fitted on
	HeldOut  int       `json:"held_out"`           // evaluated on
	BaseRate float64   `json:"base_rate,omitzero"` // share of class "1" among the rows fitted on
	Seed     uint64    `json:"seed"`               // of the split
	L2       float64   `json:"l2"`                 // penalty, see TrainOptions
	Accuracy float64   `json:"accuracy,omitzero"`  // ratio, of the held-out rows like all below
	AUC      float64   `json:"auc,omitzero"`
	AUCLower float64   `json:"auc_lower,omitzero"` // 95 % interval
	AUCUpper float64   `json:"auc_upper,omitzero"`
	LogLoss  float64   `json:"log_loss,omitzero"` // nats a row

	MacroF1              float64 `json:"macro_f1,omitzero"`            // multiclass only
	MeanAbsoluteError    float64 `json:"mean_absolute_error,omitzero"` // regression only, like those below
	RootMeanSquaredError float64 `json:"root_mean_squared_error,omitzero"`
	RSquared             float64 `json:"r_squared,omitzero"`
}

// Value is one feature's value of one row.
type Value struct {
	Number  float64 // of a numeric feature
	Text    string  // of a categorical or boolean feature, in canonical form
	Missing bool
}

// FeatureNames returns the names of the features, in order.
func (m *Model) FeatureNames() []string {
	names := make([]string, len(m.Features))
	for i, f := range m.Features {
		names[i] = f.Name
	}
	return names
}

// Classes are the classes of the model: "0" and "1", with their names, or the labels of a
// multiclass model. A regression has none.
func (m *Model) Classes() []value.Class {
	switch m.Type {
	case value.Regression:
		return nil
	case value.Multiclass:
		classes := make([]value.Class, len(m.Labels))
		for i, label := range m.Labels {
			classes[i].Text = label
		}
		return classes
	}
	return []value.Class{{Text: "0", Name: m.Negative}, {Text: "1", Name: m.Positive}}
}

// Columns say how the values of the features are read, in order.
func (m *Model) Columns() []value.Column {
	missing := value.NewMissingTexts(m.Missing)
	columns := make([]value.Column, len(m.Features))
	for i, f := range m.Features {
		columns[i] = value.Column{Type: f.Type, Missing: missing}
	}
	return columns
}

// Predict returns the probability of class "1" in [0,1], and the predicted
// class: "1" when the probability is at least the threshold, else "0". For a multiclass model it
// returns the most probable class, the first of equals, and its probability. For a regression it
// returns the predicted value, which is finite, and no class.
//
// Values come in the order of m.Features, one each. A missing or non-finite
// number counts as the training mean, a missing or unknown category as the
// average row. One value's share of the log-odds is limited to a million
// either way, so that absurd but finite inputs give 0 or 1 and never NaN.
// It allocates nothing and takes about 10 ns a numeric feature, and 1 ns a
// category of a categorical one.
func (m *Model) Predict(values []Value) (probability float64, class string) {
	switch m.Type {
	case value.Multiclass:
		return m.predictClass(values)
	case value.Regression:
		return m.predictNumber(values), ""
	}
	logOdds := m.Intercept
	for i := range m.Features {
		logOdds += limit(m.Features[i].contribution(&values[i], -1), mostLogOdds)
	}
	probability = logistic(logOdds)
	if probability >= m.Threshold {
		return probability, "1"
	}
	return probability, "0"
}

// predictClass predicts with a multiclass model.
func (m *Model) predictClass(values []Value) (probability float64, class string) {
	var room [value.MaxClasses]float64
	logOdds := room[:copy(room[:], m.Intercepts)]
	for i := range m.Features {
		for k := range logOdds {
			logOdds[k] += limit(m.Features[i].contribution(&values[i], k), mostLogOdds)
		}
	}
	best := 0
	for k, x := range logOdds {
		if x > logOdds[best] {
			best = k
		}
	}
	var sum float64
	for _, x := range logOdds {
		sum += math.Exp(x - logOdds[best])
	}
	return 1 / sum, m.Labels[best]
}

// predictNumber predicts with a regression.
func (m *Model) predictNumber(values []Value) float64 {
	y := m.Intercept
	for i := range m.Features {
		y += limit(m.Features[i].contribution(&values[i], -1), mostNumber)
	}
	return limit(y, math.MaxFloat64)
}

// contribution is what one value adds to the log-odds of a class of a multiclass model. Of other
// models, whose class is -1, it is what it adds to the log-odds or to the predicted value.
func (f *Feature) contribution(v *Value, class int) float64 {
	if v.Missing {
		return 0
	}
	if f.Type != Numeric {
		for i := range f.Categories {
			if c := &f.Categories[i]; c.Value == v.Text {
				if class >= 0 {
					return c.Coefficients[class]
				}
				return c.Coefficient
			}
		}
		return 0
	}
	if math.IsInf(v.Number, 0) {
		return 0
	}
	coefficient := f.Coefficient
	if class >= 0 {
		coefficient = f.Coefficients[class]
	}
	return coefficient * ((v.Number - f.Mean) / f.SD)
}

// The largest contribution of one value to log-odds, and to a predicted value: as much as a sum
// of them can hold.
const (
	mostLogOdds = 1e6
	mostNumber  = 1e300
)

// limit keeps one contribution within what a sum can hold. NaN, which a NaN
// input or 0 times an overflow gives, has no influence.
func limit(x, most float64) float64 {
	switch {
	case math.IsNaN(x):
		return 0
	case x > most:
		return most
	case x < -most:
		return -most
	}
	return x
}

// logistic returns 1 / (1 + exp(-x)) without overflow.
func logistic(x float64) float64 {
	if x >= 0 {
		return 1 / (1 + math.Exp(-x))
	}
	e := math.Exp(x)
	return e / (1 + e)
}

//go:generate go run ../simulate/generate ../.. predictor/model/loan_refinance.json collector/reference/loan_refinance.json

//go:embed loan_refinance.json
var loanRefinance []byte

var loadDefault = sync.OnceValue(func() *Model {
	m, err := Parse(bytes.Clone(loanRefinance))
	if err != nil {
		panic("embedded model: " + err.Error()) // the build's own file; a test parses it
	}
	return m
})

// Default returns the embedded loan refinance model, trained on 100,000 rows
// of predictor/simulate's generator. It is shared: do not modify it.
func Default() *Model { return loadDefault() }
