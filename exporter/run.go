package exporter

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/exporter-toolkit/web"
	"golang.org/x/sync/errgroup"
)

const (
	// Slow or silent clients hold a connection no longer than this. A scrape
	// adds the time that it may collect to writeTimeout.
	readHeaderTimeout = 10 * time.Second
	readTimeout       = 30 * time.Second
	writeTimeout      = 30 * time.Second

	// idleTimeout outlasts the usual scrape intervals, so that each Prometheus
	// keeps its connection.
	idleTimeout = 5 * time.Minute

	// headerBytes is ample for any scrape and bounds what is echoed in errors.
	headerBytes = 64 << 10

	// shutdownGrace is for scrapes in flight when the exporter is told to stop;
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
	if o.Web == nil || o.Web.WebConfigFile == nil {
		return fmt.Errorf("serve HTTP: %w", web.ErrMissingFlag)
	}
	if err := web.Validate(*o.Web.WebConfigFile); err != nil {
		return fmt.Errorf("--web.config.file=%s: %w", *o.Web.WebConfigFile, err)
	}
	// Scrapes in flight outlive ctx, for a while.
	scrapes, cancelScrapes := context.WithCancel(context.WithoutCancel(ctx))
	defer cancelScrapes()
	group, running := errgroup.WithContext(ctx)
	var servers []*http.Server
	for _, flags := range perAddress(o.Web) {
		server := s.httpServer(scrapes)
		servers = append(servers, server)
		group.Go(func() error {
			if err := web.ListenAndServe(server, flags, s.logger); !errors.Is(err, http.ErrServerClosed) {
				return fmt.Errorf("serve HTTP: %w", err)
			}
			return nil
		})
	}
	group.Go(func() error {
		s.reloadOnHangup(running)
		return nil
	})
	group.Go(func() error {
		<-running.Done()
		shutdown(servers, shutdownGrace, cancelScrapes, s.logger)
		return nil
	})
	return group.Wait()
}

// perAddress splits the flags into one per listen address, each for a server of
// its own: the toolkit wraps the handler of a server once per listener, so a
// shared one would check passwords and take from the rate limit several times per
// request. Sockets of systemd stay together, only the toolkit knows them.
func perAddress(flags *web.FlagConfig) []*web.FlagConfig {
	systemd := flags.WebSystemdSocket != nil && *flags.WebSystemdSocket
	if systemd || flags.WebListenAddresses == nil || len(*flags.WebListenAddresses) == 0 {
		return []*web.FlagConfig{flags}
	}
	var split []*web.FlagConfig
	for _, address := range *flags.WebListenAddresses {
		split = append(split, &web.FlagConfig{
			WebListenAddresses: &[]string{address},
			WebSystemdSocket:   flags.WebSystemdSocket,
			WebConfigFile:      flags.WebConfigFile,
		})
	}
	return split
}

// httpServer returns a server whose requests end with ctx, and which tells
// Options.Listening where it listens: BaseContext is called once per listener.
func (s *Server) httpServer(ctx context.Context) *http.Server {
	return &http.Server{
		Handler:           s.handler,
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    headerBytes,
		ErrorLog:          slog.NewLogLogger(s.logger.Handler(), slog.LevelWarn),
		BaseContext: func(l net.Listener) context.Context {
			if s.options.Listening != nil {
				s.announcing.Lock()
				defer s.announcing.Unlock()
				s.options.Listening(l.Addr())
			}
			return ctx
		},
	}
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

// shutdown stops accepting and waits for the requests in flight; after grace it
// calls cancel, and cutGrace later cuts the connections that are left.
func shutdown(servers []*http.Server, grace time.Duration, cancel func(), logger *slog.Logger) {
	defer time.AfterFunc(grace, cancel).Stop()
	ctx, stop := context.WithTimeout(context.Background(), grace+cutGrace)
	defer stop()
	var group sync.WaitGroup
	for _, server := range servers {
		group.Go(func() {
			if err := server.Shutdown(ctx); err != nil {
				logger.Warn("connections cut at shutdown", "err", errors.Join(err, server.Close()))
			}
		})
	}
	group.Wait()
}
