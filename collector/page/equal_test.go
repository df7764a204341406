package page

import (
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
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
type series struct{ metric, model, version, feature, bin, distance, segment, reason, challenger, better string }

// labels are the labels of a series by their names.
func (s *series) labels() map[string]*string {
	return map[string]*string{
		"model": &s.model, "version": &s.version, "feature": &s.feature, "bin": &s.bin, "distance": &s.distance,
		"segment": &s.segment, "reason": &s.reason, "challenger": &s.challenger, "better": &s.better,
	}
}

// The page, the JSON and the metrics come from one snapshot. Every number on a page that names a
// metric, and the numbers of the JSON that are compared below, are exactly equal to that metric.
func TestPageJSONAndMetricsSayTheSame(t *testing.T) {
	t.Parallel()
	compared := map[string]int{}
	for _, s := range []fixed{drifting(t), failed(t)} {
		o, metrics := options(s), exported(t, s)
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
		compareJSON(t, o, metrics)
	}
	for _, metric := range named(t) {
		if compared[metric] == 0 {
			t.Errorf("no page shows %s", metric)
		}
	}
}

// named returns the metrics that the source of this package names, but those of regressions and of
// shadows, which have tests of their own. Names with the suffixes _lower and _upper are made by between.
func named(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]bool{}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") || file == "regression.go" || file == "judged_errors.go" || file == "challengers.go" {
			continue
		}
		text, err := os.ReadFile(filepath.Clean(file))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`"((?:model|feature|prediction)_[a-z_]+)"`).FindAllStringSubmatch(string(text), -1) {
			all[m[1]] = true
		}
		for _, m := range regexp.MustCompile(`between\("([a-z_]+)"`).FindAllStringSubmatch(string(text), -1) {
			all[m[1]+"_lower"], all[m[1]+"_upper"] = true, true
		}
	}
	delete(all, "feature_drift_detected") // a query to graph names it; the page has the verdict in words
	for _, ofRegression := range []string{"model_accuracy_drop_loss_detected", "model_accuracy_drop_loss_evidence"} {
		delete(all, ofRegression)
	}
	for _, byClass := range []string{"model_feedback_class_coverage_ratio", "model_explored_accuracy"} {
		delete(all, byClass) // shown only if outcomes of one class hardly come, which has a test of its own
	}
	if len(all) < 35 {
		t.Fatalf("only %d metrics are named", len(all))
	}
	return slices.Sorted(maps.Keys(all))
}

// everyPage returns the addresses of all pages with numbers.
func everyPage(t *testing.T, o Options) []string {
	t.Helper()
	all := map[string]bool{"/drift": true}
	for _, first := range []string{"/drift", at("/drift", "model", markup, "version", "1"), at("/drift", "model", markup, "version", "2"), at("/drift", "model", markup, "version", bell)} {
		if ask(t, o, first).Code != http.StatusOK {
			continue // not every source has every version
		}
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
func exported(t *testing.T, s Source) map[series]float64 {
	t.Helper()
	return exportedBy(t, s, collector.Names()...)
}

// exportedBy returns all samples of some collectors.
func exportedBy(t *testing.T, s Source, collectors ...string) map[series]float64 {
	t.Helper()
	registry := prometheus.NewRegistry()
	registry.MustRegister(collector.Page(s.Snapshot(t.Context()), watching.Collectors(), collectors))
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	all := map[series]float64{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			key := series{metric: f.GetName()}
			for _, l := range m.GetLabel() {
				if to, ok := key.labels()[l.GetName()]; ok {
					*to = l.GetValue()
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
		for name, to := range in.labels() {
			if v, ok := at["data-"+name]; ok {
				*to = collector.LabelValue(v)
			}
		}
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
		interval := func(metric string, i *assess.Interval) {
			if i == nil {
				is("", "", metric, nil)
				return
			}
			is("", "", metric, &i.Value)
			is("", "", metric+"_lower", &i.Lower)
			is("", "", metric+"_upper", &i.Upper)
		}
		whole := func(metric string, n int64) {
			x := float64(n)
			is("", "", metric, &x)
		}
		p := m.Performance
		interval("model_accuracy", p.Accuracy)
		interval("model_matured_accuracy", m.Matured.Accuracy)
		interval("model_estimated_accuracy", &m.Estimate.Accuracy)
		interval("model_accuracy_surprise", m.Surprise)
		whole("model_accuracy_samples", p.Samples)
		whole("model_window_predictions", m.Freshness.Predictions)
		whole("model_drifted_features", int64(m.Drifted.Features))
		whole("model_reference_samples", m.Reference.Rows)
		for metric, value := range map[string]*float64{
			"model_feedback_coverage_ratio": m.Coverage, "model_matured_coverage_ratio": m.Matured.Coverage,
			"model_precision": p.Precision, "model_recall": p.Recall, "model_f1_score": p.F1, "model_roc_auc": p.ROCAUC,
			"model_brier_score": p.BrierScore, "model_expected_calibration_error": p.CalibrationError,
			"prediction_distribution_shift": m.Predictions.Score.KL, "prediction_class_shift": m.Predictions.Class.KL,
			"prediction_drift_p_value": m.Predictions.PValue,
		} {
			is("", "", metric, value)
		}
		n += compareDecision(t, m, metrics)
		for j := range m.Features {
			f := &m.Features[j]
			is(f.Name, "", "feature_kl_divergence", f.KL)
			is(f.Name, "", "feature_kl_divergence_corrected", &f.Test.Corrected)
			is(f.Name, "", "feature_drift_p_value", f.Test.PValue)
			is(f.Name, "", "feature_drift_adjusted_p_value", f.Test.Adjusted)
			is(f.Name, "", "feature_kl_noise_floor", &f.Test.NoiseFloor)
			is(f.Name, "", "feature_design_effect", f.DesignEffect)
			is(f.Name, "", "feature_reference_missing_ratio", f.Quality.ReferenceMissing)
			is(f.Name, "", "feature_reference_unseen_ratio", f.Quality.ReferenceUnseen)
			is(f.Name, "", "feature_invalid_ratio", &f.Quality.Invalid)
			severity := float64(f.Test.Severity)
			is(f.Name, "", "feature_drift_severity", &severity)
			for distance, value := range map[string]*float64{
				"psi": &f.Distances.PSI, "jensen_shannon": &f.Distances.JensenShannon, "hellinger": &f.Distances.Hellinger,
				"total_variation": &f.Distances.TotalVariation, "kolmogorov_smirnov": f.Distances.KolmogorovSmirnov, "wasserstein": f.Distances.Wasserstein,
			} {
				want, ok := metrics[series{metric: "feature_drift_distance", model: collector.LabelValue(m.Name), version: collector.LabelValue(m.Version), feature: f.Name, distance: distance}]
				if (value != nil) != ok || ok && *value != want {
					t.Errorf("%q %q: %s is %v in the JSON and %v (%v) in the metrics", m.Version, f.Name, distance, value, want, ok)
				}
				n++
			}
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
				is(f.Name, b.Name, "feature_bin_reference_share", &b.ReferenceShare)
				is(f.Name, b.Name, "feature_bin_kl_contribution", &b.Contribution)
			}
		}
	}
	if n < 250*len(a.Models) {
		t.Errorf("only %d numbers were compared", n)
	}
}
