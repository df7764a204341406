package ship

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"sync/atomic"
	"time"

	"github.com/prometheus/exporter-toolkit/web"

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

// Options are what Run needs. LogPath, Name and Destination are required.
type Options struct {
	// LogPath is the prediction log.
	LogPath string
	// Name names the destination, in the log and in messages.
	Name        string
	Destination Destination
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
	if o.BatchRows < 1 {
		return fmt.Errorf("ship: batches of %d rows: --ship.batch-rows must be at least 1", o.BatchRows)
	}
	if o.Interval <= 0 && !o.Once {
		return fmt.Errorf("ship: an interval of %s: --ship.interval must be above 0, such as 10s", o.Interval)
	}
	s := &shipper{
		path: o.LogPath, name: o.Name, destination: o.Destination, rows: o.BatchRows,
		metrics: newMetrics(), logger: o.Logger, reader: sqlite.NewReader(o.LogPath),
	}
	defer func() { err = errors.Join(err, s.close(), s.reader.Close()) }()
	if o.Web == nil || o.Once {
		return s.run(ctx, o, func(error) {})
	}
	var state atomic.Pointer[error]
	state.Store(&errStarting)
	pages := newPages(s, o.TelemetryPath, func() error { return *state.Load() })
	defer func() { err = errors.Join(err, pages.close()) }()
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	served := make(chan error, 1)
	go func() {
		err := pages.serve(ctx, o)
		if err != nil {
			stop(err)
		}
		served <- err
	}()
	err = s.run(ctx, o, func(err error) { state.Store(&err) })
	stop(nil)
	return errors.Join(err, <-served)
}

var errStarting = errors.New("the first rows have not arrived yet")

// run makes passes until ctx ends, and calls ready with the result of each pass.
func (s *shipper) run(ctx context.Context, o Options, ready func(error)) error {
	for failures := 0; ; {
		err := s.pass(ctx)
		if ctx.Err() != nil {
			return nil
		}
		ready(err)
		f := failure(err)
		if f == nil {
			if failures > 0 {
				s.logger.Info("shipping resumed")
			}
			failures = 0
			s.metrics.completed(time.Now())
			if o.Once {
				return nil
			}
			pause(ctx, o.Interval)
		} else {
			if s.moved { // it is not the same failure again
				failures = 0
			}
			failures++
			s.metrics.failures.WithLabelValues(f.Reason).Inc()
			if errors.Is(err, file.ErrHeld) || o.Once && (!f.Temporary || f.Reason == LogFailed || failures >= onceAttempts) {
				return err
			}
			wait := longPause
			if f.Temporary {
				wait = min(firstPause<<min(failures-1, 10), lastPause)
			}
			s.logger.Error("rows were not shipped; they stay in the log and are tried again", "reason", f.Reason, "err", err, "wait", wait)
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
