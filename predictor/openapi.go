package predictor

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"strconv"

	"github.com/drift-exporter/drift_exporter/predictor/model"
)

// object is a JSON object of the OpenAPI document.
type object = map[string]any

// openAPI serves the description of the server's pages, made once from the model.
func (s *Server) openAPI(telemetry string) (http.Handler, error) {
	var body bytes.Buffer
	encoder := json.NewEncoder(&body)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(document(s.model, telemetry)); err != nil {
		return nil, fmt.Errorf("make the OpenAPI document: %w", err)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		send(w, http.StatusOK, mediaJSON, body.Bytes())
	}), nil
}

// document describes the pages.
//
// OpenAPI Initiative (2024). "OpenAPI Specification", version 3.1.1.
func document(m *model.Model, telemetry string) object {
	return object{
		"openapi": "3.1.1",
		"info": object{
			"title":       "Predictions of " + m.Name,
			"version":     orUnknown(m.Version),
			"description": "Predicts, records every prediction in a log before it is answered, and takes what came of it. A null is a missing value.",
		},
		"paths": object{
			"/predict":      object{"post": predictOperation()},
			"/feedback":     object{"post": feedbackOperation()},
			"/health":       object{"get": healthOperation()},
			"/-/healthy":    object{"get": textOperation("Whether the process serves.", "200")},
			"/-/ready":      object{"get": textOperation("Whether predictions are answered; 503 says why not.", "200", "503")},
			telemetry:       object{"get": textOperation("The predictor's own Prometheus metrics.", "200")},
			"/openapi.json": object{"get": object{"summary": "This document.", "responses": object{"200": object{"description": "OpenAPI", "content": object{"application/json": object{"schema": object{"type": "object"}}}}}}},
			"/":             object{"get": object{"summary": "A page with links, for people.", "responses": object{"200": object{"description": "HTML", "content": object{"text/html": object{"schema": object{"type": "string"}}}}}}},
		},
		"components": object{"schemas": schemas(m)},
	}
}

// predictOperation describes POST /predict.
func predictOperation() object {
	return object{
		"summary":     "Predict, and record the prediction.",
		"description": "One object, or an array of them in one transaction: all are recorded, or none. A request id that the log already has is answered with the first answer.",
		"parameters": []object{{
			"name": requestIDHeader, "in": "header", "required": false,
			"description": "Names the prediction, uniquely; made when absent. In an array the rows are named ID/0, ID/1 and so on, at most 128 bytes each.",
			"schema":      object{"type": "string", "minLength": 1, "maxLength": maxText, "pattern": "^[ -~]+$"},
		}},
		"requestBody": body(object{"oneOf": []object{
			ref("Features"),
			{"type": "array", "items": ref("Features"), "maxItems": MaxArrayRows},
		}}),
		"responses": responses(object{"oneOf": []object{
			ref("Prediction"),
			{"type": "array", "items": ref("Prediction")},
		}}, 400, 408, 413, 415, 429, 500, 503),
	}
}

// feedbackOperation describes POST /feedback.
func feedbackOperation() object {
	return object{
		"summary": "Record what came of a prediction.",
		"description": "An outcome of equal or higher confidence replaces the one before; the same outcome from the same source again changes nothing. " +
			"404: no such prediction. 409: another outcome has a higher confidence, or prediction_id and request_id disagree. 410: the prediction was pruned.",
		"requestBody": body(ref("Feedback")),
		"responses":   responses(ref("Accepted"), 400, 404, 408, 409, 410, 413, 415, 429, 500, 503),
	}
}

// healthOperation describes GET /health.
func healthOperation() object {
	answer := func(description string) object {
		return object{"description": description, "content": object{"application/json": object{"schema": ref("Health")}}}
	}
	return object{
		"summary":   "The model and the state of its log.",
		"responses": object{"200": answer("predictions are answered"), "503": answer("predictions are refused")},
	}
}

// textOperation describes a page of plain text.
func textOperation(summary string, codes ...string) object {
	answers := object{}
	for _, code := range codes {
		answers[code] = object{"description": "text", "content": object{"text/plain": object{"schema": object{"type": "string"}}}}
	}
	return object{"summary": summary, "responses": answers}
}

// body describes a JSON request body.
func body(schema object) object {
	return object{"required": true, "content": object{"application/json": object{"schema": schema}}}
}

// responses describes the answers of an endpoint: 200 and problems.
func responses(schema object, problems ...int) object {
	all := object{"200": object{"description": "OK", "content": object{"application/json": object{"schema": schema}}}}
	for _, code := range problems {
		answer := object{"description": http.StatusText(code), "content": object{"application/problem+json": object{"schema": ref("Problem")}}}
		if code == http.StatusTooManyRequests || code == http.StatusServiceUnavailable {
			answer["headers"] = object{"Retry-After": object{"description": "seconds", "schema": object{"type": "integer"}}}
		}
		all[strconv.Itoa(code)] = answer
	}
	return all
}

