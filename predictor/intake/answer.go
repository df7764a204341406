package intake

import (
	"bytes"
	"encoding/csv"
	"math"
	"strconv"
	"strings"

	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// answered is what a model answered for one row: the answer, and the class if another
// output has it. Both are JSON.
type answered struct{ answer, class []byte }

// answers returns the answers to the rows of a request.
func answers(p Protocol, m *Model, b *Body, rows int) ([]answered, error) {
	media := b.media()
	switch {
	case media == mediaCSV && (p == SageMaker || p == MLflow), strings.HasPrefix(media, "text/plain") && p == SageMaker:
		return csvAnswers(m, b.Data, rows)
	case media == mediaJSONLines && p == SageMaker:
		return m.fields(jsonLines(b.Data))
	case media != mediaJSON && (p != SageMaker || media != "text/html"): // Flask's default, which many containers answer
		return nil, unmapped(ReasonMedia, "answers of the media type %.100q are not read", media)
	}
	doc, err := b.json(ReasonAnswer, "answer")
	if err != nil {
		return nil, err
	}
	switch p {
	case V2:
		return m.outputs(doc)
	case Seldon:
		return seldonAnswers(m, doc)
	case V1, MLflow, SageMaker:
	}
	predictions := doc
	if isObject(doc) {
		if predictions = member(doc, "predictions"); predictions == nil && p == SageMaker {
			return m.fields([][]byte{doc}) // one row
		}
	}
	if !isArray(predictions) {
		return nil, unmapped(ReasonAnswer, "the answer has no array of predictions")
	}
	all := list(predictions)
	if p == SageMaker && rows == 1 && len(all) > 1 && !isArray(all[0]) && !isObject(all[0]) {
		all = [][]byte{predictions} // the probabilities of one row
	}
	return m.fields(all)
}

// fields takes the answer out of each row of an answer.
func (m *Model) fields(all [][]byte) ([]answered, error) {
	to := make([]answered, len(all))
	for i, v := range all {
		if !isObject(v) {
			if m.Class != "" {
				return nil, unmapped(ReasonAnswer, "answer %d is no object with the field %.100q: remove class from the configuration", i, m.Class)
			}
			to[i].answer = v
			continue
		}
		var names []string
		for key, member := range members(v) {
			name := unquote(key)
			switch names = append(names, name); {
			case m.Class != "" && name == m.Class:
				to[i].class = member
			case name == m.Output || m.Output == "":
				to[i].answer = member
			}
		}
		if m.Output == "" && len(names) > 1 {
			return nil, unmapped(ReasonAnswer, "answer %d has the fields %.200s: name the one that counts under output", i, strings.Join(names, ", "))
		}
		if to[i].answer == nil || m.Class != "" && to[i].class == nil {
			return nil, unmapped(ReasonAnswer, "answer %d has the fields %.200s, and the configuration names others under output and class", i, strings.Join(names, ", "))
		}
	}
	return to, nil
}

// outputs reads the outputs of the Open Inference Protocol.
func (m *Model) outputs(doc []byte) ([]answered, error) {
	all, err := tensors(member(doc, "outputs"), ReasonAnswer, "output")
	if err != nil {
		return nil, err
	}
	var answer, class *tensor
	var names []string
	for i := range all {
		switch names = append(names, all[i].name); {
		case m.Class != "" && all[i].name == m.Class:
			class = &all[i]
		case all[i].name == m.Output || m.Output == "":
			answer = &all[i]
		}
	}
	if m.Output == "" && len(all) > 1 {
		return nil, unmapped(ReasonAnswer, "the answer has the outputs %.200s: name the one that counts under output", strings.Join(names, ", "))
	}
	if answer == nil || m.Class != "" && (class == nil || class.wide != 1) {
		return nil, unmapped(ReasonAnswer, "the answer has the outputs %.200s, and the configuration names others under output and class", strings.Join(names, ", "))
	}
	to := make([]answered, answer.rows)
	for i := range to {
		if answer.wide == 1 {
			to[i].answer = answer.data[i]
		} else {
			to[i].answer = array(answer.data[i*answer.wide : (i+1)*answer.wide])
		}
		if class != nil {
			to[i].class = class.data[i]
		}
	}
	return to, nil
}

func array(values [][]byte) []byte {
	return append(append([]byte{'['}, bytes.Join(values, []byte{','})...), ']')
}

// seldonAnswers reads an answer of Seldon's protocol. One column a row is the answer,
// several are an array.
func seldonAnswers(m *Model, doc []byte) ([]answered, error) {
	rows, err := seldonRows(doc, ReasonAnswer)
	if err != nil {
		return nil, err
	}
	to := make([]answered, len(rows))
	for i, r := range rows {
		if len(r.values) == 1 {
			to[i].answer = r.values[0]
		} else {
			to[i].answer = array(r.values)
		}
	}
	if m.Class != "" {
		return nil, unmapped(ReasonAnswer, "answers of Seldon's protocol have no output of their own for the class: remove class from the configuration")
	}
	return to, nil
}

func jsonLines(data []byte) (all [][]byte) {
	for line := range bytes.Lines(data) {
		if line = bytes.TrimSpace(line); len(line) > 0 {
			if doc, ok := document(line); ok {
				line = doc
			} else {
				line = []byte("null")
			}
			all = append(all, line)
		}
	}
	return all
}

// csvAnswers reads one row a line. Some containers answer all rows in one line.
func csvAnswers(m *Model, data []byte, rows int) ([]answered, error) {
	in := csv.NewReader(bytes.NewReader(data))
	in.FieldsPerRecord = -1
	lines, err := in.ReadAll()
	if err != nil {
		return nil, unmapped(ReasonAnswer, "the answer is no CSV: %v", err)
	}
	if len(lines) == 1 && rows > 1 && len(lines[0]) == rows {
		one := lines[0]
		lines = nil
		for _, text := range one {
			lines = append(lines, []string{text})
		}
	}
	to := make([]answered, len(lines))
	for i, cells := range lines {
		if m.Output == "" && len(cells) > 1 {
			all := make([][]byte, len(cells))
			for k, text := range cells {
				all[k] = cell(text)
			}
			to[i].answer = array(all)
			continue
		}
		var ok bool
		if to[i].answer, ok = columnOf(m.Output, cells); !ok {
			return nil, unmapped(ReasonAnswer, "line %d of the answer has %d columns, and output: %.100q is none of them: write its number, the first being 0", i+1, len(cells), m.Output)
		}
		if m.Class == "" {
			continue
		}
		if to[i].class, ok = columnOf(m.Class, cells); !ok {
			return nil, unmapped(ReasonAnswer, "line %d of the answer has %d columns, and class: %.100q is none of them: write its number, the first being 0", i+1, len(cells), m.Class)
		}
	}
	return to, nil
}

func columnOf(name string, cells []string) ([]byte, bool) {
	at := 0
	if name != "" {
		n, err := strconv.Atoi(name)
		if err != nil {
			return nil, false
		}
		at = n
	}
	if at < 0 || at >= len(cells) {
		return nil, false
	}
	return cell(cells[at]), true
}

// read returns score and class of an answer. NaN is no score.
func (m *Model) read(a answered, index int) (score float64, class string, err error) {
	wrong := func(format string, args ...any) (float64, string, error) {
		args = append([]any{index, clip(a.answer)}, args...)
		return 0, "", unmapped(ReasonAnswer, "answer %d is %s, "+format, args...)
	}
	one := a.answer
	if isArray(one) && m.Answer != Probabilities {
		if all := list(one); len(all) == 1 {
			one = all[0]
		}
	}
	switch m.Answer {
	case Label:
		if class = label(one); class == "" {
			return wrong("which is no class: one text, number or boolean")
		}
		return math.NaN(), class, nil
	case Probabilities:
		all := list(one)
		if len(all) != len(m.Classes) {
			return wrong("and classes lists %d: the model must answer as many probabilities", len(m.Classes))
		}
		best, highest := 0, -1.0
		for i, v := range all {
			x, ok := number(v)
			if !ok || x < 0 || x > 1 {
				return wrong("which are not probabilities")
			}
			if x > highest {
				best, highest = i, x
			}
			if len(all) == 2 {
				score = x // that of the positive class
			}
		}
		if len(all) > 2 {
			score = highest
		}
		class = m.Classes[best]
	default:
		x, ok := number(one)
		switch {
		case !ok:
			return wrong("which is no finite number: see answer in the configuration")
		case m.Answer == Value:
			return x, "", nil
		case x < 0 || x > 1:
			return wrong("which is no probability: see answer in the configuration")
		}
		score, class = x, m.Classes[0]
		if x >= m.Threshold {
			class = m.Classes[1]
		}
	}
	if a.class != nil {
		if class = label(a.class); class == "" {
			return wrong("and its class is %s, which is no text, number or boolean", clip(a.class))
		}
	}
	return score, class, nil
}

// clip describes an answer for an error, which may be written to a log stream: texts are
// not quoted, because some models answer with what they were asked.
func clip(raw []byte) string {
	switch {
	case isObject(raw):
		return "an object"
	case isArray(raw):
		return "an array of " + strconv.Itoa(len(list(raw)))
	case len(raw) > 0 && raw[0] == '"':
		return "a text"
	case len(raw) > 60:
		return string(raw[:60]) + "..."
	}
	return string(raw)
}

// number reads a finite number, also in quotes, as Seldon and CSVs have it.
func number(raw []byte) (float64, bool) {
	if len(raw) > 1 && raw[0] == '"' {
		raw = []byte(strings.TrimSpace(unquote(raw)))
	}
	x, end, ok := value.Literal(raw, 0)
	return x, ok && end == len(raw) && !math.IsInf(x, 0)
}

// label returns the text of a class: 1, 1.0 and "1" are one class.
func label(raw []byte) string {
	switch {
	case isNull(raw), isArray(raw), isObject(raw):
		return ""
	case raw[0] == '"':
		return value.Category(unquote(raw))
	}
	return value.Category(string(raw))
}
