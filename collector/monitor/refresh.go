package monitor

import (
	"context"
	"sync"
	"time"
)

// A failed count is retried after firstRetry, then after twice as long each time, up to
// lastRetry.
const (
	firstRetry = time.Minute
	lastRetry  = 15 * time.Minute
)

// Refresh counts the tables that the configuration names. Then, once in each interval, it
// reloads and counts again, so that a replaced reference file or a changed table comes
// into use by itself. With an interval of 0 only Reload does that. The returned function
// stops it, and returns when it has ended.
func (m *Monitor) Refresh(interval time.Duration) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var refreshing sync.WaitGroup
	m.remotes.countNow()
	refreshing.Go(func() { m.refresh(ctx, interval) })
	return func() {
		cancel()
		refreshing.Wait()
	}
}

func (m *Monitor) refresh(ctx context.Context, interval time.Duration) {
	var tick <-chan time.Time
	if interval > 0 {
		ticker := time.NewTicker(interval)
		defer ticker.Stop()
		tick = ticker.C
	}
	again := time.NewTimer(0)
	again.Stop()
	defer again.Stop()
	pause := firstRetry
	for {
		failedOnly := false
		select {
		case <-ctx.Done():
			return
		case <-tick:
			m.reloadOrLog()
		case <-m.remotes.wake:
			pause = firstRetry
		case <-again.C:
			failedOnly = true
		}
		changed, failed := m.remotes.count(ctx, failedOnly)
		if changed {
			m.reloadOrLog()
		}
		again.Stop()
		if !failed {
			pause = firstRetry
			continue
		}
		again.Reset(pause)
		pause = min(2*pause, lastRetry)
	}
}

func (m *Monitor) reloadOrLog() {
	if err := m.reload(); err != nil {
		m.options.Logger.Error("cannot refresh references, keeping the old ones", "err", err)
	}
}
