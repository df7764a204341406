package monitor

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/drift-exporter/drift_exporter/collector/reference"
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
)

// Remote counts the rows of a table into a reference, where the table is. With the last
// result it keeps the edges of the bins, and it returns last itself when the table has not
// changed. It is never called while a scrape waits.
type Remote interface {
	Count(ctx context.Context, t reference.Table, last *reference.Counted) (*reference.Counted, error)
}

// remotes are the references that come from a Remote. It holds the last good one of each,
// in memory and, with a folder, on disk.
type remotes struct {
	remote Remote
	dir    string
	logger *slog.Logger
	now    func() time.Time

	mu      sync.Mutex
	all     map[string]*counted // by key
	current []string            // the keys that the configuration names, in its order
	shown   *snapshot.Loads     // the last result of loads
	wake    chan struct{}       // holds a value when tables are to be counted at once
}

// counted is one table and the result of counting it.
type counted struct {
	model    string
	table    reference.Table
	last     *reference.Counted // nil until it was counted, or found on disk
	checked  *time.Time         // time of the last successful check; nil: none yet
	failures int64
	failed   bool // the last attempt failed
}

func newRemotes(o *Options) *remotes {
	return &remotes{remote: o.Remote, dir: o.CacheDir, logger: o.Logger, now: o.Now, all: map[string]*counted{}, wake: make(chan struct{}, 1)}
}

// get returns the reference of a table, nil until it has been counted. It does not wait.
func (r *remotes) get(model string, t reference.Table) *reference.Reference {
	key := keyOf(model, t)
	r.mu.Lock()
	defer r.mu.Unlock()
	c := r.all[key]
	if c == nil {
		c = &counted{model: model, table: t}
		if r.dir != "" {
			var err error
			if c.last, err = reference.LoadCounted(r.path(key)); err != nil {
				r.logger.Warn("cached reference not used", "model", model, "err", err)
			}
		}
		if c.last != nil {
			r.logger.Info("reference from the cache", "model", model, "table", c.last.Table, "counted", c.last.At, "job", c.last.Job, "hash", c.last.Reference.Hash)
		}
		r.all[key] = c
	}
	if c.last == nil {
		return nil
	}
	return c.last.Reference
}

func (r *remotes) path(key string) string { return filepath.Join(r.dir, "reference-"+key+".json") }

// keyOf identifies a table and the query on it.
func keyOf(model string, t reference.Table) string {
	base := ""
	if t.Base != nil {
		base = t.Base.Hash
	}
	asked := fmt.Appendf(nil, "%q %q %q %q %q %q %q %q %q %q %q", model, t.Project, t.Dataset, t.Name, t.Where, t.Score, t.Prediction, t.Outcome, t.Positive, t.Features, base)
	if t.Threshold != 0 || t.Missing != nil || t.Numeric != nil || t.Categorical != nil || t.Ignore != nil { // Else the key stays what it was without them.
		asked = fmt.Appendf(asked, " %v %q %q %q %q", t.Threshold, t.Missing, t.Numeric, t.Categorical, t.Ignore)
	}
	if t.Type != "" {
		asked = fmt.Appendf(asked, " type %q", t.Type)
	}
	sum := sha256.Sum256(asked)
	return hex.EncodeToString(sum[:8])
}

// use sets the tables that the current configuration names, and forgets all others.
func (r *remotes) use(keys []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.current = keys
	for key := range r.all {
		if !slices.Contains(keys, key) {
			delete(r.all, key)
		}
	}
}

// count counts every table in use, or only those that failed last time. It reports
// whether a reference has changed, and whether a count failed.
func (r *remotes) count(ctx context.Context, failedOnly bool) (changed, failed bool) {
	r.mu.Lock()
	keys := slices.Clone(r.current)
	r.mu.Unlock()
	for _, key := range keys {
		r.mu.Lock()
		c := r.all[key]
		r.mu.Unlock()
		if c == nil || failedOnly && !c.failed {
			continue
		}
		next, err := r.remote.Count(ctx, c.table, c.last)
		if ctx.Err() != nil {
			return changed, failed
		}
		new, ok := r.note(key, c, next, err)
		changed, failed = changed || new, failed || !ok
	}
	return changed, failed
}

// note stores the result of a count. If the content is unchanged, it keeps the old
// pointer, so that existing windows stay valid.
func (r *remotes) note(key string, c *counted, next *reference.Counted, err error) (changed, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if c.failed = err != nil; c.failed {
		c.failures++
		r.logger.Error("cannot count the reference, keeping the last good one", "model", c.model, "have", c.last != nil, "err", err)
		return false, false
	}
	now := r.now()
	c.checked = &now
	if next == c.last {
		return false, true
	}
	if changed = c.last == nil || c.last.Reference.Hash != next.Reference.Hash; !changed {
		unchanged := *next
		unchanged.Reference = c.last.Reference
		next = &unchanged
	}
	c.last = next
	if r.dir != "" {
		if err := reference.StoreCounted(r.path(key), next); err != nil {
			r.logger.Error("cannot cache the reference: a restart counts it again; check --reference.cache-dir", "model", c.model, "err", err)
		}
	}
	return changed, true
}

// pending returns why a reference is missing, "" when none is.
func (r *remotes) pending() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, key := range r.current {
		if c := r.all[key]; c != nil && c.last == nil {
			return fmt.Sprintf("the reference of model %q has not been counted yet in %s (%d failures)", c.model, sourceOf(c.table), c.failures)
		}
	}
	return ""
}

// loads returns the state of counting: the same pointer as before if nothing has changed.
func (r *remotes) loads() *snapshot.Loads {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.current) == 0 {
		return nil
	}
	var all snapshot.Loads
	for _, key := range r.current {
		if c := r.all[key]; c != nil {
			all = append(all, snapshot.Load{Model: c.model, Source: sourceOf(c.table), Failures: c.failures, Checked: c.checked})
		}
	}
	if r.shown == nil || !slices.Equal(*r.shown, all) {
		r.shown = &all
	}
	return r.shown
}

func sourceOf(t reference.Table) string {
	return "bigquery:" + t.Project + "." + t.Dataset + "." + t.Name
}

// countNow makes Refresh count the tables without waiting for the interval.
func (r *remotes) countNow() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}
