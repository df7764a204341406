package fleet

import (
	"time"

	"github.com/drift-exporter/drift_exporter/predictor/tick"
)

// final returns the end of the last final tick: of which every live log has shipped all rows, or
// whose end is longer ago than the lateness. It does not fall below last.
func final(s *tick.State, lateness time.Duration, last int64) int64 {
	until := tick.Settled(s.Now, lateness)
	if through, any := throughOf(s, lateness); any {
		until = max(until, min(tick.Start(through), tick.Start(s.Now)))
	}
	return max(until, last)
}

// live reports whether a log has shipped something within the lateness.
func live(s *tick.State, l *tick.LogState, lateness time.Duration) bool {
	return l.ShippedAt >= s.Now-int64(lateness)
}

// throughOf returns the time before which every live log has shipped all rows.
func throughOf(s *tick.State, lateness time.Duration) (through int64, any bool) {
	for i := range s.Logs {
		if l := &s.Logs[i]; live(s, l, lateness) && (!any || l.Through < through) {
			through, any = l.Through, true
		}
	}
	return through, any
}
