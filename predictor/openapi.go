package predictor

import (
	"bytes"
	"encoding/json"
	"fmt"
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
	if err := encoder.Encode(document(s.model, &s.outcomes, telemetry)); err != nil {
		return nil, fmt.Errorf("make the OpenAPI document: %w", err)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		send(w, http.StatusOK, mediaJSON, body.Bytes())
	}), nil
}

// document describes the pages.
//
// OpenAPI Initiative (2024). "OpenAPI Specification", version 3.1.1.
func document(m *model.Model, o *outcomes, telemetry string) object {
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
		"components": object{"schemas": schemas(m, o)},
	}
}

// predictOperation describes POST /predict.
func predictOperation() object {
	return object{
		"summary": "Predict, and record the prediction.",
		"description": "One object, or an array of them in one transaction: all are recorded, or none. A request with an id that the log has is answered with the first answer, " +
			"if it has the same features in the same number of rows; otherwise with 422.",
		"parameters": []object{{
			"name": requestIDHeader, "in": "header", "required": false,
			"description": "Names the prediction, uniquely; made when absent. In an array the rows are named ID/0, ID/1 and so on, at most 128 bytes each, so that ID and ID/0 cannot both name an object.",
			"schema":      object{"type": "string", "minLength": 1, "maxLength": maxText, "pattern": "^[ -~]+$"},
		}},
		"requestBody": body(object{"oneOf": []object{
			ref("Features"),
			{"type": "array", "items": ref("Features"), "maxItems": MaxArrayRows},
		}}),
		"responses": responses(object{"oneOf": []object{
			ref("Prediction"),
			{"type": "array", "items": ref("Prediction")},
		}}, 400, 408, 413, 415, 422, 429, 500, 503),
	}
}

// feedbackOperation describes POST /feedback.
func feedbackOperation() object {
	return object{
		"summary": "Record what came of a prediction, or of many.",
		"description": "One object, or an array of them in one transaction: all are recorded, or none, and every record that is refused is named by its place. An outcome of equal or higher confidence replaces the one before; the same outcome from the same source again changes nothing. " +
			"With --feedback.any-replica an outcome that names a prediction of another log, or an unknown one, by request_id is kept for the exporter of all replicas: 202. " +
			"404: no such prediction. 409: another outcome has a higher confidence, or prediction_id and request_id disagree. 410: the prediction was pruned. 421: the prediction is in another log, which is named.",
		"requestBody": body(object{"oneOf": []object{
			ref("Feedback"),
			{"type": "array", "items": ref("Feedback"), "maxItems": MaxArrayRows},
		}}),
		"responses": feedbackResponses(),
	}
}

func feedbackResponses() object {
	all := responses(object{"oneOf": []object{
		ref("Accepted"),
		{"type": "array", "items": ref("Accepted")},
	}}, 400, 404, 408, 409, 410, 413, 415, 421, 429, 500, 503)
	all["202"] = object{"description": "Recorded; at least one outcome is kept for a prediction that is not in this log.", "content": object{"application/json": object{"schema": object{"oneOf": []object{
		ref("Kept"),
		{"type": "array", "items": object{"oneOf": []object{ref("Accepted"), ref("Kept")}}},
	}}}}}
	return all
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

// orUnknown stands in for an empty version, which OpenAPI does not allow.
func orUnknown(version string) string {
	if version == "" {
		return "unknown"
	}
	return version
}
