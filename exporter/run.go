package exporter

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/drift-exporter/drift_exporter/predictor/serve"
)

const (
	// writeTimeout is how long an answer may take. A scrape adds the time that it
	// may collect.
	writeTimeout = 30 * time.Second

	// idleTimeout outlasts the usual scrape intervals, so that each Prometheus
	// keeps its connection.
	idleTimeout = 5 * time.Minute

	// shutdownGrace is for scrapes in flight when the exporter gets a signal to stop;
	// then they are cancelled, and after cutGrace cut off.
	shutdownGrace = 10 * time.Second
	cutGrace      = 5 * time.Second
)

// Run serves until ctx ends, then lets the scrapes in flight finish, for at most 15
// seconds, and returns nil. Meanwhile each value from Options.Hangup reloads the
// monitor. It returns an error when an option is wrong or an address cannot be
// served; then nothing is served any more.
func Run(ctx context.Context, o Options) error {
	s, err := New(o)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	var hangups sync.WaitGroup
	hangups.Go(func() { s.reloadOnHangup(ctx) })
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

// reloadOnHangup reloads on each hangup until ctx ends.
func (s *Server) reloadOnHangup(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case _, open := <-s.options.Hangup:
			if !open {
				return
			}
			_ = s.reload() // Logged there; nobody waits for the answer.
		}
	}
}
