package outcomes

import (
	"context"
	"fmt"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/strictjson"
	"github.com/drift-exporter/drift_exporter/predictor/strictyaml"
)

// Source reads records from one place.
type Source interface {
	// Run reads from where the cursors of sink say until ctx ends, and then returns
	// nil. After an error, which says what a person can do, it is called again.
	Run(ctx context.Context, sink *Sink) error
}

// Kind is one kind of source.
type Kind struct {
	// Name is its key in the configuration.
	Name string
	// Parse checks the value of that key and returns the source. It does no IO.
	Parse func(d strictyaml.Decoder, n *yaml.Node) (Source, error)
}

// kinds are the names of all kinds that a build can have.
var kinds = []string{"files", "sql", "api", "kafka", "rabbitmq", "bigquery", "review"}

// Record is one record as a source has it.
type Record struct {
	// Value is an object, by its names: text, json.Number, bool, nil, numbers, times,
	// []any and further objects.
	Value map[string]any
	// Raw is what came instead, when it is no object.
	Raw string
	// ObservedAt is when the source says that it changed, for records that do not say
	// when their outcome was observed; zero when it does not.
	ObservedAt time.Time
}

// Batch is some records that follow each other.
type Batch struct {
	Records []Record
	// Cursors say, by part of the source, where reading goes on after them; an empty
	// text removes a part.
	Cursors map[string]string
}

// BatchRecords is how many records a batch should have at most: the predictor waits
// for the lock while they are written.
const BatchRecords = 50

// RetryError is an error after which the source wants to be left alone for a while.
type RetryError struct {
	After time.Duration
	Err   error
}

// Error implements error.
func (e *RetryError) Error() string {
	return fmt.Sprintf("%v (asked to wait %s)", e.Err, e.After.Round(time.Second))
}

// Unwrap returns the error behind it.
func (e *RetryError) Unwrap() error { return e.Err }

const (
	// longestRecord is how long, in bytes, a JSON record may be: a longer one is set aside.
	longestRecord = 1 << 20
	// deepest is how deep it may nest.
	deepest = 32
)

// ParseJSON reads a record that is one JSON object; any other text stays raw.
func ParseJSON(text []byte) Record {
	if len(text) > longestRecord {
		return Record{Raw: string(text[:predictionlog.RecordBytes])}
	}
	v, err := strictjson.Parse(text, deepest)
	object, ok := v.(map[string]any)
	if err != nil || !ok {
		return Record{Raw: string(text)}
	}
	return Record{Value: object}
}
