package intake

import (
	"bytes"
	"strings"
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
				return nil, unmapped(ReasonAnswer, "answer %d is not an object with the field %.100q: remove class from the configuration", i, m.Class)
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
