package replay

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/drift-exporter/drift_exporter/collector/monitor"
	"github.com/drift-exporter/drift_exporter/collector/window"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
)

// A moment of the past must be what a scrape showed then, although only two look-backs are read.
func TestAMomentIsWhatAScrapeShowed(t *testing.T) {
	t.Parallel()
	w, o := drifting(t), watch(t)
	o.Window.Lookback, o.Window.Predictions, o.Window.TrailStep, o.Window.TrailPoints = 1500, 400, time.Minute, 30
	o.Log = w.path
	all := replayAll(t, w.path, o, 15*time.Second)
	for _, at := range []int{3, len(all) / 4, len(all) / 2, len(all)*2/3 + 1, len(all) - 1} {
		read := int64(0)
		s, err := Moment(t.Context(), w.path, o.Window.Lookback, all[at].moment, func(log window.Log) (monitor.Source, error) {
			specs, err := monitor.Load(o)
			if err != nil {
				return nil, err
			}
			return monitor.Follow(counting{log, &read}, specs, &o)
		})
		if err != nil {
			t.Fatal(err)
		}
		if got, want := withoutCounters(describe(s)), withoutCounters(all[at].text); got != want {
			t.Errorf("at %s: %s", all[at].moment, difference(want, got))
		}
		if read > 2*o.Window.Lookback {
			t.Errorf("at %s: %d rows were read", all[at].moment, read)
		}
		if d := &s.Models[0].Features()[0]; at > 3 && (d.Trail == nil || len(d.Trail.Times) < 10) {
			t.Errorf("at %s: trail %+v", all[at].moment, d.Trail)
		}
	}
	_, err := Moment(t.Context(), w.path, 1500, start.Add(-time.Hour), nil)
	if !errors.Is(err, ErrOutside) || !strings.Contains(err.Error(), "its first prediction is of "+start.Format(time.RFC3339)) {
		t.Errorf("before the first row: %v", err)
	}
}

// counting counts the predictions that are read.
type counting struct {
	window.Log

	read *int64
}

func (c counting) Predictions(ctx context.Context, after, upTo int64, yield func(*predictionlog.Row) error) error {
	return c.Log.Predictions(ctx, after, upTo, func(r *predictionlog.Row) error {
		*c.read++
		return yield(r)
	})
}

// withoutCounters leaves out what covers the whole log.
func withoutCounters(text string) string {
	var kept strings.Builder
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "  counters") {
			kept.WriteString(line)
		}
	}
	return kept.String()
}
