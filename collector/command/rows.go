package command

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/drift-exporter/drift_exporter/collector/reference"
	"github.com/drift-exporter/drift_exporter/predictor/model"
)

// rowsFlags say which rows are read, and what is made of them.
type rowsFlags struct {
	csv, where, outcome, positive, name, version, reference *string
	missing, numeric, categorical, ignore                   *[]string
	threshold                                               *float64
	seed                                                    *uint64
	tables                                                  *tables
	environment                                             *Environment
}

func newRowsFlags(cmd flagged, e *Environment, name, version string) rowsFlags {
	return rowsFlags{
		csv:         cmd.Flag("csv", "Rows to read: a CSV with a header, plain or gzip.").String(),
		where:       cmd.Flag("bigquery.where", "Condition in SQL on the rows of --bigquery.table.").String(),
		outcome:     cmd.Flag("outcome", "Column with the outcome.").String(),
		positive:    cmd.Flag("positive", "Value of the outcome column that counts as 1; not needed for 0/1 and false/true.").String(),
		threshold:   cmd.Flag("threshold", "Score from which class 1 is predicted.").Default("0.5").Float64(),
		missing:     cmd.Flag("missing", "Text that stands for a missing value in every column, such as NA or -999; repeatable. An empty cell always does, and NA, NaN and null in a column of numbers.").PlaceHolder("TEXT").Strings(),
		numeric:     cmd.Flag("numeric", "Column that is numeric, whatever its texts look like; repeatable.").PlaceHolder("COLUMN").Strings(),
		categorical: cmd.Flag("categorical", "Column that is categorical, whatever its texts look like; repeatable.").PlaceHolder("COLUMN").Strings(),
		ignore:      cmd.Flag("ignore", "Column that is no feature; repeatable.").PlaceHolder("COLUMN").Strings(),
		name:        cmd.Flag("model.name", "Name of the model: the label model of every metric.").Default(name).String(),
		version:     cmd.Flag("model.version", version).String(),
		reference:   cmd.Flag("reference.output", "Reference file to write.").String(),
		seed:        cmd.Flag("seed", "Seed of the choice of the held-out rows.").Default("1").Uint64(),
		tables:      newTables(cmd),

		environment: e,
	}
}

// fromTable reports whether the rows are those of a table.
func (f *rowsFlags) fromTable() bool { return *f.csv == "" && f.tables.Name != "" }

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

// readRows are a dataset, its origin, and the time when it was changed. That time goes into
// the files made from it, so that the same rows give the same bytes.
type readRows struct {
	data    *model.Dataset
	source  string
	changed time.Time
}

// read reads the rows into memory, and prints what a person should know about their
// columns. score and class name columns of the answers of a model, empty: none.
func (f *rowsFlags) read(ctx context.Context, score, class string) (*readRows, error) {
	if err := f.check(); err != nil {
		return nil, err
	}
	if err := f.environment.reaches(f.tables); err != nil {
		return nil, err
	}
	var content []byte
	var r readRows
	var place string
	switch {
	case f.fromTable():
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
		content, r.changed, place = text.Bytes(), changed, "bigquery:"+t.Project+"."+t.Dataset+"."+t.Name
		r.source = place
		if *f.where != "" {
			r.source += " where " + *f.where
		}
	case *f.csv == "":
		return nil, fmt.Errorf("no rows: name a CSV file with --csv=FILE, or a table with --bigquery.table; %w", ErrUsage)
	default:
		info, err := os.Stat(*f.csv)
		if err != nil {
			return nil, err
		}
		if content, err = os.ReadFile(*f.csv); err != nil {
			return nil, err
		}
		r.changed, place, r.source = info.ModTime().UTC().Truncate(time.Second), *f.csv, "csv:"+filepath.Base(*f.csv)
	}
	var err error
	if r.data, err = model.ReadCSV(bytes.NewReader(content), model.CSVOptions{
		Outcome: *f.outcome, Positive: *f.positive, Score: score, Class: class,
		Numeric: *f.numeric, Categorical: *f.categorical, Ignore: *f.ignore, Missing: *f.missing,
	}); err != nil {
		return nil, fmt.Errorf("%s: %w", place, err)
	}
	if err := f.environment.warn(r.data.Notes); err != nil {
		return nil, err
	}
	r.source += fmt.Sprintf(" sha256:%x", sha256.Sum256(content))
	return &r, nil
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
