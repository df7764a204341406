package command

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/alecthomas/kingpin/v2"

	"github.com/drift-exporter/drift_exporter/collector"
	"github.com/drift-exporter/drift_exporter/collector/count"
	"github.com/drift-exporter/drift_exporter/collector/reference"
	"github.com/drift-exporter/drift_exporter/predictor/rows"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// reference writes a reference file, or shows one.
func (e *Environment) reference(cmd *kingpin.CmdClause) Run {
	var (
		f     = newRowsFlags(cmd, e, "", "Version of the model that the reference serves; without it, every version.")
		score = cmd.Flag("score", "Column with the model's score: the probability of class 1, of the predicted class if there are more than two, or the predicted value of a regression.").String()
		class = cmd.Flag("class", "Column with the class that the model predicted; without it, a score of --threshold or more predicts class 1. Needed for more than two classes.").String()
		show  = cmd.Flag("show", "Show the reference file of --reference.file, or the embedded one, instead.").Bool()
		file  = cmd.Flag("reference.file", "Reference file to show.").String()
	)
	return func(ctx context.Context) error {
		if *show {
			r := reference.Default()
			if *file != "" {
				var err error
				if r, err = reference.Load(*file); err != nil {
					return err
				}
			}
			return r.Show(e.Stdout)
		}
		var r *reference.Reference
		var err error
		if f.fromTable() {
			r, err = f.count(ctx, *score, *class)
		} else {
			r, err = f.build(ctx, *score, *class)
		}
		if err != nil {
			return err
		}
		if err := e.warn(append(r.Lacks(), collector.SharedNames(r)...)); err != nil {
			return err
		}
		if *f.reference == "" {
			return r.Encode(e.Stdout)
		}
		return rows.WriteFile(*f.reference, r.Encode)
	}
}

// count has a table counted where it is.
func (f *rowsFlags) count(ctx context.Context, score, class string) (*reference.Reference, error) {
	w, err := f.environment.warehouse(f.tables)
	if err != nil {
		return nil, err
	}
	if err := f.check(); err != nil {
		return nil, err
	}
	t := f.table()
	t.Type, t.Score, t.Prediction, t.Threshold = value.Prediction(*f.kind), score, class, *f.threshold
	t.Missing, t.Numeric, t.Categorical, t.Ignore = *f.missing, *f.numeric, *f.categorical, *f.ignore
	counted, err := w.Count(ctx, t, nil)
	if err := errors.Join(err, w.Close()); err != nil {
		return nil, err
	}
	return counted.Reference, f.environment.warn(counted.Notes)
}

// build counts the rows of a file.
func (f *rowsFlags) build(ctx context.Context, score, class string) (_ *reference.Reference, err error) {
	in, err := f.open(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, in.close()) }()
	o := count.Options{Options: f.options(score, class), Threshold: *f.threshold}
	if *f.reference != "" {
		o.Folder = filepath.Dir(*f.reference)
	}
	r, notes, err := count.Rows(ctx, in, o, reference.BuildOptions{Model: *f.name, Version: *f.version, Created: in.changed})
	if err != nil {
		err = fmt.Errorf("%s: %w", in.place, err)
	}
	if err := errors.Join(f.environment.warn(notes), err); err != nil {
		return nil, err
	}
	r.Origin, err = in.source()
	return r, err
}
