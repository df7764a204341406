package command

import (
	"fmt"
	"io"
	"slices"
	"strconv"

	"github.com/alecthomas/kingpin/v2"

	"github.com/drift-exporter/drift_exporter/collector"
	"github.com/drift-exporter/drift_exporter/collector/drift"
	"github.com/drift-exporter/drift_exporter/collector/monitor"
	"github.com/drift-exporter/drift_exporter/collector/window"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite"
)

// lookback is the usual --window.lookback: how many of the newest rows of a log
// the exporter may need.
const lookback = 262144

// Defaults are the options of a command line without flags.
func Defaults() monitor.Options {
	return monitor.Options{
		Open:             OpenLog,
		Window:           window.Options{Predictions: 1000, Lookback: lookback, Feedback: 100, Versions: 10},
		Bins:             drift.BinOptions{Count: 10, Method: "quantile"},
		BinLimits:        collector.BinLimits{Top: 5, Series: 2000},
		BootstrapSamples: 9999, Significance: 0.05, Tolerance: 0.02, FalseAlarmsPerMonth: 1, Sequential: true,
	}
}

// OpenLog follows the prediction log that o names.
func OpenLog(o *monitor.Options, specs []window.Spec) (monitor.Source, error) {
	return monitor.Follow(sqlite.NewReader(o.Log), specs, o)
}

// watchFlags adds the flags that say what is watched and how it is judged, the
// same for live traffic and for history. What o holds is their default; parsing
// sets it.
func watchFlags(cmd flagged, o *monitor.Options) {
	number := func(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }
	cmd.Flag("config.file", "Which models to watch (YAML); without it, the embedded loan model or the one of --reference.file.").StringVar(&o.ConfigFile)
	cmd.Flag("reference.file", "What is normal for the one model to watch, instead of a configuration file.").StringVar(&o.ReferenceFile)
	w, b := &o.Window, &o.Bins
	cmd.Flag("window.predictions", "Newest predictions of a model and version in its window; 0: no bound.").Default(strconv.Itoa(w.Predictions)).IntVar(&w.Predictions)
	cmd.Flag("window.duration", "Greatest age of a row in the window; 0: no bound.").Default(w.Duration.String()).SetValue((*duration)(&w.Duration))
	cmd.Flag("window.lookback", "Rows behind which no window looks, counted from a multiple of it; bounds what a start reads.").Default(strconv.FormatInt(w.Lookback, 10)).Int64Var(&w.Lookback)
	cmd.Flag("window.feedback", "Newest predictions with feedback in the accuracy window.").Default(strconv.Itoa(w.Feedback)).IntVar(&w.Feedback)
	cmd.Flag("window.maturity", "Age from which on outcomes count as in, for model_matured_accuracy; 0: when 95 % have come.").Default(w.Maturity.String()).SetValue((*duration)(&w.Maturity))
	cmd.Flag("versions.max", "Versions of a model on the page at most, the newest.").Default(strconv.Itoa(w.Versions)).IntVar(&w.Versions)
	cmd.Flag("bins.count", "Bins of a numeric feature.").Default(strconv.Itoa(b.Count)).IntVar(&b.Count)
	cmd.Flag("bins.method", "Bins of equal reference share (quantile) or equal width (uniform).").Default(b.Method).EnumVar(&b.Method, "quantile", "uniform")
	cmd.Flag("bins.top", "Bins of a feature that feature_bins tells of, those that contribute most; 0: all.").Default(strconv.Itoa(o.BinLimits.Top)).IntVar(&o.BinLimits.Top)
	cmd.Flag("bins.max-series", "Series of feature_bins at most, over all features; 0: no bound.").Default(strconv.Itoa(o.BinLimits.Series)).IntVar(&o.BinLimits.Series)
	cmd.Flag("drift.significance", "A p-value below it may be drift.").Default(number(o.Significance)).Float64Var(&o.Significance)
	cmd.Flag("drift.tolerance", "Corrected KL divergence, in nats, up to which drift is tolerated.").Default(number(o.Tolerance)).Float64Var(&o.Tolerance)
	cmd.Flag("drift.bootstrap-samples", "Draws of a null distribution; no p-value is below 1/(draws+1).").Default(strconv.Itoa(o.BootstrapSamples)).IntVar(&o.BootstrapSamples)
	cmd.Flag("drift.false-alarms-per-month", "False alarms in 30 days, over all distributions of a model, that the sequential detector may give.").Default(number(o.FalseAlarmsPerMonth)).Float64Var(&o.FalseAlarmsPerMonth)
	detection := either{&o.Sequential, "sequential", "p-value"}
	cmd.Flag("drift.detection", "How feature_drift_detected decides: by the sequential detector, or by p-value and tolerance alone.").Default(detection.String()).SetValue(detection)
	dependence := either{&o.Block, "block", "independent"}
	cmd.Flag("drift.dependence", "Whether p-values take predictions to be independent, or to depend on their neighbours (block), as in batches.").Default(dependence.String()).SetValue(dependence)
}

// collectorFlags adds a flag for each collector. The returned function names those
// that are enabled, once the flags are parsed.
func collectorFlags(cmd flagged) func() []string {
	nothing := cmd.Flag("collector.disable-defaults", "Start from no collector instead of the usual ones.").Bool()
	chosen, explicit := map[string]*bool{}, map[string]*bool{}
	for _, n := range collector.Names() {
		chosen[n], explicit[n] = new(bool), new(bool)
		cmd.Flag("collector."+n, collector.Help(n)).Default(fmt.Sprint(slices.Contains(collector.Defaults(), n))).
			IsSetByUser(explicit[n]).BoolVar(chosen[n])
	}
	return func() []string {
		return slices.DeleteFunc(collector.Names(), func(n string) bool { return !*chosen[n] || *nothing && !*explicit[n] })
	}
}

// with returns o as further flags of watchFlags change it.
func with(o monitor.Options, args []string) (monitor.Options, error) {
	app := kingpin.New("", "")
	app.Terminate(nil)
	app.UsageWriter(io.Discard).ErrorWriter(io.Discard)
	watchFlags(app, &o)
	_, err := app.Parse(args)
	return o, err
}
