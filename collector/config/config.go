// Package config reads the exporter's YAML file: which models are watched, and the
// reference of each. It is strict: anything unknown is an error with its line.
package config

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// MaxSize is the largest configuration file that Load reads, in bytes.
const MaxSize = 1 << 20

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

// Load reads and checks the file at path, at most MaxSize bytes of it.
func Load(path string) (*Config, error) {
	f, err := os.Open(filepath.Clean(path))
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("configuration file %s does not exist; write it, or leave out --config.file to watch the embedded model %s", path, DefaultModel)
	}
	if err != nil {
		return nil, fmt.Errorf("open configuration: %w", err)
	}
	defer func() { _ = f.Close() }() // Read only: nothing is lost when closing fails.
	data, err := io.ReadAll(io.LimitReader(f, MaxSize+1))
	if err != nil {
		return nil, fmt.Errorf("read configuration: %w", err)
	}
	if len(data) > MaxSize {
		return nil, fmt.Errorf("configuration file %s is larger than %d bytes; is it the right file?", path, MaxSize)
	}
	return Parse(data, path)
}
