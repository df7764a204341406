package collector

import (
	"errors"

	"github.com/drift-exporter/drift_exporter/collector/window"
)

// entry is one line of the list: a collector, what --help says of it, whether
// it runs unless told otherwise, and what it cannot do without.
type entry struct {
	Collector
	help string
	on   bool
	// needsLog: nothing is collected, without success, when the log could not be read.
	needsLog bool
	// nulls, when set, returns why null distributions it needs are missing. What
	// does not need them is collected, without success.
	nulls func(m *window.Model) error
	// same, when set, reports whether the collector would make the same of two
	// snapshots: all that it looks at is the same. Without, it runs at every scrape.
	same func(a, b *window.Snapshot) bool
}

// all lists the collectors in the order in which they run and are shown.
func all(o *Options) []entry {
	r := o.rule()
	distributions := sameModels(sameDistributions)
	return []entry{
		{Collector: featureDrift{r}, same: distributions, on: true, needsLog: true, nulls: featureNulls, help: "Divergence of each feature from the reference, and whether it is drift."},
		{Collector: featureDistance{}, same: distributions, on: true, needsLog: true, help: "Other distances and divergences of each feature from the reference."},
		{Collector: featureQuality{}, same: distributions, on: true, needsLog: true, help: "Missing, unseen and out-of-range values of each feature."},
		{Collector: featureValues{}, same: distributions, on: true, needsLog: true, help: "Last value of each numeric feature: personal data of one applicant."},
		{Collector: featureBins{o.BinLimits}, same: distributions, on: false, needsLog: true, help: "The bins that make up the divergence of each feature, with their shares: why it drifted."},
		{Collector: featureCounts{}, same: distributions, on: false, needsLog: true, help: "Counts of each feature by bin, so that replicas can be merged in PromQL."},
		{Collector: predictionShift{r}, same: distributions, on: true, needsLog: true, nulls: predictionNulls, help: "Divergence of score and class from the reference, and whether it is drift."},
		{Collector: traffic{}, same: sameModels(sameCounters), on: true, needsLog: true, help: "Requests, errors, classes, latency and scores since the log began."},
		{Collector: performance{}, same: sameModels(sameOutcomes), on: true, needsLog: true, help: "Accuracy, precision, recall, ROC AUC and calibration from feedback, and how much and how late that is."},
		{Collector: estimatedPerformance{}, same: sameModels(sameEstimate), on: true, needsLog: true, help: "Accuracy estimated from the scores, without feedback, and how the truth differs."},
		{Collector: accuracyImpact{}, same: sameModels(sameImpact), on: false, needsLog: true, help: "What each feature has to do with a change of accuracy."},
		{Collector: windowRows{}, on: true, needsLog: true, help: "Size and age of the prediction window."},
		{Collector: referenceInfo{}, same: sameReferences, on: true, needsLog: false, help: "Which reference each model and version is compared with."},
	}
}

// Names lists all collectors, in the order in which they run.
func Names() []string {
	return names(func(entry) bool { return true })
}

// Defaults lists the collectors that run unless told otherwise.
func Defaults() []string {
	return names(func(e entry) bool { return e.on })
}

// Help is the sentence that describes a collector in --help, empty for a name
// that is none.
func Help(name string) string {
	for _, e := range all(&Options{}) {
		if e.Name() == name {
			return e.help
		}
	}
	return ""
}

func names(wanted func(entry) bool) []string {
	var names []string
	for _, e := range all(&Options{}) {
		if wanted(e) {
			names = append(names, e.Name())
		}
	}
	return names
}

func featureNulls(m *window.Model) error {
	var errs []error
	for i := range m.Features {
		errs = append(errs, m.Features[i].NullErr)
	}
	return errors.Join(errs...)
}

func predictionNulls(m *window.Model) error {
	var errs []error
	for _, d := range []*window.Distribution{m.Score, m.Class} {
		if d != nil {
			errs = append(errs, d.NullErr)
		}
	}
	return errors.Join(errs...)
}
