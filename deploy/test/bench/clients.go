package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/drift-exporter/drift_exporter/predictor/simulate"
	"github.com/drift-exporter/drift_exporter/predictor/simulate/load"
)

// clients are connections to one server. They stay open between rounds.
type clients struct {
	conns    []*load.Conn
	requests [][]byte // sent in turn
	waits    *load.Latencies
}

// connect connects n clients to a server. Each client sends one request at once, because the
// server closes a connection that sends nothing for ten seconds, and some clients wait longer for
// their turn.
func connect(ctx context.Context, address string, n int, requests [][]byte) (*clients, error) {
	c := &clients{requests: requests, waits: load.NewLatencies()}
	for range n {
		conn, err := load.Dial(ctx, address)
		if err != nil {
			return nil, errors.Join(err, c.close())
		}
		c.conns = append(c.conns, conn)
		if _, _, err := conn.Ask(requests[0]); err != nil {
			return nil, errors.Join(err, c.close())
		}
	}
	return c, nil
}

func (c *clients) close() error {
	var errs []error
	for _, conn := range c.conns {
		errs = append(errs, conn.Close())
	}
	return errors.Join(errs...)
}

// ask keeps the clients sending requests for a time span, and returns the number of answers per
// second. c.waits contains their waiting times until the next call.
func (c *clients) ask(ctx context.Context, span time.Duration) (rate float64, err error) {
	c.waits.Reset()
	turns := make([]int, len(c.conns))
	start := time.Now()
	err = load.Run(ctx, load.Options{Clients: len(c.conns), Time: span}, func(_ context.Context, client int) error {
		turns[client]++
		asked := time.Now()
		status, body, err := c.conns[client].Ask(c.requests[(client+turns[client])%len(c.requests)])
		if err != nil {
			return err
		}
		c.waits.Add(time.Since(asked))
		if status != http.StatusOK {
			return fmt.Errorf("status %d: %.300s", status, body)
		}
		return nil
	})
	return float64(c.waits.Count()) / time.Since(start).Seconds(), err
}

// loans returns the bodies of predictions: 256 simulated loans as objects.
func loans() ([][]byte, error) {
	bodies, err := simulate.Bodies(1, 256)
	if err != nil {
		return nil, err
	}
	return bodies, nil
}

// posts returns requests that post each body to /predict.
func posts(bodies [][]byte) [][]byte {
	requests := make([][]byte, len(bodies))
	for i, body := range bodies {
		requests[i] = load.Post("/predict", body)
	}
	return requests
}
