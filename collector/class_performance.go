package collector

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/drift-exporter/drift_exporter/collector/assess"
	"github.com/drift-exporter/drift_exporter/collector/drift"
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
)

var (
	classPrecision = prometheus.NewDesc("model_class_precision",
		"Share of the predictions of a class whose outcome was this class, 0 to 1, over the predictions of model_accuracy. Multiclass only. Absent if the class was not predicted.",
		classLabels.given, nil)
	classRecall = prometheus.NewDesc("model_class_recall",
		"Share of the outcomes of a class that were predicted, 0 to 1, over the predictions of model_accuracy. Multiclass only. Absent if the class was not observed.",
		classLabels.given, nil)
	classSamples = prometheus.NewDesc("model_class_samples",
		"Number of predictions of model_accuracy whose outcome is the class, 0 to --window.feedback. Multiclass only. Absent if the log cannot be read.",
		classLabels.given, nil)
)

// classPerformance exports how accurate a multiclass model was by class.
type classPerformance struct{ most int }

// Name implements Collector.
func (classPerformance) Name() string { return "class_performance" }

// Collect implements Collector.
func (c classPerformance) Collect(s *snapshot.Snapshot, ch chan<- prometheus.Metric) {
	for i := range s.Models {
		m := &s.Models[i]
		p := assess.PerformanceOf(m)
		if p == nil || p.Confusion != nil {
			continue
		}
		for class, of := range byClass(p.Classes, classesOf(m, c.most).shown) {
			labels := classLabels.with(m.Name, m.Version, class)
			known(ch, classPrecision, of.Precision(), labels)
			known(ch, classRecall, of.Recall(), labels)
			gauge(ch, classSamples, float64(of.Actual), labels)
		}
	}
}

// byClass adds up what is known by shown class. All other classes count as __other__, which is
// absent if there are none.
func byClass(all []assess.ClassPerformance, shown []string) map[string]*assess.ClassPerformance {
	named := make(map[string]*assess.ClassPerformance, len(shown)+1)
	for _, class := range shown {
		named[class] = &assess.ClassPerformance{Class: class}
	}
	for i := range all {
		name := orOther(all[i].Class, shown)
		if named[name] == nil {
			named[name] = &assess.ClassPerformance{Class: drift.Other}
		}
		named[name].Add(&all[i])
	}
	return named
}
