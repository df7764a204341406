package ticks_test

import (
	"encoding/json"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"cloud.google.com/go/bigquery"

	"github.com/drift-exporter/drift_exporter/collector/bigquery/ticks"
	"github.com/drift-exporter/drift_exporter/predictor/google/emulator"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite"
	"github.com/drift-exporter/drift_exporter/predictor/ship"
	shipped "github.com/drift-exporter/drift_exporter/predictor/ship/bigquery"
	"github.com/drift-exporter/drift_exporter/predictor/tick"
)

var emulated sync.Mutex

// alone waits until no other test uses the emulator: while one writes, the queries of another may
// miss rows.
func alone(t *testing.T) {
	t.Helper()
	emulated.Lock()
	t.Cleanup(emulated.Unlock)
}

// byScore codes the score by its tenth.
type byScore struct{}

func (byScore) Columns() []int   { return []int{11} }
func (byScore) Scheme() []string { return []string{"score"} }
func (byScore) Row(row *predictionlog.Row) (tick.Counted, bool) {
	return tick.Counted{Codes: []uint8{uint8(row.Score * 10)}, Kind: -1}, !predictionlog.InvalidFeatures(row.Features)
}

func coderOf(predictionlog.Key) tick.Coder { return byScore{} }

// TestAnOutcomeCountsWhereverItArrives has two replicas. The second gets the outcomes of predictions
// of the first.
func TestAnOutcomeCountsWhereverItArrives(t *testing.T) {
	t.Parallel()
	alone(t)
	e := emulator.Shared(t)
	client, err := bigquery.NewClient(t.Context(), "test-project", e.ClientOptions()...)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Close() }()
	if err := client.Dataset("elsewhere").Create(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	now := time.Now().Truncate(tick.Length)
	clock := func() time.Time { return now }
	open := func() (*sqlite.Writer, string) {
		path := filepath.Join(t.TempDir(), "predictions.db")
		w, err := sqlite.OpenWriter(t.Context(), path, sqlite.WriterOptions{KeepElsewhere: true, Now: clock})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = w.Close() })
		return w, path
	}
	home, homePath := open()
	other, otherPath := open()
	records, err := home.Append(t.Context(), []predictionlog.Prediction{
		{Model: "m", Version: "1", Features: json.RawMessage(`{"a":1}`), Score: 0.25, Class: "0", RequestID: "theirs"},
		{Model: "m", Version: "1", Features: json.RawMessage(`{"a":2}`), Score: 0.75, Class: "1"},
	})
	if err != nil {
		t.Fatal(err)
	}
	logID := logOf(t, homePath)
	own := predictionlog.OwnRequestID(logID, records[1].ID)
	give := func(w *sqlite.Writer, batch ...predictionlog.Feedback) {
		t.Helper()
		now = now.Add(time.Millisecond)
		if _, err := w.AppendOutcomes(t.Context(), batch); err != nil {
			t.Fatal(err)
		}
	}
	give(home, predictionlog.Feedback{RequestID: own, Outcome: "1", Source: "first", Confidence: 0.5})
	give(other, predictionlog.Feedback{RequestID: "theirs", Outcome: "1", Source: "s"})
	give(other, predictionlog.Feedback{RequestID: own, Outcome: "0", Source: "weak", Confidence: 0.25})
	give(other, predictionlog.Feedback{RequestID: own, Outcome: "0", Source: "sure"})
	give(other, predictionlog.Feedback{RequestID: own, Outcome: "0", Source: "sure"}) // Again.
	give(other, predictionlog.Feedback{RequestID: "nobody's", Outcome: "0"})
	for _, path := range []string{homePath, otherPath} {
		sink, err := shipped.NewSink(t.Context(), shipped.SinkOptions{Project: "test-project", Dataset: "elsewhere", REST: e.ClientOptions(), GRPC: e.WriterOptions()})
		if err != nil {
			t.Fatal(err)
		}
		counts := sink.Ticks()
		// One after the other: the emulator may lose what is written at the same moment.
		for _, o := range []ship.Options{
			{Name: sink.Name(), Destination: sink},
			{Ticks: &ship.Ticks{Name: counts.Name(), OutcomesName: counts.Outcomes.Name(), Counts: counts, Outcomes: counts.Outcomes, Coder: coderOf}},
		} {
			o.LogPath, o.BatchRows, o.Once = path, 100, true
			if err := ship.Run(t.Context(), o); err != nil {
				t.Fatal(err)
			}
		}
		_ = sink.Close()
	}
	r, err := ticks.New(ticks.Options{Project: "test-project", Dataset: "elsewhere", Lateness: lateness, Coder: coderOf, ClientOptions: e.ClientOptions()})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	from := tick.Start(now.UnixNano()) - int64(time.Hour)
	of := map[string]tick.Outcome{}
	if err := r.Outcomes(t.Context(), from, from+2*int64(time.Hour), func(o *tick.Outcome) error { of[o.Source] = *o; return nil }); err != nil {
		t.Fatal(err)
	}
	if len(of) != 3 {
		t.Fatalf("outcomes %+v", of)
	}
	if o := of["s"]; o.PredictionLog != logID || o.PredictionID != records[0].ID || o.Class != "0" || o.Outcome != "1" || o.Score != 0.25 || o.Codes[0] != 2 || o.Model != "m" || o.Corrects != "" {
		t.Errorf("by the caller's request id: %+v", o)
	}
	if o := of["sure"]; o.PredictionID != records[1].ID || o.Class != "1" || o.Codes[0] != 7 || o.Corrects != "higher_confidence" {
		t.Errorf("by the log's id: %+v", o)
	}
	counts, err := r.Records(t.Context(), from, from+2*int64(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	var n int64
	for _, of := range counts {
		n += of
	}
	// One record of the predictions, one of the feedback's counters, and three outcomes.
	if n != 5 {
		t.Errorf("records %v", counts)
	}
}

func logOf(t *testing.T, path string) string {
	t.Helper()
	r := sqlite.NewReader(path)
	defer func() { _ = r.Close() }()
	state, err := r.State(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return state.LogID
}

func TestAnOutcomeCountsNotBeforeItsPrediction(t *testing.T) {
	t.Parallel()
	alone(t)
	const second, log, other = int64(time.Second), "0b5aa3a0-3c0f-4b0e-9a55-6c1f1d0b3d5e", "1c6bb4b1-4d1f-4c1f-8b66-7d2a2e1c4e6f"
	start := tick.Start(time.Now().Add(-time.Hour).UnixNano())
	shippedAt := start + 1800*second
	outcome := tick.Outcome{
		LogID: other, Sequence: 1, ShippedAt: start + 80*second, Time: start + 60*second, ObservedAt: start + 60*second, PredictionLog: log, PredictionID: 7, PredictedAt: -1,
		RequestID: predictionlog.OwnRequestID(log, 7), Outcome: "1", Source: "s", Confidence: 1,
	}
	record := tick.Record{LogID: log, After: 3, Sequence: 9, ShippedAt: shippedAt, Closed: shippedAt, Tick: start, Model: "m", Version: "1", Scheme: "s", Rows: 5, Oldest: start, Newest: start + 1}
	r := warehouse(t, "later", time.Unix(0, shippedAt), []tick.Record{record}, nil)
	send(t, "later", func(s *shipped.Sink) {
		row := predictionlog.WholeRow{Row: predictionlog.Row{ID: 7, Time: start + 2*second, Model: "m", Version: "1", Features: []byte(`{"a":1}`), Score: 0.5, HasScore: true, Class: "1", Latency: -1}}
		append1(t, s, &ship.Batch{LogID: log, Table: predictionlog.TablePredictions, Predictions: []predictionlog.WholeRow{row}})
		append1(t, s.Ticks().Outcomes, &ship.Batch{LogID: other, Table: predictionlog.TableOutcomes, Outcomes: []tick.Outcome{outcome}})
	})
	read := func(from, until int64) (all []tick.Outcome) {
		t.Helper()
		if err := r.Outcomes(t.Context(), from, until, func(o *tick.Outcome) error { all = append(all, *o); return nil }); err != nil {
			t.Fatal(err)
		}
		return all
	}
	if got := read(start, start+600*second); len(got) != 0 {
		t.Errorf("before its prediction: %+v", got)
	}
	at := tick.Start(shippedAt)
	if got := read(at, at+15*second); len(got) != 1 || got[0].PredictionID != 7 || got[0].Codes[0] != 5 || got[0].Effective(lateness) != at {
		t.Errorf("with its prediction: %+v", got)
	}
	if got, err := r.Records(t.Context(), at, at+15*second); err != nil || got[at] != 2 {
		t.Errorf("records %v, %v", got, err)
	}
}

// send gives a sink of a dataset of the emulator.
func send(t *testing.T, dataset string, use func(*shipped.Sink)) {
	t.Helper()
	e := emulator.Shared(t)
	sink, err := shipped.NewSink(t.Context(), shipped.SinkOptions{Project: "test-project", Dataset: dataset, REST: e.ClientOptions(), GRPC: e.WriterOptions()})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = sink.Close() }()
	use(sink)
}

func append1(t *testing.T, to ship.Destination, b *ship.Batch) {
	t.Helper()
	if err := to.Append(t.Context(), b, func(string) error { return nil }); err != nil {
		t.Fatal(err)
	}
}
