package fleet

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/drift-exporter/drift_exporter/collector/drift"
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
	"github.com/drift-exporter/drift_exporter/collector/window"
	"github.com/drift-exporter/drift_exporter/predictor/tick"
)

// Engine follows what replicas have shipped. It implements monitor.Source.
type Engine struct {
	log     Log
	options Options
	nulls   *drift.Nulls
	stop    context.CancelFunc
	loop    sync.WaitGroup

	folded *folded // nil before the first, and after a failure while folding
	until  int64   // end of the last tick that was shown
	// failure is what report logged last, empty after a success.
	failure string
	// saidRecounted and saidForeign say what say has logged.
	saidRecounted, saidForeign bool

	shown   atomic.Pointer[shown]
	refolds atomic.Int64
}

// shown is what snapshots show.
type shown struct {
	snapshot *snapshot.Snapshot // with an error before the first reading
	fleet    snapshot.Fleet     // without what changes between two readings
	err      error              // why the last reading failed
}

// New returns an Engine that reads nothing until Start.
func New(log Log, o Options) (*Engine, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	e := &Engine{log: log, options: o, nulls: drift.NewNulls(o.Samples, runtime.GOMAXPROCS(0)/2), stop: func() {}}
	none, err := window.NewTicks(o.Specs, o.Bins, e.nulls, o.Window, window.Lookbacks{Counts: int64(o.Lookback), Labels: int64(o.Labels)}, 0, 0)
	if err != nil {
		e.nulls.Close()
		return nil, err
	}
	e.shown.Store(&shown{
		snapshot: &snapshot.Snapshot{Err: errNothing, Models: none.References()},
		err:      errNothing,
	})
	return e, nil
}

var errNothing = errors.New("nothing has been read yet")

// Start begins to read, at once and then at every interval.
func (e *Engine) Start() {
	ctx, stop := context.WithCancel(context.Background())
	e.stop = stop
	e.loop.Go(func() {
		ticker := time.NewTicker(e.options.Interval)
		defer ticker.Stop()
		for {
			e.report(e.Read(ctx))
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
			}
		}
	})
}

// report logs a failure that is not the one before, and that reading works again.
func (e *Engine) report(err error) {
	failure := ""
	if err != nil {
		failure = err.Error()
	}
	switch {
	case errors.Is(err, context.Canceled):
		return
	case failure == e.failure:
	case err != nil:
		e.options.Logger.Error("cannot read what was shipped; the page stays as it is", "err", err)
	default:
		e.options.Logger.Info("reading what was shipped works again", "until", time.Unix(0, e.until).UTC())
	}
	e.failure = failure
}

// Read reads what has become final. On a failure, the state stays as it was.
func (e *Engine) Read(ctx context.Context) error {
	err := e.read(ctx)
	if err != nil {
		next := *e.shown.Load()
		next.err = err
		e.shown.Store(&next)
	}
	return err
}

func (e *Engine) read(ctx context.Context) error {
	state, err := e.log.State(ctx)
	if err != nil {
		return fmt.Errorf("read how far the logs have been shipped: %w", err)
	}
	until := final(&state, e.options.Lateness, e.until)
	if err := e.check(ctx); err != nil {
		return err
	}
	f, err := e.advance(ctx, until)
	if errors.Is(err, tick.ErrAwaited) {
		until = max(e.until, tick.Settled(state.Now, e.options.Lateness))
		f, err = e.advance(ctx, until)
	}
	if err != nil {
		return err
	}
	s := f.Snapshot(ctx)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	e.folded, e.until = f, until
	e.say(f)
	e.shown.Store(&shown{snapshot: s, fleet: e.facts(&state, f)})
	return nil
}

// advance returns the state at the end of the last tick before a time.
func (e *Engine) advance(ctx context.Context, until int64) (f *folded, err error) {
	f = e.folded
	switch {
	case f == nil || f.labels != window.AnchorOf(until, int64(e.options.Labels)) || until-f.Until() > int64(e.options.Lookback):
		f, err = e.start(ctx, until)
	case until > f.Until():
		err = e.extend(ctx, f, until)
	}
	return f, err
}

// say logs once what became of predictions that were counted by another reference.
func (e *Engine) say(f *folded) {
	if f.Recounted > 0 && !e.saidRecounted {
		e.saidRecounted = true
		e.options.Logger.Info("predictions were counted by another reference: they are counted again from the shipped rows", "predictions", f.Recounted)
	}
	if f.Foreign > 0 && !e.saidForeign {
		e.saidForeign = true
		e.options.Logger.Warn("predictions were counted by another reference, and their rows are not used: without them the windows begin anew", "predictions", f.Foreign)
	}
}

// facts says how the fleet does.
func (e *Engine) facts(state *tick.State, f *folded) snapshot.Fleet {
	until := time.Unix(0, f.Until())
	facts := snapshot.Fleet{Until: &until, Late: f.LateRows, Foreign: f.Foreign, Recounted: f.Recounted, Unmatched: f.Unmatched}
	for i := range state.Logs {
		if live(state, &state.Logs[i], e.options.Lateness) {
			facts.Live++
		} else {
			facts.Silent++
		}
	}
	return facts
}

// check drops the state if records of a tick that was folded have turned up since.
func (e *Engine) check(ctx context.Context) error {
	f := e.folded
	if f == nil {
		return nil
	}
	from := max(f.Until()-checked, f.labels)
	now, err := e.log.Records(ctx, from, f.Until())
	if err != nil {
		return fmt.Errorf("count the records of the last hour: %w", err)
	}
	for start, n := range now {
		if had := f.records[start]; had != n {
			e.options.Logger.Info("records have turned up after their tick was folded: it folds everything again", "tick", time.Unix(0, start).UTC(), "records", n, "folded", had)
			e.refolds.Add(1)
			e.folded = nil
			return nil
		}
	}
	return nil
}

// Snapshot implements monitor.Source: the state at the end of the last tick that was folded.
func (e *Engine) Snapshot(_ context.Context, now time.Time) *snapshot.Snapshot {
	last := e.shown.Load()
	s, facts := *last.snapshot, last.fleet
	s.Time, s.Fleet = now, &facts
	facts.Refolds = e.refolds.Load()
	if e.options.Costs != nil {
		facts.Costs = e.options.Costs()
	}
	if s.Err != nil {
		s.Err = last.err
	} else {
		s.Behind = last.err
	}
	return &s
}

// Ready implements monitor.Source.
func (e *Engine) Ready(context.Context) error {
	if last := e.shown.Load(); last.snapshot.Err != nil {
		return fmt.Errorf("the shipped predictions have not been read yet: %w", last.err)
	}
	return nil
}

// Close implements monitor.Source.
func (e *Engine) Close() error {
	e.stop()
	e.nulls.Close()
	e.loop.Wait()
	if err := e.log.Close(); err != nil {
		return fmt.Errorf("close the shipped predictions: %w", err)
	}
	return nil
}
