package command

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/drift-exporter/drift_exporter/collector/reference"
	"github.com/drift-exporter/drift_exporter/predictor/model"
	"github.com/drift-exporter/drift_exporter/predictor/rows"
	"github.com/drift-exporter/drift_exporter/predictor/survey"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// rowsFlags say which rows are read, and what is made of them.
type rowsFlags struct {
	file                                               fileFlags
	where, outcome, positive, name, version, reference *string
	missing, numeric, categorical, ignore              *[]string
	kind                                               *string
	threshold                                          *float64
	seed                                               *uint64
	tables                                             *tables
	environment                                        *Environment
}

func newRowsFlags(cmd flagged, e *Environment, name, version string) rowsFlags {
	return rowsFlags{
		file:        newFileFlags(cmd, "Rows to read:"),
		where:       cmd.Flag("bigquery.where", "Condition in SQL on the rows of --bigquery.table.").String(),
		outcome:     cmd.Flag("outcome", "Column with the outcome.").String(),
		kind:        cmd.Flag("type", "What the model predicts: binary (one of two classes), multiclass or regression (a number). Default: what the outcomes look like.").PlaceHolder("TYPE").Enum(string(value.Binary), string(value.Multiclass), string(value.Regression)),
		positive:    cmd.Flag("positive", "Value of the outcome column that counts as 1; not needed for 0/1 and false/true.").String(),
		threshold:   cmd.Flag("threshold", "Score from which class 1 is predicted.").Default("0.5").Float64(),
		missing:     cmd.Flag("missing", "Text that stands for a missing value in every column, such as NA or -999; repeatable. An empty cell always does, and NA, NaN and null in a column of numbers.").PlaceHolder("TEXT").Strings(),
		numeric:     cmd.Flag("numeric", "Column that is numeric, whatever its texts look like; repeatable.").PlaceHolder("COLUMN").Strings(),
		categorical: cmd.Flag("categorical", "Column that is categorical, whatever its texts look like; repeatable.").PlaceHolder("COLUMN").Strings(),
		ignore:      cmd.Flag("ignore", "Column that is not a feature; repeatable.").PlaceHolder("COLUMN").Strings(),
		name:        cmd.Flag("model.name", "Name of the model: the label model of every metric.").Default(name).String(),
		version:     cmd.Flag("model.version", version).String(),
		reference:   cmd.Flag("reference.output", "Reference file to write.").String(),
		seed:        cmd.Flag("seed", "Seed of the choice of the held-out rows.").Default("1").Uint64(),
		tables:      newTables(cmd),

		environment: e,
	}
}

// fromTable reports whether the rows are those of a table.
func (f *rowsFlags) fromTable() bool { return !f.file.given() && f.tables.Name != "" }

// table is the one that the flags name.
func (f *rowsFlags) table() reference.Table {
	t := f.tables.Table
	t.Where, t.Outcome, t.Positive, t.Model, t.Version = *f.where, *f.outcome, *f.positive, *f.name, *f.version
	return t
}

// check refuses invalid flags.
func (f *rowsFlags) check() error {
	if t := *f.threshold; !(t > 0 && t < 1) {
		return fmt.Errorf("--threshold=%v: must be above 0 and below 1; %w", t, ErrUsage)
	}
	return nil
}

// options say what the columns are. score and class name columns of the answers of a
// model, empty: none.
func (f *rowsFlags) options(score, class string) survey.Options {
	return survey.Options{
		Type: value.Prediction(*f.kind), Outcome: *f.outcome, Positive: *f.positive, Score: score, Class: class,
		Numeric: *f.numeric, Categorical: *f.categorical, Ignore: *f.ignore, Missing: *f.missing,
	}
}

// openRows is a table of rows, where they came from, and when they were changed, which
// dates what is made of them: the same rows give the same bytes.
type openRows struct {
	rows.Table
	place   string // for errors
	changed time.Time
	source  func() (string, error) // with the sum of the content; it may take a while
	close   func() error
}

// open opens the rows that the flags name.
func (f *rowsFlags) open(ctx context.Context) (*openRows, error) {
	if err := f.check(); err != nil {
		return nil, err
	}
	if err := f.environment.reaches(f.tables); err != nil {
		return nil, err
	}
	switch {
	case f.fromTable():
		return f.openTable(ctx)
	case !f.file.given():
		return nil, fmt.Errorf("no rows: name a file with --csv=FILE or --parquet=FILE, or a table with --bigquery.table; %w", ErrUsage)
	}
	path, format, err := f.file.named()
	if err != nil {
		return nil, err
	}
	file, err := rows.Open(ctx, path, format)
	if err != nil {
		return nil, err
	}
	// The sum is made while the rows are read.
	sum := make(chan func() (string, error), 1)
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		sha, err := file.Sum(ctx)
		sum <- func() (string, error) {
			return fmt.Sprintf("%s:%s sha256:%x", format, filepath.Base(path), sha), err
		}
		close(sum)
	}()
	return &openRows{
		Table: file, place: path, changed: file.Changed,
		source: func() (string, error) { return (<-sum)() },
		close: func() error {
			cancel()
			for range sum { // until nobody reads the file any more
			}
			return file.Close()
		},
	}, nil
}

// openTable reads the rows of a table of BigQuery into memory.
func (f *rowsFlags) openTable(ctx context.Context) (*openRows, error) {
	w, err := f.environment.warehouse(f.tables)
	if err != nil {
		return nil, err
	}
	var text bytes.Buffer
	changed, err := w.Rows(ctx, f.table(), &text)
	if err := errors.Join(err, w.Close()); err != nil {
		return nil, err
	}
	t := f.tables.Table
	place := "bigquery:" + t.Project + "." + t.Dataset + "." + t.Name
	source := place
	if *f.where != "" {
		source += " where " + *f.where
	}
	source += fmt.Sprintf(" sha256:%x", sha256.Sum256(text.Bytes()))
	table, err := rows.NewCSVTable(bytes.NewReader(text.Bytes()), int64(text.Len()))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", place, err)
	}
	return &openRows{
		Table: table, place: place, changed: changed,
		source: func() (string, error) { return source, nil }, close: func() error { return nil },
	}, nil
}

// columns converts the columns of a dataset for package reference. The two packages do not
// import each other: their columns have the same fields.
func columns(d *model.Dataset) []reference.Column {
	all := make([]reference.Column, len(d.Columns))
	for i, c := range d.Columns {
		all[i] = reference.Column(c)
	}
	return all
}
