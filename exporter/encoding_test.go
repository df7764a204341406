package exporter

import (
	"compress/gzip"
	"context"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
)

func TestPageIsCompressedAndEncodedAsAsked(t *testing.T) {
	t.Parallel()
	r := run(t, options(fake{collect: func(_ context.Context, _ []string, ch chan<- prometheus.Metric) {
		ch <- prometheus.MustNewConstMetric(prometheus.NewDesc("model_requests_total", "Requests.", nil, nil), prometheus.CounterValue, 3)
	}}))
	client := &http.Client{Transport: &http.Transport{DisableCompression: true}}
	defer client.CloseIdleConnections()
	url := "http://" + r.addresses[0] + "/metrics"

	_, header, body := get(t, client, url, "", "Accept-Encoding", "gzip")
	if got := header.Get("Content-Encoding"); got != "gzip" {
		t.Errorf("content encoding %q", got)
	}
	unpacked, err := gzip.NewReader(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if page, err := io.ReadAll(unpacked); err != nil || !strings.Contains(string(page), "model_requests_total 3\n") {
		t.Errorf("error %v, page:\n%s", err, page)
	}

	_, header, body = get(t, client, url, "")
	if got := header.Get("Content-Encoding"); got != "" || !strings.Contains(body, "model_requests_total 3\n") {
		t.Errorf("content encoding %q, body:\n%s", got, body)
	}

	for _, refused := range []string{"gzip;q=0", "zstd", "identity"} {
		_, header, body = get(t, client, url, "", "Accept-Encoding", refused)
		if got := header.Get("Content-Encoding"); got != "" || !strings.Contains(body, "model_requests_total 3\n") {
			t.Errorf("asked for %s: content encoding %q", refused, got)
		}
	}

	_, header, body = get(t, client, url, "", "Accept", "application/openmetrics-text;version=1.0.0")
	if got := header.Get("Content-Type"); !strings.HasPrefix(got, "application/openmetrics-text; version=1.0.0") {
		t.Errorf("content type %q", got)
	}
	if !strings.Contains(body, "# TYPE model_requests counter\n") || !strings.HasSuffix(body, "# EOF\n") {
		t.Errorf("not OpenMetrics:\n%s", body)
	}

	_, header, _ = get(t, client, url, "", "Accept", "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited")
	if got := header.Get("Content-Type"); !strings.HasPrefix(got, "application/vnd.google.protobuf") {
		t.Errorf("content type %q", got)
	}
	r.stop(t)
}

func TestAPageIsWhatPrometheusWouldGather(t *testing.T) {
	t.Parallel()
	registries := func(names ...[]string) []prometheus.Gatherer {
		var all []prometheus.Gatherer
		for _, of := range names {
			r := prometheus.NewRegistry()
			r.MustRegister(prometheus.CollectorFunc(func(ch chan<- prometheus.Metric) {
				for _, name := range of {
					ch <- gauge(name, float64(len(name)))
				}
			}))
			all = append(all, r)
		}
		return all
	}
	for name, gatherers := range map[string][]prometheus.Gatherer{
		"none":        registries(),
		"empty":       registries(nil, nil),
		"interleaved": registries([]string{"b", "d"}, []string{"c", "a"}),
		"colliding":   registries([]string{"a", "b"}, []string{"b", "c"}),
	} {
		got, err := page(gatherers).Gather()
		want, wantErr := prometheus.Gatherers(gatherers).Gather()
		if !slices.EqualFunc(got, want, func(a, b *dto.MetricFamily) bool { return a.String() == b.String() }) || (err == nil) != (wantErr == nil) {
			t.Errorf("%s: %v, %v, want %v, %v", name, got, err, want, wantErr)
		}
	}
}
