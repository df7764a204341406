package outcomes

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"runtime/debug"
	"time"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite"
)

// The pause before the next attempt after a failure. It starts at firstPause and doubles up to
// lastPause.
const (
	firstPause = time.Second
	lastPause  = time.Minute
)

// runner reads one source until it is stopped.
type runner struct {
	config  SourceConfig
	log     *sqlite.Evidence
	metrics *metrics
	logger  *slog.Logger

	stop context.CancelFunc
	done chan struct{} // closed when it has ended
}

// start reads the source in a goroutine, after before is closed. before may be nil.
func (r *runner) start(ctx context.Context, before <-chan struct{}) {
	ctx, r.stop = context.WithCancel(ctx)
	r.done = make(chan struct{})
	go func() {
		defer close(r.done)
		if before != nil {
			<-before // two must not read one source
		}
		r.run(ctx)
	}()
}

// run reads the source again and again until ctx ends.
func (r *runner) run(ctx context.Context) {
	for failures := 0; ctx.Err() == nil; {
		sink := &Sink{Logger: r.logger, name: r.config.Name, kind: r.config.Kind, mapping: &r.config.Mapping, log: r.log, metrics: r.metrics}
		err := r.attempt(ctx, sink)
		if ctx.Err() != nil {
			return
		}
		if sink.moved { // it is not the same failure again
			failures = 0
		}
		failures++
		wait := min(firstPause<<min(failures-1, 10), lastPause)
		wait = wait/2 + rand.N(wait/2+1)
		if asked, ok := errors.AsType[*RetryError](err); ok {
			wait = max(wait, asked.After)
		}
		r.metrics.failures.WithLabelValues(r.config.Name).Inc()
		r.metrics.up.WithLabelValues(r.config.Name).Set(0)
		r.logger.Error("the source cannot be read; it is tried again", "err", err, "wait", wait.Round(time.Millisecond))
		pause(ctx, wait)
	}
}

// attempt reads the source until it fails or ctx ends.
func (r *runner) attempt(ctx context.Context, sink *Sink) (err error) {
	lock, err := r.log.LockSource(r.config.Name)
	if err != nil {
		return err
	}
	defer func() {
		if reason := recover(); reason != nil {
			err = fmt.Errorf("panic: %v", reason)
			r.logger.Error("panic while reading the source", "panic", reason, "stack", string(debug.Stack()))
		}
		err = errors.Join(err, lock.Close())
	}()
	err = r.config.Source.Run(ctx, sink)
	if err == nil && ctx.Err() == nil {
		err = errors.New("it ended by itself")
	}
	return err
}
