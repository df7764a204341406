package predictor

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/drift-exporter/drift_exporter/predictor/model"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
)

// description fetches the OpenAPI document, and a compiler of its schemas.
func description(t *testing.T, s *Server) (doc map[string]any, schema func(pointer string) *jsonschema.Schema) {
	t.Helper()
	got := ask(t, s.Handler(), "GET", "/openapi.json", "")
	if got.code != http.StatusOK || got.header.Get("Content-Type") != "application/json" {
		t.Fatalf("got %d %s", got.code, got.header)
	}
	doc, ok := decoded(t, got.body).(map[string]any)
	if !ok {
		t.Fatalf("the document is %s", got.body)
	}
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(jsonschema.Draft2020)
	if err := compiler.AddResource("openapi.json", doc); err != nil {
		t.Fatal(err)
	}
	return doc, func(pointer string) *jsonschema.Schema {
		t.Helper()
		schema, err := compiler.Compile("openapi.json#" + pointer)
		if err != nil {
			t.Fatal(err)
		}
		return schema
	}
}

// decoded reads JSON as the schema library wants it.
func decoded(t *testing.T, text string) any {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return v
}

// at follows keys into a decoded document.
func at(t *testing.T, v any, keys ...string) any {
	t.Helper()
	for i, key := range keys {
		members, ok := v.(map[string]any)
		if v = members[key]; !ok || v == nil {
			t.Fatalf("the document has no %s", strings.Join(keys[:i+1], " > "))
		}
	}
	return v
}

// Every documented page answers as documented, and no page is undocumented.
func TestOpenAPIDescribesThePagesThatAre(t *testing.T) {
	t.Parallel()
	s, _ := newServer(t, func(o *Options) { o.TelemetryPath = "/own" })
	doc, _ := description(t, s)
	pages, ok := at(t, doc, "paths").(map[string]any)
	if !ok || !strings.HasPrefix(at(t, doc, "openapi").(string), "3.1.") {
		t.Fatalf("no OpenAPI 3.1: %v", doc)
	}
	want := []string{"/", "/-/healthy", "/-/ready", "/feedback", "/health", "/openapi.json", "/own", "/predict"}
	if got := slices.Sorted(maps.Keys(pages)); !slices.Equal(got, want) {
		t.Errorf("the pages are %q, want %q", got, want)
	}
	for path, page := range pages {
		for method, operation := range page.(map[string]any) {
			got := ask(t, s.Handler(), strings.ToUpper(method), path, "")
			answers := at(t, operation, "responses").(map[string]any)
			answer, ok := answers[strconv.Itoa(got.code)].(map[string]any)
			if !ok || got.code == http.StatusMethodNotAllowed || got.code == http.StatusNotFound {
				t.Errorf("%s %s: got %d, which is not documented: %v", method, path, got.code, slices.Sorted(maps.Keys(answers)))
				continue
			}
			media, _, _ := strings.Cut(got.header.Get("Content-Type"), ";")
			if _, ok := answer["content"].(map[string]any)[media]; !ok {
				t.Errorf("%s %s: got %s, which is not documented", method, path, media)
			}
		}
	}
}

// What simulate reads to send a CSV's columns with the right types.
func TestOpenAPIHasTheTypesOfTheFeatures(t *testing.T) {
	t.Parallel()
	s, _ := newServer(t, nil)
	doc, _ := description(t, s)
	features := at(t, doc, "components", "schemas", "Features")
	for name, want := range map[string][]any{
		"income": {"number", "null"}, "age": {"number", "null"}, "grade": {"string", "number", "boolean", "null"},
	} {
		if got, ok := at(t, features, "properties", name, "type").([]any); !ok || !slices.Equal(got, want) {
			t.Errorf("the type of %s is %v, want %v", name, got, want)
		}
	}
	if got := at(t, features, "required").([]any); !slices.Equal(got, []any{"income", "grade", "age"}) {
		t.Errorf("required is %v, want the model's order", got)
	}
	choices := at(t, doc, "paths", "/predict", "post", "requestBody", "content", "application/json", "schema", "oneOf").([]any)
	if got := at(t, choices[0], "$ref"); got != "#/components/schemas/Features" {
		t.Errorf("the first choice of a request is %v", got)
	}
}

