package sqlite

import (
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
)

// fold counts the rows up to some ids one by one, like a reader of the newest rows.
func fold(t *testing.T, r *Reader, upTo predictionlog.UpTo) map[predictionlog.Key]*predictionlog.Counters {
	t.Helper()
	all := map[predictionlog.Key]*predictionlog.Counters{}
	of := func(model, version string) *predictionlog.Counters {
		key := predictionlog.Key{Model: model, Version: version}
		if all[key] == nil {
			all[key] = predictionlog.NewCounters()
		}
		return all[key]
	}
	err := r.Predictions(t.Context(), -1, upTo.Predictions, func(row *predictionlog.Row) error {
		of(row.Model, row.Version).AddPrediction(row, predictionlog.InvalidFeatures(row.Features))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	err = r.Feedback(t.Context(), -1, upTo.Feedback, func(row *predictionlog.FeedbackRow) error {
		of(row.Model, row.Version).AddFeedback(row)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	err = r.Errors(t.Context(), -1, upTo.Errors, func(row *predictionlog.ErrorRow) error {
		of(row.Model, row.Version).AddError(row.Reason)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// awkward are features that a broken service might write.
var awkward = []string{
	loan, "{}", ` {"a":1}`, "[]", "1", "null", `"x"`, "", "{", `{"a":}`, `{"a":1,}`, "{'a':1}", `{a:1}`, `{"a":1} x`,
	"{\"a\":\"\x01\"}", "{\"a\":1}\x00junk", "\x00", `{"a":+1}`, `{"a":01}`, `{"a":1e999}`, `{"a":NaN}`, "{\"a\":\"\xff\"}", `{"a":"\ud800"}`, `{"a":"\x"}`,
	"\ufeff{}", "{\"a\":1}\n", "/* c */{}",
	`{"a":-Infinity,"b":[Infinity,{"c":NaN}]}`, `{"a":NaN}  `, "{\"a\":NaN}\x00junk", `NaN`, `[NaN]`, `{NaN:1}`, `{"a":NaNNaN}`, `{"a":1NaN}`, `{"a":-NaN}`, `{"a":+Infinity}`,
	`{"a":NaN,"b":"\NaN"}`, `{"a":NaN,"b":"\u000NaN"}`, `{"a":NaN,"b":"NaN \"Infinity\" \\NaN"}`, `{"a":nan}`, `{"a":Inf}`, `{"a":NaN,}`, `{"a":InfNaNinity}`,
}

// outcomeTexts are outcomes, of which long numbers without a class count as one.
var outcomeTexts = []string{
	"0", "1", "x", "0", "1", "x", "12.5", "-3e5", "1e999", " 4200 ", "1,234", "2026-01-01", "NaN", "1.00", "00501", "+1.25", "0.1\n", "\"1234\"", "[1234]", "é123", "123é", "true",
}

func TestSumsBySQLEqualThoseOfTheRows(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	newWriter(t, path, WriterOptions{})
	c := foreign(t, path)
	random := rand.New(rand.NewPCG(1, 2))
	pick := func(of ...any) any { return of[random.IntN(len(of))] }
	must(t, c, "BEGIN IMMEDIATE")
	const rows = 4000
	for range rows {
		var latency, score any
		switch random.IntN(4) {
		case 0:
			latency = predictionlog.LatencyBoundsNS[random.IntN(len(predictionlog.LatencyBoundsNS))] + int64(random.IntN(3)) - 1
		case 1:
			latency = random.Int64N(3e9)
		case 2:
			latency = int64(math.Pow(10, random.Float64()*13))
		}
		switch random.IntN(4) {
		case 0:
			score = predictionlog.ScoreBounds[random.IntN(len(predictionlog.ScoreBounds))]
		case 1:
			score = math.Nextafter(predictionlog.ScoreBounds[random.IntN(len(predictionlog.ScoreBounds)-1)], float64(random.IntN(2)))
		case 2:
			score = random.Float64() * math.Pow(10, -10*random.Float64())
		}
		must(t, c, "INSERT INTO predictions (model, version, features, score, class, latency) VALUES (?, ?, ?, ?, ?, ?)",
			pick("a", "b", "loan_refinance"), pick("", "1", "2"), pick(anys(awkward)...), score, pick("0", "1", "später", ""), latency)
		if random.IntN(3) == 0 {
			delay := int64(math.Pow(10, random.Float64()*18))
			if random.IntN(2) == 0 {
				delay = int64(predictionlog.DelayBounds[random.IntN(len(predictionlog.DelayBounds))])*1e9 + int64(random.IntN(3)) - 1
			}
			must(t, c, `INSERT INTO feedback (prediction_id, outcome, source, observed_at) SELECT id, ?, ?, time + ? FROM predictions
				WHERE id = 1 + abs(random()) % (SELECT max(id) FROM predictions)`,
				pick(anys(outcomeTexts)...), pick("s", "t", "u", "v", "w"), delay)
		}
		if random.IntN(3) == 0 {
			must(t, c, "INSERT INTO errors (model, version, reason) VALUES (?, ?, ?)", pick("a", "b"), pick("", "1"), pick(anys(predictionlog.Reasons)...))
		}
	}
	must(t, c, "COMMIT")

	r := newReader(t, path)
	state := stateOf(t, r)
	if state.HighWater.Predictions != rows {
		t.Fatalf("high water %+v", state.HighWater)
	}
	compare := func(atLeast predictionlog.UpTo) predictionlog.Totals {
		t.Helper()
		totals, err := r.Totals(t.Context(), atLeast)
		if err != nil {
			t.Fatal(err)
		}
		if want := fold(t, r, totals.UpTo); !reflect.DeepEqual(totals.Counters, want) {
			for key, c := range want {
				if !reflect.DeepEqual(c, totals.Counters[key]) {
					t.Errorf("up to %+v %+v:\nSQL  %+v\nrows %+v", totals.UpTo, key, totals.Counters[key], c)
				}
			}
			t.Fatalf("keys %v, want %v", len(totals.Counters), len(want))
		}
		return totals
	}
	// Raise the log's own sums in steps, and continue reading from there.
	for _, upTo := range []int64{-1, 0, 1, 17, 1000, 1001, 2500, rows} {
		must(t, c, "UPDATE totals_up_to SET up_to_id = max(up_to_id, min(?1, CASE log WHEN 'predictions' THEN (SELECT max(id) FROM predictions) ELSE (SELECT seq FROM sqlite_sequence WHERE name = log) END))", upTo)
		for range 4 {
			compare(predictionlog.UpTo{Predictions: random.Int64N(rows+200) - 1, Feedback: random.Int64N(rows) - 1, Errors: random.Int64N(rows) - 1})
		}
	}
	end := compare(predictionlog.UpTo{Predictions: math.MaxInt64, Feedback: math.MaxInt64, Errors: math.MaxInt64})
	if end.UpTo != state.HighWater {
		t.Errorf("totals reach to %+v, want the newest row %+v", end.UpTo, state.HighWater)
	}
}

func anys(texts []string) []any {
	all := make([]any, len(texts))
	for i, s := range texts {
		all[i] = s
	}
	return all
}

func TestBucketsOfTheSchemaAreThoseOfTheCounters(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	newWriter(t, path, WriterOptions{})
	c := foreign(t, path)
	for i, seconds := range predictionlog.LatencyBounds {
		if got := time.Duration(predictionlog.LatencyBoundsNS[i]).Seconds(); got != seconds {
			t.Errorf("bound %d is %v s, want %v", i, got, seconds)
		}
		must(t, c, "INSERT INTO predictions (model, features, class, latency) VALUES ('m', '{}', '1', ?)", predictionlog.LatencyBoundsNS[i])
		if n := number(t, c, "SELECT latency_le FROM counted_predictions ORDER BY id DESC LIMIT 1"); n != predictionlog.LatencyBoundsNS[i] {
			t.Errorf("latency %d is in the bucket up to %d", predictionlog.LatencyBoundsNS[i], n)
		}
	}
	for _, seconds := range predictionlog.DelayBounds {
		must(t, c, "INSERT INTO feedback (prediction_id, outcome, source, observed_at) SELECT 1, '1', ?1, time + ?1 * 1000000000 FROM predictions WHERE id = 1", int64(seconds))
		if n := number(t, c, "SELECT delay_le FROM counted_feedback ORDER BY seq DESC LIMIT 1"); n != int64(seconds) {
			t.Errorf("a delay of %v s is in the bucket up to %d s", seconds, n)
		}
	}
	for _, score := range predictionlog.ScoreBounds {
		must(t, c, "INSERT INTO predictions (model, features, class, score) VALUES ('m', '{}', '1', ?)", score)
		row, err := c.First(t.Context(), "SELECT score_le FROM counted_predictions ORDER BY id DESC LIMIT 1")
		if err != nil || row[0] != score {
			t.Errorf("score %v is in the bucket up to %v, %v", score, row[0], err)
		}
	}
}

func TestTotalsNeverFallOverPruningErasingDeletingAndRestarts(t *testing.T) {
	t.Parallel()
	path, clk := newPath(t), newClock(noon)
	w := newWriter(t, path, WriterOptions{Now: clk.now})
	var before map[predictionlog.Key]*predictionlog.Counters
	r := newReader(t, path)
	check := func(step string, predictions int64) {
		t.Helper()
		totals, err := r.Totals(t.Context(), predictionlog.UpTo{Predictions: math.MaxInt64, Feedback: math.MaxInt64, Errors: math.MaxInt64})
		if err != nil {
			t.Fatalf("%s: %v", step, err)
		}
		for key, c := range before {
			if what := c.Exceeds(totals.Counters[key]); what != "" {
				t.Errorf("%s: %s fell", step, what)
			}
		}
		var n int64
		for _, c := range totals.Counters {
			for _, k := range c.Classes {
				n += k
			}
		}
		if n != predictions {
			t.Errorf("%s: %d predictions counted, want %d", step, n, predictions)
		}
		before = totals.Counters
	}
	addBatch(t, w, 0, 300)
	for i := range int64(50) {
		if _, err := w.AppendFeedback(t.Context(), predictionlog.Feedback{PredictionID: &i, Outcome: "1"}); err != nil {
			t.Fatal(err)
		}
	}
	check("written", 300)
	clk.set(time.Now().Add(-time.Hour))
	addBatch(t, w, 300, 10)
	if n, _, _, err := Care.Prune(t.Context(), path, 24*time.Hour); err != nil || n != 350 {
		t.Fatalf("pruned %+v, %v", n, err)
	}
	check("pruned", 310)
	if n, err := Care.Erase(t.Context(), path, prediction(305).RequestID); err != nil || n != 1 {
		t.Fatalf("erased %d, %v", n, err)
	}
	check("erased", 310)
	addBatch(t, w, 310, 5)
	must(t, foreign(t, path), "DELETE FROM predictions WHERE id IN (301, 312)")
	check("deleted by hand", 315)
	must(t, foreign(t, path), "DELETE FROM predictions")
	check("all deleted by hand", 315)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	w = newWriter(t, path, WriterOptions{})
	if id := add(t, w, 400, 1)[0].ID; id != 315 {
		t.Errorf("id %d after everything was deleted, want 315", id)
	}
	check("restarted", 316)
	sound(t, path, 0)
}

func TestTotalsAdvanceEveryTenThousandRows(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	w := newWriter(t, path, WriterOptions{})
	r := newReader(t, path)
	addBatch(t, w, 0, 9999)
	if s := stateOf(t, r); s.TotalsUpTo.Predictions != -1 {
		t.Fatalf("totals up to %d after 9999 rows", s.TotalsUpTo.Predictions)
	}
	addBatch(t, w, 9999, 2)
	if s := stateOf(t, r); s.TotalsUpTo.Predictions != 9999 || s.HighWater.Predictions != 10000 {
		t.Fatalf("state %+v after 10001 rows", s)
	}
	for range 10050 {
		w.Refuse("m", "1", predictionlog.Reasons[0])
	}
	eventually(t, "the errors are written", func() bool { return stateOf(t, r).HighWater.Errors == 10050 })
	if s := stateOf(t, r); s.TotalsUpTo.Errors != 9999 {
		t.Errorf("errors summed up to %d", s.TotalsUpTo.Errors)
	}
	totals, err := r.Totals(t.Context(), predictionlog.UpTo{Predictions: 10000, Errors: 10050})
	if err != nil {
		t.Fatal(err)
	}
	if c := totals.Counters[predictionlog.Key{Model: "loan_refinance", Version: "1"}]; c.Classes["0"]+c.Classes["1"] != 10001 {
		t.Errorf("classes %v", c.Classes)
	}
	if c := totals.Counters[predictionlog.Key{Model: "m", Version: "1"}]; fmt.Sprint(c.Errors) != "map[invalid_json:10050]" {
		t.Errorf("errors %v", c.Errors)
	}
}

func TestSumsOfTheWriterEqualThoseOfTheRows(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	w := newWriter(t, path, WriterOptions{})
	r, c := newReader(t, path), foreign(t, path)
	random := rand.New(rand.NewPCG(3, 4))
	same := func(step string) {
		t.Helper()
		totals, err := r.Totals(t.Context(), predictionlog.UpTo{Predictions: -1, Feedback: -1, Errors: -1})
		if err != nil {
			t.Fatal(err)
		}
		if want := fold(t, r, totals.UpTo); !reflect.DeepEqual(totals.Counters, want) {
			t.Fatalf("%s: up to %d\nlog  %+v\nrows %+v", step, totals.UpTo.Predictions, totals.Counters, want)
		}
	}
	next := 0
	write := func(n int) {
		for end := next + n; next < end; {
			batch := make([]predictionlog.Prediction, min(end-next, 1+random.IntN(150)))
			for i := range batch {
				p := prediction(next + i)
				p.Version = fmt.Sprint(random.IntN(2))
				if random.IntN(5) == 0 {
					p.Score, p.Latency = math.NaN(), -1
				}
				batch[i] = p
			}
			if random.IntN(4) == 0 { // some are repeated: the slow path
				batch = append(batch, batch[0])
			}
			if _, err := w.Append(t.Context(), batch); err != nil {
				t.Fatal(err)
			}
			next += len(batch)
		}
	}
	insert := "INSERT INTO predictions (model, features, class, latency) VALUES ('m', '[]', '1', 5)"
	write(12_000)
	same("alone")
	if len(w.sums.groups) == 0 {
		t.Error("the writer keeps no sums")
	}
	must(t, c, insert)
	write(9000)
	same("with a foreign row in between")
	write(15_000)
	same("alone again")
	must(t, c, "DELETE FROM predictions WHERE id = (SELECT max(id) FROM predictions)")
	write(12_000)
	if s := stateOf(t, r); s.TotalsUpTo.Predictions < 30_000 {
		t.Errorf("sums up to %d", s.TotalsUpTo.Predictions)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	w = newWriter(t, path, WriterOptions{})
	write(12_000)
	sound(t, path, 1) // the foreign row's features
	totals, err := r.Totals(t.Context(), predictionlog.UpTo{Predictions: math.MaxInt64})
	if err != nil {
		t.Fatal(err)
	}
	var n int64
	for _, counters := range totals.Counters {
		for _, k := range counters.Classes {
			n += k
		}
	}
	if want := stateOf(t, r).HighWater.Predictions + 1; n != want {
		t.Errorf("%d predictions counted, %d ids given out", n, want)
	}
}

// TestNumbersOfARegressionAreOneOutcome: the log's sums have no row for each number.
func TestNumbersOfARegressionAreOneOutcome(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	newWriter(t, path, WriterOptions{})
	c := foreign(t, path)
	must(t, c, "BEGIN IMMEDIATE")
	for i := range 300 {
		must(t, c, "INSERT INTO predictions (model, version, features, score, class) VALUES ('price', '1', '{}', ?, '')", float64(i))
		must(t, c, "INSERT INTO feedback (prediction_id, outcome) SELECT max(id), ? FROM predictions", fmt.Sprintf("%d.25", 1000+i))
	}
	must(t, c, "COMMIT")
	must(t, c, "UPDATE totals_up_to SET up_to_id = 200 WHERE log = 'feedback'")
	row, err := c.First(t.Context(), "SELECT count(*), sum(feedback) FROM totals_feedback")
	if err != nil || row[0] != int64(1) || row[1].(int64) < 199 {
		t.Errorf("the sums have %v rows of %v outcomes, %v", row[0], row[1], err)
	}
	totals, err := newReader(t, path).Totals(t.Context(), predictionlog.UpTo{Predictions: 1000, Feedback: 1000, Errors: 0})
	if err != nil {
		t.Fatal(err)
	}
	got := totals.Counters[predictionlog.Key{Model: "price", Version: "1"}].Feedback
	if want := map[predictionlog.ClassPair]int64{{Actual: predictionlog.AnyNumber}: 300}; !reflect.DeepEqual(got, want) {
		t.Errorf("counted %v, want %v", got, want)
	}
}
