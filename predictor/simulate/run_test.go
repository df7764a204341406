package simulate

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// csvFile writes a CSV and returns its path.
func csvFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "rows.csv")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

var incomeAndState = []wanted{{name: "income"}, {name: "state", text: true}}

func TestLoansAreSentWithTheirOutcomes(t *testing.T) {
	t.Parallel()
	f := newFake(t, everyFeature())
	var out bytes.Buffer
	err := Run(t.Context(), Options{URL: f.URL + "/", Count: 200, Concurrency: 4, Seed: 1, Outcomes: true}, &out, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if len(f.predictions) != 200 || len(f.feedback) != 200 {
		t.Fatalf("%d predictions, %d outcomes, want 200 of each", len(f.predictions), len(f.feedback))
	}
	// Every outcome must be sent for the prediction of its own loan.
	g, actual := New(1), map[string]int{}
	for range 200 {
		loan := g.Next()
		actual[fmt.Sprint(loan.Values)] = loan.Outcome
	}
	for i, body := range f.predictions {
		row := numbers(t, []byte(body))
		var values [12]float64
		for k, name := range Names() {
			values[k] = row[name]
		}
		want := fmt.Sprintf(`{"prediction_id":%d,"actual_outcome":%d}`, i, actual[fmt.Sprint(values)])
		if !slices.Contains(f.feedback, want) {
			t.Fatalf("there is no feedback %s for %s", want, body)
		}
	}
	slices.Sort(f.ids)
	if len(slices.Compact(f.ids)) != 200 {
		t.Error("request ids repeat")
	}
	for _, want := range []string{"predictions    200 accepted, 0 refused, 0 retries in ", "status         200: 200\n", "latency        p50 ", "outcomes       200 accepted, 0 refused, 0 not sent; "} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the summary has no %q:\n%s", want, &out)
		}
	}
}

func TestCSVIsReplayedInOrder(t *testing.T) {
	t.Parallel()
	f := newFake(t, incomeAndState)
	path := csvFile(t, "state,income,extra,Class\nNY,100,x,good\nNA,2e3,y,bad\n\"a \"\"b\"\"\",,z,\n07,3,,good\n")
	err := Run(t.Context(), Options{URL: f.URL, Concurrency: 1, CSV: path, Outcome: "Class", Positive: "good", Outcomes: true, Shifts: []string{"income=*2"}}, io.Discard, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		`{"income":200,"state":"NY"}`,
		`{"income":4000,"state":"NA"}`,
		`{"income":null,"state":"a \"b\""}`,
		`{"income":6,"state":"07"}`,
	}
	if !slices.Equal(f.predictions, want) {
		t.Errorf("sent %s, want %s", f.predictions, want)
	}
	feedback := []string{`{"prediction_id":0,"actual_outcome":1}`, `{"prediction_id":1,"actual_outcome":0}`, `{"prediction_id":3,"actual_outcome":1}`}
	if !slices.Equal(f.feedback, feedback) {
		t.Errorf("fed back %s, want %s", f.feedback, feedback)
	}
}

