package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"github.com/drift-exporter/drift_exporter/predictor"
	"github.com/drift-exporter/drift_exporter/predictor/intake"
	"github.com/drift-exporter/drift_exporter/predictor/intake/proxy"
	"github.com/drift-exporter/drift_exporter/predictor/intake/record"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite"
)

// What stands behind and in front in the comparison of the proxy.
const (
	elsewhere = "elsewhere" // a model that answers at once
	passing   = "passing="  // httputil.ReverseProxy alone in front of the model at an address
	proxied   = "proxied="  // our proxy in its place
	unlogged  = "unlogged=" // the same with --predictions.log-failure=serve, and the log gone
	proxyMay  = "may"       // what the proxy may take
	goneMay   = "may gone"  // what it may take with the log gone
	overhead  = 150e-6      // seconds that the proxy may add
	predicted = "/v1/models/m:predict"
)

// proxying measures one client that asks a model directly, and through the proxy.
func proxying(ctx context.Context, s settings) (_ *bench, err error) {
	var children []*child
	var conns []*clients
	syncing, end, err := fdatasyncs(s)
	if err != nil {
		return nil, err
	}
	b := &bench{close: func() error {
		errs := []error{end()}
		for _, c := range conns {
			errs = append(errs, c.close())
		}
		return errors.Join(append(errs, stopAll(children...))...)
	}}
	defer func() {
		if err != nil {
			err = errors.Join(err, b.close())
		}
	}()
	model, err := startChild(ctx, elsewhere, "")
	if err != nil {
		return nil, err
	}
	children = append(children, model)
	const body = `{"instances": [[701, 84000, 30, 3.5, 300000, 0.8, 0.3, "purchase", "owner", 12, 4.1, 0.6]]}`
	request := []byte(fmt.Sprintf("POST %s HTTP/1.1\r\nHost: m\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", predicted, len(body), body))
	for _, kind := range []string{elsewhere, passing, proxied, unlogged} {
		server := model
		if kind != elsewhere {
			if server, err = startChild(ctx, kind+model.address, filepath.Join(s.dir, strings.TrimSuffix(kind, "=")+".db")); err != nil {
				return nil, err
			}
			children = append(children, server)
		}
		one, err := connect(ctx, server.address, 1, [][]byte{request})
		if err != nil {
			return nil, err
		}
		conns = append(conns, one)
		b.probes = append(b.probes, func(ctx context.Context, out sample) error {
			_, err := one.ask(ctx, s.span)
			out[kind] = one.waits.Quantile(.5).Seconds()
			return err
		})
	}
	b.probes = append(b.probes, syncing)
	b.derive = func(s sample) {
		s[goneMay] = s[elsewhere] + overhead
		s[proxyMay] = s[goneMay] + s[fdatasync]
	}
	b.rows = []row{
		{what: "a model asked directly, one client, median wait", ours: elsewhere, unit: duration},
		{what: "through httputil.ReverseProxy alone, median wait", ours: passing, unit: duration},
		{what: "through the proxy, median wait", ours: proxied, floor: proxyMay, beside: "asked directly, one fdatasync and 150 µs", unit: duration, goal: atMost(1)},
		{what: "through the proxy without its log, median wait", ours: unlogged, floor: goneMay, beside: "asked directly and 150 µs", unit: duration, goal: atMost(1)},
	}
	return b, nil
}

// serveElsewhere is a model that answers a row at once.
func serveElsewhere(ctx context.Context, listening func(net.Addr)) error {
	answer := []byte(`{"predictions": [0.731]}`)
	return serveHandler(ctx, listening, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.Copy(io.Discard, r.Body); err == nil {
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write(answer)
		}
	}))
}

// servePassing is what any proxy in Go takes.
func servePassing(ctx context.Context, address string, listening func(net.Addr)) error {
	return serveHandler(ctx, listening, httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: address}))
}

func serveHandler(ctx context.Context, listening func(net.Addr), handler http.Handler) error {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	listening(l.Addr())
	server := &http.Server{ReadHeaderTimeout: 10 * time.Second, Handler: handler}
	context.AfterFunc(ctx, func() { _ = server.Close() })
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// serveProxy is the proxy as the command has it. The log is gone if a closed one stands for it.
func serveProxy(ctx context.Context, address string, gone bool, o predictor.RunOptions) error {
	config, err := intake.Parse([]byte("models: [{name: m, answer: probability, features: [a, b, c, d, e, f, g, h, i, j, k, l]}]"), "bench")
	if err != nil {
		return err
	}
	o.Model, o.LogFailure = nil, predictor.LogFailureServe
	o.Elsewhere = func(log predictor.Log, metrics *predictor.Metrics) (*predictor.Elsewhere, error) {
		logger := slog.New(slog.DiscardHandler)
		recorder, err := record.New(log, metrics.Registry(), logger)
		if err != nil {
			return nil, err
		}
		rest, err := proxy.New(proxy.Options{
			URL: &url.URL{Scheme: "http", Host: address}, Protocol: intake.V1, Config: config, Recorder: recorder,
			Serve: true, Unlogged: metrics.Unlogged, Timeout: time.Minute, MaxRequests: 1024, Registry: metrics.Registry(), Logger: logger,
		})
		return &predictor.Elsewhere{Names: "m", Rest: rest}, err
	}
	if !gone {
		return predictor.Run(ctx, o)
	}
	log, err := sqlite.OpenWriter(ctx, o.LogPath, o.LogOptions)
	if err != nil {
		return err
	}
	if err := log.Close(); err != nil {
		return err
	}
	return predictor.Serve(ctx, log, nil, o)
}
