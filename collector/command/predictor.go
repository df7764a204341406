package command

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"syscall"

	"github.com/alecthomas/kingpin/v2"
	"github.com/prometheus/common/version"
	"github.com/prometheus/exporter-toolkit/web/kingpinflag"

	"github.com/drift-exporter/drift_exporter/predictor"
	"github.com/drift-exporter/drift_exporter/predictor/model"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite"
)

// predictor serves a model and writes the log.
func (e *Environment) predictor(cmd *kingpin.CmdClause) Run {
	var (
		web     = kingpinflag.AddFlags(cmd, ":5000")
		serve   predictor.RunOptions
		file    = cmd.Flag("model.file", "Model to serve; without it, the embedded loan model.").String()
		keep    = durationFlag(cmd, "predictions.retention.time", "How long predictions are kept; 0: for ever.", "90d")
		size    = cmd.Flag("predictions.retention.size", "Size of the log above which the oldest predictions are deleted, such as 10GiB; 0: no bound.").Default("0B").Bytes()
		newest  = cmd.Flag("predictions.retention.rows", "Newest predictions that age alone does not delete: at least twice the exporter's --window.lookback.").Default(strconv.Itoa(2 * lookback)).Int64()
		failure = cmd.Flag("predictions.log-failure", "What to do while the log cannot be written: refuse predictions, or serve them without logging.").Default("refuse").Enum("refuse", "serve")
	)
	logFlag(cmd, "Prediction log to write. Created if missing.").StringVar(&serve.LogPath)
	refresh := durationFlag(cmd, "model.refresh-interval", "How often to check whether --model.file or --shadow.model.file has changed; 0: only at a reload.", "10s")
	cmd.Flag("shadow.model.file", "Another version of the model, which scores every request a second time, after it is answered; its predictions are logged next to the answered ones. The file may be absent.").StringVar(&serve.ShadowPath)
	telemetryPath(cmd, "Path of the predictor's own metrics.", &serve.TelemetryPath)
	cmd.Flag("web.enable-lifecycle", "Allow POST /-/reload.").BoolVar(&serve.EnableLifecycle)
	cmd.Flag("web.max-requests", "Maximum number of requests in flight, counted from the end of their body; more are answered with 429. 0: no bound.").Default("1024").IntVar(&serve.MaxRequests)
	cmd.Flag("explore", "Share of predictions that are answered with the other class, at random, so that both classes get outcomes; at most 0.5. Marked in the log and in the answer.").Default("0").Float64Var(&serve.Explore)
	anyReplica := cmd.Flag("feedback.any-replica", "Keep feedback that names the prediction of another replica by its request id, and answer 202, for an exporter with --predictions.bigquery; without it such feedback is refused with 404 or 421.").Bool()
	maxConnections(cmd, "4096", &serve.MaxConnections)
	pprof(cmd, &serve.EnablePprof)
	elsewhere := upstreamFlags(cmd)
	return func(ctx context.Context) error {
		if *newest < 0 {
			return fmt.Errorf("--predictions.retention.rows=%d: it must be at least 0; %w", *newest, ErrUsage)
		}
		if err := elsewhere.check(*file); err != nil {
			return fmt.Errorf("%w; %w", err, ErrUsage)
		}
		if serve.ShadowPath != "" && elsewhere.given() {
			return fmt.Errorf("--shadow.model.file goes with a model that is served here; leave out --upstream.config or the shadow; %w", ErrUsage)
		}
		serve.LogOptions = sqlite.WriterOptions{RetentionTime: *keep, RetentionSize: int64(*size), Lookback: *newest, Logger: e.Logger, KeepElsewhere: *anyReplica}
		serve.Web, serve.LogFailure, serve.Logger = web, *failure, e.Logger
		if elsewhere.given() {
			return elsewhere.run(ctx, &serve)
		}
		m, err := loadModel(*file)
		if err != nil {
			return err
		}
		hangup := make(chan os.Signal, 1)
		signal.Notify(hangup, syscall.SIGHUP)
		defer signal.Stop(hangup)
		serve.Model, serve.ModelPath, serve.RefreshInterval, serve.Hangup = m, *file, *refresh, hangup
		e.Logger.Info("starting predictor", "model", m.Name, "model_version", m.Version, "version", version.Info(), "build", version.BuildContext())
		return predictor.Run(ctx, serve)
	}
}

// loadModel returns the model of a file, or the embedded one when path is empty.
func loadModel(path string) (*model.Model, error) {
	if path == "" {
		return model.Default(), nil
	}
	return model.Load(path)
}