// The schemas accept what the door accepts, refuse what it refuses, and describe
// every answer.
func TestOpenAPIAgreesWithTheDoor(t *testing.T) {
	t.Parallel()
	const schemas = "/components/schemas/"
	s, log := newServer(t, nil)
	_, schema := description(t, s)
	request := map[string]*jsonschema.Schema{
		"/predict":  schema("/paths/~1predict/post/requestBody/content/application~1json/schema"),
		"/feedback": schema("/paths/~1feedback/post/requestBody/content/application~1json/schema"),
	}
	response := map[string]*jsonschema.Schema{
		"/predict":  schema("/paths/~1predict/post/responses/200/content/application~1json/schema"),
		"/feedback": schema("/paths/~1feedback/post/responses/200/content/application~1json/schema"),
	}
	refusal := schema(schemas + "Problem")
	for _, tt := range []struct{ path, body string }{
		{"/predict", goodRow},
		{"/predict", `{"income":null,"grade":null,"age":null}`},
		{"/predict", `{"income":1,"grade":30.0,"age":1}`},
		{"/predict", `{"income":1,"grade":true,"age":1}`},
		{"/predict", `[]`},
		{"/predict", `[` + goodRow + `,` + goodRow + `]`},
		{"/predict", `{}`},
		{"/predict", `7`},
		{"/predict", `[` + goodRow + `,{}]`},
		{"/predict", `{"income":"1","grade":"A","age":1}`},
		{"/predict", `{"income":1,"grade":[],"age":1}`},
		{"/predict", `{"income":1,"grade":"A","age":1,"x":1}`},
		{"/feedback", `{"prediction_id":0,"actual_outcome":1}`},
		{"/feedback", `{"prediction_id":0.0,"actual_outcome":1.0,"source":null,"confidence":null,"observed_at":null,"request_id":null}`},
		{"/feedback", `{"prediction_id":0,"actual_outcome":1,"source":"a","confidence":0.5,"observed_at":"2026-02-01T00:00:00Z"}`},
		{"/feedback", `{"prediction_id":0,"actual_outcome":2}`},
		{"/feedback", `{"prediction_id":0,"actual_outcome":true}`},
		{"/feedback", `{"prediction_id":0,"actual_outcome":"1.0"}`},
		{"/feedback", `{"prediction_id":0,"actual_outcome":[1]}`},
		{"/feedback", `[]`},
		{"/feedback", `[{"prediction_id":0,"actual_outcome":1},{"prediction_id":1,"actual_outcome":false}]`},
		{"/feedback", `[{"prediction_id":0,"actual_outcome":1},{}]`},
		{"/feedback", `[[]]`},
		{"/feedback", `{"prediction_id":0,"actual_outcome":null}`},
		{"/feedback", `{"actual_outcome":1}`},
		{"/feedback", `{"prediction_id":-1,"actual_outcome":1}`},
		{"/feedback", `{"prediction_id":0,"actual_outcome":1,"confidence":0}`},
		{"/feedback", `{"prediction_id":0,"actual_outcome":1,"x":1}`},
	} {
		got := ask(t, s.Handler(), "POST", tt.path, tt.body)
		invalid := request[tt.path].Validate(decoded(t, tt.body))
		if (got.code == http.StatusOK) != (invalid == nil) {
			t.Errorf("%s: got %d, the schema says %v", tt.body, got.code, invalid)
		}
		described := response[tt.path]
		if got.code != http.StatusOK {
			described = refusal
		}
		if err := described.Validate(decoded(t, got.body)); err != nil {
			t.Errorf("%s: the answer %s is not as described: %v", tt.body, got.body, err)
		}
	}
	if err := schema(schemas + "Health").Validate(decoded(t, ask(t, s.Handler(), "GET", "/health", "").body)); err != nil {
		t.Errorf("/health: %v", err)
	}
	unlogged := appendAnswer(nil, &predictionlog.Record{RequestID: "a", Class: "0"}, false, false)
	if err := schema(schemas + "Prediction").Validate(decoded(t, string(unlogged))); err != nil {
		t.Errorf("unlogged: %v", err)
	}
	if len(log.rows) == 0 || len(log.feedback) == 0 {
		t.Error("nothing was accepted")
	}
}

// The example in the document can be sent as it stands.
func TestOpenAPIExampleIsAccepted(t *testing.T) {
	t.Parallel()
	for _, m := range []*model.Model{toy(), model.Default(), toyOfMany(), toyOfNumbers()} {
		s, _ := newServer(t, func(o *Options) { o.Model = m })
		doc, _ := description(t, s)
		example, err := json.Marshal(at(t, doc, "components", "schemas", "Features", "examples").([]any)[0])
		if err != nil {
			t.Fatal(err)
		}
		if got := ask(t, s.Handler(), "POST", "/predict", string(example)); got.code != http.StatusOK {
			t.Errorf("%s: got %d %s", example, got.code, got.body)
		}
		if !bytes.Contains(example, []byte(m.Features[0].Name)) {
			t.Errorf("the example is %s", example)
		}
	}
}
