package page

import (
	"encoding/json"
	"errors"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/net/html"

	"github.com/drift-exporter/drift_exporter/collector"
	"github.com/drift-exporter/drift_exporter/collector/assess"
)

// series identifies a sample of a metric.
type series struct{ metric, model, version, feature, bin, distance string }

// The page, the JSON and the metrics come from one snapshot. Every number on a page that names a
// metric, and the numbers of the JSON that are compared below, are exactly equal to that metric.
func TestPageJSONAndMetricsSayTheSame(t *testing.T) {
	t.Parallel()
	s := drifting(t)
	o := options(s)
	metrics := exported(t, s)
	compared := map[string]int{}
	for _, target := range everyPage(t, o) {
		for key, values := range shown(t, ask(t, o, target).Body.String()) {
			for _, value := range values {
				want, ok := metrics[key]
				if !ok || value != want {
					t.Errorf("%s: %+v is %v on the page and %v (%v) in the metrics", target, key, value, want, ok)
				}
				compared[key.metric]++
			}
		}
	}
	for _, metric := range []string{
		"feature_kl_divergence", "feature_kl_divergence_corrected", "feature_kl_noise_floor", "feature_drift_severity", "feature_drift_p_value",
		"feature_drift_adjusted_p_value", "feature_design_effect", "feature_drift_distance", "feature_missing_ratio", "feature_bin_share", "feature_bin_reference_share",
		"feature_bin_kl_contribution", "model_drifted_features", "model_window_predictions", "model_window_age_seconds", "model_accuracy", "model_accuracy_lower",
		"model_accuracy_upper", "model_accuracy_samples", "model_estimated_accuracy", "model_accuracy_surprise", "model_feedback_coverage_ratio", "model_reference_samples",
		"prediction_distribution_shift", "prediction_class_shift",
	} {
		if compared[metric] == 0 {
			t.Errorf("no page shows %s", metric)
		}
	}
	compareJSON(t, o, metrics)
}

// everyPage returns the addresses of all pages with numbers.
func everyPage(t *testing.T, o Options) []string {
	t.Helper()
	all := map[string]bool{"/drift": true}
	for _, first := range []string{"/drift", at("/drift", "model", markup, "version", "1"), at("/drift", "model", markup, "version", "2"), at("/drift", "model", markup, "version", bell)} {
		all[first] = true
		for _, link := range links(t, ask(t, o, first).Body.String()) {
			if strings.HasPrefix(link, "drift?") {
				all["/"+link] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(all))
}

// exported returns all samples of the metrics.
func exported(t *testing.T, s fixed) map[series]float64 {
	t.Helper()
	registry := prometheus.NewRegistry()
	registry.MustRegister(collector.Page(s.Snapshot(t.Context()), collector.Options{Judgement: watching.Judgement()}, collector.Names()))
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	all := map[series]float64{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			key := series{metric: f.GetName()}
			for _, l := range m.GetLabel() {
				switch v := l.GetValue(); l.GetName() {
				case "model":
					key.model = v
				case "version":
					key.version = v
				case "feature":
					key.feature = v
				case "bin":
					key.bin = v
				case "distance":
					key.distance = v
				}
			}
			all[key] = m.GetGauge().GetValue() + m.GetCounter().GetValue()
		}
	}
	return all
}

// shown returns every number on a page that names its metric.
func shown(t *testing.T, page string) map[series][]float64 {
	t.Helper()
	all := map[series][]float64{}
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	var walk func(n *html.Node, in series)
	walk = func(n *html.Node, in series) {
		at := map[string]string{}
		for _, a := range n.Attr {
			at[a.Key] = a.Val
		}
		set := func(to *string, key string) {
			if v, ok := at[key]; ok {
				*to = collector.LabelValue(v)
			}
		}
		set(&in.model, "data-model")
		set(&in.version, "data-version")
		set(&in.feature, "data-feature")
		set(&in.bin, "data-bin")
		set(&in.distance, "data-distance")
		if metric, ok := at["data-metric"]; ok {
			in.metric = metric
			if !strings.HasPrefix(metric, "feature_") {
				in.feature = ""
			}
			value, err := strconv.ParseFloat(at["value"], 64)
			if err != nil {
				t.Errorf("%s: %v", metric, err)
			}
			all[in] = append(all[in], value)
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c, in)
		}
	}
	walk(root, series{})
	return all
}

// compareJSON compares the JSON with the metrics.
func compareJSON(t *testing.T, o Options, metrics map[series]float64) {
	t.Helper()
	var a assess.Assessment
	d := json.NewDecoder(ask(t, o, "/api/v1/drift").Body)
	if err := d.Decode(&a); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		t.Error("there is more than one answer")
	}
	n := 0
	for i := range a.Models {
		m := &a.Models[i]
		is := func(feature, bin, metric string, value *float64) {
			want, ok := metrics[series{metric: metric, model: collector.LabelValue(m.Name), version: collector.LabelValue(m.Version), feature: feature, bin: collector.LabelValue(bin)}]
			if (value != nil) != ok || ok && *value != want {
				t.Errorf("%q %q %q: %s is %v in the JSON and %v (%v) in the metrics", m.Version, feature, bin, metric, value, want, ok)
			}
			n++
		}
		is("", "", "model_accuracy", &m.Performance.Accuracy.Value)
		is("", "", "model_feedback_coverage_ratio", m.Coverage)
		is("", "", "model_estimated_accuracy_upper", &m.Estimate.Accuracy.Upper)
		is("", "", "prediction_distribution_shift", m.Predictions.Score.KL)
		for j := range m.Features {
			f := &m.Features[j]
			is(f.Name, "", "feature_kl_divergence", f.KL)
			is(f.Name, "", "feature_kl_divergence_corrected", &f.Test.Corrected)
			is(f.Name, "", "feature_drift_p_value", f.Test.PValue)
			is(f.Name, "", "feature_missing_ratio", &f.Quality.Missing)
			is(f.Name, "", "feature_unseen_ratio", f.Quality.Unseen)
			is(f.Name, "", "feature_out_of_range_ratio", f.Quality.OutOfRange)
			detected := 0.0
			if *f.Detected {
				detected = 1
			}
			is(f.Name, "", "feature_drift_detected", &detected)
			for _, b := range f.Bins {
				is(f.Name, b.Name, "feature_bin_share", &b.Share)
				is(f.Name, b.Name, "feature_bin_kl_contribution", &b.Contribution)
			}
		}
	}
	if n < 100 {
		t.Errorf("only %d numbers were compared", n)
	}
}
