package model

import (
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/drift-exporter/drift_exporter/predictor/strictjson"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// schema is the version of the model file's format. Version 1 had neither booleans,
// nor names of classes, nor a list of missing texts; such files are read, and texts
// that are numbers or booleans are put in canonical form.
const schema = 2

// file is a model as it is written.
type file struct {
	Schema     int           `json:"schema"`
	Name       string        `json:"name"`
	Version    string        `json:"version"`
	Negative   string        `json:"negative,omitempty"`
	Positive   string        `json:"positive,omitempty"`
	Missing    []string      `json:"missing_texts,omitempty"`
	Type       string        `json:"type,omitempty"`
	Classes    []string      `json:"classes,omitempty"`
	Threshold  *float64      `json:"threshold,omitempty"`
	Intercept  *float64      `json:"intercept,omitempty"`
	Intercepts []float64     `json:"intercepts,omitempty"`
	Features   []fileFeature `json:"features"`
	Training   *Training     `json:"training,omitempty"`
}

type fileFeature struct {
	Name         string          `json:"name"`
	Type         string          `json:"type"`
	Mean         *float64        `json:"mean,omitempty"`
	SD           *float64        `json:"sd,omitempty"`
	Coefficient  *float64        `json:"coefficient,omitempty"`
	Coefficients []float64       `json:"coefficients,omitempty"`
	Categories   *[]fileCategory `json:"categories,omitempty"`
}

type fileCategory struct {
	Value        string    `json:"value"`
	Coefficient  *float64  `json:"coefficient,omitempty"`
	Coefficients []float64 `json:"coefficients,omitempty"`
}

// Load reads a model file. Its errors name the file, the feature, and what to
// do about it.
func Load(path string) (*Model, error) {
	data, err := os.ReadFile(path) // #nosec G304 -- the operator names the file
	if err != nil {
		return nil, fmt.Errorf("read model file: %w", err)
	}
	m, err := Parse(data)
	if err != nil {
		return nil, fmt.Errorf("model file %s: %w", path, err)
	}
	return m, nil
}

// Parse reads a model from its JSON, and brings its categories into the canonical
// form in which Predict takes them. It is strict: an unknown, repeated or
// missing key, a null, a repeated feature or category, a type that is not
// numeric, categorical or boolean, a standard deviation that is not above 0, and a
// threshold outside (0,1) are errors.
func Parse(data []byte) (*Model, error) {
	root, err := strictjson.Parse(data, deepest)
	if err != nil {
		return nil, err
	}
	f := strictjson.Read(root, "schema", "name", "version", "negative", "positive", "missing_texts", "threshold", "intercept", "features", "training", "type", "classes", "intercepts")
	f.Require("schema")
	version := f.Count("schema")
	if f.Err == nil && (version < 1 || version > schema) {
		return nil, fmt.Errorf("schema is %d, this program reads schemas 1 to %d: train the model again with this version", version, schema)
	}
	m, err := parseHead(f)
	if err != nil {
		return nil, err
	}
	features := f.List("features")
	if training, ok := f.Get("training"); ok {
		m.Training, f.Err = parseTraining(training)
	}
	if f.Err != nil {
		return nil, f.Err
	}
	for i, v := range features {
		one, err := parseFeature(i, v, m.Type == value.Multiclass)
		if err != nil {
			return nil, err
		}
		one.canonical(version == 1)
		m.Features = append(m.Features, one)
	}
	if err := m.Validate(); err != nil {
		return nil, err
	}
	return m, nil
}

// deepest is the nesting of a model file: file, features, feature, categories, category,
// coefficients.
const deepest = 6

// parseHead reads what a model of each type must have, and refuses what belongs to another type.
func parseHead(f *strictjson.Fields) (*Model, error) {
	m := &Model{}
	var err error
	if m.Type, err = value.ParsePrediction(f.Text("type", "")); err != nil {
		return nil, err
	}
	f.Require("name", "version", "features")
	forbid := func(keys ...string) {
		for _, key := range keys {
			f.Forbid(key, fmt.Sprintf("a model of type %q does not have it", m.Type.Or(value.Binary)))
		}
	}
	m.Name, m.Version = f.Text("name", ""), f.Text("version", "")
	m.Negative, m.Positive, m.Missing = f.Text("negative", ""), f.Text("positive", ""), f.Texts("missing_texts")
	switch m.Type {
	case value.Multiclass:
		f.Require("classes", "intercepts")
		forbid("negative", "positive", "threshold", "intercept")
		m.Labels, m.Intercepts = f.Texts("classes"), f.Numbers("intercepts")
	case value.Regression:
		f.Require("intercept")
		forbid("negative", "positive", "threshold", "classes", "intercepts")
		m.Intercept = f.Number("intercept")
	default:
		m.Type = ""
		f.Require("threshold", "intercept")
		forbid("classes", "intercepts")
		m.Threshold, m.Intercept = f.Number("threshold"), f.Number("intercept")
	}
	return m, nil
}

// parseFeature reads the i-th feature. Errors name it. many says that there are coefficients for
// each class.
func parseFeature(i int, v any, many bool) (Feature, error) {
	weight := "coefficient"
	if many {
		weight = "coefficients"
	}
	f := strictjson.Read(v, "name", "type", "mean", "sd", weight, "categories")
	f.Require("name")
	one := Feature{Name: value.Name(f.Text("name", ""))}
	where := fmt.Sprintf("feature %d", i)
	if f.Err != nil {
		return Feature{}, fmt.Errorf("%s: %w", where, f.Err)
	}
	where += " (" + one.Name + ")"
	f.Require("type")
	switch one.Type = f.Text("type", ""); {
	case f.Err != nil:
	case one.Type == Numeric:
		f.Forbid("categories", "a numeric feature has mean, sd and "+weight)
		f.Require("mean", "sd", weight)
		one.Mean, one.SD = f.Number("mean"), f.Number("sd")
		if many {
			one.Coefficients = f.Numbers(weight)
		} else {
			one.Coefficient = f.Number(weight)
		}
	case one.Type == Categorical, one.Type == Boolean:
		for _, key := range []string{"mean", "sd", weight} {
			f.Forbid(key, "a "+one.Type+" feature has categories, each with its own "+weight)
		}
		f.Require("categories")
		for j, v := range f.List("categories") {
			c := strictjson.Read(v, "value", weight)
			c.Require("value", weight)
			category := Category{Value: c.Text("value", "")}
			if many {
				category.Coefficients = c.Numbers(weight)
			} else {
				category.Coefficient = c.Number(weight)
			}
			one.Categories = append(one.Categories, category)
			if c.Err != nil {
				return Feature{}, fmt.Errorf("%s, category %d: %w", where, j, c.Err)
			}
		}
	default:
		f.Wrong("type", "is %q: it must be %q, %q or %q", one.Type, Numeric, Categorical, Boolean)
	}
	if f.Err != nil {
		return Feature{}, fmt.Errorf("%s: %w", where, f.Err)
	}
	return one, nil
}

// parseTraining reads where a model came from. What is absent is 0.
func parseTraining(v any) (Training, error) {
	f := strictjson.Read(v, "created", "outcome", "positive", "rows", "held_out", "base_rate", "seed", "l2",
		"accuracy", "auc", "auc_lower", "auc_upper", "log_loss", "macro_f1", "mean_absolute_error", "root_mean_squared_error", "r_squared")
	number := func(key string) float64 {
		if _, ok := f.Get(key); !ok {
			return 0
		}
		return f.Number(key)
	}
	t := Training{
		Created: f.Time("created"), Outcome: f.Text("outcome", ""), Positive: f.Text("positive", ""),
		Rows: int(f.Count("rows")), HeldOut: int(f.Count("held_out")), BaseRate: number("base_rate"),
		Seed: f.Natural("seed"), L2: number("l2"), Accuracy: number("accuracy"),
		AUC: number("auc"), AUCLower: number("auc_lower"), AUCUpper: number("auc_upper"), LogLoss: number("log_loss"),
		MacroF1: number("macro_f1"), MeanAbsoluteError: number("mean_absolute_error"),
		RootMeanSquaredError: number("root_mean_squared_error"), RSquared: number("r_squared"),
	}
	if f.Err != nil {
		return Training{}, fmt.Errorf("training: %w", f.Err)
	}
	return t, nil
}

// Encode writes the model as an indented JSON file that Parse reads back to an
// equal model. The same model gives the same bytes.
func (m *Model) Encode(w io.Writer) error {
	if err := m.Validate(); err != nil {
		return fmt.Errorf("encode model: %w", err)
	}
	f := file{
		Schema: schema, Name: m.Name, Version: m.Version, Negative: m.Negative, Positive: m.Positive, Missing: m.Missing,
		Classes: m.Labels, Intercepts: m.Intercepts,
	}
	if m.Type != value.Binary && m.Type != "" {
		f.Type = string(m.Type)
	} else {
		f.Threshold = &m.Threshold
	}
	many := m.Type == value.Multiclass
	if !many {
		f.Intercept = &m.Intercept
	}
	if m.Training != (Training{}) {
		f.Training = &m.Training
	}
	for i := range m.Features {
		x := &m.Features[i]
		ff := fileFeature{Name: x.Name, Type: x.Type}
		if x.Type == Numeric {
			ff.Mean, ff.SD, ff.Coefficients = &x.Mean, &x.SD, x.Coefficients
			if !many {
				ff.Coefficient = &x.Coefficient
			}
		} else {
			categories := []fileCategory{} // an empty list is written, not left out
			for j := range x.Categories {
				c := fileCategory{Value: x.Categories[j].Value, Coefficients: x.Categories[j].Coefficients}
				if !many {
					c.Coefficient = &x.Categories[j].Coefficient
				}
				categories = append(categories, c)
			}
			ff.Categories = &categories
		}
		f.Features = append(f.Features, ff)
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(f); err != nil {
		return fmt.Errorf("encode model: %w", err)
	}
	return nil
}
