// Package replay runs a prediction log, or the rows of a file, through the monitoring as fast as
// they can be read. It reports what a live exporter would have shown. Nothing is computed in a
// second way. The windows, the detectors and the collectors are those of the live exporter. Only
// the log that they read ends at a moment that moves.
package replay

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/drift-exporter/drift_exporter/collector/monitor"
	"github.com/drift-exporter/drift_exporter/collector/window"
	"github.com/drift-exporter/drift_exporter/predictor/progress"
)

// Setting is one way to monitor.
type Setting struct {
	// Name is its name in reports. Flags are the flags that differ from the first setting.
	Name, Flags string
	Watch       monitor.Options
}

// Options say what is replayed and how. The comments name the flags that set the fields.
type Options struct {
	// Log is --predictions.log, the log that is replayed unless Rows is set.
	Log  string
	Rows *Rows
	// Settings are the settings to replay, at least one. The first is the command's own setting,
	// the others are --compare.
	Settings []Setting
	// Step is --step, the time between two scrapes.
	Step time.Duration
	// ChangeAt is --change-at. Alarms before it are false, and the time to detection is counted
	// from it. Zero means that the time of a change is not known.
	ChangeAt time.Time
	// Metrics is --output.openmetrics. It receives what an exporter with the first setting
	// serves, every MetricsStep (--output.step), which is a multiple of Step. It may be nil.
	Metrics     io.Writer
	MetricsStep time.Duration
	// Spool is the folder for temporary files, which are as large as the output to Metrics. If
	// empty, the system's folder is used.
	Spool string
	// Correlation is --correlation. The report then says how the divergence of each feature is
	// correlated with the accuracy, or with the mean absolute error of a regression, over
	// consecutive blocks. The size of a block is --window.predictions of the first setting, also
	// for the other settings.
	Correlation bool
	// Decisions is --decisions. The report then says when retraining would have been recommended,
	// and what following that would have cost.
	Decisions bool
	// Segments is --segments. The report then names the slices of the predictions whose accuracy
	// fell, by one feature or two, at most --segments.top of them.
	Segments bool
	// Progress receives progress messages. It may be nil.
	Progress io.Writer
}

func (o *Options) validate() error {
	switch {
	case len(o.Settings) == 0:
		return errors.New("there is no setting to replay with")
	case o.Step < time.Millisecond:
		return fmt.Errorf("--step=%v: must be at least 1ms; an exporter is usually scraped every 15s", o.Step)
	case o.Correlation && o.Settings[0].Watch.Window.Predictions == 0:
		return errors.New("--correlation goes by blocks of --window.predictions: it must not be 0")
	case o.Metrics != nil && (o.MetricsStep < o.Step || o.MetricsStep%o.Step != 0):
		return fmt.Errorf("--output.step=%v: must be a multiple of --step=%v", o.MetricsStep, o.Step)
	}
	return nil
}

// Run replays a history. When ctx ends, it returns the results so far, and the report says so.
func Run(ctx context.Context, o Options) (*Report, error) {
	if err := o.validate(); err != nil {
		return nil, err
	}
	runs := make([]*run, len(o.Settings))
	for i, s := range o.Settings {
		r, err := newRun(s, &o)
		if err != nil {
			return nil, of(s, &o, err)
		}
		runs[i] = r
	}
	h, err := o.history(ctx, runs)
	if err != nil {
		return nil, err
	}
	report, err := o.replay(ctx, h, runs)
	return report, errors.Join(err, h.close())
}

// replay runs all settings over a history.
func (o *Options) replay(ctx context.Context, h history, runs []*run) (_ *Report, err error) {
	is := h.about()
	if !o.ChangeAt.IsZero() && (o.ChangeAt.Before(is.first) || o.ChangeAt.After(is.last)) {
		return nil, fmt.Errorf("--change-at=%s is not in the history, which goes from %s to %s",
			o.ChangeAt.Format(time.RFC3339), is.first.Format(time.RFC3339Nano), is.last.Format(time.RFC3339Nano))
	}
	if o.Metrics != nil {
		if runs[0].metrics, err = newRecorder(o.Spool); err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, runs[0].metrics.close()) }()
	}
	if o.Correlation {
		w := &runs[0].setting.Watch
		if runs[0].hindsight, err = newHindsight(runs[0].specs, w.Bins, w.Window.Predictions); err != nil {
			return nil, err
		}
	}
	stop := progress.Show(o.Progress, done{about: is, runs: runs}.line)
	group, within := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for _, r := range runs {
		group.Go(func() error {
			// If another run fails, this one ends with an error. If ctx ends, it ends without an
			// error.
			err := r.replay(within, h)
			if err == nil && within.Err() != nil && ctx.Err() == nil {
				err = context.Cause(within)
			}
			return of(r.setting, o, err)
		})
	}
	err = group.Wait()
	stop()
	if err != nil {
		return nil, err
	}
	report := &Report{about: is, Step: o.Step, ChangeAt: o.ChangeAt, Interrupted: ctx.Err() != nil}
	for _, r := range runs {
		report.Results = append(report.Results, r.result)
	}
	if o.Correlation {
		report.Courses, report.BlockRows = runs[0].hindsight.courses(), o.Settings[0].Watch.Window.Predictions
	}
	if o.Metrics != nil {
		err = runs[0].metrics.write(o.Metrics)
	}
	return report, err
}

// of adds the setting to an error, if there are several settings.
func of(s Setting, o *Options, err error) error {
	if err == nil || len(o.Settings) == 1 {
		return err
	}
	return fmt.Errorf("setting %q: %w", s.Name, err)
}

// history opens what is replayed.
func (o *Options) history(ctx context.Context, runs []*run) (history, error) {
	if o.Rows == nil {
		return openLog(ctx, o.Log)
	}
	for i, r := range runs {
		spec, err := o.Rows.watched(r.specs)
		if err != nil {
			return nil, of(r.setting, o, err)
		}
		r.specs = []window.Spec{spec}
		if first := &runs[0].specs[0]; i > 0 && (spec.References[0].Hash != first.References[0].Hash || !slices.Equal(spec.Features, first.Features)) {
			return nil, of(r.setting, o, errors.New("its reference or its features are other ones: the rows of a file are read for one reference; replay a prediction log instead, or one setting at a time"))
		}
	}
	return openRows(ctx, *o.Rows, &runs[0].specs[0])
}
