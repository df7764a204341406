package replay

import (
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/drift-exporter/drift_exporter/collector/snapshot"
	"github.com/drift-exporter/drift_exporter/collector/window"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/features"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// asCSV writes events as CSV. A third of them have an outcome.
func asCSV(events []event) string {
	var b strings.Builder
	b.WriteString("when,income,state,score,bad\n")
	for i, e := range events {
		var income float64
		var state string
		if _, err := fmt.Sscanf(e.features, `{"income":%g,"state":%q}`, &income, &state); err != nil {
			panic(err)
		}
		outcome := ""
		if i%3 == 0 {
			outcome = []string{"no", "yes"}[i%2]
		}
		fmt.Fprintf(&b, "%s,%v,%s,%v,%s\n", e.time.Format(time.RFC3339Nano), income, state, e.score, outcome)
	}
	return b.String()
}

// TestRowsOfACSVAreReplayedAsThoseOfALog compares the scrapes of a CSV with the scrapes of a log
// with the same rows and outcomes.
func TestRowsOfACSVAreReplayedAsThoseOfALog(t *testing.T) {
	t.Parallel()
	rows := traffic(rand.New(rand.NewPCG(7, 1)), start, 2*time.Second, 2500, .3)
	path := write(t, "rows.csv", asCSV(rows))
	w := newLog(t)
	for i, e := range rows {
		e.version = ""
		w.write(e)
		if i%3 == 0 {
			w.write(event{time: e.time, about: int64(i) + 1, outcome: fmt.Sprint(i % 2)})
		}
	}
	w.exec("DROP TRIGGER predictions_update")
	w.exec("UPDATE predictions SET latency = NULL")
	o := watch(t)
	o.Log = w.path
	want := replayAll(t, w.path, o, 15*time.Second)

	from := Rows{Path: path, Time: "when", Score: "score", Outcome: "bad", Positive: "yes"}
	one := runOf(t, &from, o.ReferenceFile)
	history, err := openRows(t.Context(), from, &one.specs[0])
	if err != nil {
		t.Fatal(err)
	}
	if is := history.about(); is.rows != 2500 || !is.first.Equal(start) || !is.last.Equal(start.Add(4998*time.Second)) {
		t.Errorf("the history is %+v", is)
	}
	s, err := history.open(one)
	if err != nil {
		t.Fatal(err)
	}
	past := newPast(s, o.Window.Lookback)
	windows, stop := follow(t, past, o)
	defer stop()
	walk := walk{past: past, source: windows, step: int64(15 * time.Second)}
	n := 0
	walk.visit = func(s *snapshot.Snapshot) error {
		if n == len(want) || !s.Time.Equal(want[n].moment) {
			t.Fatalf("scrape %d is at %v", n, s.Time)
		}
		if got := describe(s); got != want[n].text {
			t.Fatalf("at %v: %s", s.Time, difference(want[n].text, got))
		}
		n++
		return nil
	}
	if err := walk.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n != len(want) {
		t.Errorf("%d scrapes, want %d", n, len(want))
	}
	if err := s.close(); err != nil {
		t.Fatal(err)
	}
}

// runOf returns the run of a CSV.
func runOf(t testing.TB, c *Rows, reference string) *run {
	t.Helper()
	o := watch(t)
	o.ReferenceFile = reference
	one, err := newRun(Setting{Watch: o}, &Options{Rows: c})
	if err != nil {
		t.Fatal(err)
	}
	spec, err := c.watched(one.specs)
	if err != nil {
		t.Fatal(err)
	}
	one.specs = []window.Spec{spec}
	return one
}

// TestTheCellsOfAFileAreCodedAsTheSameTextsInALog compares the codes and the numbers of a column
// with those of a log that has each cell as a string.
func TestTheCellsOfAFileAreCodedAsTheSameTextsInALog(t *testing.T) {
	t.Parallel()
	cells := []string{"NA", "", " ", "-0", "1e3", "1E999", "12,5", "1,234.5", "+5", "007", "true", "False", "nan", "x", "NY", " NY", "été", "50000.0", "1e-320", "-999"}
	random := rand.New(rand.NewPCG(11, 1))
	for range 300 {
		cells = append(cells, strconv.FormatFloat(50000+20000*random.NormFloat64(), "feg"[random.IntN(3)], -1, 64))
	}
	var text bytes.Buffer
	w := csv.NewWriter(&text)
	rows := [][]string{{"income", "state"}}
	for i, cell := range cells {
		rows = append(rows, []string{cell, cells[(7*i)%len(cells)]})
	}
	if err := w.WriteAll(rows); err != nil {
		t.Fatal(err)
	}
	from := Rows{Path: write(t, "rows.csv", text.String()), Rate: 1, Start: start}
	one := runOf(t, &from, normal(t))
	history, err := openRows(t.Context(), from, &one.specs[0])
	if err != nil {
		t.Fatal(err)
	}
	s, err := history.open(one)
	if err != nil {
		t.Fatal(err)
	}
	entries, _, err := s.predictions(t.Context(), nil)
	if err != nil || len(entries) != len(cells) {
		t.Fatalf("%d rows: %v", len(entries), err)
	}
	spec := &one.specs[0]
	coder, err := window.NewCoder(spec, spec.References[0], one.setting.Watch.Bins)
	if err != nil {
		t.Fatal(err)
	}
	reader := features.New([]string{"income"}, spec.References[0].Columns()[:1])
	for i, e := range entries {
		object, err := json.Marshal(map[string]string{"income": rows[i+1][0], "state": rows[i+1][1]})
		if err != nil {
			t.Fatal(err)
		}
		codes, ok := coder.Code(&predictionlog.Row{Features: object})
		if !ok || !bytes.Equal(codes, e.row.Coded.Codes) {
			t.Errorf("%s: codes %v, in a log %v", object, e.row.Coded.Codes, codes)
		}
		values, _ := reader.Read(object)
		number := e.row.Coded.Numbers[0]
		if known := values.Kinds[0] == value.Known; known == math.IsNaN(number) || known && number != values.Numbers[0] {
			t.Errorf("%s: number %v, in a log %v", object, number, values.Numbers[0])
		}
	}
	if err := s.close(); err != nil {
		t.Fatal(err)
	}
}

func TestRowsWithoutTimesComeAtARate(t *testing.T) {
	t.Parallel()
	var text bytes.Buffer
	z := gzip.NewWriter(&text)
	fmt.Fprint(z, "income,state\n"+strings.Repeat("50000,NY\n", 101))
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	report := replayed(t, Options{
		Rows:     &Rows{Path: write(t, "rows.csv.gz", text.String()), Rate: 4, Start: start},
		Settings: []Setting{{Watch: watch(t)}},
	})
	if !report.first.Equal(start) || !report.last.Equal(start.Add(25*time.Second)) || report.rows != 101 {
		t.Errorf("the history is %+v", report.about)
	}
	// Without score and class columns, the score and the class are not monitored.
	if m := report.Results[0].Models[0]; m.Rows != 101 || len(m.Distributions) != 2 {
		t.Errorf("%d rows, distributions %v", m.Rows, m.Distributions)
	}
}

func TestWhatIsWrongWithACSVIsSaidWithItsLine(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, says, text string
		change           func(*Rows)
	}{
		{"no rows", "has a header but no rows: there is nothing to replay", "when,income,state\n", nil},
		{"empty", "the CSV is empty", "", nil},
		{"out of order", "line 4: its time 2026-11-01T11:00:00Z is before that of the row above, 2026-11-01T12:00:01Z: sort the rows by \"when\"",
			"when,income,state\n2026-11-01T12:00:00Z,1,NY\n2026-11-01T12:00:01Z,1,NY\n2026-11-01T11:00:00Z,1,NY\n", nil},
		{"no such time", `--time: there is no column "when": the columns are income, state`, "income,state\n1,NY\n", nil},
		{"no such score", `--score: there is no column "p"`, "when,income,state\n1,1,NY\n", func(c *Rows) { c.Score = "p" }},
		{"no feature", "there is no column state, which the reference has: its columns are when, income", "when,income\n1,1\n", nil},
		{"bad time", `line 2, column "when": "noon" is not a time`, "when,income,state\nnoon,1,NY\n", nil},
		{"milliseconds", "are these milliseconds?", "when,income,state\n1793534400000,1,NY\n", nil},
		{"percentages", `column "p": the scores go from 0 to 97.5: a score is the probability of the positive class, from 0 to 1`, "when,income,state,p\n1,1,NY,0\n2,1,NY,97.5\n3,1,NY,12\n", func(c *Rows) { c.Score = "p" }},
		{"logits", `the scores go from -2.5 to 0.5`, "when,income,state,p\n1,1,NY,-2.5\n2,1,NY,0.5\n", func(c *Rows) { c.Score = "p" }},
		{"no score", `line 2, column "p": the score "high" is not a number`, "when,income,state,p\n1,1,NY,high\n", func(c *Rows) { c.Score = "p" }},
		{"outcome alone", "--outcome needs --score or --class", "when,income,state,bad\n1,1,NY,1\n", func(c *Rows) { c.Outcome = "bad" }},
		{"three outcomes", `outcome column "bad" has more than two values`, "when,income,state,p,bad\n1,1,NY,0,0\n2,1,NY,0,1\n3,1,NY,0,2\n",
			func(c *Rows) { c.Score, c.Outcome = "p", "bad" }},
		{"no rate", "--rate=0: must be above 0", "income,state\n1,NY\n", func(c *Rows) { c.Time = "" }},
		{"short line", "line 3: has 1 columns, the header has 3", "when,income,state\n1,1,NY\n2\n", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c := Rows{Path: write(t, "rows.csv", test.text), Time: "when", Start: start}
			if test.change != nil {
				test.change(&c)
			}
			_, err := Run(t.Context(), Options{Rows: &c, Step: 15 * time.Second, Settings: []Setting{{Watch: watch(t)}}})
			if err == nil || !strings.Contains(err.Error(), test.says) {
				t.Errorf("got %v, want an error with %q", err, test.says)
			}
		})
	}
}

