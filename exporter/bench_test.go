package exporter_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/drift-exporter/drift_exporter/collector"
	"github.com/drift-exporter/drift_exporter/collector/command"
	"github.com/drift-exporter/drift_exporter/collector/monitor"
	"github.com/drift-exporter/drift_exporter/exporter"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite"
	"github.com/drift-exporter/drift_exporter/predictor/simulate"
)

// loans appends n rows of the embedded model.
func loans(b *testing.B, w *sqlite.Writer, generator *simulate.Generator, n int) {
	b.Helper()
	batch := make([]predictionlog.Prediction, n)
	for i := range batch {
		loan, features := generator.Next(), []byte("{")
		for j, name := range simulate.Names() {
			features = append(strconv.AppendFloat(fmt.Appendf(features, "%q:", name), loan.Values[j], 'f', -1, 64), ',')
		}
		features[len(features)-1] = '}'
		batch[i] = predictionlog.Prediction{
			Model: "loan_refinance", Version: "1", Features: features, RequestID: fmt.Sprint(generator, time.Now().UnixNano(), i),
			Score: float64(i%997) / 997, Class: strconv.Itoa(i % 2), Latency: 50 * time.Microsecond,
		}
	}
	if _, err := w.Append(b.Context(), batch); err != nil {
		b.Fatal(err)
	}
}

// fetched returns a page, as Prometheus does: compressed, over one connection.
func fetched(b *testing.B, client *http.Client, url string) []byte {
	b.Helper()
	request, err := http.NewRequestWithContext(context.Background(), http.MethodGet, url, nil)
	if err != nil {
		b.Fatal(err)
	}
	response, err := client.Do(request)
	if err != nil {
		b.Fatal(err)
	}
	body, err := io.ReadAll(response.Body)
	_ = response.Body.Close()
	if err != nil || response.StatusCode != http.StatusOK {
		b.Fatal(response.Status, err)
	}
	return body
}

// BenchmarkPage is a whole scrape of the embedded model, with and without new
// rows, next to client_golang serving as many series that never change.
func BenchmarkPage(b *testing.B) {
	options := command.Defaults()
	options.Log, options.Enabled = filepath.Join(b.TempDir(), "predictions.db"), collector.Defaults()
	writer, err := sqlite.OpenWriter(b.Context(), options.Log, sqlite.WriterOptions{})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = writer.Close() }()
	generator := simulate.New(1)
	for range 3 {
		loans(b, writer, generator, 1000)
	}
	watcher, err := monitor.New(options)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = watcher.Close() }()
	server, err := exporter.New(exporter.Options{Monitor: watcher, TelemetryPath: "/metrics", Collectors: collector.Names(), Enabled: options.Enabled})
	if err != nil {
		b.Fatal(err)
	}
	ours := httptest.NewServer(server.Handler())
	defer ours.Close()
	for _, compressed := range []bool{true, false} {
		client := &http.Client{Transport: &http.Transport{DisableCompression: !compressed}}
		page := fetched(b, client, ours.URL+"/metrics")
		series := 0
		for line := range bytes.Lines(page) {
			if line[0] != '#' {
				series++
			}
		}
		for _, fresh := range []int{0, 1000} {
			b.Run(fmt.Sprintf("gzip=%v/rows=%d", compressed, fresh), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if fresh > 0 {
						b.StopTimer()
						loans(b, writer, generator, fresh)
						b.StartTimer()
					}
					fetched(b, client, ours.URL+"/metrics")
				}
			})
		}
		registry := prometheus.NewRegistry()
		registry.MustRegister(constant(series))
		floor := httptest.NewServer(promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
		b.Run(fmt.Sprintf("gzip=%v/floor", compressed), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				fetched(b, client, floor.URL)
			}
		})
		floor.Close()
		client.CloseIdleConnections()
	}
}

// constant is that many series, in families of 13, as an exporter sends them.
type constant int

func (constant) Describe(chan<- *prometheus.Desc) {}

func (n constant) Collect(ch chan<- prometheus.Metric) {
	for i := range int(n) {
		desc := prometheus.NewDesc(fmt.Sprintf("family_%d_kl_divergence", i/13), "Divergence of a feature from the reference in nats, smoothed; 0 is alike, higher is more drift.",
			[]string{"model", "version", "feature"}, nil)
		ch <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, 1/float64(i+3), "loan_refinance", "1", fmt.Sprintf("feature_%d", i%13))
	}
}
