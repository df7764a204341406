package main

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"time"

	"cloud.google.com/go/bigquery"

	"github.com/drift-exporter/drift_exporter/collector/bigquery/ticks"
	"github.com/drift-exporter/drift_exporter/collector/command"
	"github.com/drift-exporter/drift_exporter/collector/fleet"
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
	"github.com/drift-exporter/drift_exporter/collector/window"
	"github.com/drift-exporter/drift_exporter/predictor/google/emulator"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/ship"
	shipped "github.com/drift-exporter/drift_exporter/predictor/ship/bigquery"
	"github.com/drift-exporter/drift_exporter/predictor/tick"
)

const (
	project  = "test-project"
	lateness = 2 * time.Minute
)

// measured is one line of the table.
type measured struct {
	records, bytes int64
	counting       time.Duration // a row
	shipping       time.Duration // a record
	start          time.Duration
	follow         []time.Duration
	query          time.Duration // while it follows
	lag            time.Duration // the most by which the state was behind the clock
	memory         int64         // held by the engine, after the last minute
}

const header = `| logs | rows | time | features | records | bytes a record | counting, a row | putting, a record | start | a minute | a query | lag | memory |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
`

func (m *measured) line(s settings) string {
	return fmt.Sprintf("| %d | %.3g | %s | %d | %d | %d | %v | %v | %v | %v (%v) | %v | %v | %.1f MiB |\n",
		s.logs, float64(s.rows), s.span, s.features, m.records, m.bytes/m.records, m.counting.Round(10*time.Nanosecond), m.shipping.Round(10*time.Microsecond),
		m.start.Round(10*time.Millisecond), m.follow[len(m.follow)/2].Round(10*time.Millisecond), m.follow[len(m.follow)-1].Round(10*time.Millisecond),
		m.query.Round(10*time.Millisecond), m.lag.Round(time.Second), float64(m.memory)/(1<<20))
}

// measure makes a fleet, and follows it.
func measure(ctx context.Context, e *emulator.Emulator, dataset string, s settings) (*measured, error) {
	made, err := newMaker(s.features)
	if err != nil {
		return nil, err
	}
	now := time.Unix(0, tick.Start(time.Now().UnixNano())).UTC()
	m := &measured{}
	if err := m.fill(ctx, e, dataset, made, s, now); err != nil {
		return nil, err
	}
	return m, m.read(ctx, e, dataset, made, s, now)
}

// fill puts the records of all logs into a dataset.
func (m *measured) fill(ctx context.Context, e *emulator.Emulator, dataset string, made *maker, s settings, now time.Time) (err error) {
	client, err := bigquery.NewClient(ctx, project, e.ClientOptions()...)
	if err != nil {
		return fmt.Errorf("open the emulator: %w", err)
	}
	defer func() { err = errors.Join(err, client.Close()) }()
	if err := client.Dataset(dataset).Create(ctx, nil); err != nil {
		return fmt.Errorf("make a dataset: %w", err)
	}
	sink, err := shipped.NewSink(ctx, shipped.SinkOptions{Project: project, Dataset: dataset, REST: e.ClientOptions(), GRPC: e.WriterOptions()})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, sink.Close()) }()
	counts := sink.Ticks()
	begin := now.Add(-s.span)
	before := time.Now()
	records := made.log(s.rows/int64(s.logs), begin, s.span)
	m.counting = time.Since(before) / time.Duration(s.rows/int64(s.logs))
	var putting time.Duration
	for l := range s.logs {
		id := fmt.Sprintf("00000000-0000-4000-8000-%012d", l)
		for i := range records {
			records[i].LogID = id
			m.bytes += size(&records[i])
		}
		m.records += int64(len(records))
		before = time.Now()
		if err := put(ctx, counts, id, records, s, now); err != nil {
			return err
		}
		putting += time.Since(before)
	}
	m.shipping = putting / time.Duration(m.records)
	return nil
}

