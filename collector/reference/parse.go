package reference

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"

	"github.com/drift-exporter/drift_exporter/predictor/strictjson"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// largestFile is much larger than a file with a thousand features and all optional keys.
const largestFile = 64 << 20

// Load reads a reference file. Its errors name the file and the feature, and say what to do.
func Load(path string) (*Reference, error) {
	f, err := os.Open(path) //nolint:gosec // The operator names the file.
	if err != nil {
		return nil, fmt.Errorf("read reference: %w", err)
	}
	defer f.Close() //nolint:errcheck // It was only read.
	data, err := io.ReadAll(io.LimitReader(f, largestFile+1))
	if err != nil {
		return nil, fmt.Errorf("read reference %s: %w", path, err)
	}
	if len(data) > largestFile {
		return nil, fmt.Errorf("reference %s: is larger than 64 MiB: this is not a reference", path)
	}
	return Parse(data, path)
}

//go:embed loan_refinance.json
var embedded []byte

var loanRefinance = sync.OnceValues(func() (*Reference, error) { return Parse(embedded, "embedded") })

// Default returns the reference of the embedded loan model. It is shared, so do not change it.
func Default() *Reference {
	r, err := loanRefinance()
	if err != nil {
		panic(err) // The file is part of the binary, and a test reads it.
	}
	return r
}

// Parse reads the content of a reference file. source, for example the path, becomes Source and
// is part of errors.
//
// Parse is strict. Unknown or repeated keys, wrong types, lengths that do not match, edges that
// are not ascending and negative counts are errors. They name the feature, and say what is wrong
// and what to do. Everything that passes can be binned.
func Parse(data []byte, source string) (*Reference, error) {
	r, err := parse(data)
	if err != nil {
		return nil, fmt.Errorf("reference %s: %w", source, err)
	}
	r.Source = source
	return r, nil
}

// deepest is the nesting of a reference file: file, features, feature, groups, counts.
const deepest = 5

// newest is the version of the format that is written.
const newest = 2

var fileKeys = []string{
	"schema", "model", "version", "rows", "created", "origin", "positive", "threshold", "missing_texts", "features", "score", "classes", "type", "errors",
}

func parse(data []byte) (*Reference, error) {
	if len(bytes.TrimSpace(data)) == 0 {
		return nil, errors.New("is empty: write a reference with 'drift_exporter reference' or 'drift_exporter train'")
	}
	root, err := strictjson.Parse(data, deepest)
	if err != nil {
		return nil, err
	}
	f := strictjson.Read(root, fileKeys...)
	if f.Err != nil {
		return nil, f.Err
	}
	schema := 0
	switch v := f.Of["schema"]; v {
	case json.Number("1"):
		schema = 1
	case json.Number("2"):
		schema = 2
	default:
		return nil, fmt.Errorf(`schema is %s: this version reads files with "schema": 2, and with 1`, strictjson.Describe(v))
	}
	r := &Reference{
		Schema:  schema,
		Model:   f.Text("model", ""),
		Version: f.Text("version", ""),
		Rows:    f.Count("rows"),
		Created: f.Time("created"),
		Origin:  f.Text("origin", ""),
		Type:    predictionType(f),
		Missing: value.NewMissingTexts(f.Texts("missing_texts")).Texts(),
	}
	if r.Type == value.Binary {
		r.Positive = f.Text("positive", "1")
	} else {
		reason := fmt.Sprintf("only a binary model has it, and type is %q: leave it out", r.Type)
		f.Forbid("positive", reason)
		f.Forbid("threshold", reason)
	}
	if _, ok := f.Get("threshold"); ok {
		r.Threshold = f.Number("threshold")
	}
	if err := r.parseParts(f); err != nil {
		return nil, err
	}
	if _, ok := f.Of["rows"]; !ok {
		r.countRows()
	}
	r.fillMissing(f.Of["features"])
	if err := r.check(); err != nil {
		return nil, err
	}
	r.Hash, err = r.hash()
	return r, err
}

// parseParts reads the lists and objects of a file.
func (r *Reference) parseParts(f *strictjson.Fields) error {
	for i, v := range f.List("features") {
		one, err := parseFeature(v, r.Schema)
		if err != nil {
			return fmt.Errorf("%s: %w", featureName(v, i), err)
		}
		r.Features = append(r.Features, one)
	}
	if v, ok := f.Get("score"); ok {
		one, err := parseScore(v)
		if err != nil {
			return fmt.Errorf("score: %w", err)
		}
		r.Score = &one
	}
	if v, ok := f.Get("errors"); ok {
		var err error
		if r.Errors, err = parseErrors(v); err != nil {
			return fmt.Errorf("errors: %w", err)
		}
	}
	for i, v := range f.List("classes") {
		one, err := parseClass(v)
		if err != nil {
			return fmt.Errorf("classes[%d]: %w", i, err)
		}
		r.Classes = append(r.Classes, one)
	}
	return f.Err
}

// predictionType reads the type of the predictions.
func predictionType(f *strictjson.Fields) value.Prediction {
	p, err := value.ParsePrediction(f.Text("type", ""))
	if err != nil && f.Err == nil {
		f.Err = err
	}
	return p
}

// featureName returns the name of a feature for errors. If it has no name, this is its position.
func featureName(v any, i int) string {
	if o, ok := v.(map[string]any); ok {
		if name, ok := o["name"].(string); ok && name != "" {
			return fmt.Sprintf("feature %q", shorten(name))
		}
	}
	return fmt.Sprintf("features[%d]", i)
}

// fillMissing counts the rows that a feature lacks as missing, if the file does not say how many
// are missing. For example, numpy.histogram leaves out NaN.
func (r *Reference) fillMissing(features any) {
	list, _ := features.([]any)
	for i := range r.Features {
		said, ok := list[i].(map[string]any)["missing"]
		if rest := r.Rows - r.Features[i].Rows(); rest > 0 && (!ok || said == nil) {
			r.Features[i].Missing += rest
		}
	}
}

// countRows sets Rows for a file that does not contain it. It is the number of rows of the
// feature with the most rows.
func (r *Reference) countRows() {
	for i := range r.Features {
		r.Rows = max(r.Rows, r.Features[i].Rows())
	}
}
