package predictor

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"strconv"

	"github.com/drift-exporter/drift_exporter/predictor/model"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// schemas describes everything that is sent or answered.
func schemas(m *model.Model, o *outcomes) object {
	text := object{"type": "string"}
	return object{
		"Features":   featuresSchema(m),
		"Prediction": predictionSchema(m),
		"Feedback": object{
			"type":                 "object",
			"required":             []string{"actual_outcome"},
			"anyOf":                []object{{"required": []string{"prediction_id"}}, {"required": []string{"request_id"}}},
			"additionalProperties": false,
			"properties": object{
				"prediction_id":  object{"type": []string{"integer", "null"}, "minimum": 0},
				"request_id":     object{"type": []string{"string", "null"}, "minLength": 1, "maxLength": maxText, "description": "Alone, or agreeing with prediction_id."},
				"actual_outcome": o.schema(),
				"source":         object{"type": []string{"string", "null"}, "maxLength": maxText, "description": "Where the outcome comes from."},
				"confidence":     object{"type": []string{"number", "null"}, "exclusiveMinimum": 0, "maximum": 1, "default": 1},
				"observed_at":    object{"type": []string{"string", "null"}, "format": "date-time", "description": "When the outcome was known; the arrival when absent."},
			},
			"examples": []object{{"prediction_id": 0, "actual_outcome": o.example()}},
		},
		"Accepted": acceptedSchema(m),
		"Kept": object{
			"type":     "object",
			"required": []string{"kept", "request_id", "actual_outcome"},
			"properties": object{
				"kept":       object{"type": "boolean", "enum": []bool{true}},
				"request_id": text, "actual_outcome": object{},
			},
			"additionalProperties": false,
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

// schema describes what read accepts: the spellings that JSON has for a class, and
// any text, of which only those are accepted that mean one.
func (o *outcomes) schema() object {
	if o.number {
		return object{"type": []string{"number", "string"}, "description": "The number that was observed, or its text."}
	}
	var literals []any
	for _, literal := range []any{0, 1, false, true} {
		if _, ok := o.classes.Match(fmt.Sprint(literal)); ok {
			literals = append(literals, literal)
		}
	}
	either := []object{{"type": "string"}}
	if literals != nil {
		either = append(either, object{"enum": literals})
	}
	return object{
		"anyOf":       either,
		"description": "A class of the model, in any spelling of its text or its name: " + o.advice + ".",
	}
}

// example is a class as one would send it.
func (o *outcomes) example() json.RawMessage {
	return appendClass(nil, o.last)
}

// predictionSchema describes one answer. A regression predicts a number and has no probability.
func predictionSchema(m *model.Model) object {
	text := object{"type": "string"}
	of := map[value.Prediction]string{value.Multiclass: "Of the predicted class."}[m.Type]
	properties := object{
		"prediction_id": object{"type": "integer", "minimum": 0, "description": "Absent when the prediction was not recorded."},
		"request_id":    text,
		"prediction":    object{"type": []string{"integer", "string"}, "description": "The predicted class."},
		"probability":   object{"type": []string{"number", "null"}, "minimum": 0, "maximum": 1, "description": cmp.Or(of, "Of class 1.")},
		"model":         text,
		"model_version": text,
		"logged":        object{"type": "boolean", "description": "Present, and false, when the log could not be written and the predictor serves all the same."},
	}
	if checkExplore(mostExplored, m) == nil {
		properties["explored"] = object{"type": "boolean", "description": "Present, and true, when prediction is not the class of the model but the other one, at random (--explore)."}
	}
	required := []string{"request_id", "prediction", "probability", "model", "model_version"}
	if m.Type == value.Regression {
		required = []string{"request_id", "prediction", "model", "model_version"}
		properties["prediction"] = object{"type": []string{"number", "null"}, "description": "The predicted value."}
		delete(properties, "probability")
	}
	return object{"type": "object", "required": required, "properties": properties}
}

// acceptedSchema describes the answer to one accepted outcome.
func acceptedSchema(m *model.Model) object {
	id := object{"type": "integer", "minimum": 0}
	if m.Type == value.Regression {
		return object{"type": "object", "required": []string{"prediction_id", "actual_outcome"}, "properties": object{
			"prediction_id": id, "actual_outcome": object{"type": "number", "description": "The number that was recorded."},
		}}
	}
	return object{
		"type":     "object",
		"required": []string{"prediction_id", "actual_outcome", "correct"},
		"properties": object{
			"prediction_id":  id,
			"actual_outcome": object{"type": []string{"integer", "string"}, "description": "The class that was recorded."},
			"correct":        object{"type": []string{"boolean", "null"}, "description": "Null when the prediction has no class."},
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
			"description": categoryDescription(f.Type),
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

// categoryDescription says how the values of a feature that is not numeric are read.
func categoryDescription(featureType string) string {
	if featureType == model.Boolean {
		return "True or false; 1 and 0, and texts such as \"True\", are the same. Empty text is a missing value; any other value is accepted and counted as unseen."
	}
	return "Compared as text, a number as its shortest decimal, true and false in any letter case. Empty text is a missing value. Categories the model does not know are accepted."
}

// round keeps three significant digits, for examples that read well.
func round(x float64) float64 {
	rounded, err := strconv.ParseFloat(strconv.FormatFloat(x, 'g', 3, 64), 64)
	if err != nil || math.IsInf(rounded, 0) {
		return 0
	}
	return rounded
}
