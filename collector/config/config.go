// Package config reads the exporter's YAML file: which models are watched, and the
// reference of each. It is strict: anything unknown is an error with its line.
package config

import (
	"github.com/drift-exporter/drift_exporter/predictor/strictyaml"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// DefaultModel is the name of the embedded model, the one watched without a
// configuration file.
const DefaultModel = "loan_refinance"

// Config is a checked configuration. Models is never empty.
type Config struct {
	Models []Model
}

// Model is one watched model. A name may occur several times, with references of different
// versions; that is checked when the references are loaded.
type Model struct {
	// Name is the model's name in the log: 1 to MaxName printable characters.
	Name string
	// Type says what the model predicts, empty for what its reference says.
	Type value.Prediction
	// Reference says where the model's reference is.
	Reference Reference
	// Features are the features to watch, nil for all that the reference has.
	Features []string
	// Position is the file and line of the entry, "config.yml:3", and empty in
	// Default.
	Position string
}

// Reference is the place of a reference; with both fields set the features are
// counted in the table, and the file gives the rest.
type Reference struct {
	// File is a path, already resolved against the configuration's folder.
	File string
	// BigQuery is a table to build the reference from.
	BigQuery *BigQuery
}

// BigQuery names a table with the rows of the reference. Project and Dataset may
// be empty; so may Where, a condition in SQL, the columns Score, Prediction and
// Outcome, and Positive, the class whose probability the score is.
type BigQuery struct {
	Project, Dataset, Table    string
	Where                      string
	Score, Prediction, Outcome string
	Positive                   string
	// Threshold is the score from which on the positive class is predicted, 0 when it
	// is not given. Missing lists texts that stand for no value. Numeric, Categorical
	// and Ignore are columns whose type is not to be guessed, or that are no features.
	// All of these are what the flags of the same name say to 'reference'.
	Threshold                             float64
	Missing, Numeric, Categorical, Ignore []string
}

// Default returns the configuration used without a file: the embedded model
// and its embedded reference.
func Default() *Config {
	return &Config{Models: []Model{{Name: DefaultModel}}}
}

// Load reads and checks the file at path, at most [strictyaml.MaxSize] bytes of it.
func Load(path string) (*Config, error) {
	data, err := strictyaml.ReadFile(path, "write it, or leave out --config.file to watch the embedded model "+DefaultModel)
	if err != nil {
		return nil, err
	}
	return Parse(data, path)
}
