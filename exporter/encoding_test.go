package exporter

import (
	"compress/gzip"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
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
