// Package serve serves HTTP until its context ends, and then lets the running
// requests finish. It bounds what slow and silent clients can hold: time, and
// connections. Addresses, sockets, TLS and passwords are those of Prometheus'
// exporter-toolkit.
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

// ErrCut is the error of a stop that had to cut connections off.
var ErrCut = errors.New("requests took too long to end and were cut off")

// Options say how to serve. Web is required.
type Options struct {
	// Web holds --web.listen-address, --web.systemd-socket and --web.config.file.
	Web *web.FlagConfig
	// WriteTimeout is how long an answer may take from the end of the request's
	// header, unless its handler sets another deadline.
	WriteTimeout time.Duration
	// IdleTimeout is how long a connection is kept for the next request.
	IdleTimeout time.Duration
	// MaxConnections is --web.max-connections: beyond so many connections, those
	// are closed that have waited longest for their client. 0 leaves only the
	// bound that the limit of open files sets.
	MaxConnections int
	// Grace is how long a stop waits for the requests under way before their
	// contexts end, and twice as long as it waits for requests to arrive in full;
	// Cut is how long it waits after Grace before it cuts connections off.
	Grace, Cut time.Duration
	// Listening, when set, is called with every address that is served, once
	// each, never two at the same time.
	Listening func(net.Addr)
	// Logger receives what an operator must know; nil discards it.
	Logger *slog.Logger
}

// Run serves handler until ctx ends, then lets the requests under way end, and
// returns nil, or ErrCut when they took too long. It returns another error when
// an option is wrong or an address cannot be served; then nothing is served.
//
// Each address has an http.Server of its own: the toolkit wraps the handler of a
// server once per listener, and a shared one would check passwords and take from
// the rate limit several times per request, and race for the field.
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
		// Requests under way outlive ctx, for a while.
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

// newServer returns a server that waits for its clients as o says.
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

// shutdown stops accepting and waits for the requests under way: half of Grace for
// those that have not arrived in full, Grace for the others. Then it ends their
// contexts, and Cut later it cuts the connections that are left.
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
