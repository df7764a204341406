package predictor

import (
	"strconv"

	"github.com/drift-exporter/drift_exporter/predictor/model"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// schema describes a prediction request: the model's features, in order.
type schema struct {
	features []feature
	index    map[string]int
}

// feature is one feature of a request.
type feature struct {
	name    string
	key     []byte // The name as the JSON of a row has it, with quotes and colon.
	column  value.Column
	numeric bool
}

// newSchema derives the description of requests from a model.
func newSchema(m *model.Model) *schema {
	s := &schema{features: make([]feature, len(m.Features)), index: make(map[string]int, len(m.Features))}
	columns := m.Columns()
	for i, f := range m.Features {
		key := append(appendString(nil, f.Name), ':')
		s.features[i] = feature{name: f.Name, key: key, column: columns[i], numeric: f.Type == model.Numeric}
		s.index[f.Name] = i
	}
	return s
}

// input is one decoded request. It is reused: nothing in it outlives the request
// except the texts of values, which are copies.
type input struct {
	values []model.Value // Row after row, each in the model's order.
	rows   int
	array  bool
	faults faults
	id     string // The request's id.
	given  bool   // The id is the caller's.
	logged bool   // It is a row of the log, which allows more spellings.

	seen []int // By feature, the last row that had it, counted from 1.
}

// row returns the values of one row.
func (in *input) row(i, features int) []model.Value {
	return in.values[i*features : (i+1)*features]
}

// reset makes in ready for a request, keeping its memory.
func (in *input) reset(features int) {
	in.values, in.rows, in.array = in.values[:0], 0, false
	in.faults = faults{limit: max(1000, 2*features)}
	in.seen = append(in.seen[:0], make([]int, features)...)
}

// decode reads one object or an array of objects into in. Everything that is
// wrong is in in.faults, whose rows and fields are all named unless the body is
// not JSON at all: then that is the only fault. It costs about 1 us for an
// object of 12 features in the model's order.
func (s *schema) decode(in *input, body []byte, maxRows int) {
	in.reset(len(s.features))
	l, err := newLexer(body)
	if err == nil {
		err = s.document(in, &l, maxRows)
	}
	if err != nil {
		in.faults = syntaxFaults(body, err)
	}
}

// document reads the whole body.
func (s *schema) document(in *input, l *lexer, maxRows int) error {
	return l.document(
		func() error { return s.object(in, l, -1) },
		func() error { in.array = true; return s.array(in, l, maxRows) },
		func(t jsonType) {
			in.faults.add(-1, nil, reasonWrongType, "the body is "+t.String()+"; send one JSON object with the features, or an array of such objects")
		})
}

// array reads the rows of an array.
func (s *schema) array(in *input, l *lexer, maxRows int) error {
	count, err := l.elements(maxRows, func(index int) error { return s.object(in, l, index) }, func(index int, t jsonType) {
		in.faults.add(index, nil, reasonWrongType, "the row is "+t.String()+"; send an object with the features")
	})
	if err == nil && count > maxRows {
		in.faults = tooManyRows(count, maxRows, "rows")
	}
	return err
}

// tooManyRows is the one fault of an array that is too long.
func tooManyRows(count, most int, what string) faults {
	f := faults{limit: 1}
	f.add(-1, nil, reasonTooManyRows, "the array has "+strconv.Itoa(count)+" "+what+"; send at most "+strconv.Itoa(most)+" in one request")
	return f
}

// object reads one row. Index is its place in the array, -1 outside one.
func (s *schema) object(in *input, l *lexer, index int) error {
	if err := l.open('{'); err != nil {
		return err
	}
	if in.faults.any() {
		in.values = in.values[:0] // Nothing will be predicted; [{},{},...] must not fill the memory.
	}
	row := len(in.values)
	for range s.features {
		in.values = append(in.values, model.Value{Missing: true})
	}
	in.rows++
	next := 0
	for first := true; ; first = false {
		name, v, more, err := l.member(first)
		if err != nil {
			return err
		}
		if !more {
			break
		}
		i, known := s.find(name, next)
		switch {
		case !known:
			in.faults.add(index, name, reasonUnknownFeature, "the model has no feature "+strconv.Quote(clip(name))+"; remove it, or correct its name: /openapi.json lists the features")
		case in.seen[i] == in.rows:
			in.faults.add(index, name, reasonRepeatedFeature, s.features[i].name+" appears more than once; send it once")
		default:
			in.seen[i], next = in.rows, i+1
			value, reason, detail := s.features[i].value(v, in.logged)
			if reason != "" {
				in.faults.add(index, name, reason, detail)
			}
			in.values[row+i] = value
		}
	}
	for i, seen := range in.seen {
		if seen != in.rows && !in.logged {
			name := s.features[i].name
			in.faults.add(index, []byte(name), reasonMissingFeature, name+" is absent; send it, or null when the value is not known")
		}
	}
	return nil
}

// find returns the feature of that name, in any spelling of it, trying guess first:
// requests usually have the model's order.
func (s *schema) find(name []byte, guess int) (int, bool) {
	if guess < len(s.features) && s.features[guess].name == string(name) {
		return guess, true
	}
	i, ok := s.index[string(name)]
	if !ok {
		i, ok = s.index[value.Name(string(name))]
	}
	return i, ok
}
