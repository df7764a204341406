package exporter

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/drift-exporter/drift_exporter/predictor/serve"
)

const (
	// writeTimeout is the maximum time for an answer. A scrape adds its budget for
	// collecting.
	writeTimeout = 30 * time.Second

	// idleTimeout outlasts the usual scrape intervals, so that each Prometheus
	// keeps its connection.
	idleTimeout = 5 * time.Minute

	// shutdownGrace is for scrapes in flight when the exporter gets a signal to stop;
	// then they are cancelled, and after cutGrace cut off.
	shutdownGrace = 10 * time.Second
	cutGrace      = 5 * time.Second
)

// Run serves until ctx ends, then waits at most 15 seconds for the scrapes in flight, and
// returns nil. Each value from Options.Hangup reloads the monitor. Run returns an error, and
// serves nothing any more, when an option is wrong or an address cannot be served.
func Run(ctx context.Context, o Options) error {
	s, err := New(o)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	var hangups sync.WaitGroup
	hangups.Go(func() { serve.OnHangup(ctx, o.Hangup, func() { _ = s.reload() }) }) // logged there
	err = serve.Run(ctx, s.handler, serve.Options{
		Web: o.Web, WriteTimeout: writeTimeout, IdleTimeout: idleTimeout, MaxConnections: o.MaxConnections,
		Grace: shutdownGrace, Cut: cutGrace, Listening: o.Listening, Logger: s.logger,
	})
	stop()
	hangups.Wait()
	if errors.Is(err, serve.ErrCut) {
		s.logger.Warn("connections cut at shutdown", "err", err)
		return nil
	}
	return err
}
