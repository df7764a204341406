package command

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/alecthomas/kingpin/v2"

	"github.com/drift-exporter/drift_exporter/collector"
	"github.com/drift-exporter/drift_exporter/collector/reference"
	"github.com/drift-exporter/drift_exporter/predictor/model"
	"github.com/drift-exporter/drift_exporter/predictor/rows"
)

// train writes a model file and its reference file.
func (e *Environment) train(cmd *kingpin.CmdClause) Run {
	var (
		f       = newRowsFlags(cmd, e, "model", "Version of the model: the label version of every metric; without it, the time of the rows.")
		output  = cmd.Flag("model.output", "Model file to write.").Default("model.json").String()
		holdout = cmd.Flag("holdout", "Share of the rows that is held out to evaluate on.").Default("0.3").Float64()
	)
	return func(ctx context.Context) (err error) {
		in, err := f.open(ctx)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, in.close()) }()
		o := f.options("", "")
		data, err := model.Read(ctx, in, &o)
		if err != nil {
			return fmt.Errorf("%s: %w", in.place, err)
		}
		if err := e.warn(data.Notes); err != nil {
			return err
		}
		source, err := in.source()
		if err != nil {
			return err
		}
		m, result, err := model.Train(data, model.TrainOptions{
			Name: *f.name, Version: cmp.Or(*f.version, in.changed.Format("20060102T150405Z")), Holdout: *holdout, Seed: *f.seed, Created: in.changed, Threshold: *f.threshold,
		})
		if err != nil {
			return err
		}
		r, err := reference.Build(columns(data), &reference.HeldOut{
			Index: result.HeldOut, Score: result.Scores, Predicted: result.Predicted, Actual: result.Actual, Truth: result.Truth,
		}, reference.BuildOptions{
			Type: m.Type, Model: m.Name, Version: m.Version, Source: source, Created: in.changed,
			Classes: m.Classes(), Threshold: m.Threshold, Missing: m.Missing,
		})
		if err != nil {
			return err
		}
		if err := rows.WriteFile(*output, m.Encode); err != nil {
			return err
		}
		if err := rows.WriteFile(cmp.Or(*f.reference, "reference.json"), r.Encode); err != nil {
			return err
		}
		return errors.Join(result.Print(e.Stdout), e.warn(append(r.Lacks(), collector.SharedNames(r)...)))
	}
}
