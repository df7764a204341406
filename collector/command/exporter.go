package command

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"syscall"
	"time"

	"github.com/alecthomas/kingpin/v2"
	"github.com/prometheus/common/version"
	"github.com/prometheus/exporter-toolkit/web/kingpinflag"

	"github.com/drift-exporter/drift_exporter/collector"
	"github.com/drift-exporter/drift_exporter/collector/monitor"
	"github.com/drift-exporter/drift_exporter/collector/page"
	"github.com/drift-exporter/drift_exporter/exporter"
)

// exporter watches the models of a prediction log.
func (e *Environment) exporter(cmd *kingpin.CmdClause) Run {
	var (
		web     = kingpinflag.AddFlags(cmd, ":8001")
		serve   exporter.Options
		watch   = Defaults()
		tables  = newTables(cmd)
		offset  = durationFlag(cmd, "scrape.timeout-offset", "Reply this long before Prometheus' scrape timeout.", "0.5s")
		check   = cmd.Flag("config.check", "Check the configuration and the references, and exit.").Bool()
		refresh = durationFlag(cmd, "reference.refresh-interval", "How often to check whether configuration or references have changed; 0: only at a reload.", "1h")
	)
	telemetryPath(cmd, "Path of the metrics.", &serve.TelemetryPath)
	cmd.Flag("web.max-requests", "Maximum number of scrapes in flight; 0: no bound.").Default("40").IntVar(&serve.MaxRequests)
	maxConnections(cmd, "512", &serve.MaxConnections)
	pprof(cmd, &serve.EnablePprof)
	cmd.Flag("web.enable-lifecycle", "Allow POST /-/reload.").BoolVar(&serve.EnableLifecycle)
	cmd.Flag("web.external-url", "URL, or its path, under which a reverse proxy serves the exporter.").StringVar(&serve.ExternalURL)
	logFlag(cmd, "Prediction log to read.").StringVar(&watch.Log)
	history := historyFlags(cmd)
	cmd.Flag("reference.cache-dir", "Folder for the last good references from BigQuery; without it a restart counts them again.").StringVar(&watch.CacheDir)
	cmd.Flag("window.cache-dir", "Folder for the bins of rows that were read, for this exporter alone; with it a restart takes two thirds of the processor time.").StringVar(&watch.CodesDir)
	watchFlags(cmd, &watch)
	shipped := newFleetFlags(cmd)
	enabled := collectorFlags(cmd)
	return func(ctx context.Context) (err error) {
		warehouse, err := e.warehouse(tables)
		if err != nil {
			return err
		}
		if warehouse != nil {
			defer func() { err = errors.Join(err, warehouse.Close()) }()
			watch.Remote = warehouse
		}
		span, err := history(&watch)
		if err != nil {
			return err
		}
		watch.Enabled, watch.Now, watch.Logger, watch.Table = enabled(), time.Now, e.Logger, tables.Table
		done, err := e.fleet(shipped, tables, &watch, *check)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, done()) }()
		if *check {
			if err := monitor.CheckConfig(watch); err != nil {
				return err
			}
			fmt.Fprintln(e.Stdout, "configuration and references are valid; BigQuery tables were not checked")
			return nil
		}
		hangup := make(chan os.Signal, 1)
		signal.Notify(hangup, syscall.SIGHUP)
		defer signal.Stop(hangup)
		watcher, err := monitor.New(watch)
		if err != nil {
			return err
		}
		serve.Monitor, serve.Web, serve.TimeoutOffset, serve.Hangup = watcher, web, *offset, hangup
		serve.Collectors, serve.Enabled, serve.Logger = collector.Names(), watch.Enabled, e.Logger
		serve.Pages = pages(page.Options{
			Past:   past(watcher, &watch),
			Source: watcher, Judgement: watch.Judgement(), Span: span, Telemetry: serve.TelemetryPath,
			LastValues: slices.Contains(watch.Enabled, "feature_values"),
		})
		e.Logger.Info("starting exporter", "version", version.Info(), "build", version.BuildContext())
		stop := watcher.Refresh(*refresh)
		err = exporter.Run(ctx, serve)
		stop()
		return errors.Join(err, watcher.Close())
	}
}
