package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/drift-exporter/drift_exporter/deploy/test/process"
	"github.com/drift-exporter/drift_exporter/predictor/rows"
	"github.com/drift-exporter/drift_exporter/predictor/simulate/load"
)

// people measures the pages that people look at, from the installed exporter, with gzip: the wait,
// the processor time, which says more on a busy machine, and the size.
func people(ctx context.Context, s settings) (_ *bench, err error) {
	b, running := &bench{}, []*process.Process{}
	b.close = func() error {
		var errs []error
		for _, p := range slices.Backward(running) {
			errs = append(errs, p.Stop())
		}
		return errors.Join(errs...)
	}
	for _, at := range []struct {
		features int
		path     string
		what     string
		took     float64 // seconds
		size     float64
	}{
		{12, "/drift", "page of 12 features", .01, 100 << 10},
		{1000, "/drift", "page of 1,000 features, the worst 50", .1, 500 << 10},
		{1000, "/drift?model=" + loanModel + "&version=1&page=all", "page of all 1,000 features", .1, 500 << 10},
	} {
		p, err := watchWide(ctx, s, at.features)
		if err != nil {
			return nil, errors.Join(err, b.close())
		}
		running = append(running, p)
		b.probes = append(b.probes, looking(p, at.path, at.what))
		b.rows = append(b.rows,
			row{what: at.what + ", wait", ours: at.what + ", wait", unit: duration, goal: atMost(at.took)},
			row{what: "its processor time", ours: at.what + ", processor", unit: duration, goal: atMost(at.took)},
			row{what: "its size, gzip", ours: at.what + ", size", unit: kibibytes, goal: atMost(at.size)})
	}
	return b, nil
}

func kibibytes(x float64) string { return fmt.Sprintf("%.1f KiB", x/(1<<10)) }

// watchWide starts the exporter on a log of a made-up model with this many features.
func watchWide(ctx context.Context, s settings, features int) (*process.Process, error) {
	r, bodies, err := wide(features)
	if err != nil {
		return nil, err
	}
	name := fmt.Sprintf("people-%d", features)
	file, log := filepath.Join(s.dir, name+".json"), filepath.Join(s.dir, name+".db")
	if err := rows.WriteFile(file, r.Encode); err != nil {
		return nil, err
	}
	if _, err := os.Stat(log); errors.Is(err, os.ErrNotExist) {
		if _, err := makeLog(ctx, s.dir, name+".db", 3000, 1, bodies); err != nil {
			return nil, err
		}
	}
	// The null distributions of a thousand features take longer than everything else. How exact
	// they are makes no difference to a page.
	return process.Start(ctx, s.binary, "exporter", log, "--reference.file="+file, "--drift.bootstrap-samples=199")
}

// looking asks for a page again and again, once the exporter has drawn its null distributions.
func looking(p *process.Process, path, what string) probe {
	const pages = 20
	request, settled := load.Get(path, "gzip"), false
	return func(ctx context.Context, out sample) (err error) {
		c, err := load.Dial(ctx, p.Address) // the exporter closes connections that nobody uses
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, c.Close()) }()
		for last := -1.; !settled; {
			if _, _, err := c.Ask(request); err != nil {
				return err
			}
			used, err := process.CPUSeconds(p.PID)
			if err != nil {
				return err
			}
			settled, last = last >= 0 && used-last < .25, used
			select {
			case <-time.After(time.Second):
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		}
		began, err := process.CPUSeconds(p.PID)
		if err != nil {
			return err
		}
		var waits spread
		for range pages {
			asked := time.Now()
			status, body, err := c.Ask(request)
			if err == nil && status != http.StatusOK {
				err = fmt.Errorf("%s: status %d: %.300s", path, status, body)
			}
			if err != nil {
				return err
			}
			waits, out[what+", size"] = append(waits, time.Since(asked).Seconds()), float64(len(body))
		}
		ended, err := process.CPUSeconds(p.PID)
		out[what+", wait"], out[what+", processor"] = waits.median(), (ended-began)/pages
		return err
	}
}
