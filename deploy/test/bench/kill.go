package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"time"

	"github.com/drift-exporter/drift_exporter/deploy/test/process"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite"
	"github.com/drift-exporter/drift_exporter/predictor/simulate/load"
)

// kill kills the installed predictor under load, again and again. Then it looks for every
// prediction that was answered. It measures nothing, so one round is enough. It does not simulate
// a power cut, for which the log uses fsync.
func kill(_ context.Context, s settings) (*bench, error) {
	trials := 20
	if s.quick {
		trials = 2
	}
	path, done := filepath.Join(s.dir, "kill.db"), false
	return &bench{
		probes: []probe{func(ctx context.Context, out sample) error {
			if done {
				return nil
			}
			done = true
			answered := map[int64]string{}
			for range trials {
				if err := killOnce(ctx, s, path, answered); err != nil {
					return err
				}
			}
			lost, err := missing(ctx, path, answered)
			out["lost"] = float64(lost)
			return err
		}},
		rows: []row{{
			what: fmt.Sprintf("answered predictions lost in %d kill -9", trials), ours: "lost", unit: plain, goal: atMost(0),
		}},
	}, nil
}

// killOnce sends requests with 32 clients to a predictor that is killed after a while. It notes
// the request ids of the answered predictions.
func killOnce(ctx context.Context, s settings, path string, answered map[int64]string) error {
	p, err := process.Start(ctx, s.binary, "predictor", path)
	if err != nil {
		return err
	}
	bodies, err := loans()
	if err != nil {
		return err
	}
	c, err := connect(ctx, p.Address, 32, posts(bodies))
	if err != nil {
		p.Kill()
		return err
	}
	var killing sync.WaitGroup
	killing.Go(func() {
		time.Sleep(200*time.Millisecond + rand.N(200*time.Millisecond))
		p.Kill()
	})
	defer killing.Wait()
	var mu sync.Mutex
	err = load.Run(ctx, load.Options{Clients: len(c.conns), Time: 10 * time.Second}, func(_ context.Context, client int) error {
		status, body, err := c.conns[client].Ask(c.requests[client])
		if err != nil {
			return errKilled
		}
		var a struct {
			ID      int64  `json:"prediction_id"`
			Request string `json:"request_id"`
		}
		if err := json.Unmarshal(body, &a); err != nil || status != 200 {
			return fmt.Errorf("status %d: %.300s: %w", status, body, err)
		}
		mu.Lock()
		defer mu.Unlock()
		answered[a.ID] = a.Request
		return nil
	})
	if errors.Is(err, errKilled) {
		err = nil
	}
	return errors.Join(err, c.close())
}

var errKilled = errors.New("the server is gone")

// missing counts the answered predictions that are not in the log.
func missing(ctx context.Context, path string, answered map[int64]string) (int, error) {
	w, err := sqlite.OpenWriter(ctx, path, sqlite.WriterOptions{}) // as the next predictor would
	if err != nil {
		return 0, err
	}
	lost := 0
	for id, request := range answered {
		again, err := w.Append(ctx, []predictionlog.Prediction{{RequestID: request, Model: "x", Features: []byte("{}"), Class: "0"}})
		if err != nil {
			return 0, errors.Join(err, w.Close())
		}
		if again[0].ID != id || !again[0].Repeated {
			lost++
		}
	}
	return lost, w.Close()
}
