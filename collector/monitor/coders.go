package monitor

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/drift-exporter/drift_exporter/collector/window"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/tick"
)

// Coders say what is counted of rows, for callers that count them where they are logged. They read
// the same configuration and references as a Monitor.
type Coders struct {
	options Options
	remotes *remotes

	mu    sync.Mutex
	coder func(predictionlog.Key) tick.Coder
}

// NewCoders loads the configuration and the references. Of the options it uses those that name
// them, and the bins.
func NewCoders(o Options) (*Coders, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	c := &Coders{options: o, remotes: newRemotes(&o)}
	return c, c.load()
}

// load reads configuration and references, and uses them if all are right.
func (c *Coders) load() error {
	specs, err := loadSpecs(&c.options, c.remotes)
	if err != nil {
		return err
	}
	coder, err := window.Counters(specs, c.options.Bins)
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.coder = coder
	return nil
}

// Wait returns once every reference that is a table of BigQuery has been counted.
func (c *Coders) Wait(ctx context.Context) error {
	again := false
	for pause := firstRetry; !c.counted(); pause = min(2*pause, lastRetry) {
		if _, failed := c.remotes.count(ctx, again); failed {
			timer := time.NewTimer(pause)
			select {
			case <-timer.C:
			case <-ctx.Done():
			}
			timer.Stop()
		}
		again = true
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err := c.load(); err != nil {
			return err
		}
	}
	return nil
}

// counted reports whether every reference that is a table has been counted.
func (c *Coders) counted() bool {
	c.remotes.mu.Lock()
	defer c.remotes.mu.Unlock()
	for _, key := range c.remotes.current {
		if of := c.remotes.all[key]; of == nil || of.last == nil {
			return false
		}
	}
	return true
}

// RefreshEvery counts tables and reads configuration and references again, once in each interval,
// until ctx ends. If something is wrong with them, what was read before stays in use.
func (c *Coders) RefreshEvery(ctx context.Context, interval time.Duration) {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		c.remotes.count(ctx, false)
		if err := c.load(); err != nil {
			c.options.Logger.Error("references not reloaded; those before stay in use", "err", err)
		}
	}
}

// Coder returns what counts the rows of a model and version.
func (c *Coders) Coder(key predictionlog.Key) tick.Coder {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.coder(key)
}
