package simulate

import (
	"slices"
	"strings"
	"testing"
)

func TestFeaturesAreReadFromOpenAPI(t *testing.T) {
	t.Parallel()
	const properties = `"b":{"type":"number"},"a":{"type":["string","null"]},"c":{"type":"number","nullable":true},
		"d":{"anyOf":[{"type":"null"},{"$ref":"#/components/schemas/Text"}]},"e":{"type":["string","number","boolean","null"]}`
	want := []wanted{{"c", false}, {"e", true}, {"b", false}, {"a", true}, {"d", true}}
	const components = `"components":{"schemas":{"Text":{"type":"string"},"Row":{"type":"object","required":["c","e"],"properties":{` + properties + `}}}}`
	for name, request := range map[string]string{
		"inline":       `{"type":"object","required":["c","e"],"properties":{` + properties + `}}`,
		"a reference":  `{"$ref":"#/components/schemas/Row"}`,
		"alternatives": `{"oneOf":[{"type":"array","items":{"$ref":"#/components/schemas/Row"}},{"$ref":"#/components/schemas/Row"}]}`,
		"all of":       `{"allOf":[{"description":"a row"},{"$ref":"#/components/schemas/Row"}]}`,
	} {
		got, err := featuresOf([]byte(`{"paths":{"/predict":{"post":{"requestBody":{"content":{"application/json":{"schema":` + request + `}}}}}},` + components + `}`))
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %v, %v, want %v", name, got, err, want)
		}
	}
}

func TestADocumentWithoutFeaturesIsAnError(t *testing.T) {
	t.Parallel()
	schema := func(s string) string {
		return `{"paths":{"/predict":{"post":{"requestBody":{"content":{"application/json":{"schema":` + s + `}}}}}},"components":{"schemas":{"A":{"$ref":"#/components/schemas/A"},"B":{"oneOf":[{"$ref":"#/components/schemas/B"}]}}}}`
	}
	for text, want := range map[string]string{
		"":                                  "not an OpenAPI document",
		"[]":                                "not an OpenAPI document",
		"{}":                                "does not say which features",
		schema(`{}`):                        "does not say which features",
		schema(`{"$ref":"elsewhere.json"}`): "does not say which features",
		schema(`{"$ref":"#/components/schemas/A"}`): "does not say which features",
		schema(`{"$ref":"#/components/schemas/B"}`): "does not say which features",
		schema(`{"properties":[]}`):                 "are not an object",
		schema(`{"properties":{"a":7}}`):            "read the schema of feature a",
	} {
		if got, err := featuresOf([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, %v, want %q", text, got, err, want)
		}
	}
}