func TestACSVNeedsOneReference(t *testing.T) {
	t.Parallel()
	c := Rows{Path: write(t, "rows.csv", "income,state\n1,NY\n"), Rate: 1, Start: start}
	one, other := watch(t), watch(t)
	text := `{"schema": 1, "model": "m", "features": [{"name": "income", "type": "numeric", "edges": [1], "count": [5, 6]}]}`
	other.ReferenceFile = write(t, "other.json", text)
	_, err := Run(t.Context(), Options{Rows: &c, Step: 15 * time.Second, Settings: []Setting{{Name: "one", Watch: one}, {Name: "other", Watch: other}}})
	if err == nil || !strings.Contains(err.Error(), `setting "other": its reference or its features are other ones`) {
		t.Errorf("got %v", err)
	}
	if _, err := c.watched(make([]window.Spec, 2)); err == nil || !strings.Contains(err.Error(), "belong to one model") {
		t.Errorf("got %v", err)
	}
}

func TestTimesAreReadAsTheyAreWritten(t *testing.T) {
	t.Parallel()
	noon := start.UnixNano()
	for cell, want := range map[string]int64{
		"2026-11-01T12:00:00Z":           noon,
		" 2026-11-01T13:00:00+01:00 ":    noon,
		"2026-11-01 12:00:00.25Z":        noon + 25e7,
		"2026-11-01 12:00:00":            noon, // as pandas writes it
		"2026-11-01T12:00:00.25":         noon + 25e7,
		"1793534400":                     noon,
		"1793534400.123456789":           noon + 123456789,
		"1793534400.5":                   noon + 5e8,
		"1.7935344e9":                    noon,
		"0":                              0,
		"20261101":                       noon - 12*3600e9,
		"2026-11-01":                     noon - 12*3600e9,
		"20261101123000":                 noon + 1800e9,
		"20261301":                       20261301e9, // no date
		"2026-11-01T12:00:00.000000001Z": noon + 1,
	} {
		if got, err := value.Time(cell); err != nil || got != want {
			t.Errorf("%q is %d, %v, want %d", cell, got, err, want)
		}
	}
	for _, cell := range []string{"", "noon", "-1", "1e10", "12:00:00", "0001-01-01T00:00:00Z", "9999-01-01T00:00:00Z", "2026-13-01T00:00:00Z", "20261101246000", "2026-11-01 12:00", "2026-11-01 12:00:00 CET", "NaN"} {
		if got, err := value.Time(cell); err == nil {
			t.Errorf("%q is %d, want an error", cell, got)
		}
	}
}

// FuzzCSV replays any text. It must be refused with a sentence, or replayed to its end.
func FuzzCSV(f *testing.F) {
	f.Add("when,income,state,p\n1,1,NY,.5\n2,,CA,1\n", "when", "p")
	f.Add("when,income,state,p\n2026-11-01T12:00:00Z,1,\"N\nY\",0\n", "when", "")
	f.Add("income,state\n1e400,NY\n", "", "")
	f.Add("\x1f\x8b", "", "")
	o := watch(f)
	f.Fuzz(func(t *testing.T, text, when, score string) {
		report, err := Run(t.Context(), Options{
			Rows: &Rows{Path: write(t, "rows.csv", text), Time: when, Score: score, Rate: 1, Start: start},
			Step: 24 * time.Hour, Settings: []Setting{{Watch: o}},
		})
		if err == nil && report.Results[0].Models[0].Rows != report.rows {
			t.Errorf("replayed %d of %d rows of %q", report.Results[0].Models[0].Rows, report.rows, text)
		}
	})
}
