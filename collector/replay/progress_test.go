package replay

import (
	"testing"
	"time"
)

func TestProgressCountsTheRowsOfAllRuns(t *testing.T) {
	t.Parallel()
	var a, b run
	d := done{about: about{rows: 1000}, runs: []*run{&a, &b}}
	if got, want := d.line(time.Second), "replay: 0 %, 0 rows, 0 a second"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	a.rows.Store(1000)
	b.rows.Store(500)
	a.moment.Store(start.Add(time.Hour).UnixNano())
	b.moment.Store(start.UnixNano())
	if got, want := d.line(3*time.Second), "replay: 75 %, 1,500 rows, 500 a second, at 2026-11-01 12:00:00, 1s left"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
