package collector

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/drift-exporter/drift_exporter/collector/assess"
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
)

var methodLabels = labels("model", "version", "method")

var (
	estimatedAccuracy = prometheus.NewDesc("model_estimated_accuracy",
		"Accuracy of the window estimated from its scores, without feedback, 0 to 1. It cannot see concept drift. Absent without scores.",
		modelLabels.given, nil)
	estimatedLower = prometheus.NewDesc("model_estimated_accuracy_lower",
		"Lower end of the 95 % interval of model_estimated_accuracy, 0 to 1; it holds while scores mean what they meant in the reference. Absent without scores.",
		modelLabels.given, nil)
	estimatedUpper = prometheus.NewDesc("model_estimated_accuracy_upper",
		"Upper end of the 95 % interval of model_estimated_accuracy, 0 to 1; it holds while scores mean what they meant in the reference. Absent without scores.",
		modelLabels.given, nil)
	estimateInfo = prometheus.NewDesc("model_estimated_accuracy_info",
		"Always 1. The label method is calibrated (the reference's accuracy by bin of the score) or cbpe (the scores themselves, if it has no outcomes). Absent without scores.",
		methodLabels.given, nil)
	surprise = prometheus.NewDesc("model_accuracy_surprise",
		"Accuracy minus estimated accuracy of the same predictions with feedback, -1 to 1; below 0 is concept drift. Absent without feedback on scored predictions.",
		modelLabels.given, nil)
	surpriseLower = prometheus.NewDesc("model_accuracy_surprise_lower",
		"Lower end of the 95 % interval of model_accuracy_surprise, -1 to 1. Absent without feedback on scored predictions.",
		modelLabels.given, nil)
	surpriseUpper = prometheus.NewDesc("model_accuracy_surprise_upper",
		"Upper end of the 95 % interval of model_accuracy_surprise, -1 to 1; below 0 the drop is significant. Absent without feedback on scored predictions.",
		modelLabels.given, nil)
)

var (
	estimatedError = prometheus.NewDesc("model_estimated_mean_absolute_error",
		"Mean absolute error of the window estimated from predicted values, without feedback, in the unit of the outcome; it cannot see concept drift. Regression only. Absent if the reference has no errors.",
		modelLabels.given, nil)
	estimatedErrorLower = prometheus.NewDesc("model_estimated_mean_absolute_error_lower",
		"Lower end of the 95 % interval of model_estimated_mean_absolute_error; it holds while the model errs at each predicted value as in the reference. Absent where the estimate is.",
		modelLabels.given, nil)
	estimatedErrorUpper = prometheus.NewDesc("model_estimated_mean_absolute_error_upper",
		"Upper end of the 95 % interval of model_estimated_mean_absolute_error; it holds while the model errs at each predicted value as in the reference. Absent where the estimate is.",
		modelLabels.given, nil)
	errorSurprise = prometheus.NewDesc("model_mean_absolute_error_surprise",
		"Mean absolute error minus the estimated one of the same predictions with feedback, in the unit of the outcome; above 0 is concept drift. Regression only. Absent without feedback.",
		modelLabels.given, nil)
	errorSurpriseLower = prometheus.NewDesc("model_mean_absolute_error_surprise_lower",
		"Lower end of the 95 % interval of model_mean_absolute_error_surprise; above 0 the rise is significant. Absent without feedback.",
		modelLabels.given, nil)
	errorSurpriseUpper = prometheus.NewDesc("model_mean_absolute_error_surprise_upper",
		"Upper end of the 95 % interval of model_mean_absolute_error_surprise. Absent without feedback.",
		modelLabels.given, nil)
)

// estimatedPerformance exports the accuracy, or the error of a regression, estimated without
// outcomes, and the difference from what it is where outcomes are known.
type estimatedPerformance struct{}

// Name implements Collector.
func (estimatedPerformance) Name() string { return "estimated_performance" }

// Collect implements Collector.
func (estimatedPerformance) Collect(s *snapshot.Snapshot, ch chan<- prometheus.Metric) {
	for i := range s.Models {
		m := &s.Models[i]
		labels := ofModel(m)
		if e := assess.EstimateOf(m); e != nil {
			interval(ch, estimatedAccuracy, estimatedLower, estimatedUpper, &e.Accuracy, labels)
			gauge(ch, estimateInfo, 1, methodLabels.with(m.Name, m.Version, e.Method))
		}
		interval(ch, estimatedError, estimatedErrorLower, estimatedErrorUpper, assess.ExpectedErrorOf(m), labels)
		interval(ch, errorSurprise, errorSurpriseLower, errorSurpriseUpper, assess.ErrorSurpriseOf(m), labels)
		interval(ch, surprise, surpriseLower, surpriseUpper, assess.SurpriseOf(m), labels)
	}
}
