package bigquery

import (
	bq "cloud.google.com/go/bigquery"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
)

// shipColumn is one column of a table that is shipped to.
type shipColumn struct {
	name        string
	kind        bq.FieldType
	required    bool
	description string
}

// What the tables have in common. Times are cut to microseconds, which is what
// BigQuery keeps.
var (
	logIDColumn   = shipColumn{"log_id", bq.StringFieldType, true, "UUID of the prediction log; with the number of the row it is a key."}
	timeColumn    = shipColumn{"time", bq.TimestampFieldType, false, "When it was logged."}
	modelColumn   = shipColumn{"model", bq.StringFieldType, false, "Name of the model."}
	versionColumn = shipColumn{"version", bq.StringFieldType, false, "Version of the model; may be empty."}
	alteredColumn = shipColumn{"altered", bq.StringFieldType, false, "How the row differs from that in the log, because BigQuery would not take it as it is; null when it does not."}
)

// shipColumns are the columns of each table. A later release may add columns at
// the end, which are nullable, and does not change or remove one: tables that an
// earlier one made get what they lack.
var shipColumns = map[predictionlog.Table][]shipColumn{
	predictionlog.TablePredictions: {
		logIDColumn,
		{"id", bq.IntegerFieldType, true, "Number of the prediction in its log; rises."},
		timeColumn, modelColumn, versionColumn,
		{"request_id", bq.StringFieldType, false, "X-Request-ID of the request."},
		{"features", bq.JSONFieldType, false, "What the model was given: one JSON object."},
		{"features_text", bq.StringFieldType, false, "The features as they were logged, when they are not JSON that BigQuery takes."},
		{"score", bq.FloatFieldType, false, "Probability of the positive class."},
		{"class", bq.StringFieldType, false, "Class that was predicted."},
		{"latency", bq.IntegerFieldType, false, "Nanoseconds from the request's first byte to the hand-over to the log."},
		alteredColumn,
	},
	predictionlog.TableFeedback: {
		logIDColumn,
		{"seq", bq.IntegerFieldType, true, "Number of the feedback in its log; rises."},
		timeColumn, modelColumn, versionColumn,
		{"prediction_id", bq.IntegerFieldType, false, "Prediction of the same log that it is about. Its newest feedback is its outcome."},
		{"observed_at", bq.TimestampFieldType, false, "When the outcome was seen."},
		{"outcome", bq.StringFieldType, false, "What really happened."},
		{"source", bq.StringFieldType, false, "Who says so."},
		{"confidence", bq.FloatFieldType, false, "How sure that is, above 0 and at most 1."},
		{"class", bq.StringFieldType, false, "Class that was predicted."},
		{"score", bq.FloatFieldType, false, "Score of the prediction."},
		{"predicted_at", bq.TimestampFieldType, false, "Time of the prediction."},
		{"corrects", bq.StringFieldType, false, "Why it counts although the feedback before it said otherwise; null when nothing did."},
		alteredColumn,
	},
	predictionlog.TableErrors: {
		logIDColumn,
		{"seq", bq.IntegerFieldType, true, "Number of the refused request in its log; rises."},
		timeColumn, modelColumn, versionColumn,
		{"reason", bq.StringFieldType, false, "Why the request was refused."},
		alteredColumn,
	},
}

// shipSchema returns the columns as BigQuery's.
func shipSchema(columns []shipColumn) bq.Schema {
	var s bq.Schema
	for _, c := range columns {
		s = append(s, &bq.FieldSchema{Name: c.name, Type: c.kind, Required: c.required, Description: c.description})
	}
	return s
}

// wireTypes are how a type travels in the Storage Write API: a timestamp as
// microseconds since 1970, JSON as text.
var wireTypes = map[bq.FieldType]descriptorpb.FieldDescriptorProto_Type{
	bq.StringFieldType:    descriptorpb.FieldDescriptorProto_TYPE_STRING,
	bq.JSONFieldType:      descriptorpb.FieldDescriptorProto_TYPE_STRING,
	bq.IntegerFieldType:   descriptorpb.FieldDescriptorProto_TYPE_INT64,
	bq.TimestampFieldType: descriptorpb.FieldDescriptorProto_TYPE_INT64,
	bq.FloatFieldType:     descriptorpb.FieldDescriptorProto_TYPE_DOUBLE,
}

// descriptor describes a row's message: its fields are the columns, numbered
// from 1.
func descriptor(columns []shipColumn) *descriptorpb.DescriptorProto {
	d := &descriptorpb.DescriptorProto{Name: new("Row")}
	for i, c := range columns {
		d.Field = append(d.Field, &descriptorpb.FieldDescriptorProto{
			Name: new(c.name), Number: new(int32(i + 1)), Type: wireTypes[c.kind].Enum(),
			Label: descriptorpb.FieldDescriptorProto_LABEL_OPTIONAL.Enum(),
		})
	}
	return d
}
