// Package monitor makes a page of metrics for every scrape: it loads the configuration and
// the references, keeps a Source of snapshots, and runs the collectors.
package monitor

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/drift-exporter/drift_exporter/collector"
	"github.com/drift-exporter/drift_exporter/collector/assess"
	"github.com/drift-exporter/drift_exporter/collector/drift"
	"github.com/drift-exporter/drift_exporter/collector/reference"
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
	"github.com/drift-exporter/drift_exporter/collector/window"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// Options say which models to watch, and what counts as drift. The names in the comments
// are the flags that set them.
type Options struct {
	// Log is --predictions.log. It need not exist yet.
	Log string
	// Open returns a source for the models of specs. It is called at the start, and after
	// each reload that changed them.
	Open func(o *Options, specs []window.Spec) (Source, error)
	// ConfigFile is --config.file, ReferenceFile is --reference.file: at most one
	// of them. With neither, the embedded model is watched.
	ConfigFile, ReferenceFile string
	// Remote counts the tables that the configuration names; nil: it may name none.
	Remote Remote
	// Table holds --bigquery.project and --bigquery.dataset, the defaults for tables in
	// the configuration. Its Name is --bigquery.table: without a configuration file, the
	// reference of the one model is counted from that table.
	Table reference.Table
	// CacheDir is --reference.cache-dir, the folder for the last good counts; "": they
	// are in memory only.
	CacheDir string
	// CodesDir is --window.cache-dir, the folder for the codes of rows between one start
	// and the next; "": they are not kept.
	CodesDir string
	// Window bounds the windows. Its FalseAlarmsPerMonth, Tolerance, Blocks, AccuracyTolerance
	// and RetrainCost are those below.
	Window window.Options
	// Bins says how features are binned.
	Bins drift.BinOptions
	// BinLimits bounds what feature_bins shows: --bins.top and --bins.max-series.
	BinLimits collector.BinLimits
	// Classes is --classes.max, the maximum number of classes of a model that are shown; 0 is
	// collector.DefaultClasses.
	Classes int
	// BootstrapSamples is --drift.bootstrap-samples, the number of draws of a null
	// distribution.
	BootstrapSamples int
	// Significance is --drift.significance, the p-value below which a divergence
	// may be drift; between 0 and 1.
	Significance float64
	// Block is --drift.dependence=block: p-values allow for dependence between
	// neighbouring predictions.
	Block bool
	// Tolerance is --drift.tolerance, the corrected divergence in nats up to
	// which drift is tolerated; not negative.
	Tolerance float64
	// Sequential is --drift.detection=sequential: a detector with a bounded rate of
	// false alarms decides what is drift, not the p-value.
	Sequential bool
	// FalseAlarmsPerMonth is --drift.false-alarms-per-month, the bound for all
	// distributions of a model and version together; above 0. It needs Sequential.
	FalseAlarmsPerMonth float64
	// Retraining says when retraining is recommended: --accuracy.tolerance and --retrain.*.
	Retraining assess.Retraining
	// SegmentLimits bounds what segments shows: --segments.top. SegmentPairs is --segments.pairs:
	// slices by two features are followed too.
	SegmentLimits collector.SegmentLimits
	SegmentPairs  bool
	// Enabled are the names of the collectors that run when a scrape does not name any.
	Enabled []string
	// Now is the clock; nil is time.Now.
	Now func() time.Time
	// Logger receives messages for operators; nil discards them.
	Logger *slog.Logger
}

// Monitor makes the pages of the models that it watches. Its methods may be called
// concurrently.
type Monitor struct {
	options Options
	remotes *remotes

	reloading sync.Mutex // held for a whole Reload, so that they queue

	mu         sync.Mutex
	current    *generation // nil once closed
	reloaded   time.Time   // time of the last successful reload
	reloadedOK bool        // the last reload succeeded
	opened     bool        // the log was read at least once
	failure    string      // why the last read of the log failed, empty when it succeeded
}

// New loads the configuration and the references. The error for a mistake in them, or in
// the options, says what to do. The first scrape opens the log.
func New(o Options) (*Monitor, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if err := o.validate(); err != nil {
		return nil, err
	}
	if o.Open == nil {
		return nil, errors.New("there is no source of snapshots: set Open")
	}
	remotes := newRemotes(&o)
	specs, err := loadSpecs(&o, remotes)
	if err != nil {
		return nil, err
	}
	g, err := o.generation(specs)
	if err != nil {
		return nil, err
	}
	return &Monitor{options: o, remotes: remotes, current: g, reloaded: o.Now(), reloadedOK: true}, nil
}

// CheckConfig loads everything that New loads, and closes it again.
func CheckConfig(o Options) error {
	m, err := New(o)
	if err != nil {
		return err
	}
	return m.Close()
}

