package collector

import (
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"github.com/drift-exporter/drift_exporter/collector/assess"
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
)

// Labels of the metrics, in the order of their values.
var (
	modelLabels     = labels("model", "version")
	featureLabels   = labels("model", "version", "feature")
	binLabels       = labels("model", "version", "feature", "bin")
	sourceLabels    = labels("model", "source")
	collectorLabels = labels("collector")
	reasonLabels    = labels("reason")
)

// sample is one number on a page. It does the same as prometheus.MustNewConstMetric,
// except that the samples of one model, or one feature, share their label pairs. That
// takes 0.2 us instead of 1.15 us for each of the about 200 samples on a page.
type sample struct {
	desc   *prometheus.Desc
	labels []*dto.LabelPair
	value  float64
	count  bool
}

// Desc implements prometheus.Metric.
func (s *sample) Desc() *prometheus.Desc { return s.desc }

// Write implements prometheus.Metric.
func (s *sample) Write(m *dto.Metric) error {
	m.Label = s.labels
	if s.count {
		m.Counter = &dto.Counter{Value: &s.value}
	} else {
		m.Gauge = &dto.Gauge{Value: &s.value}
	}
	return nil
}

// gauge sends a value.
func gauge(ch chan<- prometheus.Metric, d *prometheus.Desc, value float64, labels []*dto.LabelPair) {
	ch <- &sample{desc: d, labels: labels, value: value}
}

// known sends a value, unless it is nil: no data, no sample.
func known(ch chan<- prometheus.Metric, d *prometheus.Desc, value *float64, labels []*dto.LabelPair) {
	if value != nil {
		gauge(ch, d, *value, labels)
	}
}

// knownTruth sends a yes or no, unless it is nil.
func knownTruth(ch chan<- prometheus.Metric, d *prometheus.Desc, yes *bool, labels []*dto.LabelPair) {
	if yes != nil {
		gauge(ch, d, truth(*yes), labels)
	}
}

// interval sends a value and the ends of its interval, unless it is nil.
func interval(ch chan<- prometheus.Metric, value, lower, upper *prometheus.Desc, i *assess.Interval, labels []*dto.LabelPair) {
	if i != nil {
		gauge(ch, value, i.Value, labels)
		gauge(ch, lower, i.Lower, labels)
		gauge(ch, upper, i.Upper, labels)
	}
}

// counter sends a count.
func counter(ch chan<- prometheus.Metric, d *prometheus.Desc, count int64, labels []*dto.LabelPair) {
	ch <- &sample{desc: d, labels: labels, value: float64(count), count: true}
}

// labelNames are the names of a metric's labels, in the order of their values.
type labelNames struct {
	given  []string
	sorted []int // indices into given, in the order of the names
}

// labels returns the names of a metric's labels.
func labels(names ...string) labelNames {
	l := labelNames{given: names, sorted: make([]int, len(names))}
	for i := range names {
		l.sorted[i] = i
	}
	slices.SortFunc(l.sorted, func(a, b int) int { return strings.Compare(names[a], names[b]) })
	return l
}

// with returns the label pairs with these values, one for each name, sorted by name. It
// takes 0.2 us.
func (l *labelNames) with(values ...string) []*dto.LabelPair {
	shown, made, pairs := make([]string, len(values)), make([]dto.LabelPair, len(values)), make([]*dto.LabelPair, len(values))
	for to, from := range l.sorted {
		shown[to] = LabelValue(values[from])
		made[to].Name, made[to].Value = &l.given[from], &shown[to]
		pairs[to] = &made[to]
	}
	return pairs
}

// ofModel returns the label pairs of a model and version.
func ofModel(m *snapshot.Model) []*dto.LabelPair { return modelLabels.with(m.Name, m.Version) }

// prepend returns the pairs with first in front of them. Its name must sort first.
func prepend(first *dto.LabelPair, rest []*dto.LabelPair) []*dto.LabelPair {
	return append([]*dto.LabelPair{first}, rest...)
}

// truth is the gauge's value of a yes or no.
func truth(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}

// seconds returns the seconds since 1970, with the precision of a float64.
func seconds(t time.Time) float64 {
	return float64(t.Unix()) + float64(t.Nanosecond())/1e9
}

// histogram sends counts by bucket and a sum. There is one bucket for each bound and one
// beyond the last. The sum is divided by units.
func histogram(ch chan<- prometheus.Metric, d *prometheus.Desc, h *predictionlog.Histogram, bounds []float64, units float64, m *snapshot.Model) {
	var count uint64
	buckets := make(map[float64]uint64, len(bounds))
	for i, n := range h.Counts {
		count += uint64(max(n, 0))
		if i < len(bounds) {
			buckets[bounds[i]] = count
		}
	}
	ch <- prometheus.MustNewConstHistogram(d, count, float64(h.Sum)/units, buckets, LabelValue(m.Name), LabelValue(m.Version))
}
