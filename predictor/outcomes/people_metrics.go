package outcomes

import "github.com/prometheus/client_golang/prometheus"

// reviewMetrics exports the state of the reviews.
type reviewMetrics struct {
	queue, skips, last, open              *prometheus.Desc
	sample, raised                        *prometheus.Desc
	accuracy, lower, upper, samples       *prometheus.Desc
	byClass, byClassLower, byClassUpper   *prometheus.Desc
	byClassSamples, agreement, agreements *prometheus.Desc
	difference, concordance               *prometheus.Desc
}

func newReviewMetrics() *reviewMetrics {
	return &reviewMetrics{
		queue:    prometheus.NewDesc("drift_outcomes_review_queue", "Predictions that wait for a review, by the person that they wait for: first, second or third. Absent while the reviews are not open.", []string{"source", "person"}, nil),
		sample:   prometheus.NewDesc("drift_outcomes_review_sample_ratio", "Probability with which a prediction is drawn for review, in [0, 1]; of an uncertain queue, the largest. Absent while the reviews are not open.", []string{"source"}, nil),
		raised:   prometheus.NewDesc("drift_outcomes_review_raised_sample_ratio", "drift_outcomes_review_sample_ratio of a model of which a responder has asked to review more, in [0, 1]. Absent for other models.", []string{"source", "model"}, nil),
		skips:    prometheus.NewDesc("drift_outcomes_review_skips_total", "Predictions that reviewers have skipped since the process started. Absent while the reviews are not open.", []string{"source"}, nil),
		last:     prometheus.NewDesc("drift_outcomes_review_last_timestamp_seconds", "Time of the last review, in seconds since 1970. Absent before the first one.", []string{"source"}, nil),
		open:     prometheus.NewDesc("drift_outcomes_review_unauthenticated", "1 if nobody checks who reviews, 0 if a proxy or a password does. Absent while the reviews are not open.", []string{"source"}, nil),
		accuracy: prometheus.NewDesc("drift_outcomes_review_accuracy", "Accuracy of the model by reviews of the sample, weighted by inverse probability, in [0, 1]. Absent before the first one.", []string{"source"}, nil),
		lower:    prometheus.NewDesc("drift_outcomes_review_accuracy_lower", "Lower end of the 95 % interval of drift_outcomes_review_accuracy, in [0, 1]. Absent where that is.", []string{"source"}, nil),
		upper:    prometheus.NewDesc("drift_outcomes_review_accuracy_upper", "Upper end of the 95 % interval of drift_outcomes_review_accuracy, in [0, 1]. Absent where that is.", []string{"source"}, nil),
		samples:  prometheus.NewDesc("drift_outcomes_review_accuracy_samples", "Reviewed predictions of the sample behind drift_outcomes_review_accuracy. Absent while the reviews are not open.", []string{"source"}, nil),

		byClass:        prometheus.NewDesc("drift_outcomes_review_class_accuracy", "Value of drift_outcomes_review_accuracy for the predictions of one class, in [0, 1]. Absent before the first one.", []string{"source", "predicted"}, nil),
		byClassLower:   prometheus.NewDesc("drift_outcomes_review_class_accuracy_lower", "Lower end of the 95 % interval of drift_outcomes_review_class_accuracy, in [0, 1]. Absent where that is.", []string{"source", "predicted"}, nil),
		byClassUpper:   prometheus.NewDesc("drift_outcomes_review_class_accuracy_upper", "Upper end of the 95 % interval of drift_outcomes_review_class_accuracy, in [0, 1]. Absent where that is.", []string{"source", "predicted"}, nil),
		byClassSamples: prometheus.NewDesc("drift_outcomes_review_class_accuracy_samples", "Reviewed predictions of one class behind drift_outcomes_review_class_accuracy. Absent before the first one.", []string{"source", "predicted"}, nil),

		agreement:  prometheus.NewDesc("drift_outcomes_review_agreement_ratio", "Share of the predictions about which the first two reviewers agree (numbers: within outcome.tolerance), in [0, 1]. Absent before two have reviewed one.", []string{"source"}, nil),
		agreements: prometheus.NewDesc("drift_outcomes_review_agreement_samples", "Predictions that two people have reviewed. Absent while the reviews are not open.", []string{"source"}, nil),

		difference:  prometheus.NewDesc("drift_outcomes_review_mean_absolute_difference", "Mean absolute difference between the numbers of the first two reviewers, for regressions, in the unit of the numbers. Absent before two have reviewed one.", []string{"source"}, nil),
		concordance: prometheus.NewDesc("drift_outcomes_review_concordance", "Lin's concordance of the numbers of the first two reviewers, for regressions, in [-1, 1]. Absent before two have reviewed two predictions, or if all numbers are the same.", []string{"source"}, nil),
	}
}

// describe sends the descriptions.
func (m *reviewMetrics) describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		m.queue, m.sample, m.raised, m.skips, m.last, m.open, m.accuracy, m.lower, m.upper, m.samples,
		m.byClass, m.byClassLower, m.byClassUpper, m.byClassSamples, m.agreement, m.agreements, m.difference, m.concordance,
	} {
		ch <- d
	}
}

// collect sends the state of the reviews of a source.
func (m *reviewMetrics) collect(ch chan<- prometheus.Metric, source string, s *ReviewState) {
	gauge := func(d *prometheus.Desc, value float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, append([]string{source}, labels...)...)
	}
	for person, n := range s.Waiting {
		gauge(m.queue, float64(n), person)
	}
	gauge(m.sample, s.Sample)
	for model, sample := range s.Raised {
		gauge(m.raised, sample, model)
	}
	ch <- prometheus.MustNewConstMetric(m.skips, prometheus.CounterValue, float64(s.Skips), source)
	if s.Last > 0 {
		gauge(m.last, float64(s.Last)/1e9)
	}
	gauge(m.open, map[bool]float64{true: 1}[s.Open])
	gauge(m.samples, float64(s.Accuracy.Samples))
	if s.Accuracy.Samples > 0 {
		gauge(m.accuracy, s.Accuracy.Value)
		gauge(m.lower, s.Accuracy.Lower)
		gauge(m.upper, s.Accuracy.Upper)
	}
	for class, e := range s.ByClass {
		gauge(m.byClass, e.Value, class)
		gauge(m.byClassLower, e.Lower, class)
		gauge(m.byClassUpper, e.Upper, class)
		gauge(m.byClassSamples, float64(e.Samples), class)
	}
	gauge(m.agreements, float64(s.Both))
	if s.Both > 0 {
		gauge(m.agreement, float64(s.Agree)/float64(s.Both))
	}
	if s.Numbers == nil {
		return
	}
	if difference, ok := s.Numbers.Difference(); ok {
		gauge(m.difference, difference)
	}
	if concordance, ok := s.Numbers.Concordance(); ok {
		gauge(m.concordance, concordance)
	}
}
