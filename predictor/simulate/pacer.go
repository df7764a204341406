package simulate

import (
	"context"
	"time"
)

// pacer says when each request is due: the n-th at n/rate seconds after the
// first. Every time is reckoned from the start, so that neither the timer's lag
// nor slow answers add up; what is late is caught up with.
type pacer struct {
	rate  float64 // a second; 0: at once
	start time.Time
	n     int64
}

// wait returns when the next request is due, after waiting for it.
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

// waitUntil returns at the given time or when stop is closed, or with the
// context's error when that ends first. A nil stop is never closed.
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
