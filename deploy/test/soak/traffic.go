package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/drift-exporter/drift_exporter/predictor/simulate"
	"github.com/drift-exporter/drift_exporter/predictor/simulate/load"
)

// traffic contains clients of a predictor. Each client sends a request when it has the answer to
// the one before. For a share of the predictions it also reports what really happened.
type traffic struct {
	conns    []*load.Conn
	posts    [][]byte
	feedback float64

	predictions, outcomes atomic.Int64 // answered with 200
	waits                 *load.Latencies
	turns                 []clientTurn // by client
}

// clientTurn is what one client has done.
type clientTurn struct {
	asked int
	owed  float64 // outcomes
}

// connect makes n clients.
func connect(ctx context.Context, address string, n int, feedback float64) (*traffic, error) {
	bodies, err := simulate.Bodies(1, 256)
	if err != nil {
		return nil, err
	}
	t := &traffic{feedback: feedback, waits: load.NewLatencies(), turns: make([]clientTurn, n)}
	for _, body := range bodies {
		t.posts = append(t.posts, load.Post("/predict", body))
	}
	for range n {
		conn, err := load.Dial(ctx, address)
		if err != nil {
			return nil, errors.Join(err, t.close())
		}
		t.conns = append(t.conns, conn)
	}
	return t, nil
}

func (t *traffic) close() error {
	var errs []error
	for _, conn := range t.conns {
		errs = append(errs, conn.Close())
	}
	return errors.Join(errs...)
}

// flow keeps the first n clients sending requests for a time span, or until ctx ends.
func (t *traffic) flow(ctx context.Context, n int, span time.Duration) error {
	err := load.Run(ctx, load.Options{Clients: n, Time: span}, func(_ context.Context, client int) error { return t.ask(client) })
	if errors.Is(err, context.Canceled) && ctx.Err() != nil {
		return nil
	}
	return err
}

// ask requests one prediction and reports the outcomes that are due.
func (t *traffic) ask(client int) error {
	conn, turn := t.conns[client], &t.turns[client]
	turn.asked++
	began := time.Now()
	status, body, err := conn.Ask(t.posts[(31*client+turn.asked)%len(t.posts)])
	if err != nil {
		return err
	}
	if status != http.StatusOK {
		return fmt.Errorf("POST /predict: status %d: %.300s", status, body)
	}
	t.waits.Add(time.Since(began))
	t.predictions.Add(1)
	if turn.owed += t.feedback; turn.owed < 1 {
		return nil
	}
	turn.owed--
	var answer struct {
		ID int64 `json:"prediction_id"`
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return fmt.Errorf("POST /predict: %w: %.300s", err, body)
	}
	status, body, err = conn.Ask(load.Post("/feedback", fmt.Appendf(nil, `{"prediction_id":%d,"actual_outcome":%d}`, answer.ID, turn.asked%2)))
	if err != nil {
		return err
	}
	if status != http.StatusOK {
		return fmt.Errorf("POST /feedback: status %d: %.300s", status, body)
	}
	t.outcomes.Add(1)
	return nil
}

// best returns the number of clients, out of 16, 64 and 256, that gets most answers.
func (t *traffic) best(ctx context.Context, span time.Duration) (clients int, err error) {
	most := 0.
	for _, n := range []int{16, 64, 256} {
		before, began := t.predictions.Load(), time.Now()
		if err := t.flow(ctx, n, span); err != nil {
			return 0, err
		}
		if rate := float64(t.predictions.Load()-before) / time.Since(began).Seconds(); rate > most {
			clients, most = n, rate
		}
	}
	return clients, nil
}
