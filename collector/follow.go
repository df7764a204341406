package collector

import (
	"runtime"
	"slices"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/drift-exporter/drift_exporter/collector/drift"
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
	"github.com/drift-exporter/drift_exporter/collector/window"
)

// Load reads the configuration and the references that o names, one spec for
// each model. A mistake in them, or in o, is an error that says what to do.
func Load(o Options) ([]window.Spec, error) {
	if err := o.validate(); err != nil {
		return nil, err
	}
	return loadSpecs(&o, nil)
}

// Follow returns the windows over log that o describes, as a Monitor keeps them
// over the log that o names. The returned function ends what they run in the
// background.
func Follow(log window.Log, specs []window.Spec, o Options) (*window.Window, func(), error) {
	if o.Sequential {
		o.Window.FalseAlarmsPerMonth, o.Window.Tolerance = o.FalseAlarmsPerMonth, o.Tolerance
	}
	o.Window.Blocks = o.Block
	nulls := drift.NewNulls(o.BootstrapSamples, runtime.GOMAXPROCS(0)/2)
	w, err := window.New(log, specs, o.Bins, nulls, o.Window)
	if err != nil {
		nulls.Close()
		return nil, nil, err
	}
	return w, nulls.Close, nil
}

// Detected reports whether a distribution has drifted, by the rule that o asks
// for, and whether that is known: what feature_drift_detected says.
func (o *Options) Detected(d *snapshot.Distribution) (drifted, known bool) {
	return o.rule().detected(d)
}

// entries lists the collectors with these names, nil meaning the enabled ones,
// in their own order.
func (o *Options) entries(names []string) []entry {
	if names == nil {
		names = o.Enabled
	}
	return slices.DeleteFunc(all(o), func(e entry) bool { return !slices.Contains(names, e.Name()) })
}

// Of returns the metrics of a snapshot that is there already: those of a scrape,
// but for the time that collectors took and what concerns the process alone.
// Names are the collectors that run; nil means those that o enables.
func Of(s *snapshot.Snapshot, o Options, names []string) prometheus.Collector {
	return history{s, o.entries(names)}
}

// history is a snapshot and what the collectors make of it.
type history struct {
	snapshot *snapshot.Snapshot
	entries  []entry
}

// Describe sends nothing, as that of a scrape.
func (history) Describe(chan<- *prometheus.Desc) {}

// Collect implements prometheus.Collector.
func (h history) Collect(ch chan<- prometheus.Metric) {
	for i := range h.entries {
		e := &h.entries[i]
		gauge(ch, collectorSuccess, truth(e.run(h.snapshot, ch) == nil), collectorLabels.with(e.Name()))
	}
	collectLog(h.snapshot, ch)
}
