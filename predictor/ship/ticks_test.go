package ship

import (
	"context"
	"errors"
	"log/slog"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/care"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite"
	"github.com/drift-exporter/drift_exporter/predictor/tick"
)

// meter is a shelf for counts, whose clock is behind by a minute.
type meter struct {
	*shelf
	now   func() time.Time
	beats []tick.Record
	fail  error
}

const meterBehind = time.Minute

func (m *meter) Now(context.Context) (time.Time, error) { return m.now().Add(-meterBehind), m.fail }

func (m *meter) Last(_ context.Context, _ string, table predictionlog.Table) (int64, error) {
	last := int64(-1)
	for i := range m.records {
		if r := &m.records[i]; table == predictionlog.TablePredictions && r.Rows > 0 {
			last = max(last, r.Sequence)
		}
	}
	return last, nil
}

// Last implements Resumer.
func (s *shelf) Last(context.Context, string, predictionlog.Table) (int64, error) {
	last := int64(-1)
	for i := range s.outcomes {
		last = max(last, s.outcomes[i].Sequence)
	}
	return last, nil
}

func (m *meter) Heartbeat(_ context.Context, r *tick.Record) error {
	m.beats = append(m.beats, *r)
	return nil
}

// plain codes nothing.
type plain struct{}

func (plain) Columns() []int   { return []int{2} }
func (plain) Scheme() []string { return []string{"plain"} }
func (plain) Row(row *predictionlog.Row) (tick.Counted, bool) {
	return tick.Counted{Codes: []uint8{uint8(row.ID % 2)}, Kind: -1}, !predictionlog.InvalidFeatures(row.Features)
}

// counted is a log and what ships its counts.
type counted struct {
	*counting
	path   string
	writer *sqlite.Writer
	now    time.Time
	counts *meter
	to     *shelf
}

func newCounted(t *testing.T) *counted {
	t.Helper()
	c := &counted{path: newLog(t, 0), now: time.Now().Add(time.Hour), to: newShelf()}
	now := func() time.Time { return c.now }
	c.counts = &meter{shelf: newShelf(), now: now}
	writer, err := sqlite.OpenWriter(t.Context(), c.path, sqlite.WriterOptions{Now: now})
	if err != nil {
		t.Fatal(err)
	}
	c.writer = writer
	t.Cleanup(func() { _ = writer.Close() })
	c.begin(t)
	return c
}

// begin begins to ship, as a new process does.
func (c *counted) begin(t *testing.T) {
	t.Helper()
	if c.counting != nil {
		if err := c.close(); err != nil {
			t.Fatal(err)
		}
	}
	ticks := &Ticks{
		Name: "there/ticks", OutcomesName: "there/tick_outcomes", Counts: c.counts, Outcomes: c.to,
		Coder: func(predictionlog.Key) tick.Coder { return plain{} }, Now: func() time.Time { return c.now },
	}
	o := Options{LogPath: c.path, Ticks: ticks, BatchRows: 7, Logger: slog.New(slog.DiscardHandler)}
	fresh := func() *shipper {
		return &shipper{path: c.path, rows: o.BatchRows, metrics: newMetrics(), logger: o.Logger, reader: sqlite.NewReader(c.path)}
	}
	c.counting = newCounting(ticks, fresh(), fresh(), false)
	k := c.counting
	t.Cleanup(func() { _ = k.close() })
}

func (c *counted) predict(t *testing.T, n int) {
	t.Helper()
	for range n {
		if _, err := c.writer.Append(t.Context(), []predictionlog.Prediction{{Model: "m", Version: "1", Features: []byte(`{"a":1}`), Class: "1"}}); err != nil {
			t.Fatal(err)
		}
	}
}

// rows returns the number of rows of each tick in the records, and their sum.
func (c *counted) rows() (of map[int64]int64, all int64) {
	of = map[int64]int64{}
	for i := range c.counts.records {
		r := &c.counts.records[i]
		of[r.Tick] += r.Rows
		all += r.Rows
	}
	return of, all
}

