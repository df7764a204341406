package main

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"

	"github.com/drift-exporter/drift_exporter/collector/command"
	"github.com/drift-exporter/drift_exporter/collector/drift"
	"github.com/drift-exporter/drift_exporter/collector/reference"
	"github.com/drift-exporter/drift_exporter/collector/window"
	"github.com/drift-exporter/drift_exporter/collector/window/codes"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite"
)

// follower reads a log into windows as an exporter does, in this process. It can hide the newest
// rows of the log. It draws only one sample for each null distribution, so that drawing does not
// disturb the other measurements. Drawing has its own line in the table.
type follower struct {
	*sqlite.Reader
	specs []window.Spec
	nulls *drift.Nulls
	rows  int64 // of the log
	high  int64 // the newest id to be seen
	bare  bool  // see window.Options
	// lookback is the minimum number of rows that windows may read at the start.
	lookback int64
	// codes is where windows keep the codes of rows. nil means nowhere.
	codes *codes.Folder
}

func follow(path string, rows int, specs ...window.Spec) *follower {
	return &follower{
		Reader: sqlite.NewReader(path), specs: specs, nulls: drift.NewNulls(1, 1), rows: int64(rows), lookback: 1,
	}
}

func (f *follower) close() error {
	f.nulls.Close()
	return f.Close()
}

// loanSpec watches the embedded model.
func loanSpec() window.Spec {
	return window.Spec{Name: loanModel, References: []*reference.Reference{reference.Default()}}
}

// State implements window.Log.
func (f *follower) State(ctx context.Context) (predictionlog.State, error) {
	s, err := f.Reader.State(ctx)
	s.HighWater.Predictions = min(s.HighWater.Predictions, f.high)
	s.TotalsUpTo.Predictions = min(s.TotalsUpTo.Predictions, (f.high+1)/10_000*10_000-1) // as often as the log does
	return s, err
}

// open returns windows that have not read anything yet.
func (f *follower) open(predictions int) (*window.Window, error) {
	o := command.Defaults()
	o.Window.Predictions, o.Window.Lookback, o.Window.Bare, o.Window.Codes = predictions, f.lookback, f.bare, f.codes
	o.Window.FalseAlarmsPerMonth, o.Window.Tolerance = o.FalseAlarmsPerMonth, o.Tolerance
	return window.New(f, f.specs, o.Bins, f.nulls, o.Window)
}

// advance lets windows read up to an id, and returns how many seconds that took.
func (f *follower) advance(ctx context.Context, w *window.Window, high int64) (float64, error) {
	f.high = high
	began := time.Now()
	s := w.Snapshot(ctx, time.Unix(0, newestRow))
	took := time.Since(began).Seconds()
	rows := int64(0)
	for i := range s.Models {
		rows += s.Models[i].Rows.Count
		for j := range s.Models[i].Features() {
			s.Err = errors.Join(s.Err, s.Models[i].Features()[j].NullErr)
		}
	}
	if s.Err == nil && high >= 0 && rows == 0 {
		s.Err = errors.New("the windows are empty")
	}
	if s.Err != nil {
		return 0, fmt.Errorf("read up to %d: %w", high, s.Err)
	}
	return took, nil
}

// fresh returns how many seconds it takes to read a number of new rows into windows that have
// read all earlier rows. It is the median of several trials, one after the other in the same
// windows. If the log has too few rows for that, each trial reads it from its beginning.
func (f *follower) fresh(ctx context.Context, predictions int, rows int64, trials int) (float64, error) {
	var took spread
	var w *window.Window
	begin := max(-1, f.rows-1-int64(trials)*rows)
	for high := begin; len(took) < trials; {
		if w == nil || rows > 0 && high == f.rows-1 {
			var err error
			if w, err = f.open(predictions); err != nil {
				return 0, err
			}
			high = begin
			if _, err := f.advance(ctx, w, high); err != nil {
				return 0, err
			}
		}
		high = min(high+rows, f.rows-1)
		seconds, err := f.advance(ctx, w, high)
		if err != nil {
			return 0, err
		}
		took = append(took, seconds)
	}
	return took.median(), nil
}

// held returns the number of bytes of windows over all rows.
func (f *follower) held(ctx context.Context, predictions int) (float64, error) {
	before := heap()
	w, err := f.open(predictions)
	if err != nil {
		return 0, err
	}
	if _, err := f.advance(ctx, w, f.rows-1); err != nil {
		return 0, err
	}
	after := heap()
	runtime.KeepAlive(w)
	return max(0, after-before), nil
}

// heap returns the memory in use after garbage collection.
func heap() float64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}
