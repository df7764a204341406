package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/drift-exporter/drift_exporter/collector/reference"
	"github.com/drift-exporter/drift_exporter/collector/window"
)

// growth is how time and memory grow with features, models, window and new rows,
// each ten times more (or a hundred) than the one before.
func growth(ctx context.Context, s settings) (*bench, error) {
	b := &bench{}
	var closing []func() error
	b.close = func() error {
		var errs []error
		for _, c := range closing {
			errs = append(errs, c())
		}
		return errors.Join(errs...)
	}
	add := func(name, what, before string, f *follower, predictions int, rows int64, bound float64) {
		b.probes = append(b.probes, func(ctx context.Context, out sample) (err error) {
			if out[name], err = f.fresh(ctx, predictions, rows, 3); err != nil {
				return err
			}
			out[name+" memory"], err = f.held(ctx, predictions)
			return err
		})
		r := row{what: what, ours: name, unit: duration}
		if before != "" {
			r.floor, r.beside, r.goal = before, before, atMost(bound)
		}
		b.rows = append(b.rows, r, row{what: what + ": memory", ours: name + " memory", unit: mebibytes})
	}
	factor, wides := 1, []int{12, 100, 1000}
	if s.quick {
		factor, wides = 100, wides[:2]
	}
	before := ""
	for _, features := range wides {
		r, bodies, err := wide(features)
		if err != nil {
			return nil, errors.Join(err, b.close())
		}
		rows := 3000
		path, err := makeLog(ctx, s.dir, fmt.Sprintf("features-%d.db", features), rows, 1, bodies)
		if err != nil {
			return nil, errors.Join(err, b.close())
		}
		f := follow(path, rows, window.Spec{Name: loanModel, References: []*reference.Reference{r}})
		closing = append(closing, f.close)
		name := fmt.Sprintf("%d features", features)
		add(name, "1000 new rows, "+name, before, f, 1000, 1000, 10)
		before = name
	}
	bodies, err := loanBodies()
	if err != nil {
		return nil, errors.Join(err, b.close())
	}
	before = ""
	for _, models := range []int{1, 10} {
		const rows = 20_000
		path, err := makeLog(ctx, s.dir, fmt.Sprintf("models-%d.db", models), rows, models, bodies)
		if err != nil {
			return nil, errors.Join(err, b.close())
		}
		specs := []window.Spec{loanSpec()}
		if models > 1 {
			specs = specs[:0]
			for i := range models {
				specs = append(specs, window.Spec{Name: fmt.Sprintf("model_%d", i), References: []*reference.Reference{reference.Default()}})
			}
		}
		f := follow(path, rows, specs...)
		closing = append(closing, f.close)
		name := fmt.Sprintf("%d models", models)
		add(name, "1000 new rows of "+name, before, f, 1000, 1000, 10)
		before = name
	}
	rows := 1_200_000 / factor
	path, err := makeLog(ctx, s.dir, "growth.db", rows, 1, bodies)
	if err != nil {
		return nil, errors.Join(err, b.close())
	}
	f := follow(path, rows, loanSpec())
	closing = append(closing, f.close)
	before = ""
	for _, predictions := range []int{1e3, 1e5, 1e6} {
		name := "window of " + power(predictions)
		add(name, "1000 new rows, "+name, before, f, predictions/factor+1000, 1000, 1.2)
		before = name
	}
	before = ""
	for _, fresh := range []int{1, 1e2, 1e3, 1e4, 1e5} {
		name, bound := power(fresh)+" new rows", 10.0
		if fresh == 100 {
			bound = 100
		}
		add(name, name, before, f, 1000, int64(min(fresh, rows/2)), bound)
		before = name
	}
	return b, nil
}
