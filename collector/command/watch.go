package command

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"time"

	"github.com/alecthomas/kingpin/v2"

	"github.com/drift-exporter/drift_exporter/collector"
	"github.com/drift-exporter/drift_exporter/collector/assess"
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
		Classes:          collector.DefaultClasses,
		BootstrapSamples: 9999, Significance: 0.05, Tolerance: 0.02, FalseAlarmsPerMonth: 1, Sequential: true,
		SegmentLimits: collector.SegmentLimits{Top: 10},
		Retraining:    assess.Retraining{Tolerance: 0.05, MinimumAge: 7 * 24 * time.Hour, MinimumLabels: 500},
	}
}

// OpenLog follows the prediction log that o names.
func OpenLog(o *monitor.Options, specs []window.Spec) (monitor.Source, error) {
	return monitor.Follow(sqlite.NewReader(o.Log), specs, o)
}

// watchFlags adds the flags that say what is watched, and what counts as drift. They are the
// same for live traffic and for history. Their defaults are the values in o; parsing sets o.
func watchFlags(cmd flagged, o *monitor.Options) {
	number := func(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }
	referenceFlags(cmd, o)
	w := &o.Window
	cmd.Flag("window.predictions", "Number of predictions in the window of a model and version: the newest; 0: no bound.").Default(strconv.Itoa(w.Predictions)).IntVar(&w.Predictions)
	cmd.Flag("window.duration", "Maximum age of a row in the window; 0: no bound.").Default(w.Duration.String()).SetValue((*duration)(&w.Duration))
	cmd.Flag("window.lookback", "Maximum number of past rows any window may use; a start reads at most twice as many.").Default(strconv.FormatInt(w.Lookback, 10)).Int64Var(&w.Lookback)
	cmd.Flag("window.feedback", "Number of predictions in the accuracy window: those whose feedback arrived last.").Default(strconv.Itoa(w.Feedback)).IntVar(&w.Feedback)
	cmd.Flag("window.maturity", "Age from which model_matured_accuracy counts a prediction; 0: the age at which 95 % have their outcome.").Default(w.Maturity.String()).SetValue((*duration)(&w.Maturity))
	cmd.Flag("versions.max", "Maximum number of versions of a model on the page: the newest.").Default(strconv.Itoa(w.Versions)).IntVar(&w.Versions)
	cmd.Flag("bins.top", "Number of bins per feature exported by feature_bins, largest contribution first; 0: all.").Default(strconv.Itoa(o.BinLimits.Top)).IntVar(&o.BinLimits.Top)
	cmd.Flag("bins.max-series", "Maximum number of series of feature_bins, over all features; 0: no bound.").Default(strconv.Itoa(o.BinLimits.Series)).IntVar(&o.BinLimits.Series)
	cmd.Flag("classes.max", "Maximum number of classes of a model on the page: the most frequent ones of its reference. All others count as __other__.").Default(strconv.Itoa(o.Classes)).IntVar(&o.Classes)
	cmd.Flag("drift.significance", "p-value below which a divergence may count as drift.").Default(number(o.Significance)).Float64Var(&o.Significance)
	cmd.Flag("drift.tolerance", "Corrected KL divergence, in nats, up to which drift is tolerated.").Default(number(o.Tolerance)).Float64Var(&o.Tolerance)
	cmd.Flag("drift.bootstrap-samples", "Draws of a null distribution. The smallest p-value is 1/(draws+1).").Default(strconv.Itoa(o.BootstrapSamples)).IntVar(&o.BootstrapSamples)
	cmd.Flag("drift.false-alarms-per-month", "Bound on the false alarms of the sequential detector in 30 days, over all features, score, class and accuracy of a model.").Default(number(o.FalseAlarmsPerMonth)).Float64Var(&o.FalseAlarmsPerMonth)
	r := &o.Retraining
	cmd.Flag("accuracy.tolerance", "Drop of accuracy that is tolerated, or rise of a regression's mean loss.").Default(number(r.Tolerance)).Float64Var(&r.Tolerance)
	cmd.Flag("retrain.cost", "Cost of retraining in errors: retraining is recommended once the lower bound of the excess errors reaches that; 0: unknown.").Default(number(r.Cost)).Float64Var(&r.Cost)
	cmd.Flag("retrain.minimum-age", "Age of the training from which retraining may be recommended.").Default(r.MinimumAge.String()).SetValue((*duration)(&r.MinimumAge))
	cmd.Flag("retrain.minimum-labels", "Number of outcomes of predictions after the training from which retraining may be recommended.").Default(strconv.FormatInt(r.MinimumLabels, 10)).Int64Var(&r.MinimumLabels)
	cmd.Flag("segments.top", "Maximum number of slices of a model and version shown by segments, the largest drop first.").Default(strconv.Itoa(o.SegmentLimits.Top)).IntVar(&o.SegmentLimits.Top)
	cmd.Flag("segments.pairs", "Also follow slices by two features: a detector for each two bins.").BoolVar(&o.SegmentPairs)
	detection := either{&o.Sequential, "sequential", "p-value"}
	cmd.Flag("drift.detection", "How feature_drift_detected decides: by the sequential detector, or by p-value and tolerance alone.").Default(detection.String()).SetValue(detection)
	dependence := either{&o.Block, "block", "independent"}
	cmd.Flag("drift.dependence", "Whether p-values take predictions to be independent, or to depend on their neighbours (block), as in batches.").Default(dependence.String()).SetValue(dependence)
}

// referenceFlags adds the flags that say what is normal, and how values become bins.
func referenceFlags(cmd flagged, o *monitor.Options) {
	b := &o.Bins
	cmd.Flag("config.file", "Configuration file (YAML) with the models to watch. Default: the embedded loan model, or that of --reference.file.").StringVar(&o.ConfigFile)
	cmd.Flag("reference.file", "Reference of the model to watch, instead of a configuration file.").StringVar(&o.ReferenceFile)
	cmd.Flag("bins.count", "Bins of a numeric feature.").Default(strconv.Itoa(b.Count)).IntVar(&b.Count)
	cmd.Flag("bins.method", "Bins of equal reference share (quantile) or equal width (uniform).").Default(b.Method).EnumVar(&b.Method, "quantile", "uniform")
}

// collectorFlags adds a flag for each collector. The returned function names those
// that are enabled, once the flags are parsed.
func collectorFlags(cmd flagged) func() []string {
	nothing := cmd.Flag("collector.disable-defaults", "Disable all collectors that are on by default.").Bool()
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

// with returns o with the changes of further flags of watchFlags.
func with(o monitor.Options, args []string) (monitor.Options, error) {
	app := kingpin.New("", "")
	app.Terminate(nil)
	app.UsageWriter(io.Discard).ErrorWriter(io.Discard)
	watchFlags(app, &o)
	_, err := app.Parse(args)
	return o, err
}
