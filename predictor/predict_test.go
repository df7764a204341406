package predictor

import (
	"fmt"
	"math"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	"github.com/drift-exporter/drift_exporter/predictor/model"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
)

func TestPredictAnswersWhatTheModelSays(t *testing.T) {
	t.Parallel()
	s, log := newServer(t, nil)
	got := ask(t, s.Handler(), "POST", "/predict", `{"income":60,"grade":"A","age":40.5}`, "X-Request-ID: loan 7", "Content-Type: application/json; charset=utf-8")
	want := `{"prediction_id":0,"request_id":"loan 7","prediction":1,"probability":` +
		string(appendNumber(nil, 1/(1+math.Exp(-1.95)))) + `,"model":"toy","model_version":"v1"}` + "\n"
	if got.code != http.StatusOK || got.body != want {
		t.Errorf("got %d %s, want 200 %s", got.code, got.body, want)
	}
	if id := got.header.Get("X-Request-ID"); id != "loan 7" {
		t.Errorf("the header X-Request-ID is %q, want the one that was sent", id)
	}
	if media := got.header.Get("Content-Type"); media != "application/json" {
		t.Errorf("Content-Type is %q", media)
	}
	if row := log.rows[0]; row.Model != "toy" || row.Version != "v1" || row.Class != "1" || row.RequestID != "loan 7" || row.Latency != 0 {
		t.Errorf("logged %+v", row)
	}
}

