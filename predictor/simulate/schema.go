package simulate

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// wanted is a feature that the predictor's model needs.
type wanted struct {
	name string
	text bool // a category; otherwise a number
}

// openAPI is the part of an OpenAPI 3 document that describes the input of /predict.
type openAPI struct {
	Paths map[string]struct {
		Post struct {
			RequestBody struct {
				Content map[string]struct {
					Schema schema `json:"schema"`
				} `json:"content"`
			} `json:"requestBody"`
		} `json:"post"`
	} `json:"paths"`
	Components struct {
		Schemas map[string]schema `json:"schemas"`
	} `json:"components"`
}

type schema struct {
	Ref        string          `json:"$ref"`
	Type       json.RawMessage `json:"type"` // a string, or an array of them
	Properties json.RawMessage `json:"properties"`
	Required   []string        `json:"required"`
	OneOf      []schema        `json:"oneOf"`
	AnyOf      []schema        `json:"anyOf"`
	AllOf      []schema        `json:"allOf"`
}

// features asks the predictor which features its model needs.
func (c *client) features(ctx context.Context) ([]wanted, error) {
	status, body, err := c.send(ctx, http.MethodGet, "/openapi.json", "", nil)
	if err != nil {
		return nil, err
	}
	if status != http.StatusOK {
		return nil, fmt.Errorf("GET %s/openapi.json: status %d: is this a predictor's address (--predictor.url)?", c.shown, status)
	}
	features, err := featuresOf(body)
	if err != nil {
		return nil, fmt.Errorf("%s/openapi.json: %w", c.shown, err)
	}
	return features, nil
}

// featuresOf returns the properties of the object that POST /predict takes. The required ones
// come first, in their listed order. This is the order of the model, which is also decoded
// fastest.
func featuresOf(document []byte) ([]wanted, error) {
	var doc openAPI
	if err := json.Unmarshal(document, &doc); err != nil {
		return nil, fmt.Errorf("not an OpenAPI document: %w", err)
	}
	request := doc.Paths["/predict"].Post.RequestBody.Content["application/json"].Schema
	object, ok := doc.object(request, 0)
	if !ok {
		return nil, errors.New("it does not say which features POST /predict takes")
	}
	var features []wanted
	d := json.NewDecoder(bytes.NewReader(object.Properties))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, errors.New("the properties of the request to /predict are not an object")
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, fmt.Errorf("read a feature's name: %w", err)
		}
		var s schema
		if err := d.Decode(&s); err != nil {
			return nil, fmt.Errorf("read the schema of feature %v: %w", name, err)
		}
		features = append(features, wanted{fmt.Sprint(name), slices.Contains(doc.types(s, 0), "string")})
	}
	place := func(f wanted) int {
		if i := slices.Index(object.Required, f.name); i >= 0 {
			return i
		}
		return len(object.Required)
	}
	slices.SortStableFunc(features, func(a, b wanted) int { return place(a) - place(b) })
	return features, nil
}

// depth limits references to references.
const depth = 10

// object finds the alternative that has properties, which is a single row.
func (doc *openAPI) object(s schema, level int) (schema, bool) {
	s = doc.resolve(s)
	if len(s.Properties) > 0 {
		return s, true
	}
	if level < depth {
		for _, alternative := range slices.Concat(s.OneOf, s.AnyOf, s.AllOf) {
			if object, ok := doc.object(alternative, level+1); ok {
				return object, true
			}
		}
	}
	return schema{}, false
}

// types lists the JSON types that a value may have.
func (doc *openAPI) types(s schema, level int) []string {
	s = doc.resolve(s)
	var one string
	var several []string
	if json.Unmarshal(s.Type, &one) == nil {
		several = []string{one}
	} else if json.Unmarshal(s.Type, &several) != nil {
		several = nil // no type: any
	}
	if level < depth {
		for _, alternative := range slices.Concat(s.OneOf, s.AnyOf, s.AllOf) {
			several = append(several, doc.types(alternative, level+1)...)
		}
	}
	return several
}

func (doc *openAPI) resolve(s schema) schema {
	for range depth {
		name, ok := strings.CutPrefix(s.Ref, "#/components/schemas/")
		if !ok {
			return s
		}
		s = doc.Components.Schemas[name]
	}
	return schema{}
}
