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
	s := newStory(t, 21, 3000)
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
	alarms, matured, detectors := 0, 0, 0
	for i := range 2 {
		s.shipped.now = begin.UnixNano() + (lasts+1500*second)*int64(i+1)/2
		d.ship(t)
		d.rows(t, s.logs, nil)
		if err := e.Read(t.Context()); err != nil {
			t.Fatal(err)
		}
		until := time.Unix(0, e.until)
		for len(all) > 0 && all[0].effective < e.until {
			log.rows, all = append(log.rows, all[0].Row), all[1:]
		}
		for len(told) > 0 && told[0].effective < e.until {
			log.feedback, told = append(log.feedback, told[0].FeedbackRow), told[1:]
		}
		want := w.Snapshot(t.Context(), until)
		shown := page(t, want)
		engines := map[string]*Engine{"followed": e}
		if i == 1 {
			engines["started"] = newEngine(t, d.Coded(coders(t)), o)
		}
		for name, e := range engines {
			if err := e.Read(t.Context()); err != nil {
				t.Fatal(err)
			}
			got := e.Snapshot(t.Context(), until)
			compare(t, fmt.Sprintf("instant %d, %s", i, name), page(t, got), shown)
			if !slices.Equal(trails(got), trails(want)) {
				t.Errorf("instant %d, %s: the trails differ", i, name)
			}
			if f := got.Fleet; f.Foreign != 0 || f.Recounted == 0 {
				t.Errorf("instant %d, %s: %+v", i, name, *f)
			}
		}
		if t.Failed() {
			t.FailNow()
		}
		for name, x := range shown {
			switch {
			case strings.HasPrefix(name, "feature_drift_detected"):
				detectors++
				alarms += int(x)
			case strings.HasPrefix(name, "model_matured_accuracy "):
				matured++
			}
		}
	}
	t.Logf("%d of %d detectors have alarms, %d matured", alarms, detectors, matured)
	if alarms == 0 || matured == 0 {
		t.Error("nothing to compare")
	}
	if text := said.String(); !strings.Contains(text, "counted again from the shipped rows") || strings.Contains(text, "begin anew") {
		t.Errorf("it says %s", text)
	}
}

// recoded returns what was shipped as if some logs had counted with the other references.
func (s *story) recoded(t *testing.T, logs []*replica) *memory {
	t.Helper()
	coder := coders(t)
	m := &memory{now: s.shipped.now}
	of := map[string]*replica{}
	for _, l := range logs {
		of[l.id] = l
	}
	for _, r := range s.shipped.records {
		if l := of[r.LogID]; l != nil && r.Rows > 0 {
			counts := tick.NewCounts(coder)
			for i := range l.rows {
				if row := &l.rows[i]; r.After < row.ID && row.ID <= r.Sequence && tick.Start(row.Time) == r.Tick && row.Model == r.Model && row.Version == r.Version {
					counts.Prediction(row)
				}
			}
			own := counts.Records()[0]
			own.LogID, own.After, own.Sequence, own.ShippedAt, own.Closed = r.LogID, r.After, r.Sequence, r.ShippedAt, r.Closed
			for i, name := range r.Names { // those of outcomes
				if !slices.Contains(own.Names, name) && !tick.DependsOnScheme(name) {
					own.Names, own.Sums = append(own.Names, name), append(own.Sums, r.Sums[i])
				}
			}
			r = own
		}
		m.records = append(m.records, r)
	}
	for _, o := range s.shipped.outcomes {
		l, c := of[o.PredictionLog], coder(predictionlog.Key{Model: o.Model, Version: o.Version})
		if l != nil && o.PredictedAt >= 0 {
			o.Scheme, o.Codes = tick.Scheme(c.Scheme()), nil
			if counted, ok := c.Row(&l.rows[o.PredictionID-1]); ok {
				o.Codes = slices.Clone(counted.Codes)
			}
		}
		m.outcomes = append(m.outcomes, o)
	}
	return m
}

// TestLogsWithoutRowsBeginAnew has logs of which three ship rows, and then none that does.
func TestLogsWithoutRowsBeginAnew(t *testing.T) {
	t.Parallel()
	s := newStory(t, 22, 1500)
	s.tell(t)
	d := newDataset(t, "halves", &s.shipped)
	s.shipped.now = begin.UnixNano() + lasts*2/3
	d.ship(t)
	for _, logs := range [][]*replica{nil, s.logs[:3]} {
		d.rows(t, logs, nil)
		o := options(specsOf(t, true))
		var said bytes.Buffer
		o.Logger = slog.New(slog.NewTextHandler(&said, nil))
		e := newEngine(t, d.Coded(coders(t)), o)
		if err := e.Read(t.Context()); err != nil {
			t.Fatal(err)
		}
		other := newEngine(t, s.recoded(t, logs), options(o.Specs))
		if err := other.Read(t.Context()); err != nil {
			t.Fatal(err)
		}
		// What may still be waited for is not on the page.
		if want := tick.Settled(s.shipped.now, lateness); logs != nil && e.until != want {
			t.Errorf("it ends at %d, want %d", e.until, want)
		}
		until := time.Unix(0, e.until)
		if e.until != other.until {
			other.log.(*memory).now = s.shipped.now
			f, err := other.start(t.Context(), e.until)
			if err != nil {
				t.Fatal(err)
			}
			other.folded, other.until = f, e.until
			other.shown.Store(&shown{snapshot: f.Snapshot(t.Context()), fleet: other.facts(&tick.State{}, f)})
		}
		got, want := e.Snapshot(t.Context(), until), other.Snapshot(t.Context(), until)
		compare(t, fmt.Sprint(len(logs), " logs with rows"), page(t, got), page(t, want))
		if g, w := got.Fleet, want.Fleet; g.Foreign != w.Foreign || g.Foreign == 0 || g.Unmatched != w.Unmatched || g.Recounted > 0 != (logs != nil) {
			t.Errorf("%d logs with rows: %+v, want %+v", len(logs), *g, *w)
		}
		if text := said.String(); !strings.Contains(text, "begin anew") || strings.Contains(text, "counted again") != (logs != nil) {
			t.Errorf("%d logs with rows: it says %s", len(logs), text)
		}
	}
}
