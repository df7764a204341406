package collector

import (
	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"github.com/drift-exporter/drift_exporter/collector/assess"
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
)

var (
	meanAbsoluteError = prometheus.NewDesc("model_mean_absolute_error",
		"Mean absolute error, in the unit of the outcome, at least 0, of the --window.feedback predictions whose feedback arrived last. Regression only. Absent without feedback.",
		modelLabels.given, nil)
	meanAbsoluteErrorLower = prometheus.NewDesc("model_mean_absolute_error_lower",
		"Lower end of the 95 % interval of model_mean_absolute_error, in the unit of the outcome. Absent below 30 predictions with feedback.",
		modelLabels.given, nil)
	meanAbsoluteErrorUpper = prometheus.NewDesc("model_mean_absolute_error_upper",
		"Upper end of the 95 % interval of model_mean_absolute_error, in the unit of the outcome. Absent below 30 predictions with feedback.",
		modelLabels.given, nil)
	rootMeanSquaredError = prometheus.NewDesc("model_root_mean_squared_error",
		"Root of the mean squared error, in the unit of the outcome, at least 0, over the predictions of model_mean_absolute_error. Regression only. Absent without feedback.",
		modelLabels.given, nil)
	rootMeanSquaredErrorLower = prometheus.NewDesc("model_root_mean_squared_error_lower",
		"Lower end of the 95 % interval of model_root_mean_squared_error, in the unit of the outcome. Absent below 30 predictions with feedback.",
		modelLabels.given, nil)
	rootMeanSquaredErrorUpper = prometheus.NewDesc("model_root_mean_squared_error_upper",
		"Upper end of the 95 % interval of model_root_mean_squared_error, in the unit of the outcome; too low where errors have heavy tails. Absent below 30 predictions with feedback.",
		modelLabels.given, nil)
	meanError = prometheus.NewDesc("model_mean_error",
		"Mean of predicted value minus outcome, in the unit of the outcome, over the predictions of model_mean_absolute_error; above 0 the model predicts too much. Regression only. Absent without feedback.",
		modelLabels.given, nil)
	meanErrorLower = prometheus.NewDesc("model_mean_error_lower",
		"Lower end of the 95 % interval of model_mean_error, in the unit of the outcome; above 0 the bias is significant. Absent below 30 predictions with feedback.",
		modelLabels.given, nil)
	meanErrorUpper = prometheus.NewDesc("model_mean_error_upper",
		"Upper end of the 95 % interval of model_mean_error, in the unit of the outcome; below 0 the bias is significant. Absent below 30 predictions with feedback.",
		modelLabels.given, nil)
	rSquared = prometheus.NewDesc("model_r_squared",
		"Coefficient of determination, at most 1 (0: as good as the mean of the outcomes), over the predictions of model_mean_absolute_error. Regression only. Absent if all outcomes are equal.",
		modelLabels.given, nil)
	errorSamples = prometheus.NewDesc("model_error_samples",
		"Number of predictions in model_mean_absolute_error, 0 to --window.feedback. Regression only. Absent if the log cannot be read.",
		modelLabels.given, nil)
)

// regression exports how large the errors of a model are that predicts numbers.
type regression struct{}

// Name implements Collector.
func (regression) Name() string { return "regression" }

// Collect implements Collector.
func (regression) Collect(s *snapshot.Snapshot, ch chan<- prometheus.Metric) {
	for i := range s.Models {
		m := &s.Models[i]
		r := assess.RegressionOf(m)
		if r == nil {
			continue
		}
		labels := ofModel(m)
		gauge(ch, errorSamples, float64(r.Samples), labels)
		errorInterval(ch, meanAbsoluteError, meanAbsoluteErrorLower, meanAbsoluteErrorUpper, r.MeanAbsoluteError, labels)
		errorInterval(ch, rootMeanSquaredError, rootMeanSquaredErrorLower, rootMeanSquaredErrorUpper, r.RootMeanSquaredError, labels)
		errorInterval(ch, meanError, meanErrorLower, meanErrorUpper, r.MeanError, labels)
		known(ch, rSquared, r.RSquared, labels)
	}
}

// errorInterval sends a value and the ends of its interval, as far as they are known.
func errorInterval(ch chan<- prometheus.Metric, value, lower, upper *prometheus.Desc, i *assess.ErrorInterval, labels []*dto.LabelPair) {
	if i != nil {
		gauge(ch, value, i.Value, labels)
		known(ch, lower, i.Lower, labels)
		known(ch, upper, i.Upper, labels)
	}
}
