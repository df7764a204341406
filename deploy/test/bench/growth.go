package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"

	"github.com/drift-exporter/drift_exporter/collector/reference"
	"github.com/drift-exporter/drift_exporter/collector/window"
)

// growth measures how time and memory grow with features, models, window and new rows, and
// estimates the exponent of each. Snapshots have no p-values, because null distributions have
// their own line.
func growth(ctx context.Context, s settings) (_ *bench, err error) {
	g := &grown{bench: &bench{}, settings: s}
	g.derive, g.close = g.fit, g.end
	defer func() {
		if err != nil {
			err = errors.Join(err, g.end())
		}
	}()
	loans, err := loanBodies()
	if err != nil {
		return nil, err
	}
	rows := 1_200_000
	if s.quick {
		rows = 12_000
	}
	for _, add := range []func() error{
		func() error { return g.features(ctx) },
		func() error { return g.models(ctx, loans) },
		func() error { return g.windows(ctx, loans, rows) },
	} {
		if err := add(); err != nil {
			return nil, err
		}
	}
	return g.bench, nil
}

// grown is a bench that measures growth.
type grown struct {
	*bench

	settings settings
	logs     []*follower
	paths    []string
	series   []power
}

// power is one quantity, with the measurement at each of its values.
type power struct {
	what  string
	sizes []float64
	names []string // in the samples
}

// follow makes a log and a follower for it.
func (g *grown) follow(ctx context.Context, name string, rows, models int, bodies []body, specs ...window.Spec) (*follower, error) {
	path, err := makeLog(ctx, g.settings.dir, name, rows, models, bodies)
	if err != nil {
		return nil, err
	}
	f := follow(path, rows, specs...)
	f.bare = true
	g.logs, g.paths = append(g.logs, f), append(g.paths, path)
	return f, nil
}

// add adds one value of the last quantity: fresh new rows in a window of the given number of
// predictions. The limit applies to the ratio of the time for this value and the time for the
// value before.
func (g *grown) add(name string, size float64, f *follower, predictions int, fresh int64, trials int, bound float64) {
	held := false
	g.probes = append(g.probes, func(ctx context.Context, out sample) (err error) {
		if out[name], err = f.fresh(ctx, predictions, fresh, trials); err != nil || held {
			return err
		}
		held = true // it is the same each time
		out[name+" memory"], err = f.held(ctx, predictions)
		return err
	})
	r := row{what: name, ours: name, unit: duration}
	p := &g.series[len(g.series)-1]
	if n := len(p.names); n > 0 && bound > 0 {
		r.floor, r.beside, r.goal = p.names[n-1], p.names[n-1], atMost(bound)
	}
	p.sizes, p.names = append(p.sizes, size), append(p.names, name)
	g.rows = append(g.rows, r, row{what: name + ": memory", ours: name + " memory", unit: mebibytes})
}

// begin begins another quantity.
func (g *grown) begin(what string) {
	g.finish()
	g.series = append(g.series, power{what: what})
}

// finish adds the line with the exponent of the last quantity.
func (g *grown) finish() {
	if n := len(g.series); n > 0 {
		what := "exponent of " + g.series[n-1].what
		g.rows = append(g.rows, row{what: what, ours: what, unit: plain})
	}
}

// fit adds the exponents of a round.
func (g *grown) fit(out sample) {
	for _, p := range g.series {
		seconds := make([]float64, len(p.names))
		for i, name := range p.names {
			seconds[i] = out[name]
		}
		out["exponent of "+p.what] = exponent(p.sizes, seconds)
	}
}

// exponent returns the slope of log y over log x by least squares: y grows like x to this power.
// Values that are not positive are left out. With fewer than two points it is NaN.
func exponent(x, y []float64) float64 {
	var n, sumX, sumY, sumXX, sumXY float64
	for i := range x {
		if x[i] <= 0 || y[i] <= 0 {
			continue
		}
		lx, ly := math.Log(x[i]), math.Log(y[i])
		n, sumX, sumY, sumXX, sumXY = n+1, sumX+lx, sumY+ly, sumXX+lx*lx, sumXY+lx*ly
	}
	return (n*sumXY - sumX*sumY) / (n*sumXX - sumX*sumX)
}

func (g *grown) features(ctx context.Context) error {
	g.begin("features")
	for _, features := range []int{12, 100, 1000} {
		r, bodies, err := wide(features)
		if err != nil {
			return err
		}
		name := fmt.Sprintf("%d features", features)
		f, err := g.follow(ctx, name+".db", 4000, 1, bodies, window.Spec{Name: loanModel, References: []*reference.Reference{r}})
		if err != nil {
			return err
		}
		g.add("1000 new rows, "+name, float64(features), f, 1000, 1000, 3, 10)
	}
	return nil
}

func (g *grown) models(ctx context.Context, loans []body) error {
	g.begin("models")
	for _, models := range []int{1, 10} {
		specs := []window.Spec{loanSpec()}
		if models > 1 {
			specs = specs[:0]
			for i := range models {
				specs = append(specs, window.Spec{Name: fmt.Sprintf("model_%d", i), References: []*reference.Reference{reference.Default()}})
			}
		}
		name := fmt.Sprintf("%d models", models)
		f, err := g.follow(ctx, name+".db", 20_000, models, loans, specs...)
		if err != nil {
			return err
		}
		g.add("1000 new rows of "+name, float64(models), f, 1000, 1000, 3, 10)
	}
	return nil
}

func (g *grown) windows(ctx context.Context, loans []body, rows int) error {
	f, err := g.follow(ctx, "growth.db", rows, 1, loans, loanSpec())
	if err != nil {
		return err
	}
	g.begin("window")
	for _, predictions := range []int{1e3, 1e5, 1e6} {
		g.add("1000 new rows, window of "+powerOfTen(predictions), float64(predictions), f, min(predictions, rows-9000), 1000, 9, 1.2)
	}
	// With a look-back below the number of new rows, most new rows would be skipped.
	f = follow(g.paths[len(g.paths)-1], rows, loanSpec())
	f.bare, f.lookback = true, 131_072
	g.logs = append(g.logs, f)
	g.begin("new rows")
	for _, fresh := range []int{0, 1, 1e2, 1e3, 1e4, 1e5} {
		bound := 10.0
		switch fresh {
		case 0, 1:
			bound = 0
		case 100:
			bound = 100
		}
		g.add(powerOfTen(fresh)+" new rows", float64(fresh), f, 1000, int64(min(fresh, rows/8)), 5, bound)
	}
	g.finish()
	return nil
}

// end closes and removes the logs.
func (g *grown) end() error {
	var errs []error
	for _, f := range g.logs {
		errs = append(errs, f.close())
	}
	for _, path := range g.paths {
		for _, suffix := range []string{"", "-wal", "-shm"} {
			if err := os.Remove(path + suffix); !errors.Is(err, os.ErrNotExist) {
				errs = append(errs, err)
			}
		}
	}
	return errors.Join(errs...)
}
