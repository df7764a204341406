package bigquery

import (
	"cloud.google.com/go/bigquery"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
)

// column is one column of a table in BigQuery.
type column struct {
	name        string
	kind        bigquery.FieldType
	required    bool
	description string
	repeated    bool
}

// Columns that several tables have. Times are cut to microseconds, the precision of BigQuery.
var (
	logIDColumn   = column{"log_id", bigquery.StringFieldType, true, "UUID of the prediction log; with the number of the row it is a key.", false}
	timeColumn    = column{"time", bigquery.TimestampFieldType, false, "When it was logged.", false}
	modelColumn   = column{"model", bigquery.StringFieldType, false, "Name of the model.", false}
	versionColumn = column{"version", bigquery.StringFieldType, false, "Version of the model; may be empty.", false}
	alteredColumn = column{"altered", bigquery.StringFieldType, false, "How the row differs from that in the log, because BigQuery would not take it as it is; null when it does not.", false}
)

// tableColumns are the columns of each table. A later release may add nullable columns at the
// end, but it does not change or remove columns. Tables of an earlier release get the new
// columns.
var tableColumns = map[predictionlog.Table][]column{
	predictionlog.TablePredictions: {
		logIDColumn,
		{"id", bigquery.IntegerFieldType, true, "Number of the prediction in its log; rises.", false},
		timeColumn, modelColumn, versionColumn,
		{"request_id", bigquery.StringFieldType, false, "X-Request-ID of the request; null when it came without.", false},
		{"features", bigquery.JSONFieldType, false, "What the model was given: one JSON object.", false},
		{"features_text", bigquery.StringFieldType, false, "The features as they were logged, when they are not JSON that BigQuery takes.", false},
		{"score", bigquery.FloatFieldType, false, "Score: of a binary model the probability of the positive class.", false},
		{"class", bigquery.StringFieldType, false, "Class that was predicted.", false},
		{"latency", bigquery.IntegerFieldType, false, "Nanoseconds from the request's first byte to the hand-over to the log.", false},
		alteredColumn,
		{"shadow_of", bigquery.IntegerFieldType, false, "Prediction of the same log that was answered, and of which this one is another model's; null when it was answered itself.", false},
		{"answered", bigquery.StringFieldType, false, "Class that was answered instead of the predicted one, to explore; null when that was not done.", false},
		{"answered_probability", bigquery.FloatFieldType, false, "Probability of being answered so.", false},
	},
	predictionlog.TableFeedback: {
		logIDColumn,
		{"seq", bigquery.IntegerFieldType, true, "Number of the feedback in its log; rises.", false},
		timeColumn, modelColumn, versionColumn,
		{"prediction_id", bigquery.IntegerFieldType, false, "Prediction of the same log that it is about. Its newest feedback is its outcome.", false},
		{"observed_at", bigquery.TimestampFieldType, false, "When the outcome was seen.", false},
		{"outcome", bigquery.StringFieldType, false, "What really happened.", false},
		{"source", bigquery.StringFieldType, false, "Who says so.", false},
		{"confidence", bigquery.FloatFieldType, false, "How sure that is, above 0 and at most 1.", false},
		{"class", bigquery.StringFieldType, false, "Class that was predicted.", false},
		{"score", bigquery.FloatFieldType, false, "Score of the prediction.", false},
		{"predicted_at", bigquery.TimestampFieldType, false, "Time of the prediction.", false},
		{"corrects", bigquery.StringFieldType, false, "Why it counts although the feedback before it said otherwise; null when nothing did.", false},
		alteredColumn,
		{"explored", bigquery.FloatFieldType, false, "Probability with which the prediction was answered with another class than its own, to explore; null when it was not.", false},
	},
	predictionlog.TableErrors: {
		logIDColumn,
		{"seq", bigquery.IntegerFieldType, true, "Number of the refused request in its log; rises.", false},
		timeColumn, modelColumn, versionColumn,
		{"reason", bigquery.StringFieldType, false, "Why the request was refused.", false},
		alteredColumn,
	},
	predictionlog.TableOutcomes: {
		logIDColumn,
		{"seq", bigquery.IntegerFieldType, true, "Number of the record in its log; rises.", false},
		{"time", bigquery.TimestampFieldType, false, "When it was received.", false},
		{"prediction_id", bigquery.IntegerFieldType, false, "Prediction of the same log that it is about; null when only the request id names it.", false},
		{"request_id", bigquery.StringFieldType, false, "Request id that the source gave; null when it gave none.", false},
		{"source", bigquery.StringFieldType, false, "Who says so.", false},
		{"outcome", bigquery.StringFieldType, false, "What really happened, as this source says.", false},
		{"confidence", bigquery.FloatFieldType, false, "How sure that is, above 0 and at most 1.", false},
		{"observed_at", bigquery.TimestampFieldType, false, "When the outcome was seen; null when the source did not say.", false},
		{"accepted", bigquery.BooleanFieldType, false, "Whether it counts; the table feedback has what does.", false},
		{"reason", bigquery.StringFieldType, false, "Why it does not count; null when it does.", false},
		alteredColumn,
	},
	predictionlog.TableReviews: {
		logIDColumn,
		{"seq", bigquery.IntegerFieldType, true, "Number of the review in its log; rises.", false},
		timeColumn,
		{"prediction_id", bigquery.IntegerFieldType, false, "Prediction of the same log that was reviewed.", false},
		{"reviewer", bigquery.StringFieldType, false, "Who reviewed it; null when it was erased.", false},
		{"outcome", bigquery.StringFieldType, false, "What they said; null when it was erased.", false},
		{"probability", bigquery.FloatFieldType, false, "Probability with which the prediction was drawn for a review; null when it is unknown.", false},
		{"note", bigquery.StringFieldType, false, "What they noted; null when that is nothing, or was erased.", false},
		{"previous", bigquery.StringFieldType, false, "Hash of the review before it; empty in the first one of a log.", false},
		{"hash", bigquery.StringFieldType, false, "SHA-256, in hex, of the JSON array of previous, seq, time, prediction_id, reviewer, outcome, probability and note, as the log had them.", false},
		alteredColumn,
	},
	predictionlog.TableErasures: {
		logIDColumn,
		{"seq", bigquery.IntegerFieldType, true, "Number of the erasure in its log; rises.", false},
		timeColumn,
		{"prediction_id", bigquery.IntegerFieldType, false, "Prediction that was erased, with all that was said about it; null when the log no longer had it.", false},
		alteredColumn,
	},
}

