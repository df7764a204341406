package collector

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/drift-exporter/drift_exporter/collector/assess"
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
)

var (
	windowPredictions = prometheus.NewDesc("model_window_predictions",
		"Number of predictions in the window (--window.predictions, --window.duration). Absent if the log cannot be read.",
		modelLabels.given, nil)
	windowAge = prometheus.NewDesc("model_window_age_seconds",
		"Age of the oldest prediction in the window in seconds, by the scrape's clock. Absent while the window is empty.",
		modelLabels.given, nil)
	lastPrediction = prometheus.NewDesc("model_last_prediction_timestamp_seconds",
		"Time of the newest prediction in the log, in seconds since 1970. Absent before the first.",
		modelLabels.given, nil)
)

// windowRows exports the size and age of the prediction window.
type windowRows struct{}

// Name implements Collector.
func (windowRows) Name() string { return "window" }

// Collect implements Collector.
func (windowRows) Collect(s *snapshot.Snapshot, ch chan<- prometheus.Metric) {
	for i := range s.Models {
		m := &s.Models[i]
		f := assess.FreshnessOf(m, s.Time)
		if f == nil {
			continue
		}
		labels := ofModel(m)
		gauge(ch, windowPredictions, float64(f.Predictions), labels)
		if f.Age != nil {
			gauge(ch, windowAge, f.Age.Seconds(), labels)
		}
		if f.Newest != nil {
			gauge(ch, lastPrediction, seconds(*f.Newest), labels)
		}
	}
}
