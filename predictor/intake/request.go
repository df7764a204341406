package intake

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"mime"
	"slices"
	"strings"
	"unicode/utf8"
)

// Body is the body of a request or of an answer, without a Content-Encoding.
type Body struct {
	// Media is its Content-Type.
	Media string
	Data  []byte
}

// The media types that are read.
const (
	mediaJSON      = "application/json"
	mediaJSONLines = "application/jsonlines"
	mediaCSV       = "text/csv"
)

// media returns the media type; JSON without one.
func (b *Body) media() string {
	if b.Media == "" {
		return mediaJSON
	}
	media, _, err := mime.ParseMediaType(b.Media)
	if err != nil {
		media, _, _ = strings.Cut(strings.ToLower(b.Media), ";")
	}
	switch media = strings.TrimSpace(media); media {
	case "application/x-jsonlines", "application/jsonl", "application/x-ndjson":
		return mediaJSONLines
	case "application/csv":
		return mediaCSV
	}
	if strings.HasSuffix(media, "+json") {
		return mediaJSON
	}
	return media
}

// json returns the document of a body.
func (b *Body) json(reason, what string) ([]byte, error) {
	doc, ok := document(b.Data)
	if !ok {
		return nil, unmapped(reason, "the %s is not JSON in UTF-8", what)
	}
	return doc, nil
}

// requestRows returns the rows of a request.
func requestRows(p Protocol, b *Body) ([]row, error) {
	switch media := b.media(); {
	case media == mediaCSV && (p == MLflow || p == SageMaker):
		return csvRows(b.Data, p == MLflow)
	case media == mediaJSONLines && p == SageMaker:
		return lineRows(b.Data)
	case media != mediaJSON:
		return nil, unmapped(ReasonMedia, "requests of the media type %.100q are not read: send JSON", media)
	}
	doc, err := b.json(ReasonRequest, "request")
	if err != nil {
		return nil, err
	}
	switch p {
	case V2:
		all, err := tensors(member(doc, "inputs"), ReasonRequest, "input")
		if err != nil {
			return nil, err
		}
		return rowsOfTensors(all), nil
	case V1:
		if instances := member(doc, "instances"); instances != nil {
			return table(instances, nil)
		}
		return nil, unmapped(ReasonRequest, "the request has no instances: send {\"instances\": [...]}")
	case MLflow:
		return mlflowRows(doc)
	case Seldon:
		return seldonRows(doc, ReasonRequest)
	default:
		return sagemakerRows(doc)
	}
}

// mlflowRows reads one of the four forms of MLflow's scoring server.
//
// "Deploy MLflow Model as a Local Inference Server", https://mlflow.org/docs/latest/.
func mlflowRows(doc []byte) ([]row, error) {
	if split := member(doc, "dataframe_split"); split != nil {
		columns, err := names(member(split, "columns"))
		if err != nil {
			return nil, err
		}
		return table(member(split, "data"), columns)
	}
	for _, key := range []string{"dataframe_records", "instances"} {
		if rows := member(doc, key); rows != nil {
			return table(rows, nil)
		}
	}
	inputs := member(doc, "inputs")
	switch {
	case isObject(inputs):
		return columnar(inputs)
	case inputs != nil:
		return table(inputs, nil)
	}
	return nil, unmapped(ReasonRequest, "the request has none of dataframe_split, dataframe_records, instances and inputs")
}

// columnar reads an object with one array a feature.
func columnar(data []byte) ([]row, error) {
	var all []tensor
	for key, v := range members(data) {
		values := list(v)
		if !isArray(v) {
			values = [][]byte{v}
		}
		t := tensor{name: unquote(key), rows: len(values), wide: 1, data: values}
		if all = append(all, t); t.rows != all[0].rows {
			return nil, unmapped(ReasonRequest, "input %.100q has %d rows, and %.100q has %d: send as many", t.name, t.rows, all[0].name, all[0].rows)
		}
	}
	switch {
	case len(all) == 0:
		return nil, unmapped(ReasonRequest, "inputs is empty: send one array a feature")
	case all[0].rows > MaxRows:
		return nil, tooMany()
	}
	return rowsOfTensors(all), nil
}