// put sends the records of a log, and a heartbeat for each minute that is followed.
func put(ctx context.Context, counts *shipped.Ticks, id string, records []tick.Record, s settings, now time.Time) error {
	const batch = 200
	for part := range slices.Chunk(records, batch) {
		if err := counts.Append(ctx, &ship.Batch{LogID: id, Table: predictionlog.TablePredictions, Records: part}, func(string) error { return nil }); err != nil {
			return fmt.Errorf("put records: %w", err)
		}
	}
	for minute := range s.minutes + 1 {
		at := now.Add(-time.Duration(minute) * time.Minute)
		if err := counts.Heartbeat(ctx, &tick.Record{LogID: id, ShippedAt: at.UnixNano(), Through: at.UnixNano(), Tick: tick.Start(at.UnixNano())}); err != nil {
			return fmt.Errorf("put a heartbeat: %w", err)
		}
	}
	return nil
}

// read starts an engine and follows it up to now.
func (m *measured) read(ctx context.Context, e *emulator.Emulator, dataset string, made *maker, s settings, now time.Time) (err error) {
	clock := now.Add(-time.Duration(s.minutes) * time.Minute)
	reader, err := ticks.New(ticks.Options{Project: project, Dataset: dataset, Lateness: lateness, Now: func() time.Time { return clock }, Timeout: time.Hour, ClientOptions: e.ClientOptions()})
	if err != nil {
		return err
	}
	defaults := command.Defaults()
	windows := defaults.Windows()
	windows.Predictions, windows.Duration = 0, time.Hour
	before := held()
	engine, err := fleet.New(reader, fleet.Options{
		Specs: []window.Spec{made.spec}, Bins: defaults.Bins, Window: windows, Samples: 99,
		Interval: time.Minute, Lateness: lateness, Lookback: 24 * time.Hour, Labels: 90 * 24 * time.Hour,
	})
	if err != nil {
		return errors.Join(err, reader.Close())
	}
	defer func() { err = errors.Join(err, engine.Close()) }()
	var queries int64
	for minute := range s.minutes + 1 {
		began := time.Now()
		if err := engine.Read(ctx); err != nil {
			return err
		}
		if took := time.Since(began); minute == 0 {
			m.start, queries = took, reader.Stats().Queries
		} else {
			m.follow, m.query = append(m.follow, took), m.query+took
		}
		if f := engine.Snapshot(ctx, clock).Fleet; f != nil && f.Until != nil {
			m.lag = max(m.lag, clock.Sub(*f.Until))
		}
		clock = clock.Add(time.Minute)
	}
	slices.Sort(m.follow)
	m.query /= time.Duration(reader.Stats().Queries - queries)
	m.memory = held() - before
	return m.check(engine.Snapshot(ctx, clock), s)
}

// check compares what the engine says with what was made: all rows of the last hour are in the
// window, and counted.
func (m *measured) check(said *snapshot.Snapshot, s settings) error {
	if said.Err != nil || said.Behind != nil {
		return fmt.Errorf("the engine says: %w", errors.Join(said.Err, said.Behind))
	}
	each := s.rows / int64(s.logs)
	for _, shown := range said.Models {
		if shown.Version != "1" {
			continue
		}
		ticks := int64(s.span / tick.Length)
		first := max(0, ticks-int64(time.Hour/tick.Length))
		want := int64(s.logs) * (each - each*first/ticks)
		all := shown.Counters.Classes["0"] + shown.Counters.Classes["1"]
		if shown.Rows.Count != want || all != each*int64(s.logs) {
			return fmt.Errorf("%d rows in the window and %d in all; %d and %d were made", shown.Rows.Count, all, want, each*int64(s.logs))
		}
		return nil
	}
	return errors.New("the engine does not show the model")
}

// held returns the bytes of live memory.
func held() int64 {
	var s runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&s)
	return int64(s.HeapAlloc)
}