// schemaOf returns the columns as a schema of BigQuery.
func schemaOf(columns []column) bigquery.Schema {
	var s bigquery.Schema
	for _, c := range columns {
		s = append(s, &bigquery.FieldSchema{Name: c.name, Type: c.kind, Required: c.required, Repeated: c.repeated, Description: c.description})
	}
	return s
}

// wireTypes say how a type is sent in the Storage Write API: a timestamp as microseconds since
// 1970, JSON as text.
var wireTypes = map[bigquery.FieldType]descriptorpb.FieldDescriptorProto_Type{
	bigquery.StringFieldType:    descriptorpb.FieldDescriptorProto_TYPE_STRING,
	bigquery.JSONFieldType:      descriptorpb.FieldDescriptorProto_TYPE_STRING,
	bigquery.IntegerFieldType:   descriptorpb.FieldDescriptorProto_TYPE_INT64,
	bigquery.TimestampFieldType: descriptorpb.FieldDescriptorProto_TYPE_INT64,
	bigquery.FloatFieldType:     descriptorpb.FieldDescriptorProto_TYPE_DOUBLE,
	bigquery.BooleanFieldType:   descriptorpb.FieldDescriptorProto_TYPE_BOOL,
	bigquery.BytesFieldType:     descriptorpb.FieldDescriptorProto_TYPE_BYTES,
}

// descriptor describes the message of a row. Its fields are the columns, numbered from 1.
func descriptor(columns []column) *descriptorpb.DescriptorProto {
	d := &descriptorpb.DescriptorProto{Name: new("Row")}
	for i, c := range columns {
		field := &descriptorpb.FieldDescriptorProto{
			Name: new(c.name), Number: new(int32(i + 1)), Type: wireTypes[c.kind].Enum(),
			Label: descriptorpb.FieldDescriptorProto_LABEL_OPTIONAL.Enum(),
		}
		if c.repeated {
			field.Label = descriptorpb.FieldDescriptorProto_LABEL_REPEATED.Enum()
		}
		if c.repeated && c.kind != bigquery.StringFieldType {
			field.Options = &descriptorpb.FieldOptions{Packed: new(true)}
		}
		d.Field = append(d.Field, field)
	}
	return d
}
