package fleet

import (
	"os"
	"strconv"
	"testing"
	"time"

	"cloud.google.com/go/bigquery"

	"github.com/drift-exporter/drift_exporter/collector/bigquery/ticks"
	"github.com/drift-exporter/drift_exporter/predictor/google/emulator"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/ship"
	shipped "github.com/drift-exporter/drift_exporter/predictor/ship/bigquery"
	"github.com/drift-exporter/drift_exporter/predictor/tick"
)

// dataset ships what a memory has to the emulator, and reads it with the queries of BigQuery.
type dataset struct {
	*ticks.Reader

	from     *memory
	sink     *shipped.Sink
	counts   *shipped.Ticks
	shipRows map[string]int // of each log that ships rows: how many have been shipped
	sequence int64
	// records and outcomes are how many have been shipped.
	records, outcomes int
}

func newDataset(t *testing.T, name string, from *memory) *dataset {
	t.Helper()
	e := emulator.Shared(t)
	client, err := bigquery.NewClient(t.Context(), "test-project", e.ClientOptions()...)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Close() }()
	if err := client.Dataset(name).Create(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	sink, err := shipped.NewSink(t.Context(), shipped.SinkOptions{Project: "test-project", Dataset: name, REST: e.ClientOptions(), GRPC: e.WriterOptions()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sink.Close() })
	d := &dataset{from: from, sink: sink, counts: sink.Ticks(), shipRows: map[string]int{}}
	d.Reader, err = ticks.New(ticks.Options{
		Project: "test-project", Dataset: name, Lateness: lateness, Now: func() time.Time { return time.Unix(0, from.now) }, ClientOptions: e.ClientOptions(),
	})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// ship ships what has come since the last time, in the order of time.
func (d *dataset) ship(t *testing.T) {
	t.Helper()
	records, beats := map[string][]tick.Record{}, map[string]tick.Record{}
	for ; d.records < len(d.from.records) && d.from.records[d.records].ShippedAt <= d.from.now; d.records++ {
		if r := d.from.records[d.records]; r.Heartbeat() {
			beats[r.LogID] = r
		} else {
			records[r.LogID] = append(records[r.LogID], r)
		}
	}
	for _, beat := range beats {
		if err := d.counts.Heartbeat(t.Context(), &beat); err != nil {
			t.Fatal(err)
		}
	}
	send := func(to ship.Destination, b *ship.Batch) {
		d.sequence++
		b.After, b.UpTo = d.sequence-1, d.sequence
		if err := to.Append(t.Context(), b, func(string) error { return nil }); err != nil {
			t.Fatal(err)
		}
	}
	for id, own := range records {
		for len(own) > 0 {
			n := min(len(own), 400)
			send(d.counts, &ship.Batch{LogID: id, Table: predictionlog.TablePredictions, Records: own[:n]})
			own = own[n:]
		}
	}
	outcomes := map[string][]tick.Outcome{}
	for ; d.outcomes < len(d.from.outcomes) && d.from.outcomes[d.outcomes].ShippedAt <= d.from.now; d.outcomes++ {
		o := d.from.outcomes[d.outcomes]
		outcomes[o.LogID] = append(outcomes[o.LogID], o)
	}
	for id, own := range outcomes {
		for len(own) > 0 {
			n := min(len(own), 400)
			send(d.counts.Outcomes, &ship.Batch{LogID: id, Table: predictionlog.TableFeedback, Outcomes: own[:n]})
			own = own[n:]
		}
	}
}

// rowsVariable is the number of rows of the test below. `make fleet-equal` sets it to 100,000.
const rowsVariable = "FLEET_TEST_ROWS"

// TestFiveLogsInBigQuerySayWhatOneLogSays ships from five replicas to the emulator, and reads with
// the queries of BigQuery.
func TestFiveLogsInBigQuerySayWhatOneLogSays(t *testing.T) {
	t.Parallel()
	rows := 4000
	if n, err := strconv.Atoi(os.Getenv(rowsVariable)); err == nil {
		rows = n
	}
	s := newStory(t, 1, rows)
	s.tell(t)
	d := newDataset(t, "equal", &s.shipped)
	sayTheSame(t, s, d, func() { d.ship(t) })
	t.Logf("%d records and %d outcomes were shipped", d.records, d.outcomes)
}

// TestBigQuerySaysWhatMemorySays reads the same records with the queries of BigQuery, in the
// emulator, and without any.
func TestBigQuerySaysWhatMemorySays(t *testing.T) {
	t.Parallel()
	s := newStory(t, 5, 4000)
	s.tell(t)
	d, o := newDataset(t, "fleet", &s.shipped), options(specs(t))
	e, other := newEngine(t, d, o), newEngine(t, &s.shipped, o)
	for i := range 6 {
		s.shipped.now = begin.UnixNano() + lasts*int64(i+1)/6
		d.ship(t)
		got, want := at(t, e, &s.shipped, time.Duration(s.shipped.now-begin.UnixNano())), at(t, other, &s.shipped, time.Duration(s.shipped.now-begin.UnixNano()))
		if e.until != other.until {
			t.Fatalf("instant %d: it ends at %d, want %d", i, e.until, other.until)
		}
		compare(t, "in the emulator", page(t, got), page(t, want))
		if g, w := *got.Fleet, *want.Fleet; g.Late != w.Late || g.Live != w.Live || g.Unmatched != w.Unmatched || g.Refolds != w.Refolds {
			t.Errorf("instant %d: %+v, want %+v", i, g, w)
		}
		if t.Failed() {
			t.Fatalf("instant %d", i)
		}
	}
}
