package predictor

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// FuzzPredict holds that no body makes /predict panic or fail, that what is
// logged is canonical, and that the door agrees with encoding/json on what is
// JSON.
func FuzzPredict(f *testing.F) {
	for _, body := range []string{
		goodRow, `{"age":null,"grade":30.0,"income":-1e-9}`, `[` + goodRow + `,` + goodRow + `]`, `[]`, `{}`, `null`, ``, `[[`, "\xef\xbb\xbf{}",
		`{"income":1e999,"grade":"\ud83d\ude00","age":01}`, `{"income":"1","grade":{"a":[1]},"age":true,"x":0,"age":1}`, `{"income":NaN}`,
		`{"\u0069ncome":1,"grade":"\u0000","age":5e-324}`, goodRow + "x", `[7]`,
	} {
		f.Add([]byte(body), "")
	}
	f.Add([]byte(goodRow), "loan 7")
	f.Add([]byte(goodRow), "\xff")
	s, log := newServer(f, nil)
	f.Fuzz(func(t *testing.T, body []byte, id string) {
		*log = memory{}
		var headers []string
		if id != "" {
			headers = append(headers, "X-Request-ID: "+id)
		}
		got := ask(t, s.Handler(), http.MethodPost, "/predict", string(body), headers...)
		if !json.Valid([]byte(got.body)) {
			t.Fatalf("the answer is not JSON: %s", got.body)
		}
		if equivalent(body) && validRequestID(id) {
			if refused := strings.Contains(got.body, `"reason":"invalid_json"`); refused == json.Valid(body) {
				t.Errorf("encoding/json says %t, the answer is %d %s", json.Valid(body), got.code, got.body)
			}
		}
		switch got.code {
		case http.StatusOK:
			checkLogged(t, s, log, body)
		case http.StatusBadRequest:
			if len(log.rows) != 0 || len(log.refused) != 1 {
				t.Errorf("refused with %d rows and %d refusals in the log", len(log.rows), len(log.refused))
			}
		default:
			t.Errorf("got %d %s", got.code, got.body)
		}
	})
}

// checkLogged compares what was logged with what encoding/json makes of the
// body, and holds that a logged row is accepted again and stays the same.
func checkLogged(t *testing.T, s *Server, log *memory, body []byte) {
	t.Helper()
	var sent []map[string]any
	if body = bytes.TrimSpace(body); body[0] == '{' {
		body = append(append([]byte("["), body...), ']')
	}
	if err := numbers(body, &sent); err != nil {
		t.Fatalf("accepted, but encoding/json says %v", err)
	}
	if len(sent) != len(log.rows) {
		t.Fatalf("%d rows sent, %d logged", len(sent), len(log.rows))
	}
	for i, row := range log.rows {
		var logged map[string]any
		if err := numbers(row.Features, &logged); err != nil {
			t.Fatalf("logged %s: %v", row.Features, err)
		}
		for _, name := range []string{"income", "age"} {
			x, _ := strconv.ParseFloat(fmt.Sprint(sent[i][name]), 64)
			if got, _ := strconv.ParseFloat(fmt.Sprint(logged[name]), 64); got != x || (logged[name] == nil) != (sent[i][name] == nil) {
				t.Errorf("%s: sent %v, logged %v", name, sent[i][name], logged[name])
			}
		}
		var want any
		if sent[i]["grade"] != nil {
			if text := value.Category(fmt.Sprint(sent[i]["grade"])); text != "" {
				want = text
			}
		}
		if logged["grade"] != want {
			t.Errorf("grade: sent %v, logged %v, want %v", sent[i]["grade"], logged["grade"], want)
		}
		var in input
		s.schema.decode(&in, row.Features, MaxArrayRows)
		if again := s.schema.appendRow(nil, in.row(0, len(s.schema.features))); in.faults.any() || !bytes.Equal(again, row.Features) {
			t.Errorf("logged %s, which reads back as %s with %v", row.Features, again, in.faults.list)
		}
	}
}

// numbers decodes JSON and keeps its numbers as they are spelled.
func numbers(data []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	return decoder.Decode(into)
}

// FuzzFeedback holds that no body makes /feedback panic or fail, and that the
// door agrees with encoding/json on what is JSON.
func FuzzFeedback(f *testing.F) {
	for _, body := range []string{
		`{"prediction_id":0,"actual_outcome":1}`, `{"request_id":"one","actual_outcome":0,"source":"a","confidence":0.5,"observed_at":"2026-02-01T00:00:00Z"}`,
		`{"prediction_id":-1,"actual_outcome":2,"confidence":1e999}`, `{}`, `[]`, ``, `{"prediction_id":1e3,"actual_outcome":true}`, `{"a":{"b":[]}}`,
		`{"observed_at":"2026-02-30T25:00:00Z","source":"\u0000"}`, `[{"prediction_id":0,"actual_outcome":" TRUE"},{"request_id":"one","actual_outcome":1e0}]`,
		`{"prediction_id":0,"actual_outcome":"0.0"}`, `[{"prediction_id":0.0,"actual_outcome":false}, {"prediction_id":0,"actual_outcome":"maybe"}]`,
	} {
		f.Add([]byte(body))
	}
	s, log := newServer(f, nil)
	f.Fuzz(func(t *testing.T, body []byte) {
		*log = memory{}
		ask(t, s.Handler(), http.MethodPost, "/predict", goodRow, "X-Request-ID: one")
		got := ask(t, s.Handler(), http.MethodPost, "/feedback", string(body))
		if !json.Valid([]byte(got.body)) {
			t.Fatalf("the answer is not JSON: %s", got.body)
		}
		if equivalent(body) {
			if refused := strings.Contains(got.body, `"reason":"invalid_json"`); refused == json.Valid(body) {
				t.Errorf("encoding/json says %t, the answer is %d %s", json.Valid(body), got.code, got.body)
			}
		}
		switch got.code {
		case http.StatusOK:
			checkRecorded(t, log, body)
		case http.StatusBadRequest, http.StatusNotFound:
			if len(log.feedback) != 0 {
				t.Errorf("refused, but recorded %v", log.feedback)
			}
		default:
			t.Errorf("got %d %s", got.code, got.body)
		}
	})
}

// checkRecorded compares what was recorded with what encoding/json makes of the body.
func checkRecorded(t *testing.T, log *memory, body []byte) {
	t.Helper()
	if body = bytes.TrimSpace(body); body[0] == '{' {
		body = append(append([]byte("["), body...), ']')
	}
	var sent []struct {
		Outcome    any      `json:"actual_outcome"`
		Source     string   `json:"source"`
		Confidence *float64 `json:"confidence"`
	}
	if err := numbers(body, &sent); err != nil {
		t.Fatalf("accepted, but encoding/json says %v", err)
	}
	if len(sent) != len(log.feedback) {
		t.Fatalf("%d records sent, %d recorded", len(sent), len(log.feedback))
	}
	for i, f := range log.feedback {
		text := strings.ToLower(strings.TrimSpace(fmt.Sprint(sent[i].Outcome)))
		if x, err := strconv.ParseFloat(text, 64); err == nil {
			text = strconv.FormatFloat(math.Abs(x), 'f', -1, 64)
		}
		if want := map[string]string{"0": "0", "1": "1", "false": "0", "true": "1"}[text]; f.Outcome != want {
			t.Errorf("outcome %v was recorded as %q", sent[i].Outcome, f.Outcome)
		}
		if f.Source != sent[i].Source || sent[i].Confidence != nil && f.Confidence != *sent[i].Confidence {
			t.Errorf("sent %+v, recorded %+v", sent[i], f)
		}
	}
}
