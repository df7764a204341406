package collector

import (
	"errors"
	"slices"

	"github.com/drift-exporter/drift_exporter/collector/assess"
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
)

// Options are the options of the collectors.
type Options struct {
	// Judgement decides what is drift.
	Judgement assess.Judgement
	// BinLimits bounds what feature_bins shows.
	BinLimits BinLimits
	// SegmentLimits bounds what segments shows.
	SegmentLimits SegmentLimits
	// Classes is the maximum number of classes of a model that are shown: the reference's most
	// frequent ones.
	Classes int
}

// Entry is one line of the list: a collector, its text in --help, whether it runs by
// default, and the data that it needs.
type Entry struct {
	Collector

	help string
	on   bool
	// needsLog means that the collector fails, and collects nothing, when the log could
	// not be read.
	needsLog bool
	// nulls, if set, returns why null distributions that the collector needs are missing.
	// The collector then fails, and still collects the metrics that need none.
	nulls func(m *snapshot.Model) error
	// parts are the parts of a snapshot that the collector can see. While they are the
	// same, its metrics may be shown again.
	parts snapshot.Part
}

// ofFeedback are the parts that depend on feedback.
const ofFeedback = snapshot.PartCounters | snapshot.PartPerformance | snapshot.PartCoverage | snapshot.PartMatured

// ofDecision are the parts on which a decision to retrain depends.
const ofDecision = snapshot.PartClock | snapshot.PartRows | snapshot.PartDistributions | snapshot.PartEstimate | snapshot.PartExpectedError |
	snapshot.PartEstimateLow | snapshot.PartAccuracy

// all lists the collectors in the order in which they run and are shown.
func all(o *Options) []Entry {
	j := o.Judgement
	return []Entry{
		{Collector: featureDrift{j}, parts: snapshot.PartDistributions, on: true, needsLog: true, nulls: featureNulls, help: "Divergence of each feature from the reference, and the verdict."},
		{Collector: featureDistance{}, parts: snapshot.PartDistributions, on: true, needsLog: true, help: "Other distances and divergences of each feature from the reference."},
		{Collector: featureQuality{}, parts: snapshot.PartDistributions, on: true, needsLog: true, help: "Missing, unseen and out-of-range values of each feature."},
		{Collector: featureValues{}, parts: snapshot.PartDistributions, on: true, needsLog: true, help: "Last value of each numeric feature: personal data of a single request."},
		{Collector: featureBins{o.BinLimits}, parts: snapshot.PartDistributions, on: false, needsLog: true, help: "The bins that contribute most to the divergence of each feature, with their shares."},
		{Collector: featureCounts{}, parts: snapshot.PartDistributions, on: false, needsLog: true, help: "Counts of each feature by bin, so that replicas can be merged in PromQL."},
		{Collector: predictionShift{j}, parts: snapshot.PartDistributions, on: true, needsLog: true, nulls: predictionNulls, help: "Divergence of score and class from the reference, and the verdict."},
		{Collector: traffic{o.Classes}, parts: snapshot.PartCounters, on: true, needsLog: true, help: "Requests, errors, classes, latency and scores since the log was created."},
		{Collector: performance{o.Classes}, parts: ofFeedback, on: true, needsLog: true, help: "Accuracy, precision, recall, ROC AUC and calibration from feedback; coverage and delay of feedback."},
		{Collector: classPerformance{o.Classes}, parts: snapshot.PartCounters | snapshot.PartPerformance, on: true, needsLog: true, help: "Precision and recall of each class of a multiclass model, from feedback."},
		{Collector: regression{}, parts: snapshot.PartCounters | snapshot.PartRegression, on: true, needsLog: true, help: "Errors of a model that predicts numbers, from feedback."},
		{Collector: selectiveLabels{}, parts: snapshot.PartCounters | snapshot.PartPerformance | snapshot.PartCoverage, on: true, needsLog: true, help: "Coverage and accuracy by predicted class, and accuracy from explored predictions."},
		{Collector: estimatedPerformance{}, parts: snapshot.PartEstimate | snapshot.PartPerformance | snapshot.PartExpectedError | snapshot.PartRegression, on: true, needsLog: true, help: "Accuracy, or error of a regression, estimated without feedback, and its difference from what feedback says."},
		{Collector: accuracyImpact{}, parts: snapshot.PartDistributions | snapshot.PartOutcomes, on: false, needsLog: true, help: "How much each feature contributes to a change of accuracy."},
		{Collector: decision{j}, parts: ofDecision, on: true, needsLog: true, help: "Whether accuracy has dropped, what that costs in errors, and whether and why to retrain."},
		{Collector: segments{o.SegmentLimits}, parts: snapshot.PartAccuracy | snapshot.PartDistributions, on: false, needsLog: true, help: "Slices of the predictions whose accuracy fell, by the bins of a feature or of two."},
		{Collector: challenger{}, parts: snapshot.PartChallengers, on: true, needsLog: true, help: "Whether a shadow is better than the version that it shadows, on the same predictions."},
		{Collector: windowRows{}, parts: snapshot.PartRows | snapshot.PartClock, on: true, needsLog: true, help: "Size and age of the prediction window."},
		{Collector: referenceInfo{}, parts: snapshot.PartLoads, on: true, needsLog: false, help: "Which reference each model and version is compared with."},
	}
}

// Select returns the collectors with the given names, in the order of the list.
func Select(o Options, names []string) []Entry {
	return slices.DeleteFunc(all(&o), func(e Entry) bool { return !slices.Contains(names, e.Name()) })
}

// Names lists all collectors, in the order in which they run.
func Names() []string {
	return names(func(Entry) bool { return true })
}

// Defaults lists the collectors that run by default.
func Defaults() []string {
	return names(func(e Entry) bool { return e.on })
}

// Help returns the sentence that describes a collector in --help, empty if there is no
// collector of that name.
func Help(name string) string {
	for _, e := range all(&Options{}) {
		if e.Name() == name {
			return e.help
		}
	}
	return ""
}

func names(wanted func(Entry) bool) []string {
	var names []string
	for _, e := range all(&Options{}) {
		if wanted(e) {
			names = append(names, e.Name())
		}
	}
	return names
}

func featureNulls(m *snapshot.Model) error {
	var errs []error
	for i := range m.Features() {
		errs = append(errs, m.Features()[i].NullErr)
	}
	return errors.Join(errs...)
}

func predictionNulls(m *snapshot.Model) error {
	var errs []error
	for _, d := range []*snapshot.Distribution{m.Score(), m.Class()} {
		if d != nil {
			errs = append(errs, d.NullErr)
		}
	}
	return errors.Join(errs...)
}
