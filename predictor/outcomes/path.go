package outcomes

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// Field says where a value is in a record: keys of objects and positions in lists.
type Field []any

// ParseField reads the name of a column, or a path such as $.loan.status or
// $['final status'][0].
func ParseField(text string) (Field, error) {
	if !strings.HasPrefix(text, "$") {
		if text == "" {
			return nil, fmt.Errorf("is empty; write the name of a field, or a path such as $.loan.status")
		}
		return Field{text}, nil
	}
	var f Field
	for rest := text[1:]; rest != ""; {
		step, left, err := parseStep(rest)
		if err != nil {
			return nil, fmt.Errorf("%q is not a path: %w; write $.name, $['name'] or $.list[0]", text, err)
		}
		f, rest = append(f, step), left
	}
	if len(f) == 0 {
		return nil, fmt.Errorf("%q is the whole record; write $.name", text)
	}
	return f, nil
}

// parseStep reads one step of a path.
func parseStep(text string) (step any, rest string, err error) {
	switch {
	case text[0] == '.':
		end := strings.IndexAny(text[1:], ".[")
		if end < 0 {
			end = len(text) - 1
		}
		if end == 0 {
			return nil, "", fmt.Errorf("a name is missing after the point")
		}
		return text[1 : 1+end], text[1+end:], nil
	case strings.HasPrefix(text, "['"):
		name, rest, found := strings.Cut(text[2:], "']")
		if !found {
			return nil, "", fmt.Errorf("'] is missing")
		}
		return name, rest, nil
	case text[0] == '[':
		inside, rest, found := strings.Cut(text[1:], "]")
		place, err := strconv.Atoi(inside)
		if !found || err != nil || place < 0 {
			return nil, "", fmt.Errorf("[%s is not a position in a list", inside)
		}
		return place, rest, nil
	}
	return nil, "", fmt.Errorf("%q is no step", text)
}

// column returns the one of these columns that the field begins with.
func (f Field) column(columns []string) (string, bool) {
	name, ok := f[0].(string)
	if ok && !slices.Contains(columns, name) {
		name = value.Name(name)
	}
	return name, ok && slices.Contains(columns, name)
}

// Of returns the value at this place, or nil if there is none.
func (f Field) Of(record map[string]any) any {
	var at any = record
	for _, step := range f {
		switch s := step.(type) {
		case string:
			object, ok := at.(map[string]any)
			if !ok {
				return nil
			}
			if at, ok = object[s]; !ok {
				at = object[value.Name(s)] // as the header of a CSV has it
			}
		case int:
			list, ok := at.([]any)
			if !ok || s >= len(list) {
				return nil
			}
			at = list[s]
		}
	}
	return at
}
