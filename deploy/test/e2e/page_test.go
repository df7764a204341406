package e2e_test

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

// answer is what came back from a request.
type answer struct {
	code   int
	header http.Header
	body   string
}

// send sends a request with a JSON body, when there is one, and pairs of header
// names and values.
func send(ctx context.Context, method, url, body string, header ...string) (answer, error) {
	request, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return answer{response.StatusCode, response.Header, string(text)}, err
}

func get(t *testing.T, url string, header ...string) answer {
	t.Helper()
	got, err := send(t.Context(), http.MethodGet, url, "", header...)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func post(t *testing.T, url, body string, header ...string) answer {
	t.Helper()
	got, err := send(t.Context(), http.MethodPost, url, body, header...)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// page is one scrape: families by name.
type page map[string]*dto.MetricFamily

// scrape returns a page of metrics, which must be answered with 200.
func scrape(t *testing.T, url string, header ...string) page {
	t.Helper()
	if !strings.Contains(url[len("http://"):], "/") {
		url += "/metrics"
	}
	got := get(t, url, header...)
	if got.code != http.StatusOK {
		t.Fatalf("GET %s: %d\n%s", url, got.code, got.body)
	}
	p, err := parse(got.body)
	if err != nil {
		t.Fatalf("GET %s: %v\n%s", url, err, got.body)
	}
	return p
}

func parse(body string) (page, error) {
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(body))
	return families, err
}

// samples returns every number of the page by name and labels, as in its text;
// those of histograms by bucket.
func (p page) samples() map[string]float64 {
	all := map[string]float64{}
	for name, family := range p {
		for _, m := range family.GetMetric() {
			var labels []string
			for _, l := range m.GetLabel() {
				labels = append(labels, fmt.Sprintf("%s=%q", l.GetName(), l.GetValue()))
			}
			slices.Sort(labels)
			key := name + "{" + strings.Join(labels, ",") + "}"
			switch {
			case m.Counter != nil:
				all[key] = m.Counter.GetValue()
			case m.Gauge != nil:
				all[key] = m.Gauge.GetValue()
			case m.Untyped != nil:
				all[key] = m.Untyped.GetValue()
			case m.Histogram != nil:
				all[key+" sum"] = m.Histogram.GetSampleSum()
				all[key+" count"] = float64(m.Histogram.GetSampleCount())
				for _, b := range m.Histogram.GetBucket() {
					all[fmt.Sprintf("%s le %v", key, b.GetUpperBound())] = float64(b.GetCumulativeCount())
				}
			}
		}
	}
	return all
}

// value returns the only sample of a metric that has these labels, given as
// pairs; ok is false when there is none.
func (p page) value(metric string, labels ...string) (value float64, ok bool) {
	for _, m := range p[metric].GetMetric() {
		if !labelled(m, labels) {
			continue
		}
		switch {
		case m.Counter != nil:
			return m.Counter.GetValue(), true
		case m.Gauge != nil:
			return m.Gauge.GetValue(), true
		case m.Histogram != nil:
			return float64(m.Histogram.GetSampleCount()), true
		}
	}
	return 0, false
}

func labelled(m *dto.Metric, pairs []string) bool {
	for i := 0; i+1 < len(pairs); i += 2 {
		if !slices.ContainsFunc(m.GetLabel(), func(l *dto.LabelPair) bool { return l.GetName() == pairs[i] && l.GetValue() == pairs[i+1] }) {
			return false
		}
	}
	return true
}

// is reports whether a metric has this value.
func (p page) is(want float64, metric string, labels ...string) bool {
	got, ok := p.value(metric, labels...)
	return ok && got == want
}

// total adds the samples of a metric.
func (p page) total(metric string) float64 {
	sum := 0.0
	for _, m := range p[metric].GetMetric() {
		sum += m.Counter.GetValue() + m.Gauge.GetValue()
	}
	return sum
}

// failing names the collectors that had no success.
func (p page) failing() []string {
	var names []string
	for _, m := range p["drift_scrape_collector_success"].GetMetric() {
		if m.Gauge.GetValue() != 1 {
			names = append(names, m.Label[0].GetValue())
		}
	}
	return names
}

// differences lists the samples in which two pages differ, of those whose name
// is wanted.
func differences(a, b page, wanted func(name string) bool) []string {
	x, y := a.samples(), b.samples()
	keys := map[string]bool{}
	for key := range maps.Keys(x) {
		keys[key] = true
	}
	for key := range maps.Keys(y) {
		keys[key] = true
	}
	var found []string
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		name, _, _ := strings.Cut(key, "{")
		if !wanted(name) {
			continue
		}
		v, inA := x[key]
		w, inB := y[key]
		if inA != inB || v != w {
			found = append(found, fmt.Sprintf("%s: %v (%t) and %v (%t)", key, v, inA, w, inB))
		}
	}
	return found
}

// fromTheLog reports whether a metric is a function of log, reference and
// configuration, whoever shows it and when.
func fromTheLog(name string) bool {
	return name != "model_window_age_seconds" && name != "model_training_age_seconds" &&
		(strings.HasPrefix(name, "feature_") || strings.HasPrefix(name, "prediction_") || strings.HasPrefix(name, "model_"))
}