func TestOnlyTicksThatHaveEndedAreCounted(t *testing.T) {
	t.Parallel()
	c := newCounted(t)
	start := c.now.Truncate(tick.Length).Add(time.Second)
	c.now = start
	c.predict(t, 5)
	c.now = start.Add(tick.Length)
	c.predict(t, 3)
	// The tick ended a second ago, but a row may still be on its way.
	c.now = start.Add(tick.Length)
	if err := c.pass(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, n := c.rows(); n != 0 {
		t.Errorf("%d rows are counted at once", n)
	}
	c.now = start.Add(tick.Length + commitTime)
	if err := c.pass(t.Context()); err != nil {
		t.Fatal(err)
	}
	first := tick.Start(start.UnixNano())
	if of, n := c.rows(); n != 5 || of[first] != 5 {
		t.Errorf("counted %v", of)
	}
	r := c.counts.records[0]
	want := tick.Record{
		LogID: c.counting.counts.logID, After: -1, Sequence: 4, ShippedAt: c.now.Add(-meterBehind).UnixMicro() * 1000, Closed: tick.Start(c.now.Add(-meterBehind).UnixNano()), Tick: first, Model: "m", Version: "1",
		Scheme: tick.Scheme([]string{"plain"}), Rows: 5, Oldest: r.Oldest, Newest: r.Newest, At: []int64{0, 1}, N: []int64{3, 2},
		Names: r.Names, Sums: r.Sums,
	}
	if !reflect.DeepEqual(r, want) {
		t.Errorf("got %+v, want %+v", r, want)
	}
	if beat := c.counts.beats[len(c.counts.beats)-1]; beat.Through != first+int64(tick.Length) || beat.ShippedAt != r.ShippedAt || !beat.Heartbeat() {
		t.Errorf("heartbeat %+v", beat)
	}
	c.now = start.Add(3 * tick.Length)
	if err := c.pass(t.Context()); err != nil {
		t.Fatal(err)
	}
	if of, n := c.rows(); n != 8 || of[first+int64(tick.Length)] != 3 {
		t.Errorf("counted %v", of)
	}
}

func TestCountsArriveOnceWhateverFails(t *testing.T) {
	t.Parallel()
	c := newCounted(t)
	fail := func(d *shelf) {
		d.fault = func(call int, _ *Batch) error {
			if call%3 != 0 {
				return errors.New("lost")
			}
			return nil
		}
		d.arrive = func(call int) bool { return call%3 == 1 }
	}
	fail(c.counts.shelf)
	fail(c.to)
	const rows = 100
	for i := range rows {
		c.predict(t, 1)
		id := int64(i)
		if i%2 == 0 {
			if _, err := c.writer.AppendFeedback(t.Context(), predictionlog.Feedback{PredictionID: &id, Outcome: "1"}); err != nil {
				t.Fatal(err)
			}
		}
		c.writer.Refuse("m", "1", predictionlog.Reasons[0])
		c.now = c.now.Add(time.Second)
		if i%10 == 9 {
			c.begin(t)
		}
		_ = c.pass(t.Context())
	}
	reader := sqlite.NewReader(c.path)
	defer func() { _ = reader.Close() }()
	for { // until the last refusal is in the log: Refuse does not wait for it
		state, err := reader.State(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if state.HighWater.Errors == rows {
			break
		}
	}
	c.now = c.now.Add(time.Minute)
	for c.pass(t.Context()) != nil { //nolint:revive // Until it has arrived.
	}
	if _, n := c.rows(); n != rows {
		t.Errorf("%d rows are counted, want %d", n, rows)
	}
	got := predictionlog.NewCounters()
	for i := range c.counts.records {
		for j, name := range c.counts.records[i].Names {
			tick.AddCounter(got, name, c.counts.records[i].Sums[j])
		}
	}
	totals, err := reader.TotalsAt(t.Context(), predictionlog.UpTo{Predictions: 1e6, Feedback: 1e6, Errors: 1e6})
	if err != nil {
		t.Fatal(err)
	}
	if want := totals.Counters[predictionlog.Key{Model: "m", Version: "1"}]; !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	var sequences []int64
	for i := range c.to.outcomes {
		o := &c.to.outcomes[i]
		sequences = append(sequences, o.Sequence)
		if o.Codes == nil || o.Codes[0] != byte(o.PredictionID%2) || o.PredictedAt < 0 {
			t.Errorf("outcome %+v", o)
		}
	}
	slices.Sort(sequences)
	if len(slices.Compact(sequences)) != rows/2 || len(c.to.outcomes) != rows/2 {
		t.Errorf("outcomes %v", sequences)
	}
}

func TestOldRowsAddToTheCountersOnly(t *testing.T) {
	t.Parallel()
	c := newCounted(t)
	c.predict(t, 20)
	c.now = c.now.Add(time.Hour)
	c.predict(t, 4)
	c.now = c.now.Add(time.Minute)
	if err := c.pass(t.Context()); err != nil {
		t.Fatal(err)
	}
	counters := predictionlog.NewCounters()
	for i := range c.counts.records {
		r := &c.counts.records[i]
		for j, name := range r.Names {
			tick.AddCounter(counters, name, r.Sums[j])
		}
	}
	if _, n := c.rows(); n != 4 || counters.Classes["1"] != 24 {
		t.Errorf("%d rows are counted by tick, and %d predictions in all", n, counters.Classes["1"])
	}
}

func TestRowsAfterAStartOrASilenceCountAtOnce(t *testing.T) {
	t.Parallel()
	c := newCounted(t)
	ship := func() int64 {
		t.Helper()
		c.predict(t, 1)
		c.now = c.now.Add(30 * time.Second)
		if err := c.pass(t.Context()); err != nil {
			t.Fatal(err)
		}
		return c.counts.records[len(c.counts.records)-1].Closed
	}
	present := func() int64 { return c.now.Add(-meterBehind).UnixMicro() * 1000 }
	if got := ship(); got != present() {
		t.Errorf("at the start closed is %d, want %d", got, present())
	}
	if got := ship(); got >= present() {
		t.Errorf("later closed is %d, want a time before %d", got, present())
	}
	c.now = c.now.Add(3 * time.Minute)
	if got := ship(); got != present() {
		t.Errorf("after a silence closed is %d, want %d", got, present())
	}
	c.begin(t)
	if got := ship(); got != present() {
		t.Errorf("after a restart closed is %d, want %d", got, present())
	}
}

func TestWhatTheLogHasForgottenIsNotCountedAgain(t *testing.T) {
	t.Parallel()
	c := newCounted(t)
	c.predict(t, 10)
	c.now = c.now.Add(time.Minute)
	if err := c.pass(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := care.Forget(t.Context(), c.path, "there"); err != nil {
		t.Fatal(err)
	}
	c.begin(t)
	c.predict(t, 5)
	c.now = c.now.Add(time.Minute)
	if err := c.pass(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, n := c.rows(); n != 15 {
		t.Errorf("%d rows are counted, want 15", n)
	}
}

func TestRowsThatWereNotCountedAreKept(t *testing.T) {
	t.Parallel()
	c := newCounted(t)
	c.now = time.Now().Add(-time.Second)
	c.predict(t, 10)
	if err := c.pass(t.Context()); err != nil {
		t.Fatal(err)
	}
	_ = c.writer.Close()
	p, err := care.Prune(t.Context(), c.path, time.Nanosecond)
	if err != nil {
		t.Fatal(err)
	}
	if p.Held == 0 || p.Deleted > 0 || p.Destination != "there/ticks" {
		t.Errorf("pruned %+v", p)
	}
}
