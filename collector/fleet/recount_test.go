package fleet

import (
	"bytes"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/drift-exporter/drift_exporter/collector/drift"
	"github.com/drift-exporter/drift_exporter/collector/window"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/ship"
	"github.com/drift-exporter/drift_exporter/predictor/tick"
)

// rows ships the rows of logs that the records shipped so far have counted.
func (d *dataset) rows(t *testing.T, logs []*replica, skip func(*predictionlog.Row) bool) {
	t.Helper()
	for _, l := range logs {
		last := int64(0)
		for i := range d.from.records {
			if r := &d.from.records[i]; r.LogID == l.id && r.ShippedAt <= d.from.now {
				last = max(last, r.Sequence)
			}
		}
		var rows []predictionlog.WholeRow
		first := d.shipRows[l.id]
		for i := range l.rows[first:last] {
			if row := l.rows[first+i]; skip == nil || !skip(&row) {
				rows = append(rows, predictionlog.WholeRow{Row: row})
			}
		}
		d.shipRows[l.id] = int(last)
		for part := range slices.Chunk(rows, 500) {
			b := &ship.Batch{LogID: l.id, Table: predictionlog.TablePredictions, After: part[0].ID - 1, UpTo: part[len(part)-1].ID, Predictions: part}
			if err := d.sink.Append(t.Context(), b, func(string) error { return nil }); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// coders returns what codes rows for the other references.
func coders(t *testing.T) func(predictionlog.Key) tick.Coder {
	t.Helper()
	coder, err := window.Counters(specsOf(t, true), drift.BinOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return coder
}

// TestAnotherReferenceSaysWhatOneLogSays ships rows and counts of one reference, and reads them with
// another. Every metric is that of a log with the rows.
func TestAnotherReferenceSaysWhatOneLogSays(t *testing.T) {
	t.Parallel()
	s := newStory(t, 21, 1500)
	s.tell(t)
	all, told := s.log()
	o := options(specsOf(t, true))
	nulls := drift.NewNulls(o.Samples, 2)
	defer nulls.Close()
	log := &single{}
	w, err := window.New(log, o.Specs, o.Bins, nulls, o.Window)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Snapshot(t.Context(), begin).Err; err != nil {
		t.Fatal(err)
	}
	d := newDataset(t, "recounted", &s.shipped)
	var said bytes.Buffer
	o.Logger = slog.New(slog.NewTextHandler(&said, nil))
	e := newEngine(t, d.Coded(coders(t)), o)
	alarms := 0
	for i := range 3 {
		s.shipped.now = begin.UnixNano() + (lasts+1500*second)*int64(i+1)/3
		d.ship(t)
		d.rows(t, s.logs, nil)
		t.Log(i, "reads", time.Now())
		if err := e.Read(t.Context()); err != nil {
			t.Fatal(err)
		}
		t.Log(i, "has read", time.Now())
		until := time.Unix(0, e.until)
		for len(all) > 0 && all[0].effective < e.until {
			log.rows, all = append(log.rows, all[0].Row), all[1:]
		}
		for len(told) > 0 && told[0].effective < e.until {
			log.feedback, told = append(log.feedback, told[0].FeedbackRow), told[1:]
		}
		want := w.Snapshot(t.Context(), until)
		shown := page(t, want)
		for _, how := range []struct {
			name string
			e    *Engine
		}{{"followed", e}, {"started", newEngine(t, d.Coded(coders(t)), o)}} {
			if err := how.e.Read(t.Context()); err != nil {
				t.Fatal(err)
			}
			got := how.e.Snapshot(t.Context(), until)
			compare(t, fmt.Sprintf("instant %d, %s", i, how.name), page(t, got), shown)
			if !slices.Equal(trails(got), trails(want)) {
				t.Errorf("instant %d, %s: the trails differ", i, how.name)
			}
			if f := got.Fleet; f.Foreign != 0 || f.Recounted == 0 {
				t.Errorf("instant %d, %s: %+v", i, how.name, *f)
			}
		}
		if t.Failed() {
			t.FailNow()
		}
		for name, x := range shown {
			if strings.HasPrefix(name, "feature_drift_detected") && x == 1 {
				alarms++
			}
		}
	}
	if alarms == 0 {
		t.Error("no alarms: nothing to compare")
	}
	if text := said.String(); !strings.Contains(text, "counted again from the shipped rows") || strings.Contains(text, "begin anew") {
		t.Errorf("it says %s", text)
	}
}
