// Package model is a logistic regression kept in a file: it loads the file,
// predicts with it, and trains it from rows with known outcomes.
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

// Model is a logistic regression over numeric, categorical and boolean features.
// It is immutable once loaded, and safe for concurrent use.
type Model struct {
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
}

// Category is one value of a categorical or boolean feature.
type Category struct {
	Value       string  `json:"value"`       // canonical, see value.Category
	Coefficient float64 `json:"coefficient"` // log-odds against the average training row
}

// Training says where a model came from and how good it was on rows it had
// not seen.
type Training struct {
	Created  time.Time `json:"created,omitzero"`
	Outcome  string    `json:"outcome,omitempty"`  // the column that was learned
	Positive string    `json:"positive,omitempty"` // its value that is class "1"
	Rows     int       `json:"rows"`               // fitted on
	HeldOut  int       `json:"held_out"`           // evaluated on
	BaseRate float64   `json:"base_rate"`          // share of class "1" among the rows fitted on
	Seed     uint64    `json:"seed"`               // of the split
	L2       float64   `json:"l2"`                 // penalty, see TrainOptions
	Accuracy float64   `json:"accuracy"`           // ratio, of the held-out rows like all below
	AUC      float64   `json:"auc"`
	AUCLower float64   `json:"auc_lower"` // 95 % interval
	AUCUpper float64   `json:"auc_upper"`
	LogLoss  float64   `json:"log_loss"` // nats a row
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

// Classes are the classes of the model: "0" and "1", with their names.
func (m *Model) Classes() []value.Class {
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
// class: "1" when the probability is at least the threshold, else "0".
//
// Values come in the order of m.Features, one each. A missing or non-finite
// number counts as the training mean, a missing or unknown category as the
// average row. One value's share of the log-odds is limited to a million
// either way, so that absurd but finite inputs give 0 or 1 and never NaN.
// It allocates nothing and takes about 10 ns a numeric feature, and 1 ns a
// category of a categorical one.
func (m *Model) Predict(values []Value) (probability float64, class string) {
	logOdds := m.Intercept
	for i := range m.Features {
		logOdds += m.Features[i].contribution(&values[i])
	}
	probability = logistic(logOdds)
	if probability >= m.Threshold {
		return probability, "1"
	}
	return probability, "0"
}

// contribution is what one value adds to the log-odds.
func (f *Feature) contribution(v *Value) float64 {
	if v.Missing {
		return 0
	}
	if f.Type != Numeric {
		for i := range f.Categories {
			if f.Categories[i].Value == v.Text {
				return limit(f.Categories[i].Coefficient)
			}
		}
		return 0
	}
	if math.IsInf(v.Number, 0) {
		return 0
	}
	return limit(f.Coefficient * ((v.Number - f.Mean) / f.SD))
}

// limit keeps one contribution within what a sum can hold. NaN, which a NaN
// input or 0 times an overflow gives, has no influence.
func limit(x float64) float64 {
	const most = 1e6
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
