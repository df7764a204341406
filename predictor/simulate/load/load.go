// Package load sends requests to a server as its users would. A limited number of clients sends a
// limited number of requests, or sends them for a limited time. Each client waits for its answer
// before it sends the next request (a closed loop).
package load

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
)

// Options limit a run.
type Options struct {
	Clients int           // at once; at least 1
	Count   int           // requests of all clients together; 0: no bound
	Time    time.Duration // after which no request begins; 0: no bound
}

// Run lets every client send requests again and again. Ask sends one request and waits for its
// answer. client is the number of the client, from 0. Each client sends one request at a time. If
// Ask returns io.EOF, there is nothing left to send. Then, and when a limit is reached, Run waits
// for the running requests and returns nil. Any other error ends ctx for all clients, and Run
// returns it.
func Run(ctx context.Context, o Options, ask func(ctx context.Context, client int) error) error {
	if o.Clients < 1 || o.Count < 0 || o.Time < 0 {
		return fmt.Errorf("a load of %d clients, %d requests and %v: at least one client, and no negative bound, is needed", o.Clients, o.Count, o.Time)
	}
	var (
		begun atomic.Int64
		ended atomic.Bool
		start = time.Now()
	)
	g, ctx := errgroup.WithContext(ctx)
	for client := range o.Clients {
		g.Go(func() error {
			for !ended.Load() && (o.Time == 0 || time.Since(start) < o.Time) && (begun.Add(1) <= int64(o.Count) || o.Count == 0) {
				err := ask(ctx, client)
				if errors.Is(err, io.EOF) {
					ended.Store(true)
					return nil
				}
				if err == nil {
					err = ctx.Err()
				}
				if err != nil {
					return err
				}
			}
			return nil
		})
	}
	return g.Wait()
}
