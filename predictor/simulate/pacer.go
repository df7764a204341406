package simulate

import (
	"context"
	"time"
)

// pacer says when each request is due: the n-th at n/rate seconds after the first. Every time is
// computed from the start, so delays of the timer and slow answers do not add up. Late requests
// are sent at once until the pace is reached again.
type pacer struct {
	rate  float64 // a second; 0: at once
	start time.Time
	n     int64
}

// wait waits for the time of the next request and returns it.
func (p *pacer) wait(ctx context.Context) (time.Time, error) {
	now := time.Now()
	if p.rate == 0 {
		return now, ctx.Err()
	}
	if p.n == 0 {
		p.start = now
	}
	due := p.start.Add(time.Duration(float64(p.n) / p.rate * float64(time.Second)))
	p.n++
	return due, waitUntil(ctx, due, nil)
}

// waitUntil returns at the given time or when stop is closed. If the context ends first, it
// returns the context's error. A nil stop is never closed.
func waitUntil(ctx context.Context, t time.Time, stop <-chan struct{}) error {
	left := time.Until(t)
	if left <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(left)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-stop:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