// ref points to a schema of the document.
func ref(name string) object {
	return object{"$ref": "#/components/schemas/" + name}
}

// schemas describes everything that is sent or answered.
func schemas(m *model.Model) object {
	text := object{"type": "string"}
	return object{
		"Features": featuresSchema(m),
		"Prediction": object{
			"type":     "object",
			"required": []string{"request_id", "prediction", "probability", "model", "model_version"},
			"properties": object{
				"prediction_id": object{"type": "integer", "minimum": 0, "description": "Absent when the prediction was not recorded."},
				"request_id":    text,
				"prediction":    object{"type": []string{"integer", "string"}, "description": "The class: 0 or 1."},
				"probability":   object{"type": []string{"number", "null"}, "minimum": 0, "maximum": 1, "description": "Of class 1."},
				"model":         text,
				"model_version": text,
				"logged":        object{"type": "boolean", "description": "Present, and false, when the log could not be written and the predictor serves all the same."},
			},
		},
		"Feedback": object{
			"type":                 "object",
			"required":             []string{"actual_outcome"},
			"anyOf":                []object{{"required": []string{"prediction_id"}}, {"required": []string{"request_id"}}},
			"additionalProperties": false,
			"properties": object{
				"prediction_id":  object{"type": []string{"integer", "null"}, "minimum": 0},
				"request_id":     object{"type": []string{"string", "null"}, "minLength": 1, "maxLength": maxText, "description": "Alone, or agreeing with prediction_id."},
				"actual_outcome": object{"type": "integer", "enum": []int{0, 1}},
				"source":         object{"type": []string{"string", "null"}, "maxLength": maxText, "description": "Where the outcome comes from."},
				"confidence":     object{"type": []string{"number", "null"}, "exclusiveMinimum": 0, "maximum": 1, "default": 1},
				"observed_at":    object{"type": []string{"string", "null"}, "format": "date-time", "description": "When the outcome was known; the arrival when absent."},
			},
			"examples": []object{{"prediction_id": 0, "actual_outcome": 1}},
		},
		"Accepted": object{
			"type":     "object",
			"required": []string{"prediction_id", "actual_outcome", "correct"},
			"properties": object{
				"prediction_id":  object{"type": "integer", "minimum": 0},
				"actual_outcome": object{"type": "integer", "enum": []int{0, 1}},
				"correct":        object{"type": []string{"boolean", "null"}, "description": "Null when the prediction has no class."},
			},
		},
		"Health": object{
			"type":     "object",
			"required": []string{"status", "model", "model_version", "log", "uptime_seconds"},
			"properties": object{
				"status": object{"type": "string", "enum": []string{"healthy", "degraded", "unhealthy"}},
				"model":  text, "model_version": text,
				"log":            object{"type": "string", "description": "\"writable\", or why not."},
				"uptime_seconds": object{"type": "number", "minimum": 0},
			},
		},
		"Problem": object{
			"type":        "object",
			"description": "RFC 9457.",
			"required":    []string{"type", "title", "status", "detail"},
			"properties": object{
				"type": object{"type": "string", "format": "uri-reference"}, "title": text,
				"status": object{"type": "integer"}, "detail": text, "request_id": text,
				"errors": object{"type": "array", "items": object{
					"type":     "object",
					"required": []string{"detail", "reason"},
					"properties": object{
						"field": text, "index": object{"type": "integer", "minimum": 0, "description": "The row, in an array."},
						"detail": text, "reason": object{"type": "string", "enum": reasons},
					},
				}},
				"errors_omitted": object{"type": "integer", "description": "How many more there are."},
			},
		},
	}
}

// featuresSchema describes one row, with a typical one as the example: the
// training means, and each first category.
func featuresSchema(m *model.Model) object {
	properties, example, required := object{}, object{}, make([]string, 0, len(m.Features))
	for _, f := range m.Features {
		required = append(required, f.Name)
		if f.Type == model.Numeric {
			properties[f.Name] = object{"type": []string{"number", "null"}}
			example[f.Name] = round(f.Mean)
			continue
		}
		properties[f.Name] = object{
			"type":        []string{"string", "number", "boolean", "null"},
			"description": "Compared as text, a number as its shortest decimal. Categories the model does not know are accepted.",
		}
		example[f.Name] = nil
		if len(f.Categories) > 0 {
			example[f.Name] = f.Categories[0].Value
		}
	}
	return object{
		"type": "object", "required": required, "properties": properties,
		"additionalProperties": false, "examples": []object{example},
	}
}

// round keeps three significant digits, for examples that read well.
func round(x float64) float64 {
	rounded, err := strconv.ParseFloat(strconv.FormatFloat(x, 'g', 3, 64), 64)
	if err != nil || math.IsInf(rounded, 0) {
		return 0
	}
	return rounded
}

// orUnknown stands in for an empty version, which OpenAPI does not allow.
func orUnknown(version string) string {
	if version == "" {
		return "unknown"
	}
	return version
}
