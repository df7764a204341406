package intake

import (
	"bytes"
	"encoding/json"

	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// MaxRows is the largest number of rows in one exchange: a larger transaction keeps the
// log's other writers waiting.
const MaxRows = 10_000

// column is the name of a feature, as text and as JSON.
type column struct {
	name string
	json []byte
}

func newColumn(name string) column {
	name = value.Name(name)
	return column{name, []byte(value.JSON(name))}
}

// row is the features of one prediction. Rows of one table share their columns. Rows
// without names have none.
type row struct {
	columns []column
	values  [][]byte // JSON
}

// named gives the columns of a model's configuration to rows without names.
func named(m *Model, all []row) error {
	for i := range all {
		r := &all[i]
		if r.columns != nil {
			continue
		}
		if len(m.features) == 0 {
			return unmapped(ReasonColumns, "the request has %d columns without names: list them in the configuration under features, in their order", len(r.values))
		}
		if len(r.values) != len(m.features) {
			return unmapped(ReasonColumns, "row %d of the request has %d columns without names, and features lists %d: list each column once", i, len(r.values), len(m.features))
		}
		r.columns = m.features
	}
	return nil
}

// object returns the features as one JSON object.
func (r *row) object(m *Model, index int) ([]byte, error) {
	size := 2
	for i, c := range r.columns {
		size += len(c.json) + len(r.values[i]) + 2
	}
	to := append(make([]byte, 0, size), '{')
	chosen := 0
	for i, c := range r.columns {
		if len(m.Features) > 0 && !m.has(c.name) {
			continue
		}
		v := r.values[i]
		if isArray(v) || isObject(v) {
			return nil, unmapped(ReasonFeature, "feature %.100q of row %d is an array or an object, and a feature is one value: leave it out of features, or send its parts as columns", c.name, index)
		}
		if c.name == "" {
			return nil, unmapped(ReasonFeature, "a feature of row %d has an empty name: name the column", index)
		}
		if chosen++; chosen > 1 {
			to = append(to, ',')
		}
		to = append(append(append(to, c.json...), ':'), v...)
	}
	if chosen == 0 {
		return nil, unmapped(ReasonColumns, "row %d of the request has none of the features of the configuration: compare their names", index)
	}
	return append(to, '}'), nil
}

// has reports whether the configuration lists a feature.
func (m *Model) has(name string) bool {
	for i := range m.features {
		if m.features[i].name == name {
			return true
		}
	}
	return false
}

// table reads an array of rows, each an array, an object or one value.
func table(data []byte, columns []column) ([]row, error) {
	if !isArray(data) {
		return nil, unmapped(ReasonRequest, "the rows of the request are not an array: send an array of rows")
	}
	var all []row
	for element := range elements(data) {
		var r row
		var err error
		switch {
		case isObject(element):
			var above []column
			if len(all) > 0 {
				above = all[len(all)-1].columns
			}
			r, err = record(element, above)
		case isArray(element):
			r = row{columns: columns, values: list(element)}
		default:
			r = row{columns: columns, values: [][]byte{element}}
		}
		if err != nil {
			return nil, err
		}
		if r.columns != nil && len(r.columns) != len(r.values) {
			return nil, unmapped(ReasonColumns, "row %d of the request has %d values for %d columns: send one for each", len(all), len(r.values), len(r.columns))
		}
		if all = append(all, r); len(all) > MaxRows {
			return nil, tooMany()
		}
	}
	return all, nil
}

func tooMany() error {
	return unmapped(ReasonRows, "the request has more than %d rows: send at most as many at once", MaxRows)
}

// record reads an object. It takes the columns of the row above if they are the same.
func record(data []byte, above []column) (row, error) {
	var r row
	same := true
	seen := map[string]bool{}
	for key, v := range members(data) {
		at := len(r.values)
		r.values = append(r.values, v)
		if same && at < len(above) && bytes.Equal(above[at].json, key) {
			continue
		}
		if same {
			same = false
			for _, c := range above[:min(at, len(above))] {
				r.columns, seen[c.name] = append(r.columns, c), true
			}
		}
		name := value.Name(unquote(key))
		if seen[name] {
			return row{}, unmapped(ReasonRequest, "a row of the request has %.100q twice: send each feature once", name)
		}
		seen[name] = true
		r.columns = append(r.columns, newColumn(name))
	}
	if same {
		r.columns = above[:len(r.values)]
	}
	if len(r.values) == 0 {
		return row{}, unmapped(ReasonRequest, "a row of the request is an empty object: send its features")
	}
	return r, nil
}

func list(data []byte) (all [][]byte) {
	for v := range elements(data) {
		all = append(all, v)
	}
	return all
}

// names reads an array of the names of columns. Numbers, which pandas uses for columns
// without names, are none.
func names(data []byte) ([]column, error) {
	var all []column
	seen := map[string]bool{}
	for v := range elements(data) {
		if v[0] != '"' {
			return nil, nil
		}
		c := newColumn(unquote(v))
		if seen[c.name] {
			return nil, unmapped(ReasonColumns, "the column %.100q is there twice: give each a name of its own", c.name)
		}
		seen[c.name] = true
		all = append(all, c)
	}
	return all, nil
}

// cell returns the JSON of a cell of a CSV: a number, a text, or null.
func cell(text string) []byte {
	trimmed := []byte(text)
	trimmed = bytes.TrimSpace(trimmed)
	switch {
	case len(trimmed) == 0:
		return []byte("null")
	case (trimmed[0] == '-' || trimmed[0] >= '0' && trimmed[0] <= '9') && json.Valid(trimmed):
		return trimmed
	}
	return []byte(value.JSON(text))
}
