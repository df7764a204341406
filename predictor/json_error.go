package predictor

import (
	"bytes"
	"errors"
	"fmt"
)

// syntaxError says where and why a body is not JSON, and in the value of which field, if
// any.
type syntaxError struct {
	offset int
	detail string
	field  []byte
}

func (e *syntaxError) Error() string {
	return fmt.Sprintf("byte %d: %s", e.offset, e.detail)
}

// inField adds to a syntax error the field in whose value it is.
func inField(err error, name []byte) error {
	if syntax, ok := errors.AsType[*syntaxError](err); ok {
		syntax.field = name
	}
	return err
}

// syntaxFaults returns the one fault of a body that is not JSON, with line and column (in
// bytes, from 1).
func syntaxFaults(body []byte, err error) faults {
	f := faults{limit: 1}
	syntax, ok := errors.AsType[*syntaxError](err)
	if !ok {
		syntax = &syntaxError{detail: err.Error()}
	}
	before := body[:syntax.offset]
	line := bytes.Count(before, []byte("\n")) + 1
	column := len(before) - bytes.LastIndexByte(before, '\n')
	f.add(-1, syntax.field, reasonInvalidJSON, fmt.Sprintf("not JSON at line %d, column %d: %s", line, column, syntax.detail))
	return f
}