func (o Options) validate() error {
	switch {
	case o.Log == "":
		return errors.New("--predictions.log is empty: name the prediction log")
	case o.ConfigFile != "" && o.ReferenceFile != "":
		return errors.New("--config.file and --reference.file exclude each other: name the reference in the configuration file")
	case !(o.Significance > 0 && o.Significance < 1):
		return fmt.Errorf("--drift.significance=%v: must lie between 0 and 1, such as 0.05", o.Significance)
	case o.BootstrapSamples < 1 || o.BootstrapSamples > maxSamples:
		return fmt.Errorf("--drift.bootstrap-samples=%d: must lie between 1 and %d, such as 9999", o.BootstrapSamples, maxSamples)
	case 1/float64(o.BootstrapSamples+1) >= o.Significance:
		return fmt.Errorf("--drift.bootstrap-samples=%d: no p-value could be below --drift.significance=%v; use at least %.0f",
			o.BootstrapSamples, o.Significance, math.Floor(1/o.Significance))
	}
	if o.Block && o.Significance <= 1./(drift.BlockSamples+1) {
		return fmt.Errorf("--drift.significance=%v: with --drift.dependence=block no p-value could be below it; use more than %v", o.Significance, 1./(drift.BlockSamples+1))
	}
	if o.Sequential && !(o.FalseAlarmsPerMonth > 0) {
		return fmt.Errorf("--drift.false-alarms-per-month=%v: must be above 0, such as 1", o.FalseAlarmsPerMonth)
	}
	if o.Retraining.MinimumLabels < 0 {
		return fmt.Errorf("--retrain.minimum-labels=%d: must be at least 0", o.Retraining.MinimumLabels)
	}
	windows := o.Windows()
	if err := windows.Validate(); err != nil {
		return err
	}
	if err := o.BinLimits.Validate(); err != nil {
		return err
	}
	if err := o.SegmentLimits.Validate(); err != nil {
		return err
	}
	if o.Classes < 0 || o.Classes > value.MaxClasses {
		return fmt.Errorf("--classes.max=%d: must lie between 1 and %d, such as 20", o.Classes, value.MaxClasses)
	}
	for _, name := range o.Enabled {
		if !slices.Contains(collector.Names(), name) {
			return fmt.Errorf("unknown collector %q; the collectors are: %s", name, strings.Join(collector.Names(), ", "))
		}
	}
	return nil
}

// maxSamples is the maximum number of draws of one null distribution: they take a second.
const maxSamples = 1_000_000

// Windows returns the options of the windows. Detectors also measure how far rows depend on
// each other, so they run even when p-values decide what is drift.
func (o *Options) Windows() window.Options {
	w := o.Window
	w.FalseAlarmsPerMonth, w.Tolerance, w.Blocks = o.FalseAlarmsPerMonth, o.Tolerance, o.Block
	w.AccuracyTolerance, w.RetrainCost = o.Retraining.Tolerance, o.Retraining.Cost
	w.Segments, w.SegmentPairs = slices.Contains(o.Enabled, "segments"), o.SegmentPairs
	return w
}

// entries returns the collectors with these names; nil means the enabled ones.
func (o *Options) entries(names []string) []collector.Entry {
	if names == nil {
		names = o.Enabled
	}
	return collector.Select(o.Collectors(), names)
}

// Judgement returns the options that decide what is drift.
func (o *Options) Judgement() assess.Judgement {
	return assess.Judgement{Sequential: o.Sequential, Significance: o.Significance, Tolerance: o.Tolerance, Blocks: o.Block, Retraining: o.Retraining, MaxSegments: o.SegmentLimits.Top}
}

// Collectors returns the options that the collectors need.
func (o *Options) Collectors() collector.Options {
	return collector.Options{Judgement: o.Judgement(), BinLimits: o.BinLimits, Classes: cmp.Or(o.Classes, collector.DefaultClasses), SegmentLimits: o.SegmentLimits}
}

// Gatherer returns the metrics of one scrape, which ends when ctx does. Names are the
// collectors to run; nil means the enabled ones. The families that it gathers are shared
// with other scrapes: do not change them.
func (m *Monitor) Gatherer(ctx context.Context, names []string) prometheus.Gatherer {
	return &scrape{ctx: ctx, monitor: m, entries: m.options.entries(names)}
}

// Ready returns nil once the log could be read and every reference in BigQuery has been
// counted, now or before a restart. Until then it tries to read the log, for at most
// readyTimeout.
func (m *Monitor) Ready() error {
	g := m.acquire()
	if g == nil {
		return errClosed
	}
	defer g.release()
	if why := m.remotes.pending(); why != "" {
		return errors.New(why)
	}
	m.mu.Lock()
	opened := m.opened
	m.mu.Unlock()
	if opened {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), readyTimeout)
	defer cancel()
	if err := g.source.Ready(ctx); err != nil {
		return err
	}
	m.mu.Lock()
	m.opened = true
	m.mu.Unlock()
	return nil
}

// Snapshot returns the present state. It never returns nil: a failure is in its Err.
func (m *Monitor) Snapshot(ctx context.Context) *snapshot.Snapshot {
	s, _, release := m.snapshot(ctx)
	defer release()
	return s
}

// Assessment returns the verdicts on the models now, the same as in the metrics.
func (m *Monitor) Assessment(ctx context.Context) *assess.Assessment {
	return m.options.Judgement().Of(m.Snapshot(ctx))
}

const readyTimeout = 2 * time.Second

var errClosed = errors.New("the monitor is closed")

// Close waits for the scrapes in flight and closes the log.
func (m *Monitor) Close() error {
	m.reloading.Lock()
	defer m.reloading.Unlock()
	return m.swap(nil)
}
