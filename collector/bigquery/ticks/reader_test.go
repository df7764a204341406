package ticks_test

import (
	"cmp"
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
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

const lateness = 2 * time.Minute

// warehouse is a dataset with the given records and outcomes, and a reader of it.
func warehouse(t *testing.T, dataset string, now time.Time, records []tick.Record, outcomes []tick.Outcome) *ticks.Reader {
	t.Helper()
	e := emulator.Shared(t)
	client, err := bigquery.NewClient(t.Context(), "test-project", e.ClientOptions()...)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Close() }()
	if err := client.Dataset(dataset).Create(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	send(t, dataset, func(sink *shipped.Sink) {
		counts := sink.Ticks()
		for id, own := range maps.All(byLog(records)) {
			if err := counts.Heartbeat(t.Context(), &tick.Record{LogID: id, ShippedAt: now.UnixNano(), Through: tick.Start(now.UnixNano()), Tick: tick.Start(now.UnixNano())}); err != nil {
				t.Fatal(err)
			}
			append1(t, counts, &ship.Batch{LogID: id, Table: predictionlog.TablePredictions, Records: own})
		}
		for i := range outcomes {
			append1(t, counts.Outcomes, &ship.Batch{LogID: outcomes[i].LogID, Table: predictionlog.TableFeedback, Outcomes: outcomes[i : i+1]})
		}
	})
	return warehouseAt(t, dataset, now)
}

// warehouseAt is a reader of a dataset at a time.
func warehouseAt(t *testing.T, dataset string, now time.Time) *ticks.Reader {
	t.Helper()
	r, err := ticks.New(ticks.Options{Project: "test-project", Dataset: dataset, Lateness: lateness, Now: func() time.Time { return now }, Coder: coderOf, ClientOptions: emulator.Shared(t).ClientOptions()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r
}

func byLog(records []tick.Record) map[string][]tick.Record {
	of := map[string][]tick.Record{}
	for _, r := range records {
		of[r.LogID] = append(of[r.LogID], r)
	}
	return of
}

// some returns records of several logs, models, versions and schemes around a time, some of them
// late or ahead of the clock.
func some(random *rand.Rand, n int, at time.Time) []tick.Record {
	records := make([]tick.Record, n)
	for i := range records {
		start := tick.Start(at.UnixNano()) - int64(random.IntN(40))*int64(tick.Length)
		delay := time.Duration(random.IntN(60)) * time.Second
		switch random.IntN(10) {
		case 0:
			delay = time.Duration(random.IntN(600)) * time.Second
		case 1:
			delay = -time.Duration(random.IntN(300)) * time.Second
		case 2:
			delay = tick.Length + lateness // The last moment.
		}
		r := tick.Record{
			LogID: fmt.Sprint("log-", random.IntN(4)), After: int64(10*i - 1), Sequence: int64(10*i + 9), Tick: start,
			ShippedAt: start + int64(delay), Model: fmt.Sprint("m", random.IntN(2)), Version: fmt.Sprint(random.IntN(2)), Scheme: fmt.Sprint("s", random.IntN(2)),
		}
		if random.IntN(4) == 0 {
			r.Closed = min(r.Tick+random.Int64N(60)*int64(time.Second), r.ShippedAt)
		}
		if random.IntN(5) > 0 {
			r.Rows = int64(random.IntN(900) + 1)
			r.Oldest = start + random.Int64N(int64(tick.Length))
			r.Newest = r.Oldest + random.Int64N(1000)
			for code := range int64(12) {
				if random.IntN(2) == 0 {
					r.At, r.N = append(r.At, code), append(r.N, random.Int64N(500)+1)
				}
			}
			for feature := range int64(3) {
				if random.IntN(2) == 0 {
					r.LastFeature, r.LastTime, r.LastValue = append(r.LastFeature, feature), append(r.LastTime, start+random.Int64N(3)), append(r.LastValue, random.NormFloat64())
				}
			}
		}
		for _, name := range []string{"class/1", "ledger/scored", "pair/1/a/ü'\\"} {
			if random.IntN(2) == 0 {
				r.Names, r.Sums = append(r.Names, name), append(r.Sums, random.Int64N(1e15))
			}
		}
		records[i] = r
	}
	return records
}

type place struct {
	effective              int64
	model, version, scheme string
	piece                  int64
}

// added adds up records as the queries should.
func added(records []tick.Record, from, until int64, pieces bool) []tick.Sum {
	rows := map[place]map[string]int64{}
	for i := range records {
		r := &records[i]
		at := place{r.Effective(lateness), r.Model, r.Version, "", 0}
		if rows[at] == nil {
			rows[at] = map[string]int64{}
		}
		rows[at][r.LogID] += r.Rows
	}
	sums := map[place]*tick.Sum{}
	for i := range records {
		r := &records[i]
		at := place{r.Effective(lateness), r.Model, r.Version, r.Scheme, 0}
		if at.effective < from || at.effective >= until {
			continue
		}
		if pieces {
			var before int64
			for id, n := range maps.All(rows[place{at.effective, at.model, at.version, "", 0}]) {
				if id < r.LogID {
					before += n
				}
			}
			at.piece = before / 1000
		}
		s := sums[at]
		if s == nil {
			s = &tick.Sum{Record: tick.Record{Tick: at.effective, Model: at.model, Version: at.version, Scheme: at.scheme}, Piece: at.piece}
			sums[at] = s
		}
		one := *r
		one.Sequence, one.ShippedAt, one.Through, one.Closed = 0, 0, 0, 0
		if !pieces {
			one.At, one.N, one.LastFeature, one.LastTime, one.LastValue = nil, nil, nil, nil, nil
		}
		s.Add(&one)
		s.Records++
	}
	var all []tick.Sum
	for _, s := range sums {
		all = append(all, *s)
	}
	slices.SortFunc(all, func(a, b tick.Sum) int {
		return cmp.Or(cmp.Compare(a.Tick, b.Tick), cmp.Compare(a.Model, b.Model), cmp.Compare(a.Version, b.Version), cmp.Compare(a.Scheme, b.Scheme), cmp.Compare(a.Piece, b.Piece))
	})
	return all
}

func TestSumsAreThoseOfTheRecords(t *testing.T) {
	t.Parallel()
	alone(t)
	now := time.Date(2026, 11, 29, 10, 0, 7, 0, time.UTC)
	records := some(rand.New(rand.NewPCG(1, 2)), 300, now)
	r := warehouse(t, "sums", now, records, nil)
	start := tick.Start(now.UnixNano())
	spans := [][2]int64{{start - 20*int64(tick.Length), start + int64(tick.Length)}, {start - 3*int64(tick.Length), start - 2*int64(tick.Length)}, {start - int64(time.Hour), start + int64(time.Hour)}}
	for _, span := range spans {
		var got []tick.Sum
		collect := func(s *tick.Sum) error { got = append(got, *s); return nil }
		if err := r.Ticks(t.Context(), span[0], span[1], collect); err != nil {
			t.Fatal(err)
		}
		compare(t, "ticks", got, added(records, span[0], span[1], true))
		got = nil
		if err := r.Tallies(t.Context(), span[0], span[1], collect); err != nil {
			t.Fatal(err)
		}
		compare(t, "tallies", got, added(records, span[0], span[1], false))
		checkLate(t, r, records, span)
		checkRecords(t, r, records, span)
	}
	checkTotals(t, r, records, start-10*int64(tick.Length))
	state, err := r.State(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := tick.State{Now: now.UnixNano()}
	for _, id := range slices.Sorted(maps.Keys(byLog(records))) {
		want.Logs = append(want.Logs, tick.LogState{ID: id, Through: start, ShippedAt: now.UnixNano()})
	}
	if !reflect.DeepEqual(state, want) {
		t.Errorf("state %+v, want %+v", state, want)
	}
}

func compare(t *testing.T, what string, got, want []tick.Sum) {
	t.Helper()
	if len(got) != len(want) || len(want) == 0 {
		t.Fatalf("%s: %d sums, want %d", what, len(got), len(want))
	}
	for i := range want {
		if !reflect.DeepEqual(got[i], want[i]) {
			t.Fatalf("%s %d:\n got %+v\nwant %+v", what, i, got[i], want[i])
		}
	}
}

func checkLate(t *testing.T, r *ticks.Reader, records []tick.Record, span [2]int64) {
	t.Helper()
	got, err := r.Late(t.Context(), span[0], span[1])
	if err != nil {
		t.Fatal(err)
	}
	var want []tick.Late
	for i := range records {
		x := &records[i]
		if e := x.Effective(lateness); e != x.Tick && e >= span[0] && e < span[1] && x.Rows > 0 {
			want = append(want, tick.Late{LogID: x.LogID, Model: x.Model, Version: x.Version, Tick: x.Tick, After: x.After, Sequence: x.Sequence, Effective: e, Rows: x.Rows})
		}
	}
	slices.SortFunc(want, func(a, b tick.Late) int {
		return cmp.Or(cmp.Compare(a.Effective, b.Effective), cmp.Compare(a.LogID, b.LogID), cmp.Compare(a.Sequence, b.Sequence))
	})
	if !reflect.DeepEqual(got, want) {
		t.Errorf("late: got %+v, want %+v", got, want)
	}
}

func checkRecords(t *testing.T, r *ticks.Reader, records []tick.Record, span [2]int64) {
	t.Helper()
	got, err := r.Records(t.Context(), span[0], span[1])
	if err != nil {
		t.Fatal(err)
	}
	want := map[int64]int64{}
	for i := range records {
		if e := records[i].Effective(lateness); e >= span[0] && e < span[1] {
			want[e]++
		}
	}
	if !maps.Equal(got, want) {
		t.Errorf("records: got %v, want %v", got, want)
	}
}

func checkTotals(t *testing.T, r *ticks.Reader, records []tick.Record, before int64) {
	t.Helper()
	sums, begun, err := r.Totals(t.Context(), before)
	if err != nil {
		t.Fatal(err)
	}
	first := records[0].Effective(lateness)
	want := map[string]int64{}
	for i := range records {
		x := &records[i]
		first = min(first, x.Effective(lateness))
		if x.Effective(lateness) < before {
			for j, name := range x.Names {
				want[x.Model+x.Version+name] += x.Sums[j]
			}
		}
	}
	got := map[string]int64{}
	for i := range sums {
		for j, name := range sums[i].Names {
			got[sums[i].Model+sums[i].Version+name] += sums[i].Sums[j]
		}
	}
	if !maps.Equal(got, want) || begun != first {
		t.Errorf("totals: got %v from %d, want %v from %d", got, begun, want, first)
	}
}

func TestOutcomesComeBackAsTheyWereSent(t *testing.T) {
	t.Parallel()
	alone(t)
	now := time.Date(2026, 11, 29, 10, 0, 7, 0, time.UTC)
	at, start := now.UnixNano(), tick.Start(now.UnixNano())
	outcomes := []tick.Outcome{
		{
			LogID: "a", Sequence: 1, ShippedAt: at, Time: at - 123_456_789, ObservedAt: at - 987_654_321, Model: "m", Version: "1", Scheme: "s", PredictionLog: "a", PredictionID: 5,
			Closed: at, PredictedAt: at - 2e9 - 1, Class: "1", Outcome: "0", Score: 0.1, HasScore: true, Explored: 0.25, Source: "ü", Confidence: 0.5, Corrects: "same_source", Codes: []byte{0, 255, 7},
		},
		{LogID: "b", Sequence: 2, ShippedAt: at, Time: at - 1, ObservedAt: at - 1, Model: "m", PredictionLog: "b", PredictedAt: -1, Outcome: "1.5", Confidence: 1},
		{LogID: "b", Sequence: 3, ShippedAt: at, Time: at - int64(time.Hour), Model: "late", PredictionLog: "b", PredictedAt: -1, Outcome: "1.5", Confidence: 1},
	}
	r := warehouse(t, "outcomes", now, []tick.Record{{LogID: "a", Tick: tick.Start(at), ShippedAt: at, Model: "m", Rows: 1}}, outcomes)
	read := func(from, until int64) (all []tick.Outcome) {
		if err := r.Outcomes(t.Context(), from, until, func(o *tick.Outcome) error { all = append(all, *o); return nil }); err != nil {
			t.Fatal(err)
		}
		slices.SortFunc(all, func(a, b tick.Outcome) int { return cmp.Compare(a.Sequence, b.Sequence) })
		return all
	}
	if got := read(start, start+int64(tick.Length)); !reflect.DeepEqual(got, outcomes[:2]) {
		t.Errorf("got %+v", got)
	}
	late := outcomes[2].Effective(lateness)
	if got := read(late, late+int64(tick.Length)); !reflect.DeepEqual(got, outcomes[2:]) {
		t.Errorf("late: got %+v", got)
	}
}