// sagemakerRows reads the forms that the containers of SageMaker take.
//
// "Common Data Formats for Inference", Amazon SageMaker Developer Guide.
func sagemakerRows(doc []byte) ([]row, error) {
	if isArray(doc) {
		if first := list(doc); len(first) > 0 && !isArray(first[0]) && !isObject(first[0]) {
			return []row{{values: first}}, nil // one row
		}
		return table(doc, nil)
	}
	instances := member(doc, "instances")
	if instances == nil {
		instances = member(doc, "inputs")
	}
	if instances == nil {
		if !isObject(doc) {
			return nil, unmapped(ReasonRequest, "the request is neither an array nor an object with instances")
		}
		r, err := sagemakerRow(doc)
		return []row{r}, err
	}
	var all []row
	for v := range elements(instances) {
		r, err := sagemakerRow(v)
		if err != nil {
			return nil, err
		}
		if all = append(all, r); len(all) > MaxRows {
			return nil, tooMany()
		}
	}
	return all, nil
}

// sagemakerRow reads {"features": [...]}, an array, an object of features, or one value.
func sagemakerRow(data []byte) (row, error) {
	if isObject(data) {
		features := member(data, "features")
		switch {
		case isArray(features):
			return row{values: list(features)}, nil
		case isObject(features):
			return record(features, nil)
		}
		return record(data, nil)
	}
	if isArray(data) {
		return row{values: list(data)}, nil
	}
	return row{values: [][]byte{data}}, nil
}

// lineRows reads one JSON document a line.
func lineRows(data []byte) ([]row, error) {
	var all []row
	for line := range bytes.Lines(data) {
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		doc, ok := document(line)
		if !ok {
			return nil, unmapped(ReasonRequest, "line %d of the request is not JSON in UTF-8", len(all)+1)
		}
		r, err := sagemakerRow(doc)
		if err != nil {
			return nil, err
		}
		if all = append(all, r); len(all) > MaxRows {
			return nil, tooMany()
		}
	}
	return all, nil
}

// csvRows reads a CSV, with or without a header.
func csvRows(data []byte, header bool) ([]row, error) {
	if !utf8.Valid(data) {
		return nil, unmapped(ReasonRequest, "the request is not UTF-8")
	}
	in := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(data, []byte("\ufeff"))))
	in.ReuseRecord = true
	var columns []column
	var all []row
	for {
		cells, err := in.Read()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, unmapped(ReasonRequest, "the request is no CSV: %v", err)
		}
		if header && columns == nil {
			for i, name := range cells {
				if slices.Contains(cells[:i], name) {
					return nil, unmapped(ReasonColumns, "the column %.100q is there twice: give each a name of its own", name)
				}
				columns = append(columns, newColumn(strings.Clone(name)))
			}
			continue
		}
		r := row{columns: columns, values: make([][]byte, len(cells))}
		for i, text := range cells {
			r.values[i] = cell(text)
		}
		if all = append(all, r); len(all) > MaxRows {
			return nil, tooMany()
		}
	}
}

// seldonRows reads Seldon's own protocol: data with an ndarray or a tensor, and names.
func seldonRows(doc []byte, reason string) ([]row, error) {
	data := member(doc, "data")
	columns, err := names(member(data, "names"))
	if err != nil {
		return nil, err
	}
	if array := member(data, "ndarray"); array != nil {
		return table(array, columns)
	}
	t := member(data, "tensor")
	shape, ok := shapeOf(member(t, "shape"))
	values := list(member(t, "values"))
	if !ok || shape[0] == 0 || len(values)%shape[0] != 0 {
		return nil, unmapped(reason, "data has neither an ndarray nor a tensor with shape and values")
	}
	if shape[0] > MaxRows {
		return nil, tooMany()
	}
	wide := len(values) / shape[0]
	if columns != nil && len(columns) != wide {
		return nil, unmapped(ReasonColumns, "there are %d names for %d columns: send one for each", len(columns), wide)
	}
	all := make([]row, shape[0])
	for i := range all {
		all[i] = row{columns: columns, values: values[i*wide : (i+1)*wide]}
	}
	return all, nil
}
