package outcomes

import (
	"context"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite"
)

// keep adds waiting outcomes once their prediction has arrived, and sets aside those that have
// waited too long. It runs until ctx ends.
func (d *daemon) keep(ctx context.Context) {
	for ctx.Err() == nil {
		err := d.keepOnce(ctx)
		if ctx.Err() != nil {
			return
		}
		d.mu.Lock()
		before := d.kept
		d.kept = err
		d.mu.Unlock()
		if err != nil && (before == nil || before.Error() != err.Error()) {
			d.logger.Error("the outcomes that wait cannot be looked through; it is tried again", "err", err)
		}
		pause(ctx, keepEvery)
	}
}

func (d *daemon) keepOnce(ctx context.Context) error {
	d.mu.Lock()
	pending, rejected := d.config.Pending, d.config.Rejected
	d.mu.Unlock()
	err := d.steps(ctx, func(after int64) (map[string]predictionlog.Received, int64, error) { return d.log.Match(ctx, after) })
	if err == nil {
		err = d.steps(ctx, func(after int64) (map[string]predictionlog.Received, int64, error) {
			return d.log.Expire(ctx, after, pending.Expire)
		})
	}
	for more := err == nil; more; {
		more, err = d.adopt(ctx)
	}
	for err == nil {
		var n int64
		if n, err = d.log.Trim(ctx, rejected.Limit, rejected.Expire); n == 0 {
			break
		}
		d.logger.Info("records that were set aside have been deleted for their age or number", "count", n)
	}
	return err
}

// adopt makes evidence of feedback that came over HTTP, and reports whether there is more.
func (d *daemon) adopt(ctx context.Context) (more bool, err error) {
	received, more, err := d.log.Adopt(ctx)
	for source, r := range received {
		if d.known(source) {
			d.metrics.count(source, r)
		}
	}
	return more && err == nil && ctx.Err() == nil, err
}

// steps calls step until it has nothing more to do.
func (d *daemon) steps(ctx context.Context, step func(after int64) (map[string]predictionlog.Received, int64, error)) error {
	for after := int64(-1); ; {
		received, next, err := step(after)
		if err != nil {
			return err
		}
		for source, r := range received {
			if d.known(source) {
				d.metrics.count(source, r)
			}
		}
		if next < 0 {
			return nil
		}
		after = next
	}
}

// known reports whether the configuration contains a source.
func (d *daemon) known(source string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.runners[source] != nil
}

// compare regularly finds out how good the sources are, until ctx ends.
func (d *daemon) compare(ctx context.Context) {
	reader := sqlite.NewReader(d.options.LogPath)
	defer func() { _ = reader.Close() }() // it was only read
	for ctx.Err() == nil {
		d.mu.Lock()
		tolerances := d.config.Tolerances()
		d.mu.Unlock()
		q, err := readQuality(ctx, reader, tolerances)
		if err != nil && ctx.Err() == nil {
			d.logger.Debug("how good the sources are is not known", "err", err)
			q = nil
		}
		d.state.quality.Store(q)
		wait := compareEvery
		if q == nil || len(q.names) == 0 {
			wait = keepEvery // nothing has come yet
		}
		pause(ctx, wait)
	}
}