func TestCSVShiftIsInTheFilesOwnStandardDeviations(t *testing.T) {
	t.Parallel()
	f := newFake(t, []wanted{{name: "x"}})
	err := Run(t.Context(), Options{URL: f.URL, Concurrency: 1, Count: 2, CSV: csvFile(t, "x\n1\nNA\n3\n5\n"), Shifts: []string{"x=+2sd"}}, io.Discard, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	// The population standard deviation of 1, 3, 5 is sqrt(8/3).
	if want := []string{`{"x":4.265986323710904}`, `{"x":null}`}; !slices.Equal(f.predictions, want) {
		t.Errorf("sent %s, want %s", f.predictions, want)
	}
}

// TestShiftsLeaveMissingValuesAlone checks that -999, in every spelling, stands for no value and
// is not part of the standard deviation.
func TestShiftsLeaveMissingValuesAlone(t *testing.T) {
	t.Parallel()
	f := newFake(t, []wanted{{name: "x"}, {name: "y"}})
	csv := csvFile(t, "x,y,paid\n1,1,yes\n-999,-999.0,no\n3,n/a;,?\n5,\"-9,99\",yes\n-9.99e2,NA,yes\n"+strings.Repeat("3,1,no\n", 20))
	err := Run(t.Context(), Options{URL: f.URL, Concurrency: 1, Count: 5, CSV: csv, Missing: []string{"-999", "?"}, Outcomes: true, Outcome: "paid", Positive: "yes", Shifts: []string{"x=*2", "y=+1sd"}}, io.Discard, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	// All values of y are 1, so its standard deviation is 0.
	want := []string{`{"x":2,"y":1}`, `{"x":-999,"y":-999}`, `{"x":6,"y":"n/a;"}`, `{"x":10,"y":"-9,99"}`, `{"x":-999,"y":null}`}
	if !slices.Equal(f.predictions, want) {
		t.Errorf("sent %s, want %s", f.predictions, want)
	}
	if len(f.feedback) != 4 {
		t.Errorf("%d outcomes, want 4: ? is none", len(f.feedback))
	}
	if err := Run(t.Context(), Options{URL: f.URL, Concurrency: 1, Missing: []string{"NA"}}, io.Discard, io.Discard); err == nil || !strings.Contains(err.Error(), "--missing belongs to --csv") {
		t.Errorf("without a CSV: %v", err)
	}
}

func TestRealLoansAreReplayed(t *testing.T) {
	t.Parallel()
	f := newFake(t, []wanted{{"funded_amnt", false}, {"term", true}, {"sub_grade", true}, {"int_rate", false}})
	err := Run(t.Context(), Options{URL: f.URL, Concurrency: 1, Count: 3, CSV: "../../testdata/lending_club.csv.gz"}, io.Discard, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"funded_amnt":32000,"term":"term_60","sub_grade":"C1","int_rate":11.99}`; len(f.predictions) != 3 || f.predictions[1] != want {
		t.Errorf("sent %s, want %s second", f.predictions, want)
	}
}

func TestOutcomesWaitForTheirDelay(t *testing.T) {
	t.Parallel()
	f := newFake(t, everyFeature())
	err := Run(t.Context(), Options{URL: f.URL, Count: 50, Concurrency: 2, Outcomes: true, OutcomeDelay: time.Hour}, io.Discard, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	// The outcomes are due an hour later. When the last prediction has been answered, all of them
	// are sent.
	if first := slices.Index(f.events, "feedback"); first != 50 || len(f.feedback) != 50 {
		t.Errorf("the first of %d outcomes is event %d, want 50 after 50 predictions", len(f.feedback), first)
	}
}

func TestABusyPredictorIsAskedAgain(t *testing.T) {
	t.Parallel()
	f := newFake(t, everyFeature())
	refusals := 0
	var refused []string
	f.intercept = func(w http.ResponseWriter, r *http.Request, _ *fake) bool {
		if refusals == 3 {
			return false
		}
		refusals++
		refused = append(refused, r.Header.Get("X-Request-ID"))
		w.Header().Set("Retry-After", "0")
		w.WriteHeader(http.StatusServiceUnavailable)
		return true
	}
	var out bytes.Buffer
	if err := Run(t.Context(), Options{URL: f.URL, Count: 5, Concurrency: 1}, &out, io.Discard); err != nil {
		t.Fatal(err)
	}
	if len(f.predictions) != 5 || refused[0] != refused[2] || refused[0] != f.ids[0] {
		t.Errorf("%d predictions; refused as %s, accepted as %s: want the same id every time", len(f.predictions), refused, f.ids[0])
	}
	if !strings.Contains(out.String(), "5 accepted, 0 refused, 3 retries") {
		t.Errorf("the summary does not count the retries:\n%s", &out)
	}
}

func TestABrokenConnectionIsTriedAgain(t *testing.T) {
	t.Parallel()
	f := newFake(t, everyFeature())
	var broken atomic.Bool
	f.intercept = func(http.ResponseWriter, *http.Request, *fake) bool {
		if broken.CompareAndSwap(false, true) {
			panic(http.ErrAbortHandler)
		}
		return false
	}
	if err := Run(t.Context(), Options{URL: f.URL, Count: 3, Concurrency: 1}, io.Discard, io.Discard); err != nil {
		t.Fatal(err)
	}
	if len(f.predictions) != 3 || !broken.Load() {
		t.Errorf("%d predictions, want 3", len(f.predictions))
	}
}

func TestPatienceEndsInWords(t *testing.T) {
	t.Parallel()
	gone := newFake(t, everyFeature())
	gone.Close()
	full := newFake(t, everyFeature())
	full.intercept = func(w http.ResponseWriter, _ *http.Request, _ *fake) bool {
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = io.WriteString(w, `{"detail":"the disk is full"}`)
		return true
	}
	for url, want := range map[string][]string{
		gone.URL: {gone.URL, "drift_exporter predictor", "connection refused"},
		full.URL: {full.URL, "status 503: the disk is full"},
	} {
		err := Run(t.Context(), Options{URL: url, Count: 3, Concurrency: 1, Patience: 10 * time.Millisecond}, io.Discard, io.Discard)
		for _, want := range want {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("error %v, want %q in it", err, want)
			}
		}
	}
}

func TestNothingButRefusalsIsAnError(t *testing.T) {
	t.Parallel()
	for _, count := range []int{3, 0} {
		f := newFake(t, everyFeature())
		f.intercept = func(w http.ResponseWriter, _ *http.Request, _ *fake) bool {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(w, `{"title":"Bad Request","detail":"income is missing"}`)
			return true
		}
		var out bytes.Buffer
		err := Run(t.Context(), Options{URL: f.URL, Count: count, Concurrency: 2}, &out, io.Discard)
		if err == nil || !strings.Contains(err.Error(), "the first with status 400: income is missing") {
			t.Errorf("of %d: error %v, want the reason of the first refusal", count, err)
		}
		if !strings.Contains(out.String(), "first refusal  status 400: income is missing") {
			t.Errorf("of %d: the summary has no reason:\n%s", count, &out)
		}
	}
}

func TestAFewRefusalsAreCounted(t *testing.T) {
	t.Parallel()
	f := newFake(t, everyFeature())
	n := 0
	f.intercept = func(w http.ResponseWriter, _ *http.Request, _ *fake) bool {
		if n++; n%2 == 0 {
			w.WriteHeader(http.StatusConflict)
			return true
		}
		return false
	}
	var out bytes.Buffer
	if err := Run(t.Context(), Options{URL: f.URL, Count: 300, Concurrency: 1, Outcomes: true}, &out, io.Discard); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "status         200: 150, 409: 150") || len(f.feedback) != 150 {
		t.Errorf("%d outcomes after\n%s", len(f.feedback), &out)
	}
}

func TestStoppingIsNoError(t *testing.T) {
	t.Parallel()
	f := newFake(t, everyFeature())
	ctx, cancel := context.WithCancel(t.Context())
	f.intercept = func(_ http.ResponseWriter, _ *http.Request, f *fake) bool {
		if len(f.predictions) == 20 {
			cancel()
		}
		return false
	}
	var out bytes.Buffer
	err := Run(ctx, Options{URL: f.URL, Concurrency: 2, Outcomes: true, OutcomeDelay: time.Hour}, &out, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "0 accepted, 0 refused, ") || !strings.Contains(out.String(), "not sent") {
		t.Errorf("the summary does not say what was not sent:\n%s", &out)
	}
	if err := Run(ctx, Options{URL: f.URL, Concurrency: 1}, &out, io.Discard); err != nil {
		t.Errorf("stopped before the start: %v", err)
	}
}

func TestRunSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	loans := newFake(t, everyFeature())
	rows := newFake(t, incomeAndState)
	noPredictor := newFake(t, nil)
	noPredictor.Config.Handler = http.NotFoundHandler()
	good := "income,state,y\n1,NY,0\n2,TX,1\n"
	for _, test := range []struct {
		name string
		o    Options
		csv  string
		want string
	}{
		{"no address", Options{URL: ""}, "", `"" is not the address of a predictor: write it like http://127.0.0.1:5000`},
		{"no scheme", Options{URL: "localhost:5000"}, "", "is not the address"},
		{"another scheme", Options{URL: "ftp://localhost"}, "", "is not the address"},
		{"a query", Options{URL: "http://localhost?x=1"}, "", "is not the address"},
		{"negative count", Options{Count: -1}, "", "the count is -1"},
		{"negative rate", Options{Rate: -1}, "", "the rate is -1"},
		{"no concurrency", Options{Concurrency: -1}, "", "the concurrency is -1"},
		{"negative delay", Options{OutcomeDelay: -1}, "", "the outcome delay is -1ns"},
		{"outcome without CSV", Options{Outcome: "y"}, "", "belong to --csv"},
		{"outcomes without a column", Options{Outcomes: true}, good, "name it with --outcome"},
		{"a column without outcomes", Options{Outcome: "y"}, good, "add --outcomes"},
		{"no such shift", Options{Shifts: []string{"height=+1sd"}}, "", "the features are interest_rate"},
		{"a shifted category", Options{Shifts: []string{"state=+1"}}, good, `no such numeric feature: the features are income`},
		{"a feature that loans have not", Options{URL: rows.URL}, "", "the predictor's model takes state, which made-up loans do not have: send rows that have with --csv"},
		{"no such file", Options{CSV: "/nonexistent.csv"}, "", "open rows to send"},
		{"an absent column", Options{}, "income,y\n1,0\n", "has no column state, which the predictor's model takes: its columns are income, y"},
		{"no such outcome", Options{Outcomes: true, Outcome: "Class"}, good, `there is no column "Class": the columns are income, state, y`},
		{"text for a number", Options{}, "income,state\n1,NY\nmuch,TX\n", `line 3, column "income": "much" is not a number, but the predictor`},
		{"no rows", Options{}, "income,state\n", "a header but no rows"},
		{"a ragged row", Options{}, "income,state\n1\n", "line 2: has 1 columns"},
		{"no positive", Options{Outcomes: true, Outcome: "y", Positive: "yes"}, good, `outcome column "y" never has the value "yes"`},
		{"no predictor", Options{URL: noPredictor.URL}, "", "/openapi.json: status 404: is this a predictor's address"},
	} {
		o := test.o
		if o.URL == "" && test.name != "no address" {
			o.URL = loans.URL
			if test.csv != "" || o.CSV != "" {
				o.URL = rows.URL
			}
		}
		if o.Concurrency == 0 {
			o.Concurrency = 1
		}
		if test.csv != "" {
			o.CSV = csvFile(t, test.csv)
		}
		if o.Count == 0 {
			o.Count = 1
		}
		if err := Run(t.Context(), o, io.Discard, io.Discard); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error %v, want %q in it", test.name, err, test.want)
		}
	}
	if n := len(loans.predictions) + len(rows.predictions); n > 0 {
		t.Errorf("%d predictions were sent all the same", n)
	}
}

func TestPasswordsStayOutOfMessages(t *testing.T) {
	t.Parallel()
	f := newFake(t, everyFeature())
	f.Close()
	url := strings.Replace(f.URL, "http://", "http://me:secret@", 1)
	err := Run(t.Context(), Options{URL: url, Concurrency: 1, Patience: time.Millisecond}, io.Discard, io.Discard)
	if err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("error %v, want one without the password", err)
	}
}

func TestASummaryThatCannotBeWrittenIsAnError(t *testing.T) {
	t.Parallel()
	f := newFake(t, everyFeature())
	if err := Run(t.Context(), Options{URL: f.URL, Count: 1, Concurrency: 1}, full{}, io.Discard); !errors.Is(err, errFull) {
		t.Errorf("error %v, want %v", err, errFull)
	}
}

var errFull = errors.New("full")

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errFull }
