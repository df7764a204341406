package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/prometheus/exporter-toolkit/web"

	"github.com/drift-exporter/drift_exporter/collector"
	"github.com/drift-exporter/drift_exporter/collector/command"
	"github.com/drift-exporter/drift_exporter/collector/monitor"
	"github.com/drift-exporter/drift_exporter/exporter"
)

// Servers of pages. A number follows the colon.
const (
	watching  = "exporter"  // of a log, with a window of so many rows
	constants = "constants" // client_golang with so many series that never change
)

// serveExporter runs the exporter as the command does.
func serveExporter(ctx context.Context, predictions int, path string, listening func(net.Addr)) error {
	o := command.Defaults()
	o.Log, o.Window.Predictions, o.Enabled = path, predictions, collector.Defaults()
	watcher, err := monitor.New(o)
	if err != nil {
		return err
	}
	address, systemd, config := []string{"127.0.0.1:0"}, false, ""
	err = exporter.Run(ctx, exporter.Options{
		Monitor: watcher, TelemetryPath: "/metrics", TimeoutOffset: 500 * time.Millisecond, EnablePprof: true, Listening: listening,
		Collectors: collector.Names(), Enabled: o.Enabled,
		Web: &web.FlagConfig{WebListenAddresses: &address, WebSystemdSocket: &systemd, WebConfigFile: &config},
	})
	return errors.Join(err, watcher.Close())
}

// serveConstants serves the least that client_golang can serve: existing gauges with our labels,
// in families of the same size and with the same help as ours.
func serveConstants(ctx context.Context, series int, listening func(net.Addr)) error {
	registry := prometheus.NewRegistry()
	for family := 0; series > 0; family++ {
		gauges := prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: fmt.Sprintf("feature_kl_divergence_%d", family),
			Help: "Kullback-Leibler divergence of a feature from the reference in nats, smoothed; 0 is alike, higher is more drift.",
		}, []string{"model", "version", "feature"})
		registry.MustRegister(gauges)
		for i := range min(series, 6) {
			gauges.WithLabelValues(loanModel, "1", fmt.Sprintf("debt_to_income_ratio_%d", i)).Set(1 / float64(3+7*i+family))
		}
		series -= 6
	}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	listening(l.Addr())
	server := &http.Server{ReadHeaderTimeout: 10 * time.Second, Handler: promhttp.HandlerFor(registry, promhttp.HandlerOpts{})}
	context.AfterFunc(ctx, func() { _ = server.Close() })
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
