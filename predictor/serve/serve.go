// Package serve serves HTTP until its context ends, and then lets the running requests finish. It
// limits the time and the connections that slow and silent clients can use. Addresses, sockets,
// TLS and passwords work as in Prometheus' exporter-toolkit.
package serve

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

// How long a client may take to send a request, and how long its header may be.
const (
	readHeaderTimeout = 10 * time.Second
	readTimeout       = 30 * time.Second
	headerBytes       = 64 << 10
)

// ErrCut is the error if a stop had to close connections.
var ErrCut = errors.New("requests took too long to end and were cut off")

// Options say how to serve. Web is required.
type Options struct {
	// Web holds --web.listen-address, --web.systemd-socket and --web.config.file.
	Web *web.FlagConfig
	// WriteTimeout is the maximum time of an answer, counted from the end of the request's
	// header, unless its handler sets another deadline.
	WriteTimeout time.Duration
	// IdleTimeout is how long a connection is kept for the next request.
	IdleTimeout time.Duration
	// MaxConnections is --web.max-connections. Above this number, the connections that have
	// waited longest for their client are closed. If 0, only the limit of open files applies.
	MaxConnections int
	// Grace is how long a stop waits for running requests before it ends their contexts. It waits
	// half of this time for requests to arrive in full. Cut is how long it waits after Grace
	// before it closes connections.
	Grace, Cut time.Duration
	// Listening is called once with every address that is served, never twice at the same time.
	// It may be nil.
	Listening func(net.Addr)
	// Logger receives what an operator must know. It may be nil.
	Logger *slog.Logger
}

// Run serves handler until ctx ends, and then lets the running requests finish. It returns nil,
// or ErrCut if they took too long. It returns another error if an option is wrong or if an
// address cannot be served. Then nothing is served.
//
// Each address has a separate http.Server. The toolkit wraps the handler of a server once per
// listener. With a shared server it would check passwords and count for the rate limit several
// times per request, and there would be a data race.
func Run(ctx context.Context, handler http.Handler, o Options) error {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Web == nil || o.Web.WebConfigFile == nil {
		return fmt.Errorf("serve HTTP: %w", web.ErrMissingFlag)
	}
	if o.MaxConnections < 0 {
		return fmt.Errorf("--web.max-connections=%d: must not be negative; 0 means unlimited", o.MaxConnections)
	}
	if err := web.Validate(*o.Web.WebConfigFile); err != nil {
		return fmt.Errorf("--web.config.file=%s: %w", *o.Web.WebConfigFile, err)
	}
	listeners, err := listen(ctx, o.Web)
	if err != nil {
		return fmt.Errorf("serve HTTP: %w", err)
	}
	defer closeAll(listeners)
	var (
		// Running requests may continue for a while after ctx has ended.
		requests, end  = context.WithCancel(context.WithoutCancel(ctx))
		group, running = errgroup.WithContext(ctx)
		bound          = newConnections(o.MaxConnections, o.Logger)
		announcing     sync.Mutex
		servers        []*http.Server
	)
	defer end()
	for _, l := range listeners {
		server := newServer(bound.handler(handler), o)
		server.BaseContext = func(l net.Listener) context.Context {
			if o.Listening != nil {
				announcing.Lock()
				defer announcing.Unlock()
				o.Listening(l.Addr())
			}
			return requests
		}
		servers = append(servers, server)
		group.Go(func() error {
			if err := web.Serve(bound.listener(l), server, o.Web, o.Logger); !errors.Is(err, http.ErrServerClosed) {
				return fmt.Errorf("serve HTTP: %w", err)
			}
			return nil
		})
	}
	group.Go(func() error {
		<-running.Done()
		return shutdown(servers, bound, end, o)
	})
	return group.Wait()
}

// newServer returns a server with the timeouts of o.
func newServer(handler http.Handler, o Options) *http.Server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      o.WriteTimeout,
		IdleTimeout:       o.IdleTimeout,
		MaxHeaderBytes:    headerBytes,
		ErrorLog:          slog.NewLogLogger(o.Logger.Handler(), slog.LevelWarn),
		ConnContext:       remember,
	}
}

// shutdown stops accepting connections and waits for the running requests: half of Grace for
// those that have not arrived in full, Grace for the others. Then it ends their contexts. After
// Cut it closes the remaining connections.
func shutdown(servers []*http.Server, bound *connections, end func(), o Options) error {
	defer time.AfterFunc(o.Grace/2, bound.expireWaiting).Stop()
	defer time.AfterFunc(o.Grace, end).Stop()
	ctx, stop := context.WithTimeout(context.Background(), o.Grace+o.Cut)
	defer stop()
	var group errgroup.Group
	for _, server := range servers {
		group.Go(func() error {
			err := server.Shutdown(ctx)
			if err == nil {
				return nil
			}
			return fmt.Errorf("stop: %w: %w", ErrCut, errors.Join(err, server.Close()))
		})
	}
	return group.Wait()
}
