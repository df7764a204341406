package window

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

	"github.com/drift-exporter/drift_exporter/collector/drift"
	"github.com/drift-exporter/drift_exporter/collector/reference"
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite"
)

// writer writes a log by hand, as any service may.
type writer struct {
	t    *testing.T
	path string
	db   *sql.DB
}

func newLog(t *testing.T) *writer {
	t.Helper()
	w := &writer{t: t, path: filepath.Join(t.TempDir(), "predictions.db")}
	w.create()
	return w
}

func (w *writer) create() {
	w.t.Helper()
	db, err := sql.Open("sqlite3", w.path+"?_synchronous=OFF")
	if err != nil {
		w.t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	w.db = db
	w.t.Cleanup(func() { _ = db.Close() })
	w.exec(sqlite.Schema())
}

func (w *writer) exec(query string, args ...any) {
	w.t.Helper()
	if _, err := w.db.ExecContext(w.t.Context(), query, args...); err != nil {
		w.t.Fatal(err)
	}
}

// predict writes rows of version 1 with an income and a state, in one
// transaction.
func (w *writer) predict(rows ...row) {
	w.t.Helper()
	const insert = `INSERT INTO predictions (time, model, version, features, score, class, latency) VALUES (?, 'm', ?, ?, ?, ?, 2000000)`
	w.all(insert, func(run func(...any)) {
		for _, r := range rows {
			version, features, class := "1", r.features, "0"
			if r.version != "" {
				version = r.version
			}
			if features == "" {
				features = fmt.Sprintf(`{"income":%g,"state":%q}`, r.income, r.state)
			}
			if r.score >= .5 {
				class = "1"
			}
			run(r.time.UnixNano(), version, features, r.score, class)
		}
	})
}

func (w *writer) feedback(prediction int64, outcome string) {
	w.t.Helper()
	w.exec(`INSERT INTO feedback (prediction_id, outcome) VALUES (?, ?)`, prediction, outcome)
}

// outcomes has some of the predictions up to an id come out, at a time and in one
// transaction: all but one in every 30, and one in 20 a second time and otherwise.
func (w *writer) outcomes(rnd *rand.Rand, from, to int64, at time.Time) {
	w.t.Helper()
	const insert = `INSERT INTO feedback (prediction_id, time, outcome, source) SELECT id, max(?1, time), ?2, ?3 FROM predictions WHERE id = ?4`
	w.all(insert, func(run func(...any)) {
		for id := from; id <= to; id++ {
			if rnd.IntN(30) == 0 {
				continue
			}
			for n := range 1 + (id+rnd.Int64N(20))/20%2 {
				run(at.UnixNano(), fmt.Sprint((id+n)%2), fmt.Sprint(n%2), id)
			}
		}
	})
}

// all runs a statement with one set of arguments after the other, in one
// transaction.
func (w *writer) all(query string, each func(run func(args ...any))) {
	w.t.Helper()
	tx, err := w.db.BeginTx(w.t.Context(), nil)
	if err != nil {
		w.t.Fatal(err)
	}
	s, err := tx.PrepareContext(w.t.Context(), query)
	if err != nil {
		w.t.Fatal(err)
	}
	each(func(args ...any) {
		if _, err := s.ExecContext(w.t.Context(), args...); err != nil {
			w.t.Fatal(err)
		}
	})
	if err := tx.Commit(); err != nil {
		w.t.Fatal(err)
	}
}

type row struct {
	time     time.Time
	version  string
	income   float64
	state    string
	score    float64
	features string // instead of income and state
}

// traffic makes n rows, a second apart, at random.
func traffic(rnd *rand.Rand, from time.Time, n int) []row {
	rows := make([]row, n)
	for i := range rows {
		rows[i] = row{
			time:   from.Add(time.Duration(i) * time.Second),
			income: math.Round(50000 + 10000*rnd.NormFloat64()),
			state:  []string{"NY", "CA", "TX"}[rnd.IntN(3)],
			score:  rnd.Float64(),
		}
	}
	return rows
}

// normal is the reference of traffic.
func normal(t *testing.T) *reference.Reference {
	t.Helper()
	return normalWith(t, func(row) string { return "" })
}

// normalWith is the reference of traffic with what came of each row.
func normalWith(t *testing.T, outcome func(row) string) *reference.Reference {
	t.Helper()
	const n = 20_000
	rows := traffic(rand.New(rand.NewPCG(0, 1)), start, n)
	income := reference.Column{Name: "income", Type: reference.Numeric, Numbers: make([]float64, n)}
	state := reference.Column{Name: "state", Type: reference.Categorical, Texts: make([]string, n)}
	heldOut := &reference.HeldOut{}
	for i, r := range rows {
		income.Numbers[i], state.Texts[i] = r.income, r.state
		heldOut.Index = append(heldOut.Index, i)
		heldOut.Score = append(heldOut.Score, r.score)
		heldOut.Predicted = append(heldOut.Predicted, fmt.Sprint(math.Round(r.score)))
		heldOut.Actual = append(heldOut.Actual, outcome(r))
	}
	ref, err := reference.Build([]reference.Column{income, state}, heldOut, reference.BuildOptions{Model: "m", Version: "1"})
	if err != nil {
		t.Fatal(err)
	}
	return ref
}

func defaults() Options {
	return Options{Predictions: 1000, Lookback: 5000, Feedback: 100, Versions: 10}
}

// open returns a new reader's window over the log.
func (w *writer) open(ref *reference.Reference, o Options) *Window {
	w.t.Helper()
	log := sqlite.NewReader(w.path)
	nulls := drift.NewNulls(199, 1)
	w.t.Cleanup(func() {
		nulls.Close()
		_ = log.Close()
	})
	v, err := New(log, []Spec{{Name: "m", References: []*reference.Reference{ref}}}, drift.BinOptions{Count: 10, Method: "quantile"}, nulls, o)
	if err != nil {
		w.t.Fatal(err)
	}
	return v
}

// see returns a snapshot that must have read the log.
func see(t *testing.T, w *Window, now time.Time) *snapshot.Snapshot {
	t.Helper()
	s := w.Snapshot(t.Context(), now)
	if s.Err != nil {
		t.Fatal(s.Err)
	}
	return s
}

// describe writes down everything that a snapshot says of the log.
func describe(s *snapshot.Snapshot) string {
	var b strings.Builder
	fmt.Fprintf(&b, "invalid %d dropped %d\n", s.InvalidRows, s.DroppedVersions)
	for _, m := range s.Models {
		fmt.Fprintf(&b, "%s %s: rows %s, %s\n", m.Name, m.Version, plain(m.Rows), plain(m.Performance))
		fmt.Fprintf(&b, "  coverage %s matured %s estimate %s outcomes %s\n", plain(m.Coverage), plain(m.Matured), plain(m.Estimate), plain(m.Outcomes))
		fmt.Fprintf(&b, "  accuracy %s, estimate low %s\n", plain(m.Accuracy), plain(m.EstimateLow))
		if m.Counters != nil {
			fmt.Fprintf(&b, "  counters %+v\n", *m.Counters)
		}
		for d := range m.Distributions.All() {
			if d == m.Class() {
				fmt.Fprintf(&b, "  class %v %v\n", d.Counts, d.Detection != nil)
				continue
			}
			fmt.Fprintf(&b, "  %s %v of %d, missing %d unseen %d beyond %d, last %s, KL %s\n", d.Name, d.Counts, d.Total, d.Missing, d.Unseen, d.OutOfRange, plain(d.Last), plain(d.KL))
			fmt.Fprintf(&b, "    fine %v, %v from the reference\n", d.Fine, d.Axis.Wasserstein(d.Fine))
			if d.Detection != nil {
				fmt.Fprintf(&b, "    %+v\n", *d.Detection)
			}
			if d.DesignEffect != nil {
				fmt.Fprintf(&b, "    design effect %v\n", *d.DesignEffect)
			}
			if d.BlockTest != nil {
				fmt.Fprintf(&b, "    %+v of blocks %v\n", *d.BlockTest, d.Blocks)
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

// differing are the lines of two texts that differ.
func differing(got, want string) string {
	var b strings.Builder
	other := strings.Split(want, "\n")
	for i, line := range strings.Split(got, "\n") {
		if i >= len(other) || line != other[i] {
			fmt.Fprintf(&b, "%s\nand a new one\n%s\n", line, strings.Join(other[i:min(i+1, len(other))], ""))
		}
	}
	return b.String()
}
