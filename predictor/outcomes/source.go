package outcomes

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/strictjson"
	"github.com/drift-exporter/drift_exporter/predictor/strictyaml"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// Source reads records from one place.
type Source interface {
	// Run reads from the cursors of sink onwards. When ctx ends, it returns nil. Its errors say
	// what a person can do. After an error it is called again.
	Run(ctx context.Context, sink *Sink) error
}

// Kind is one kind of source.
type Kind struct {
	// Name is the key of this kind in the configuration.
	Name string
	// Own says that its records have a form of their own, so the keys record and match, and
	// outcome.field, do not go with it. A configuration has at most one source of such a kind.
	Own bool
	// Parse checks the value of that key and returns the source. It does no IO.
	Parse func(d strictyaml.Decoder, n *yaml.Node) (Source, error)
}

// kinds lists the names of all kinds that a build can have.
var kinds = []string{"files", "sql", "api", "kafka", "rabbitmq", "bigquery", "review"}

// Record is one record as the source has it.
type Record struct {
	// Value is an object: text, json.Number, bool, nil, numbers, times, []any and further
	// objects, by their names.
	Value map[string]any
	// Raw is the original text of a record that is no object.
	Raw string
	// ObservedAt is the time of the last change, for records that do not say when their outcome
	// was observed. It is zero if the source does not know it.
	ObservedAt time.Time
}

// Batch contains consecutive records.
type Batch struct {
	Records []Record
	// Cursors say where to continue reading after these records, for each part of the source. An
	// empty text removes a part.
	Cursors map[string]string
	// Durable says that the source forgets these records after Put. They are on the disk then.
	// Other batches are there within a second, or when the source is Current.
	Durable bool
}

// BatchRecords is the recommended maximum number of records in a batch. The predictor waits for
// the lock while a batch is written.
const BatchRecords = 256

// RetryError is an error after which the source should not be read for a while.
type RetryError struct {
	After time.Duration
	Err   error
}

// Error implements error.
func (e *RetryError) Error() string {
	return fmt.Sprintf("%v (asked to wait %s)", e.Err, e.After.Round(time.Second))
}

// Unwrap returns the wrapped error.
func (e *RetryError) Unwrap() error { return e.Err }

const (
	// longestRecord is the maximum length of a JSON record in bytes. A longer one is set aside.
	longestRecord = 1 << 20
	// deepest is the maximum nesting of a JSON record.
	deepest = 32
)

// ParseTree reads a JSON document. NaN and Infinity, which Python writes into JSON, are null.
func ParseTree(text []byte, deepest int) (any, error) {
	v, err := strictjson.Parse(text, deepest)
	if err != nil {
		if finite := value.FiniteJSON(text); json.Valid(finite) {
			return strictjson.Parse(finite, deepest)
		}
	}
	return v, err
}

// ParseJSON reads a record that is one JSON object. Any other text stays raw.
func ParseJSON(text []byte) Record {
	if len(text) > longestRecord {
		return Record{Raw: string(text[:predictionlog.RecordBytes])}
	}
	v, err := ParseTree(text, deepest)
	object, ok := v.(map[string]any)
	if err != nil || !ok {
		return Record{Raw: string(text)}
	}
	return Record{Value: object}
}
