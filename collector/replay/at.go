package replay

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/drift-exporter/drift_exporter/collector/drift"
	"github.com/drift-exporter/drift_exporter/collector/monitor"
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
)

// reportPoints is the number of points in the trails of an interval.
const reportPoints = 240

// Interval is a past interval of a history, and what an exporter knew at its end.
type Interval struct {
	From, To time.Time
	// Predictions is the number of predictions from the start of the log until To, as far as they
	// still exist.
	Predictions int64
	Snapshot    *snapshot.Snapshot
}

// At returns what an exporter with the first setting knew at the end of an interval of a history.
// Its trails cover the interval. A zero From is the first row. A zero To is the end of the last
// row's tick. Alarms, windows and limits are the same as in a live exporter. Nothing is computed
// in a second way.
func At(ctx context.Context, o Options, from, to time.Time) (_ *Interval, err error) {
	if len(o.Settings) != 1 {
		return nil, errors.New("an interval needs one setting")
	}
	r, err := newRun(o.Settings[0], &o)
	if err != nil {
		return nil, err
	}
	h, err := o.history(ctx, []*run{r})
	if err != nil {
		return nil, err
	}
	i, err := intervalOf(h.about(), from, to)
	if err != nil {
		return nil, err
	}
	s, err := h.open(r)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	w := &r.setting.Watch
	w.Window.Once = true
	w.Window.TrailPoints = reportPoints
	w.Window.TrailStep = (i.To.Sub(i.From)/reportPoints/drift.TickLength + 1) * drift.TickLength
	past := newPast(s, max(w.Window.Lookback, int64(w.Window.Predictions)))
	source, err := monitor.Follow(past, r.specs, w)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, source.Close()) }()
	at := walk{past: past, source: source, now: i.To.UnixNano()}
	for {
		if i.Snapshot, err = at.scrape(ctx); err != nil {
			return nil, err
		}
		// If the clock was set back, the log continues after that.
		if _, ok, err := past.setBack(ctx); err != nil {
			return nil, err
		} else if !ok {
			i.Predictions = past.read
			return i, nil
		}
	}
}

// intervalOf fills in the ends of an interval that are not given. It refuses an interval that is
// not in the history.
func intervalOf(is about, from, to time.Time) (*Interval, error) {
	if from.IsZero() {
		from = is.first
	}
	if to.IsZero() {
		to = is.last.Truncate(drift.TickLength).Add(drift.TickLength)
	}
	switch history := fmt.Sprintf("the history goes from %s to %s", is.first.Format(time.RFC3339), is.last.Format(time.RFC3339)); {
	case !from.Before(to):
		return nil, fmt.Errorf("--from=%s is not before --to=%s; %s", from.Format(time.RFC3339), to.Format(time.RFC3339), history)
	case !to.After(is.first):
		return nil, fmt.Errorf("--to=%s is before the first row: %s", to.Format(time.RFC3339), history)
	case from.After(is.last):
		return nil, fmt.Errorf("--from=%s is after the last row: %s", from.Format(time.RFC3339), history)
	}
	return &Interval{From: from.UTC(), To: to.UTC()}, nil
}