// What is logged is canonical: the model's order, the shortest form.
func TestPredictLogsTheCanonicalRow(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, body, want string }{
		{"other order and white space", " {\n\t\"age\" : 41.50 , \"grade\":\"A\",\r\n\"income\":1e2 } ", `{"income":100,"grade":"A","age":41.5}`},
		{"null", `{"income":null,"grade":null,"age":null}`, `{"income":null,"grade":null,"age":null}`},
		{"a number as a category", `{"income":1,"grade":30.0,"age":1}`, `{"income":1,"grade":"30","age":1}`},
		{"booleans as categories", `{"income":1,"grade":true,"age":1}`, `{"income":1,"grade":"true","age":1}`},
		{"false as a category", `{"income":1,"grade":false,"age":1}`, `{"income":1,"grade":"false","age":1}`},
		{"an unknown category", `{"income":1,"grade":"Ω \"new\"\u0001\n\u00e9\ud83d\ude00","age":1}`, `{"income":1,"grade":"Ω \"new\"\u0001\u000aé😀","age":1}`},
		{"an empty category", `{"income":1,"grade":"","age":1}`, `{"income":1,"grade":null,"age":1}`},
		{"a blank category", `{"income":1,"grade":" \t\u00a0","age":1}`, `{"income":1,"grade":null,"age":1}`},
		{"a category that says it is missing", `{"income":1,"grade":"NA","age":1}`, `{"income":1,"grade":"NA","age":1}`},
		{"a number in quotes as a category", `{"income":1,"grade":"3.00e1","age":1}`, `{"income":1,"grade":"30","age":1}`},
		{"leading zeros and spaces", `{"income":1,"grade":"00501","age":1}`, `{"income":1,"grade":"00501","age":1}`},
		{"a boolean in capitals as a category", `{"income":1,"grade":"TRUE","age":1}`, `{"income":1,"grade":"true","age":1}`},
		{"more digits than a float64 has", `{"income":1,"grade":12345678901234567890,"age":1}`, `{"income":1,"grade":"12345678901234567890","age":1}`},
		{"a category beyond a float64", `{"income":1,"grade":1E+999,"age":1}`, `{"income":1,"grade":"1e999","age":1}`},
		{"a key with escapes", `{"\u0069ncome":1,"grade":"A","age":1}`, `{"income":1,"grade":"A","age":1}`},
		{"extreme numbers", `{"income":-1.7976931348623157e308,"grade":1e21,"age":5e-324}`, `{"income":-1.7976931348623157e+308,"grade":"1000000000000000000000","age":5e-324}`},
		{"small and negative numbers", `{"income":-0.0,"grade":-0,"age":1e-7}`, `{"income":0,"grade":"0","age":1e-7}`},
		{"underflow is zero", `{"income":1e-999,"grade":123456789012,"age":0.1}`, `{"income":0,"grade":"123456789012","age":0.1}`},
		{"many digits", `{"income":3.141592653589793238462643383279502884197,"grade":"x","age":9007199254740993}`, `{"income":3.141592653589793,"grade":"x","age":9007199254740992}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s, log := newServer(t, nil)
			if got := ask(t, s.Handler(), "POST", "/predict", tt.body); got.code != http.StatusOK {
				t.Fatalf("got %d %s", got.code, got.body)
			}
			if got := string(log.rows[0].Features); got != tt.want {
				t.Errorf("logged %s, want %s", got, tt.want)
			}
		})
	}
}

// flags is a model of one boolean.
func flags() *model.Model {
	return &model.Model{Name: "flags", Version: "1", Threshold: 0.5, Features: []model.Feature{
		{Name: "owner", Type: model.Boolean, Categories: []model.Category{{Value: "false", Coefficient: -1}, {Value: "true", Coefficient: 1}}},
	}}
}

func TestBooleanIsReadInEverySpelling(t *testing.T) {
	t.Parallel()
	const yes, no, even = "0.7310585786300049", "0.2689414213699951", "0.5"
	for sent, want := range map[string]struct{ logged, probability string }{
		`true`: {"true", yes}, `"true"`: {"true", yes}, `"True"`: {"true", yes}, `" TRUE "`: {"true", yes}, `1`: {"true", yes}, `1.0`: {"true", yes}, `"1"`: {"true", yes}, `10e-1`: {"true", yes},
		`false`: {"false", no}, `"FALSE"`: {"false", no}, `0`: {"false", no}, `-0.0`: {"false", no}, `"0"`: {"false", no},
		`null`: {"null", even}, `""`: {"null", even}, `" "`: {"null", even},
		`2`: {`"2"`, even}, `"yes"`: {`"yes"`, even}, `"NA"`: {`"NA"`, even}, `1.00000000000000000001`: {`"1.00000000000000000001"`, even},
	} {
		s, log := newServer(t, func(o *Options) { o.Model = flags() })
		got := ask(t, s.Handler(), "POST", "/predict", `{"owner":`+sent+`}`, "X-Request-ID: one")
		if got.code != http.StatusOK || !strings.Contains(got.body, `"probability":`+want.probability+`,`) {
			t.Errorf("%s: got %d %s, want %s", sent, got.code, got.body, want.probability)
			continue
		}
		logged := string(log.rows[0].Features)
		if logged != `{"owner":`+want.logged+`}` {
			t.Errorf("%s: logged %s, want %s", sent, logged, want.logged)
		}
		if again := ask(t, s.Handler(), "POST", "/predict", logged, "X-Request-ID: one"); again.body != got.body {
			t.Errorf("%s: what was logged is answered %s, first %s", sent, again.body, got.body)
		}
	}
	s, _ := newServer(t, func(o *Options) { o.Model = flags() })
	for _, sent := range []string{`[true]`, `{}`} {
		if got := ask(t, s.Handler(), "POST", "/predict", `{"owner":`+sent+`}`); got.code != http.StatusBadRequest || !strings.Contains(got.body, "send a string, a number, a boolean or null") {
			t.Errorf("%s: got %d %s", sent, got.code, got.body)
		}
	}
}

func TestNullIsImputedWithTheTrainingMean(t *testing.T) {
	t.Parallel()
	s, _ := newServer(t, nil)
	var missing, average predicted
	ask(t, s.Handler(), "POST", "/predict", `{"income":null,"grade":"A","age":null}`).into(t, &missing)
	ask(t, s.Handler(), "POST", "/predict", `{"income":50,"grade":"A","age":40}`).into(t, &average)
	if *missing.Probability != *average.Probability {
		t.Errorf("missing values give %v, their means %v", *missing.Probability, *average.Probability)
	}
}

func TestUnknownCategoryIsAccepted(t *testing.T) {
	t.Parallel()
	s, _ := newServer(t, nil)
	var got predicted
	ask(t, s.Handler(), "POST", "/predict", `{"income":50,"grade":"never seen","age":40}`).into(t, &got)
	if *got.Probability != 0.5 {
		t.Errorf("an unknown category moved the probability to %v, want 0.5", *got.Probability)
	}
}

// A number and its text are the same category.
func TestCategoriesCompareAsText(t *testing.T) {
	t.Parallel()
	s, _ := newServer(t, nil)
	for _, grade := range []string{`"30"`, `30`, `30.0`, `3e1`, `300E-1`} {
		var got predicted
		ask(t, s.Handler(), "POST", "/predict", `{"income":50,"grade":`+grade+`,"age":40}`).into(t, &got)
		if got.Prediction != 0 || *got.Probability > 0.3 {
			t.Errorf("grade %s: predicted %d with %v, want the category 30", grade, got.Prediction, *got.Probability)
		}
	}
}

func TestAnAnswerWithoutARequestIDIsNamedByTheLog(t *testing.T) {
	t.Parallel()
	s, log := newServer(t, nil)
	for i := range 3 {
		got := ask(t, s.Handler(), "POST", "/predict", `{"income":1,"grade":"A","age":1}`)
		var p predicted
		got.into(t, &p)
		if want := predictionlog.OwnRequestID(fakeLogID, int64(i)); p.RequestID != want || got.header.Get("X-Request-ID") != want {
			t.Errorf("request id %q in the body, %q in the header, want %q", p.RequestID, got.header.Get("X-Request-ID"), want)
		}
	}
	// Refused, or answered without a record, a request has a name of its own.
	seen := map[string]bool{}
	for range 10 {
		got := ask(t, s.Handler(), "POST", "/predict", `{"income":1}`)
		id := got.header.Get("X-Request-ID")
		if _, err := uuid.Parse(id); err != nil || seen[id] {
			t.Errorf("request id %q: %v", id, err)
		}
		seen[id] = true
	}
	if len(log.rows) != 3 {
		t.Errorf("%d rows", len(log.rows))
	}
}

func TestRepeatedRequestIDReturnsTheFirstAnswer(t *testing.T) {
	t.Parallel()
	s, log := newServer(t, nil)
	first := ask(t, s.Handler(), "POST", "/predict", `{"income":80,"grade":"A","age":40}`, "X-Request-ID: one")
	again := ask(t, s.Handler(), "POST", "/predict", `{ "age": 4e1, "grade": "\u0041", "income": 80.0 }`, "X-Request-ID: one")
	if first.code != http.StatusOK || again.code != http.StatusOK || first.body != again.body {
		t.Errorf("first %d %s, again %d %s", first.code, first.body, again.code, again.body)
	}
	if len(log.rows) != 1 {
		t.Errorf("%d rows were logged, want 1", len(log.rows))
	}
}

func TestArrayIsAnsweredInOrderAndNamedByRow(t *testing.T) {
	t.Parallel()
	s, log := newServer(t, nil)
	const body = `[{"income":80,"grade":"A","age":40},{"age":60,"income":10,"grade":null}]`
	got := ask(t, s.Handler(), "POST", "/predict", body, "X-Request-ID: batch")
	var answers []predicted
	got.into(t, &answers)
	if len(answers) != 2 || answers[0].RequestID != "batch/0" || answers[1].RequestID != "batch/1" ||
		answers[0].Prediction != 1 || answers[1].Prediction != 0 || *answers[1].PredictionID != 1 {
		t.Errorf("got %s", got.body)
	}
	if id := got.header.Get("X-Request-ID"); id != "batch" {
		t.Errorf("the header X-Request-ID is %q, want the one that was sent", id)
	}
	if again := ask(t, s.Handler(), "POST", "/predict", body, "X-Request-ID: batch"); again.body != got.body || len(log.rows) != 2 {
		t.Errorf("repeated: %s with %d rows in the log, want the first answer and 2", again.body, len(log.rows))
	}
}

func TestEmptyArrayIsAnsweredWithAnEmptyArray(t *testing.T) {
	t.Parallel()
	s, log := newServer(t, nil)
	if got := ask(t, s.Handler(), "POST", "/predict", ` [ ] `); got.code != http.StatusOK || got.body != "[]\n" || len(log.rows) != 0 {
		t.Errorf("got %d %s and %d rows", got.code, got.body, len(log.rows))
	}
}

func TestArrayIsAllOrNothing(t *testing.T) {
	t.Parallel()
	s, log := newServer(t, nil)
	got := ask(t, s.Handler(), "POST", "/predict", `[{"income":1,"grade":"A","age":1},{"income":"1","grade":[],"agee":1},7]`)
	var p problem
	got.into(t, &p)
	want := []string{"1.age missing_feature", "1.agee unknown_feature", "1.grade wrong_type", "1.income wrong_type", "2. wrong_type"}
	if got.code != http.StatusBadRequest || !slices.Equal(names(p.Errors), want) {
		t.Errorf("got %d naming %q, want 400 naming %q", got.code, names(p.Errors), want)
	}
	if len(log.rows) != 0 || !slices.Equal(log.refused, []string{"wrong_type"}) {
		t.Errorf("%d rows were logged, want none; refusals %q, want one", len(log.rows), log.refused)
	}
}

func TestArrayHoldsAtMostItsLimit(t *testing.T) {
	t.Parallel()
	s, log := newServer(t, nil)
	rows := func(n int) string {
		return "[" + strings.TrimSuffix(strings.Repeat(`{"income":1,"grade":"A","age":1},`, n), ",") + "]"
	}
	if got := ask(t, s.Handler(), "POST", "/predict", rows(MaxArrayRows)); got.code != http.StatusOK || len(log.rows) != MaxArrayRows {
		t.Errorf("%d rows: %d, %d logged", MaxArrayRows, got.code, len(log.rows))
	}
	if got := ask(t, s.Handler(), "POST", "/predict", rows(MaxArrayRows+1)); got.code != http.StatusBadRequest || !strings.Contains(got.body, "send at most 1000") {
		t.Errorf("%d rows: %d %s", MaxArrayRows+1, got.code, got.body)
	}
}

func TestConcurrentPredictionsAreEachRecordedOnce(t *testing.T) {
	t.Parallel()
	s, log := newServer(t, nil)
	const clients, each = 8, 50
	var group sync.WaitGroup
	for c := range clients {
		group.Go(func() {
			for i := range each {
				id, income := fmt.Sprintf("%d-%d", c, i), c*1000+i
				got := ask(t, s.Handler(), "POST", "/predict", fmt.Sprintf(`{"income":%d,"grade":"%s","age":40}`, income, id), "X-Request-ID: "+id)
				if got.code != http.StatusOK || !strings.Contains(got.body, `"request_id":"`+id+`"`) {
					t.Errorf("%s: got %d %s", id, got.code, got.body)
				}
			}
		})
	}
	group.Wait()
	if len(log.rows) != clients*each {
		t.Fatalf("%d rows were logged, want %d", len(log.rows), clients*each)
	}
	for _, row := range log.rows {
		var c, i int
		if _, err := fmt.Sscanf(row.RequestID, "%d-%d", &c, &i); err != nil {
			t.Fatal(err)
		}
		if want := fmt.Sprintf(`{"income":%d,"grade":"%s","age":40}`, c*1000+i, row.RequestID); string(row.Features) != want {
			t.Errorf("row %s has %s, want %s", row.RequestID, row.Features, want)
		}
	}
}
