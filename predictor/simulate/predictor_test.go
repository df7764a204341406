package simulate

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// fake is a predictor. It takes the given features, remembers what it is sent, and answers as
// intercept says, or otherwise as predictors do.
type fake struct {
	*httptest.Server

	mu          sync.Mutex
	predictions []string // bodies
	ids         []string // X-Request-ID of each
	feedback    []string // bodies
	events      []string // "predict" and "feedback", in order of arrival
	intercept   func(w http.ResponseWriter, r *http.Request, f *fake) bool
}

func newFake(t *testing.T, features []wanted) *fake {
	f := &fake{}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /openapi.json", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(document(features)) })
	mux.HandleFunc("POST /predict", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		f.mu.Lock()
		defer f.mu.Unlock()
		if f.intercept != nil && f.intercept(w, r, f) {
			return
		}
		f.predictions = append(f.predictions, string(body))
		f.ids = append(f.ids, r.Header.Get("X-Request-ID"))
		f.events = append(f.events, "predict")
		_, _ = fmt.Fprintf(w, `{"prediction_id":%d,"prediction":1,"probability":0.8}`, len(f.predictions)-1)
	})
	mux.HandleFunc("POST /feedback", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		f.mu.Lock()
		defer f.mu.Unlock()
		f.feedback = append(f.feedback, string(body))
		f.events = append(f.events, "feedback")
		_, _ = fmt.Fprintf(w, `{"correct":%t}`, strings.HasSuffix(string(body), ":1}"))
	})
	f.Server = httptest.NewServer(mux)
	t.Cleanup(f.Close)
	return f
}

// document returns the OpenAPI document of a predictor with these features.
func document(features []wanted) []byte {
	var properties []string
	for _, f := range features {
		kind := "number"
		if f.text {
			kind = "string"
		}
		properties = append(properties, fmt.Sprintf(`%q:{"type":[%q,"null"]}`, f.name, kind))
	}
	return fmt.Appendf(nil, `{"openapi":"3.1.0","paths":{"/predict":{"parameters":[],"post":{"requestBody":{"content":{"application/json":{
		"schema":{"oneOf":[{"$ref":"#/components/schemas/Row"},{"type":"array","items":{"$ref":"#/components/schemas/Row"}}]}}}}}}},
		"components":{"schemas":{"Row":{"type":"object","properties":{%s}}}}}`, strings.Join(properties, ","))
}

func everyFeature() []wanted {
	var features []wanted
	for _, name := range Names() {
		features = append(features, wanted{name: name})
	}
	return features
}

// numbers decodes a row whose features are all numbers.
func numbers(t *testing.T, body []byte) map[string]float64 {
	t.Helper()
	var row map[string]float64
	if err := json.Unmarshal(body, &row); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	return row
}
