package predictor

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
)

// Everything that can be wrong with a request, what it is answered, and words of
// the answer that say what to do.
func TestBadRequestsAreRefusedWithAdvice(t *testing.T) {
	t.Parallel()
	const good = `{"income":1,"grade":"A","age":1}`
	deep := strings.Repeat("[", 100000)
	tests := []struct {
		name, method, path, body string
		headers                  []string
		code                     int
		advice                   string
		named                    []string // By field and reason; nil: not compared.
	}{
		{"empty body", "POST", "/predict", ``, nil, 400, "send a JSON object", []string{" invalid_json"}},
		{"only white space", "POST", "/predict", " \n", nil, 400, "line 2, column 1", []string{" invalid_json"}},
		{"byte order mark", "POST", "/predict", "\xef\xbb\xbf" + good, nil, 400, "send UTF-8 without one", []string{" invalid_json"}},
		{"invalid UTF-8", "POST", "/predict", `{"income":1,"grade":"` + "\xff" + `","age":1}`, nil, 400, "column 22: the body is not valid UTF-8; encode it as UTF-8", []string{" invalid_json"}},
		{"UTF-16", "POST", "/predict", "\xff\xfe{\x00}\x00", nil, 400, "encode it as UTF-8", []string{" invalid_json"}},
		{"trailing data", "POST", "/predict", good + ` {}`, nil, 400, "send one value in each request", []string{" invalid_json"}},
		{"cut off", "POST", "/predict", good[:20], nil, 400, "the body ends", []string{"grade invalid_json"}},
		{"form", "POST", "/predict", `income=1&age=2`, nil, 400, "expected a value", []string{" invalid_json"}},
		{"single quotes", "POST", "/predict", `{'income':1}`, nil, 400, "double quotes", []string{" invalid_json"}},
		{"trailing comma", "POST", "/predict", `{"income":1,}`, nil, 400, "remove it", []string{" invalid_json"}},
		{"missing comma", "POST", "/predict", `{"income":1 "age":2}`, nil, 400, "expected ','", []string{" invalid_json"}},
		{"missing colon", "POST", "/predict", `{"income" 1}`, nil, 400, "expected ':'", []string{" invalid_json"}},
		{"NaN", "POST", "/predict", `{"income":NaN,"grade":"A","age":1}`, nil, 400, "send null for a missing value", []string{"income invalid_json"}},
		{"Infinity", "POST", "/predict", `{"income":-Infinity,"grade":"A","age":1}`, nil, 400, "send null for a missing value", []string{"income invalid_json"}},
		{"plus sign", "POST", "/predict", `{"income":+1}`, nil, 400, "begins with a digit", []string{"income invalid_json"}},
		{"leading zero", "POST", "/predict", `{"income":01}`, nil, 400, "no leading zeros", []string{"income invalid_json"}},
		{"no digits after the point", "POST", "/predict", `{"income":1.}`, nil, 400, "a digit after the decimal point", []string{"income invalid_json"}},
		{"empty exponent", "POST", "/predict", `{"income":1e}`, nil, 400, "a digit in the exponent", []string{"income invalid_json"}},
		{"hexadecimal", "POST", "/predict", `{"income":0x10}`, nil, 400, "expected ','", []string{" invalid_json"}},
		{"misspelt word", "POST", "/predict", `{"income":nul}`, nil, 400, "expected null", []string{"income invalid_json"}},
		{"control character in a string", "POST", "/predict", "{\"income\":1,\"grade\":\"a\nb\",\"age\":1}", nil, 400, "write it as an escape", []string{"grade invalid_json"}},
		{"unknown escape", "POST", "/predict", `{"income":1,"grade":"C:\dir","age":1}`, nil, 400, `a backslash is written \\`, []string{"grade invalid_json"}},
		{"half a surrogate pair", "POST", "/predict", `{"income":1,"grade":"\ud83d","age":1}`, nil, 400, "write both halves", []string{"grade invalid_json"}},
		{"bad hexadecimal digits", "POST", "/predict", `{"income":1,"grade":"\u00g0","age":1}`, nil, 400, "four hexadecimal digits", []string{"grade invalid_json"}},
		{"deep nesting", "POST", "/predict", deep, nil, 400, "nested deeper than 32 levels", nil},
		{"deep nesting in a value", "POST", "/predict", `{"income":` + deep, nil, 400, "send flat objects", []string{"income invalid_json"}},
		{"a number for a body", "POST", "/predict", `5`, nil, 400, "send one JSON object with the features", []string{" wrong_type"}},
		{"null for a body", "POST", "/predict", `null`, nil, 400, "send one JSON object with the features", []string{" wrong_type"}},
		{"array of arrays", "POST", "/predict", `[[1,2],"x"]`, nil, 400, "send an object with the features", []string{"0. wrong_type", "1. wrong_type"}},
		{"empty object", "POST", "/predict", `{}`, nil, 400, "or null when the value is not known", []string{"age missing_feature", "grade missing_feature", "income missing_feature"}},
		{"everything at once", "POST", "/predict", `{"income":"1","Income":2,"grade":{},"grade":"B","":0}`, nil, 400, "remove it, or correct its name",
			[]string{" unknown_feature", "Income unknown_feature", "age missing_feature", "grade repeated_feature", "grade wrong_type", "income wrong_type"}},
		{"repeated by an escape", "POST", "/predict", `{"income":1,"\u0069ncome":1,"grade":"A","age":1}`, nil, 400, "send it once", []string{"income repeated_feature"}},
		{"number in quotes", "POST", "/predict", `{"income":"1","grade":"A","age":1}`, nil, 400, "send a number without quotes", []string{"income wrong_type"}},
		{"boolean for a number", "POST", "/predict", `{"income":true,"grade":"A","age":1}`, nil, 400, "income is true; send a number", []string{"income wrong_type"}},
		{"array for a number", "POST", "/predict", `{"income":[1],"grade":"A","age":1}`, nil, 400, "income is an array; send a number", []string{"income wrong_type"}},
		{"object for a category", "POST", "/predict", `{"income":1,"grade":{"a":[{}]},"age":1}`, nil, 400, "send a string, a number, a boolean or null", []string{"grade wrong_type"}},
		{"not finite", "POST", "/predict", `{"income":1e999,"grade":-1e999,"age":-1e999}`, nil, 400, "send a finite number", []string{"age not_finite", "income not_finite"}},
		{"a million digits", "POST", "/predict", `{"income":` + strings.Repeat("9", 1_000_000) + `,"grade":"A","age":1}`, nil, 400, "send a finite number", []string{"income not_finite"}},
		{"long request id", "POST", "/predict", good, []string{"X-Request-ID: " + strings.Repeat("x", 129)}, 400, "shorten it", []string{"X-Request-ID bad_request_id"}},
		{"request id not in ASCII", "POST", "/predict", good, []string{"X-Request-ID: caf\u00e9"}, 400, "leave it out and one is made", []string{"X-Request-ID bad_request_id"}},
		{"two request ids", "POST", "/predict", good, []string{"X-Request-ID: a", "X-Request-ID: b"}, 400, "send it once", []string{"X-Request-ID bad_request_id"}},
		{"request id too long for an array", "POST", "/predict", "[" + good + "]", []string{"X-Request-ID: " + strings.Repeat("x", 127)}, 400, "too long for an array", []string{"X-Request-ID bad_request_id"}},
		{"bad id and bad body", "POST", "/predict", `{"income":1,"grade":"A"}`, []string{"X-Request-ID: \u00e9"}, 400, "2 things are wrong", []string{"X-Request-ID bad_request_id", "age missing_feature"}},
		{"curl without a type", "POST", "/predict", good, []string{"Content-Type: application/x-www-form-urlencoded"}, 415, "-H 'Content-Type: application/json'", nil},
		{"other charset", "POST", "/predict", good, []string{"Content-Type: application/json; charset=latin1"}, 415, "Content-Type: application/json", nil},
		{"broken type", "POST", "/feedback", `{}`, []string{"Content-Type: ;"}, 415, "Content-Type: application/json", nil},
		{"compressed", "POST", "/predict", good, []string{"Content-Encoding: gzip"}, 415, "send the body uncompressed", nil},
		{"GET predict", "GET", "/predict", ``, nil, 405, "use POST", nil},
		{"PUT feedback", "PUT", "/feedback", `{}`, nil, 405, "use POST", nil},
		{"POST health", "POST", "/health", `{}`, nil, 405, "use GET", nil},
		{"unknown page", "POST", "/prediction", good, nil, 404, "POST to /predict or /feedback", nil},
		{"slash at the end", "POST", "/predict/", good, nil, 404, "POST to /predict or /feedback", nil},

		{"feedback: empty body", "POST", "/feedback", ``, nil, 400, "send a JSON object", []string{" invalid_json"}},
		{"feedback: not JSON", "POST", "/feedback", `prediction_id=0`, nil, 400, "expected a value", []string{" invalid_json"}},
		{"feedback: a number", "POST", "/feedback", `1`, nil, 400, "send one JSON object, or an array", []string{" wrong_type"}},
		{"feedback: array of numbers", "POST", "/feedback", `[0,[1]]`, nil, 400, "send an object such as", []string{"0. wrong_type", "1. wrong_type"}},
		{"feedback: array with a bad record", "POST", "/feedback", `[{"prediction_id":0,"actual_outcome":1},{"prediction_id":0,"actual_outcome":1,"confidence":2}]`, nil, 400, "at most 1", []string{"1.confidence out_of_range"}},
		{"feedback: array with several", "POST", "/feedback", `[{"prediction_id":0},{"actual_outcome":1},{"prediction_id":0,"actual_outcome":7,"x":1}]`, nil, 400, "4 things are wrong",
			[]string{"0.actual_outcome missing_field", "1.prediction_id missing_field", "2.actual_outcome out_of_range", "2.x unknown_field"}},
		{"feedback: array of too many", "POST", "/feedback", "[" + strings.Repeat(`{"prediction_id":0,"actual_outcome":1},`, MaxArrayRows) + `{}]`, nil, 400, "has 1001 records; send at most 1000", []string{" too_many_rows"}},
		{"feedback: array with an unknown prediction", "POST", "/feedback", `[{"prediction_id":7,"actual_outcome":1},{"request_id":"x","actual_outcome":1}]`, nil, 404, "2 things are wrong",
			[]string{"0.prediction_id unknown_prediction", "1.request_id unknown_prediction"}},
		{"feedback: trailing data", "POST", "/feedback", `{"prediction_id":0,"actual_outcome":1},`, nil, 400, "send one value", []string{" invalid_json"}},
		{"feedback: empty object", "POST", "/feedback", `{}`, nil, 400, "send 0 or 1", []string{"actual_outcome missing_field", "prediction_id missing_field"}},
		{"feedback: no outcome", "POST", "/feedback", `{"prediction_id":0}`, nil, 400, "send 0 or 1", []string{"actual_outcome missing_field"}},
		{"feedback: null outcome", "POST", "/feedback", `{"prediction_id":0,"actual_outcome":null}`, nil, 400, "send 0 or 1", []string{"actual_outcome missing_field"}},
		{"feedback: no id", "POST", "/feedback", `{"actual_outcome":1}`, nil, 400, "or the request_id", []string{"prediction_id missing_field"}},
		{"feedback: outcome 2", "POST", "/feedback", `{"prediction_id":0,"actual_outcome":2}`, nil, 400, "actual_outcome is 2, which is not a class of the model; send 0 or 1", []string{"actual_outcome out_of_range"}},
		{"feedback: outcome in words", "POST", "/feedback", `{"prediction_id":0,"actual_outcome":"yes"}`, nil, 400, `is \"yes\", which is not a class of the model; send 0 or 1`, []string{"actual_outcome out_of_range"}},
		{"feedback: empty outcome", "POST", "/feedback", `{"prediction_id":0,"actual_outcome":" "}`, nil, 400, `is not a class of the model; send 0 or 1`, []string{"actual_outcome out_of_range"}},
		{"feedback: half an outcome", "POST", "/feedback", `{"prediction_id":0,"actual_outcome":0.5}`, nil, 400, "send 0 or 1", []string{"actual_outcome out_of_range"}},
		{"feedback: nearly an outcome", "POST", "/feedback", `{"prediction_id":0,"actual_outcome":1.00000000000000000001}`, nil, 400, "send 0 or 1", []string{"actual_outcome out_of_range"}},
		{"feedback: a list of outcomes", "POST", "/feedback", `{"prediction_id":0,"actual_outcome":[1]}`, nil, 400, "is an array; send 0 or 1", []string{"actual_outcome wrong_type"}},
		{"feedback: long outcome", "POST", "/feedback", `{"prediction_id":0,"actual_outcome":` + strings.Repeat("9", 100_000) + `}`, nil, 400, "99..., which is not a class", []string{"actual_outcome out_of_range"}},
		{"feedback: negative id", "POST", "/feedback", `{"prediction_id":-1,"actual_outcome":1}`, nil, 400, "a whole number from 0", []string{"prediction_id out_of_range"}},
		{"feedback: broken id", "POST", "/feedback", `{"prediction_id":0.5,"actual_outcome":1}`, nil, 400, "a whole number from 0", []string{"prediction_id out_of_range"}},
		{"feedback: id in quotes", "POST", "/feedback", `{"prediction_id":"0","actual_outcome":1}`, nil, 400, "a whole number from 0", []string{"prediction_id wrong_type"}},
		{"feedback: huge id", "POST", "/feedback", `{"prediction_id":99999999999999999999,"actual_outcome":1}`, nil, 400, "a whole number from 0", []string{"prediction_id out_of_range"}},
		{"feedback: no confidence", "POST", "/feedback", `{"prediction_id":0,"actual_outcome":1,"confidence":0}`, nil, 400, "above 0 and at most 1", []string{"confidence out_of_range"}},
		{"feedback: too much confidence", "POST", "/feedback", `{"prediction_id":0,"actual_outcome":1,"confidence":1.01}`, nil, 400, "above 0 and at most 1", []string{"confidence out_of_range"}},
		{"feedback: confidence underflows", "POST", "/feedback", `{"prediction_id":0,"actual_outcome":1,"confidence":1e-999}`, nil, 400, "above 0 and at most 1", []string{"confidence out_of_range"}},
		{"feedback: confidence in words", "POST", "/feedback", `{"prediction_id":0,"actual_outcome":1,"confidence":"high"}`, nil, 400, "above 0 and at most 1", []string{"confidence wrong_type"}},
		{"feedback: no RFC 3339", "POST", "/feedback", `{"prediction_id":0,"actual_outcome":1,"observed_at":"2026-01-31 12:00"}`, nil, 400, "such as 2026-01-31T12:00:00Z", []string{"observed_at out_of_range"}},
		{"feedback: seconds since 1970", "POST", "/feedback", `{"prediction_id":0,"actual_outcome":1,"observed_at":1769860800}`, nil, 400, "such as 2026-01-31T12:00:00Z", []string{"observed_at wrong_type"}},
		{"feedback: year 9999", "POST", "/feedback", `{"prediction_id":0,"actual_outcome":1,"observed_at":"9999-12-31T23:59:59Z"}`, nil, 400, "between 1970 and 2261", []string{"observed_at out_of_range"}},
		{"feedback: unknown, repeated and wrong", "POST", "/feedback", `{"prediction_id":0,"prediction_id":1,"outcome":1,"source":7,"request_id":[]}`, nil, 400, "remove it, or correct its name",
			[]string{"outcome unknown_field", "prediction_id repeated_field", "request_id wrong_type", "source wrong_type"}},
		{"feedback: long source", "POST", "/feedback", `{"prediction_id":0,"actual_outcome":1,"source":"` + strings.Repeat("s", 129) + `"}`, nil, 400, "shorten it", []string{"source out_of_range"}},
		{"feedback: control character in the source", "POST", "/feedback", `{"prediction_id":0,"actual_outcome":1,"source":"a\u0000b"}`, nil, 400, "printable text", []string{"source out_of_range"}},
		{"feedback: empty request id", "POST", "/feedback", `{"request_id":"","actual_outcome":1}`, nil, 400, "send the one that /predict answered", []string{"request_id out_of_range"}},
		{"feedback: unknown prediction", "POST", "/feedback", `{"prediction_id":7,"actual_outcome":1}`, nil, 404, "send the prediction_id or request_id that /predict answered", nil},
		{"feedback: unknown request", "POST", "/feedback", `{"request_id":"x","actual_outcome":1}`, nil, 404, `request_id \"x\"`, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s, log := newServer(t, nil)
			got := ask(t, s.Handler(), tt.method, tt.path, tt.body, tt.headers...)
			var p problem
			got.into(t, &p)
			if got.code != tt.code || p.Status != tt.code || p.Title != http.StatusText(tt.code) || p.Type != "about:blank" {
				t.Errorf("got %d %s, want %d", got.code, got.body, tt.code)
			}
			if media := got.header.Get("Content-Type"); media != "application/problem+json" {
				t.Errorf("Content-Type is %q, want application/problem+json", media)
			}
			if !strings.Contains(strings.ReplaceAll(got.body, `\\`, `\`), tt.advice) {
				t.Errorf("the answer is %s, want advice: %s", got.body, tt.advice)
			}
			if tt.named != nil && !slices.Equal(names(p.Errors), tt.named) {
				t.Errorf("it names %q, want %q", names(p.Errors), tt.named)
			}
			if (got.header.Get("Allow") != "") != (tt.code == 405) {
				t.Errorf("the header Allow is %q", got.header.Get("Allow"))
			}
			if len(log.rows) != 0 || len(log.feedback) != 0 {
				t.Errorf("%d predictions and %d outcomes were recorded, want none", len(log.rows), len(log.feedback))
			}
			checkRefusals(t, tt.path, tt.code, p.Errors, log.refused)
		})
	}
}

// checkRefusals holds that the log hears of each refused prediction, and of
// nothing else, by a reason that it knows.
func checkRefusals(t *testing.T, path string, code int, errors []fault, refused []string) {
	t.Helper()
	if path != "/predict" || code != http.StatusBadRequest {
		if len(refused) != 0 {
			t.Errorf("the log heard of %q, want nothing", refused)
		}
		return
	}
	if len(refused) != 1 || refused[0] != errors[0].Reason || !slices.Contains(predictionlog.Reasons, refused[0]) {
		t.Errorf("the log heard of %q, want one of its reasons once: %q", refused, errors[0].Reason)
	}
}

func TestRefusedPredictionSaysItsRequestID(t *testing.T) {
	t.Parallel()
	s, _ := newServer(t, nil)
	got := ask(t, s.Handler(), "POST", "/predict", `{}`, "X-Request-ID: loan 7")
	var p problem
	got.into(t, &p)
	if p.RequestID != "loan 7" || got.header.Get("X-Request-ID") != "loan 7" {
		t.Errorf("got %q in the body and %q in the header, want loan 7", p.RequestID, got.header.Get("X-Request-ID"))
	}
}

// A hostile body must not be answered with something larger than itself.
func TestFaultsAreBounded(t *testing.T) {
	t.Parallel()
	s, _ := newServer(t, nil)
	body := `{"` + strings.Repeat("k", 200) + `":1` + strings.Repeat(`,"x":1`, 100_000) + `}`
	got := ask(t, s.Handler(), "POST", "/predict", body)
	var p problem
	got.into(t, &p)
	if len(p.Errors) != 1000 || p.Omitted != 99_001+3 || len(got.body) > len(body) {
		t.Errorf("%d faults named, %d omitted, in %d bytes", len(p.Errors), p.Omitted, len(got.body))
	}
	if want := strings.Repeat("k", 128) + "..."; p.Errors[0].Field != want {
		t.Errorf("a long name became %q", p.Errors[0].Field)
	}
}

// Every feature of a wide model is named, however many there are.
func TestEveryAbsentFeatureIsNamed(t *testing.T) {
	t.Parallel()
	m := toy()
	for i := range 3000 {
		feature := m.Features[0]
		feature.Name = "f" + strconv.Itoa(i)
		m.Features = append(m.Features, feature)
	}
	s, _ := newServer(t, func(o *Options) { o.Model = m })
	var p problem
	ask(t, s.Handler(), "POST", "/predict", `{}`).into(t, &p)
	if len(p.Errors) != 3003 || p.Omitted != 0 {
		t.Errorf("%d features named and %d omitted, want 3003 and 0", len(p.Errors), p.Omitted)
	}

	var in input
	s.schema.decode(&in, []byte("["+strings.Repeat("{},", 99)+"{}]"), MaxArrayRows)
	if in.faults.omitted == 0 || len(in.values) > 3003 {
		t.Errorf("100 empty rows take %d values, want those of one at most", len(in.values))
	}
}
