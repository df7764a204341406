package replay

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"
	"time"

	_ "github.com/mattn/go-sqlite3"

	"github.com/drift-exporter/drift_exporter/collector"
	"github.com/drift-exporter/drift_exporter/collector/drift"
	"github.com/drift-exporter/drift_exporter/collector/monitor"
	"github.com/drift-exporter/drift_exporter/collector/reference"
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
	"github.com/drift-exporter/drift_exporter/collector/window"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite"
)

var start = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

// event is one row that a service wrote: a prediction, feedback on an earlier one, or an error.
type event struct {
	time     time.Time
	version  string // of a prediction
	features string
	score    float64
	about    int64  // feedback: id of the prediction
	outcome  string // feedback
	reason   string // error
}

// logWriter writes a log with SQL, as any service may.
type logWriter struct {
	t    testing.TB
	path string
	db   *sql.DB
}

func newLog(t testing.TB) *logWriter {
	t.Helper()
	w := &logWriter{t: t, path: filepath.Join(t.TempDir(), "predictions.db")}
	db, err := sql.Open("sqlite3", w.path+"?_synchronous=OFF")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	db.SetMaxOpenConns(1)
	w.db = db
	w.exec(sqlite.Schema())
	return w
}

func (w *logWriter) exec(query string, args ...any) {
	w.t.Helper()
	if _, err := w.db.ExecContext(w.t.Context(), query, args...); err != nil {
		w.t.Fatal(err)
	}
}

// write writes events in one transaction.
func (w *logWriter) write(events ...event) {
	w.t.Helper()
	w.exec("BEGIN")
	insert, err := w.db.PrepareContext(w.t.Context(), "INSERT INTO predictions (time, model, version, features, score, class, latency) VALUES (?, 'm', ?, ?, ?, ?, 2000000)")
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = insert.Close() }()
	for _, e := range events {
		at := e.time.UnixNano()
		switch {
		case e.outcome != "":
			w.exec("INSERT INTO feedback (prediction_id, outcome, time) VALUES (?, ?, ?)", e.about, e.outcome, at)
		case e.reason != "":
			w.exec("INSERT INTO errors (model, version, reason, time) VALUES ('m', '1', ?, ?)", e.reason, at)
		default:
			if _, err := insert.ExecContext(w.t.Context(), at, e.version, e.features, e.score, class(e.score)); err != nil {
				w.t.Fatal(err)
			}
		}
	}
	w.exec("COMMIT")
}

func class(score float64) string {
	if score >= .5 {
		return "1"
	}
	return "0"
}

// person draws an income, shifted by some standard deviations, and a state.
func person(r *rand.Rand, shift float64) string {
	return fmt.Sprintf(`{"income":%v,"state":%q}`, math.Round(50_000+10_000*(r.NormFloat64()+shift)), []string{"NY", "CA", "TX"}[r.IntN(3)])
}

// traffic returns n predictions. apart is the time between them.
func traffic(r *rand.Rand, from time.Time, apart time.Duration, n int, shift float64) []event {
	events := make([]event, n)
	for i := range events {
		events[i] = event{time: from.Add(time.Duration(i) * apart), version: "1", features: person(r, shift), score: r.Float64()}
	}
	return events
}

// normal writes the reference of traffic.
func normal(t testing.TB) string {
	t.Helper()
	r := rand.New(rand.NewPCG(0, 1))
	const rows = 20_000
	income := reference.Column{Name: "income", Type: reference.Numeric, Numbers: make([]float64, rows)}
	state := reference.Column{Name: "state", Type: reference.Categorical, Texts: make([]string, rows)}
	heldOut := &reference.HeldOut{}
	for i := range rows {
		income.Numbers[i] = math.Round(50_000 + 10_000*r.NormFloat64())
		state.Texts[i] = []string{"NY", "CA", "TX"}[r.IntN(3)]
		score := r.Float64()
		heldOut.Index, heldOut.Score, heldOut.Predicted = append(heldOut.Index, i), append(heldOut.Score, score), append(heldOut.Predicted, class(score))
	}
	ref, err := reference.Build([]reference.Column{income, state}, heldOut, reference.BuildOptions{Model: "m"})
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	if err := ref.Encode(&text); err != nil {
		t.Fatal(err)
	}
	return write(t, "reference.json", text.String())
}

// watch returns the usual options, with the reference of traffic.
func watch(t testing.TB) monitor.Options {
	t.Helper()
	return monitor.Options{
		ReferenceFile:    normal(t),
		Window:           window.Options{Predictions: 1000, Lookback: 262144, Feedback: 100, Versions: 10},
		Bins:             drift.BinOptions{Count: 10, Method: "quantile"},
		BootstrapSamples: 99, Significance: .05, Tolerance: .02, FalseAlarmsPerMonth: 1, Sequential: true,
		Enabled: collector.Defaults(),
	}
}

// replayed replays a log.
func replayed(t testing.TB, o Options) *Report {
	t.Helper()
	if o.Step == 0 {
		o.Step = 15 * time.Second
	}
	report, err := Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// alarmed names the distributions of the only model that had alarms.
func alarmed(t testing.TB, r *Result) []string {
	t.Helper()
	if len(r.Models) != 1 {
		t.Fatalf("%d models", len(r.Models))
	}
	var names []string
	for _, d := range r.Models[0].Distributions {
		if len(d.Alarms) > 0 {
			names = append(names, d.Name)
		}
	}
	return names
}

// describe writes down everything in a snapshot that comes from the log.
func describe(s *snapshot.Snapshot) string {
	var b strings.Builder
	fmt.Fprintf(&b, "error %v, invalid %d dropped %d\n", s.Err, s.InvalidRows, s.DroppedVersions)
	for _, m := range s.Models {
		fmt.Fprintf(&b, "%s %s: rows %s, %s\n", m.Name, m.Version, plain(m.Rows), plain(m.Performance))
		if m.Counters != nil {
			fmt.Fprintf(&b, "  counters %+v\n", *m.Counters)
		}
		for d := range m.Distributions.All() {
			fmt.Fprintf(&b, "  %s %v of %d, missing %d unseen %d beyond %d, last %s, KL %s, %v\n", d.Name, d.Counts, d.Total, d.Missing, d.Unseen, d.OutOfRange, plain(d.Last), plain(d.KL), d.NullErr)
			if d.Detection != nil {
				fmt.Fprintf(&b, "    %+v\n", *d.Detection)
			}
			if d.Null != nil {
				fmt.Fprintf(&b, "    %+v\n", d.Null.Test(*d.KL, d.Total, d.ReferenceTotal))
			}
		}
	}
	return b.String()
}

// plain writes a part down, whatever it points to.
func plain(part any) string {
	text, err := json.Marshal(part)
	if err != nil {
		panic(err)
	}
	return string(text)
}
