package command

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/alecthomas/kingpin/v2"

	"github.com/drift-exporter/drift_exporter/collector/reference"
	"github.com/drift-exporter/drift_exporter/predictor/model"
	"github.com/drift-exporter/drift_exporter/predictor/rows"
)

// reference writes a reference file, or shows one.
func (e *Environment) reference(cmd *kingpin.CmdClause) Run {
	var (
		f     = newRowsFlags(cmd, e, "", "Version of the model that the reference serves; without it, every version.")
		score = cmd.Flag("score", "Column with the model's score, the probability of class 1; from 0.5 on it predicts 1.").String()
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
			r, err = f.count(ctx, *score)
		} else {
			r, err = f.build(ctx, *score)
		}
		if err != nil {
			return err
		}
		if *f.reference == "" {
			return r.Encode(e.Stdout)
		}
		return rows.WriteFile(*f.reference, r.Encode)
	}
}

// count has a table counted where it is.
func (f *rowsFlags) count(ctx context.Context, score string) (*reference.Reference, error) {
	w, err := f.environment.warehouse(f.tables)
	if err != nil {
		return nil, err
	}
	t := f.table()
	t.Score = score
	counted, err := w.Count(ctx, t, nil)
	if err := errors.Join(err, w.Close()); err != nil {
		return nil, err
	}
	return counted.Reference, nil
}

// build counts the rows of a CSV.
func (f *rowsFlags) build(ctx context.Context, score string) (*reference.Reference, error) {
	read, err := f.read(ctx)
	if err != nil {
		return nil, err
	}
	labels, err := takeScore(read.data, score)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", *f.csv, err)
	}
	return reference.Build(columns(read.data), labels, reference.BuildOptions{
		Model: *f.name, Version: *f.version, Source: read.source, Created: read.changed,
	})
}

// takeScore moves the column of scores, when there is one, out of the features.
func takeScore(d *model.Dataset, name string) (*reference.Labels, error) {
	if name == "" {
		return nil, nil
	}
	i := slices.IndexFunc(d.Columns, func(c model.Column) bool { return c.Name == name })
	if i < 0 || d.Columns[i].Type != model.Numeric {
		return nil, fmt.Errorf("--score=%s is not a numeric column", name)
	}
	labels := &reference.Labels{}
	for row, score := range d.Columns[i].Numbers {
		if math.IsNaN(score) {
			continue
		}
		labels.Index = append(labels.Index, row)
		labels.Score = append(labels.Score, score)
		labels.Predicted = append(labels.Predicted, class(score >= model.DefaultThreshold))
		if d.Outcomes != nil {
			actual := "" // not known
			if !math.IsNaN(d.Outcomes[row]) {
				actual = class(d.Outcomes[row] == 1)
			}
			labels.Actual = append(labels.Actual, actual)
		}
	}
	d.Columns = slices.Delete(d.Columns, i, i+1)
	return labels, nil
}

func class(positive bool) string {
	if positive {
		return "1"
	}
	return "0"
}
