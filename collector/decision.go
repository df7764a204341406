package collector

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/drift-exporter/drift_exporter/collector/assess"
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

var retrainReasonLabels = labels("model", "version", "reason")

var (
	accuracyDropDetected = prometheus.NewDesc("model_accuracy_drop_detected",
		"1 if accuracy is below the reference's by more than --accuracy.tolerance, else 0; --drift.false-alarms-per-month bounds false alarms. Absent below 50 matured outcomes; below 80 % coverage unless 1.",
		modelLabels.given, nil)
	accuracyDropEvidence = prometheus.NewDesc("model_accuracy_drop_evidence",
		"Evidence in nats that accuracy is below the reference's by more than --accuracy.tolerance; the alarm begins at about 15. Absent where model_accuracy_drop_detected is.",
		modelLabels.given, nil)
	lossRiseDetected = prometheus.NewDesc("model_accuracy_drop_loss_detected",
		"1 if a regression's mean loss, min(error/99 % quantile, 1), is above the reference's by more than --accuracy.tolerance, else 0. Absent where model_accuracy_drop_detected is.",
		modelLabels.given, nil)
	lossRiseEvidence = prometheus.NewDesc("model_accuracy_drop_loss_evidence",
		"Evidence in nats for model_accuracy_drop_loss_detected; the alarm begins at about 15. Absent where model_accuracy_drop_loss_detected is.",
		modelLabels.given, nil)
	accuracyDropCoverage = prometheus.NewDesc("model_accuracy_drop_coverage_ratio",
		"Share with an outcome of the matured predictions of the newest ticks with 1,000 together, 0 to 1; below 0.8 no drop of accuracy is looked for. Absent while no prediction is mature.",
		modelLabels.given, nil)
	excessErrors = prometheus.NewDesc("model_excess_errors",
		"Errors above what the reference would have made on as many matured outcomes of the look-back, below 0 if fewer. Absent without such outcomes.",
		modelLabels.given, nil)
	excessErrorsLower = prometheus.NewDesc("model_excess_errors_lower",
		"Lower bound of the excess errors that are not chance, at all times together with 95 % confidence. Absent where model_excess_errors is.",
		modelLabels.given, nil)
	trainingAge = prometheus.NewDesc("model_training_age_seconds",
		"Seconds since the training time of the reference. Absent if the reference does not say when it was made.",
		modelLabels.given, nil)
	retrainRecommended = prometheus.NewDesc("model_retrain_recommended",
		"1 if retraining is recommended, else 0; see model_retrain_reason. Absent until drift, a drop of accuracy or the cost has a verdict.",
		modelLabels.given, nil)
	retrainReason = prometheus.NewDesc("model_retrain_reason",
		"1 if the reason holds, else 0; too_young and too_few_labels are reasons against retraining, all others for it. Absent where a reason is unknown.",
		retrainReasonLabels.given, nil)
)

// decision exports whether accuracy has dropped, what it costs, and whether to retrain.
type decision struct{ judgement assess.Judgement }

// Name implements Collector.
func (decision) Name() string { return "decision" }

// Collect implements Collector.
func (c decision) Collect(s *snapshot.Snapshot, ch chan<- prometheus.Metric) {
	for i := range s.Models {
		if d := c.judgement.Decision(s, &s.Models[i]); d != nil {
			sendDecision(&s.Models[i], d, ch)
		}
	}
}

func sendDecision(m *snapshot.Model, d *assess.Decision, ch chan<- prometheus.Metric) {
	labels := ofModel(m)
	if d.Drop != nil {
		verdict, evidence := accuracyDropDetected, accuracyDropEvidence
		if m.Type == value.Regression {
			verdict, evidence = lossRiseDetected, lossRiseEvidence
		}
		gauge(ch, verdict, truth(d.Drop.Detected), labels)
		gauge(ch, evidence, d.Drop.LogEvidence, labels)
	}
	known(ch, accuracyDropCoverage, d.Coverage, labels)
	if d.Excess != nil {
		gauge(ch, excessErrors, d.Excess.Errors, labels)
		gauge(ch, excessErrorsLower, d.Excess.Lower, labels)
	}
	if d.TrainingAge != nil {
		gauge(ch, trainingAge, d.TrainingAge.Seconds(), labels)
	}
	knownTruth(ch, retrainRecommended, d.Recommended, labels)
	for _, reason := range d.Reasons.All() {
		if reason.Holds != nil {
			gauge(ch, retrainReason, truth(*reason.Holds), retrainReasonLabels.with(m.Name, m.Version, reason.Name))
		}
	}
}
