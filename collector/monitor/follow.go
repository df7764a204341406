package monitor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"time"

	"github.com/drift-exporter/drift_exporter/collector/drift"
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
	"github.com/drift-exporter/drift_exporter/collector/window"
	"github.com/drift-exporter/drift_exporter/collector/window/codes"
)

// Source makes snapshots, from the windows over a log or by another engine. Its methods
// may be called concurrently.
type Source interface {
	// Snapshot returns the state at now. It never returns nil: a failure is in the
	// snapshot's Err. Parts that have not changed are the same pointers as before.
	Snapshot(ctx context.Context, now time.Time) *snapshot.Snapshot
	// Ready returns nil once Snapshot can succeed. It may try to read the log.
	Ready(ctx context.Context) error
	// Close ends background work and closes the log. No other method is called after it.
	Close() error
}

// Load reads the configuration and the references that o names. It returns one spec for
// each model. The error for a mistake in them, or in o, says what to do.
func Load(o Options) ([]window.Spec, error) {
	if err := o.validate(); err != nil {
		return nil, err
	}
	return loadSpecs(&o, nil)
}

// Follow returns the windows over a log for the models of specs, with the options o. It
// does no IO. Close also closes the log if it is an io.Closer.
func Follow(log window.Log, specs []window.Spec, o *Options) (Source, error) {
	nulls := drift.NewNulls(o.BootstrapSamples, runtime.GOMAXPROCS(0)/2)
	f := &followed{log: log, nulls: nulls}
	var err error
	windows := o.Windows()
	if o.CodesDir != "" {
		if f.codes, err = codes.Open(o.CodesDir, o.Logger); err != nil {
			return nil, errors.Join(fmt.Errorf("--window.cache-dir=%s: %w", o.CodesDir, err), f.Close())
		}
		windows.Codes = f.codes
	}
	if f.Window, err = window.New(log, specs, o.Bins, nulls, windows); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

var errNoLog = errors.New("this exporter does not read the rows of a log")

// Past returns the windows over a log as it was once, for the models of now, with the null
// distributions that are drawn already. It does no IO. Close does not close the log.
func (m *Monitor) Past(log window.Log) (Source, error) {
	g := m.acquire()
	if g == nil {
		return nil, errClosed
	}
	now, ok := g.source.(*followed)
	if !ok {
		g.release()
		return nil, errNoLog
	}
	w, err := window.New(log, g.specs, m.options.Bins, now.nulls, m.options.Windows())
	if err != nil {
		g.release()
		return nil, err
	}
	return &past{w, g}, nil
}

// past are windows that keep a generation open.
type past struct {
	*window.Window

	of *generation
}

// Ready implements Source.
func (p *past) Ready(context.Context) error { return nil }

// Close implements Source.
func (p *past) Close() error {
	p.Window.Close()
	p.of.release()
	return nil
}

// followed is a log and the windows over it.
type followed struct {
	*window.Window

	log   window.Log
	nulls *drift.Nulls
	codes *codes.Folder
}

// Ready tries to read the log.
func (f *followed) Ready(ctx context.Context) error {
	if _, err := f.log.State(ctx); err != nil {
		return fmt.Errorf("the prediction log has not been read yet: %w", err)
	}
	return nil
}

// Close implements Source.
func (f *followed) Close() error {
	f.nulls.Close()
	if f.Window != nil {
		f.Window.Close()
	}
	if f.codes != nil {
		f.codes.Close()
	}
	if c, ok := f.log.(io.Closer); ok {
		if err := c.Close(); err != nil {
			return fmt.Errorf("close the prediction log: %w", err)
		}
	}
	return nil
}
