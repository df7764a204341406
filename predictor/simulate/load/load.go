// Package load asks a server as its users would: a bounded number of clients,
// each of which waits for its answer before it asks again (a closed loop), for a
// bounded number of requests or time.
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

// Options bound a run.
type Options struct {
	Clients int           // at once; at least 1
	Count   int           // requests of all clients together; 0: no bound
	Time    time.Duration // after which no request begins; 0: no bound
}

// Run lets every client ask again and again, and returns when the last answer is
// in. Ask sends one request and waits for its answer; client counts from 0, and
// one client asks for one thing at a time. io.EOF says that there is nothing
// left to ask for: then, and when a bound is reached, requests under way are
// waited for and Run returns nil. Any other error ends ctx for all, and is Run's.
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
