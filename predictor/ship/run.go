package ship

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/exporter-toolkit/web"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite/file"
)

// The pauses after a failure. A temporary one is retried after firstPause, doubled up to
// lastPause. One that a person must repair is retried after longPause, so that a granted
// permission takes effect without a restart.
const (
	firstPause = time.Second
	lastPause  = time.Minute
	longPause  = 5 * time.Minute
	// onceAttempts is how often a run with Once tries the same batch.
	onceAttempts = 8
)

// Options are what Run needs. LogPath is required, and Destination with its Name, or Ticks.
type Options struct {
	// LogPath is the prediction log.
	LogPath string
	// Name names the destination of the rows, in the log and in messages. Without a Destination no
	// rows are shipped.
	Name        string
	Destination Destination
	// Ticks says where counts of the rows go; nil: nowhere.
	Ticks *Ticks
	// Interval is the time between two checks for new rows.
	Interval time.Duration
	// BatchRows is the maximum number of rows in a batch.
	BatchRows int
	// Once says to ship the current rows and then return.
	Once bool
	// TelemetryPath is the path of the metrics page.
	TelemetryPath string
	// Web says where and how to listen. If nil, nothing is served.
	Web *web.FlagConfig
	// Listening is called with each bound address. It may be nil.
	Listening func(net.Addr)
	// Logger receives what an operator must know. It may be nil.
	Logger *slog.Logger
	// Pause is called before the next attempt after a failure, with the time to wait. If nil, the
	// default pause is used.
	Pause func(ctx context.Context, d time.Duration)
}

// Run ships until ctx ends, and then returns nil. It returns an error if another process ships
// the same log to the same destination, if it cannot listen, or, with Once, if a failure does not
// go away.
func Run(ctx context.Context, o Options) (err error) {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Pause == nil {
		o.Pause = pause
	}
	if err := o.check(); err != nil {
		return err
	}
	runs, first, closing := o.runs(newMetrics())
	defer func() { err = errors.Join(err, closing()) }()
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var serving sync.WaitGroup
	var served error
	if o.Web != nil && !o.Once {
		pages := newPages(first, o.TelemetryPath, func() error { return state(runs) })
		defer func() { err = errors.Join(err, pages.close()) }()
		serving.Go(func() {
			if served = pages.serve(ctx, o); served != nil {
				stop(served)
			}
		})
	}
	ends := make(chan error, len(runs))
	for _, r := range runs {
		go func() { ends <- r.run(ctx, o) }()
	}
	for range runs {
		if e := <-ends; e != nil {
			err = errors.Join(err, e)
			stop(nil)
		}
	}
	stop(nil)
	serving.Wait()
	return errors.Join(err, served)
}

func (o *Options) check() error {
	switch {
	case o.BatchRows < 1:
		return fmt.Errorf("ship: batches of %d rows: --ship.batch-rows must be at least 1", o.BatchRows)
	case o.Interval <= 0 && !o.Once:
		return fmt.Errorf("ship: an interval of %s: --ship.interval must be above 0, such as 10s", o.Interval)
	case o.Destination == nil && o.Ticks == nil:
		return errors.New("ship: neither rows nor ticks are to be shipped")
	}
	return nil
}

// runs returns what is to be shipped, and the shipper of the rows or else of the counts.
func (o *Options) runs(m *metrics) (runs []*running, first *shipper, closing func() error) {
	fresh := func() *shipper {
		return &shipper{path: o.LogPath, rows: o.BatchRows, metrics: m, logger: o.Logger, reader: sqlite.NewReader(o.LogPath)}
	}
	add := func(pass func(context.Context) error, moved func() bool) {
		r := &running{pass: pass, moved: moved, metrics: m, first: len(runs) == 0}
		r.state.Store(&errStarting)
		runs = append(runs, r)
	}
	closing = func() error { return nil }
	if o.Destination != nil {
		first = fresh()
		first.name, first.destination, first.tables = o.Name, o.Destination, predictionlog.Tables
		first.next, first.label = first.copied, func(t predictionlog.Table) string { return string(t) }
		rows := first
		closing = func() error { return errors.Join(rows.close(), rows.reader.Close()) }
		add(first.pass, func() bool { return rows.moved })
	}
	if o.Ticks != nil {
		k, closeRows := newCounting(o.Ticks, fresh(), fresh(), o.Once), closing
		closing = func() error { return errors.Join(closeRows(), k.close()) }
		add(k.pass, k.moved)
		if first == nil {
			first = k.counts
		}
	}
	return runs, first, closing
}

var errStarting = errors.New("the first rows have not arrived yet")

// running is one thing that is shipped over and over: rows, or counts.
type running struct {
	pass    func(context.Context) error
	moved   func() bool // something arrived in the last pass
	first   bool        // of the things that are shipped
	metrics *metrics
	state   atomic.Pointer[error] // the result of the last pass
}

// state returns what went wrong in the last passes.
func state(runs []*running) (err error) {
	for _, r := range runs {
		err = errors.Join(err, *r.state.Load())
	}
	return err
}

// run makes passes until ctx ends, with Once until the first that succeeds.
func (r *running) run(ctx context.Context, o Options) error {
	for failures := 0; ; {
		err := r.pass(ctx)
		if ctx.Err() != nil {
			return nil
		}
		r.state.Store(&err)
		f := failure(err)
		if f == nil {
			if failures > 0 {
				o.Logger.Info("shipping resumed")
			}
			failures = 0
			if r.first {
				r.metrics.completed(time.Now())
			}
			if o.Once {
				return nil
			}
			pause(ctx, o.Interval)
		} else {
			if r.moved() { // it is not the same failure again
				failures = 0
			}
			failures++
			r.metrics.failures.WithLabelValues(f.Reason).Inc()
			if errors.Is(err, file.ErrHeld) || o.Once && (!f.Temporary || f.Reason == LogFailed || failures >= onceAttempts) {
				return err
			}
			wait := longPause
			if f.Temporary {
				wait = min(firstPause<<min(failures-1, 10), lastPause)
			}
			o.Logger.Error("rows were not shipped; they stay in the log and are tried again", "reason", f.Reason, "err", err, "wait", wait)
			o.Pause(ctx, wait/2+rand.N(wait/2+1))
		}
		if ctx.Err() != nil {
			return nil
		}
	}
}

// pause waits for a duration, or until ctx ends.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
