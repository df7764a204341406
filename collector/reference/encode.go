package reference

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"math"
	"time"

	"github.com/drift-exporter/drift_exporter/collector/drift"
)

// Encode writes the reference as a file that Parse can read. This is indented JSON with each list
// on one line, in the schema of the file that was read. The same reference gives the same bytes.
// Unknown values are left out.
func (r *Reference) Encode(w io.Writer) error {
	e := &encoder{}
	e.reference(r, true)
	if e.err != nil {
		return e.err
	}
	_, err := w.Write(e.out.Bytes())
	return err
}

// hash returns a hash of everything from which drift is computed.
func (r *Reference) hash() (string, error) {
	e := &encoder{}
	e.reference(r, false)
	sum := sha256.Sum256(e.out.Bytes())
	return hex.EncodeToString(sum[:8]), e.err
}

// encoder writes indented JSON. encoding/json would put each number of a list on its own line.
type encoder struct {
	out    bytes.Buffer
	indent string
	comma  bool // the next key follows another
	schema int
	err    error
}

// reference writes all of r, or without provenance only what its hash covers.
func (e *encoder) reference(r *Reference, provenance bool) {
	if e.schema = newest; r.Schema != 0 {
		e.schema = r.Schema
	}
	e.open("{")
	e.field("schema", e.schema)
	e.text("model", r.Model)
	e.text("version", r.Version)
	if !r.binary() {
		e.field("type", r.Type)
	}
	e.field("rows", r.Rows)
	if provenance {
		if !r.Created.IsZero() {
			e.field("created", r.Created.UTC().Format(time.RFC3339Nano))
		}
		e.text("origin", r.Origin)
	}
	if r.binary() {
		e.field("positive", r.Positive)
	}
	if r.Threshold != 0 {
		e.field("threshold", r.Threshold)
	}
	list(e, "missing_texts", r.Missing)
	e.key("features")
	e.open("[")
	for i := range r.Features {
		e.next()
		e.open("{")
		e.field("name", r.Features[i].Name)
		e.field("type", e.typeOf(&r.Features[i]))
		e.feature(&r.Features[i])
		e.close("}")
	}
	e.close("]")
	if r.Score != nil {
		e.key("score")
		e.open("{")
		e.feature(r.Score)
		e.close("}")
	}
	if len(r.Classes) > 0 {
		e.key("classes")
		e.open("[")
		for _, c := range r.Classes {
			e.next()
			e.value(encodedClass(c))
		}
		e.close("]")
	}
	if r.Errors != nil {
		e.key("errors")
		e.open("{")
		e.field("labelled", r.Errors.Labelled)
		e.field("sum", r.Errors.Sum)
		e.field("absolute", r.Errors.Absolute)
		e.field("sum_of_squares", r.Errors.Squares)
		list(e, "quantiles", r.Errors.Quantiles)
		e.close("}")
	}
	e.close("}")
	e.out.WriteByte('\n')
}

type encodedClass struct {
	Class    string `json:"class"`
	Name     string `json:"name,omitempty"`
	Count    int64  `json:"count"`
	Correct  int64  `json:"correct"`
	Labelled int64  `json:"labelled"`

	Actual        int64   `json:"actual,omitempty"`
	ScoreLabelled []int64 `json:"score_labelled,omitempty"`
	ScoreCorrect  []int64 `json:"score_correct,omitempty"`
}

func (e *encoder) feature(f *Feature) {
	switch {
	case f.Type != Numeric:
		e.field("categories", notNil(f.Categories))
	case f.Values != nil:
		e.field("values", f.Values)
	default:
		e.field("edges", notNil(f.Edges))
	}
	e.field("count", f.Count)
	list(e, "sum", f.Sum)
	list(e, "sum_of_squares", f.SumOfSquares)
	list(e, "correct", f.Correct)
	list(e, "labelled", f.Labelled)
	if !math.IsNaN(f.Min) {
		e.field("min", f.Min)
	}
	if !math.IsNaN(f.Max) {
		e.field("max", f.Max)
	}
	switch {
	case e.schema == 1 && f.Type != Numeric:
		e.field("other", f.Unlisted())
	case f.Rare != nil:
		e.rare(f.Rare)
	}
	e.field("missing", f.Missing)
	if f.Invalid != 0 {
		e.field("invalid", f.Invalid)
	}
}

// typeOf returns the type in the schema of the file. The first schema has no booleans.
func (e *encoder) typeOf(f *Feature) string {
	if e.schema == 1 && f.Type == Boolean {
		return Categorical
	}
	return f.Type
}

func (e *encoder) rare(r *drift.Rare) {
	if r.Names != nil {
		e.field("rare", r.Names)
	}
	if r.Filter != nil {
		e.field("rare_filter", encodedFilter{r.Filter.Bits, r.Filter.Hashes, drift.FilterError})
	}
	e.field("groups", encodedGroups{r.Cuts, r.Count, r.Singletons, r.Doubletons})
}

type encodedFilter struct {
	Bits   []byte  `json:"bits"`
	Hashes int     `json:"hashes"`
	Error  float64 `json:"error"`
}

type encodedGroups struct {
	Cuts       []uint32 `json:"cuts,omitempty"`
	Count      []int64  `json:"count"`
	Singletons []int64  `json:"singletons,omitempty"`
	Doubletons int64    `json:"doubletons,omitempty"`
}

func notNil[T any](all []T) []T {
	if all == nil {
		return []T{}
	}
	return all
}

// list writes a list unless it is unknown.
func list[T any](e *encoder, key string, all []T) {
	if all != nil {
		e.field(key, all)
	}
}

// text writes a string unless it is empty.
func (e *encoder) text(key, s string) {
	if s != "" {
		e.field(key, s)
	}
}

func (e *encoder) field(key string, v any) {
	e.key(key)
	e.value(v)
}

func (e *encoder) key(key string) {
	e.next()
	e.value(key)
	e.out.WriteString(": ")
}

// next begins a line of an object or a list.
func (e *encoder) next() {
	if e.comma {
		e.out.WriteByte(',')
	}
	e.comma = true
	e.out.WriteByte('\n')
	e.out.WriteString(e.indent)
}

func (e *encoder) open(bracket string) {
	e.out.WriteString(bracket)
	e.indent += "  "
	e.comma = false
}

func (e *encoder) close(bracket string) {
	e.indent = e.indent[2:]
	e.out.WriteString("\n" + e.indent + bracket)
	e.comma = true
}

func (e *encoder) value(v any) {
	var line bytes.Buffer
	j := json.NewEncoder(&line)
	j.SetEscapeHTML(false)
	if err := j.Encode(v); err != nil && e.err == nil {
		e.err = err
	}
	e.out.Write(bytes.TrimRight(line.Bytes(), "\n"))
}
