package intake

import "strconv"

// tensor is an input or an output of the Open Inference Protocol.
//
// "Open Inference Protocol Specification", version 2,
// https://github.com/kserve/open-inference-protocol.
type tensor struct {
	name string
	rows int
	wide int      // values a row
	data [][]byte // row after row
}

// tensors reads the inputs of a request or the outputs of an answer.
func tensors(data []byte, reason, what string) ([]tensor, error) {
	if !isArray(data) {
		return nil, unmapped(reason, "the %ss are not an array of tensors: send them as the Open Inference Protocol says", what)
	}
	var all []tensor
	for element := range elements(data) {
		t := tensor{name: text(element, "name")}
		if t.name == "" {
			return nil, unmapped(reason, "an %s has no name: name it", what)
		}
		if binary := member(member(element, "parameters"), "binary_data_size"); binary != nil {
			return nil, unmapped(ReasonBinary, "%s %.100q is binary, which is not read: send its data as JSON", what, t.name)
		}
		shape, ok := shapeOf(member(element, "shape"))
		if !ok {
			return nil, unmapped(reason, "%s %.100q has no shape such as [2,3]", what, t.name)
		}
		t.data = flat(member(element, "data"), nil)
		t.rows, t.wide = shape[0], 1
		for _, n := range shape[1:] {
			if t.wide *= n; t.wide > len(t.data) {
				break
			}
		}
		if t.rows > MaxRows {
			return nil, tooMany()
		}
		if t.rows*t.wide != len(t.data) {
			return nil, unmapped(reason, "%s %.100q has %d values, and its shape another number", what, t.name, len(t.data))
		}
		if all = append(all, t); all[0].rows != t.rows {
			return nil, unmapped(reason, "%s %.100q has %d rows, and %.100q has %d: send as many", what, t.name, t.rows, all[0].name, all[0].rows)
		}
	}
	if len(all) == 0 {
		return nil, unmapped(reason, "there is no %s", what)
	}
	return all, nil
}

// shapeOf reads a shape, of which each dimension is at most 1e9.
func shapeOf(data []byte) (shape []int, ok bool) {
	for v := range elements(data) {
		n, err := strconv.Atoi(string(v))
		if err != nil || n < 0 || n > 1e9 {
			return nil, false
		}
		shape = append(shape, n)
	}
	return shape, len(shape) > 0
}

// flat returns the values of an array of arrays, row after row.
func flat(data []byte, to [][]byte) [][]byte {
	for v := range elements(data) {
		if isArray(v) {
			to = flat(v, to)
		} else {
			to = append(to, v)
		}
	}
	return to
}

// rowsOfTensors makes rows of tensors. A tensor with one value a row is a feature with
// its name; wider ones take their columns from the configuration.
func rowsOfTensors(all []tensor) []row {
	var columns []column
	wide := 0
	for _, t := range all {
		wide += t.wide
		columns = append(columns, newColumn(t.name))
	}
	if wide != len(all) {
		columns = nil
	}
	rows := make([]row, all[0].rows)
	for i := range rows {
		values := make([][]byte, 0, wide)
		for _, t := range all {
			values = append(values, t.data[i*t.wide:(i+1)*t.wide]...)
		}
		rows[i] = row{columns: columns, values: values}
	}
	return rows
}
