package reference

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// deepest is the nesting of a reference file: file, features, feature, groups, counts.
const deepest = 5

// tree reads JSON into map[string]any, []any, string, bool, nil and json.Number.
// Unlike encoding/json it refuses repeated keys, which would silently drop one
// of two features' counts, text that is not UTF-8, and anything after the end.
func tree(data []byte) (any, error) {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if len(bytes.TrimSpace(data)) == 0 {
		return nil, errors.New("is empty: write a reference with 'drift_exporter reference' or 'drift_exporter train'")
	}
	if !utf8.Valid(data) {
		return nil, errors.New("is not UTF-8 text: save it as UTF-8, uncompressed")
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	v, err := node(d, 0)
	if err == nil {
		if _, end := d.Token(); !errors.Is(end, io.EOF) {
			err = errors.New("there is more after the end of the object: a file holds one reference")
		}
	}
	if err != nil {
		return nil, located(data, d.InputOffset(), err)
	}
	return v, nil
}

// located says on which line the reading stopped.
func located(data []byte, offset int64, err error) error {
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		offset = max(syntax.Offset-1, 0)
	}
	line := 1 + bytes.Count(data[:min(offset, int64(len(data)))], []byte("\n"))
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return fmt.Errorf("line %d: ends in the middle: the file was cut off, write it again", line)
	}
	if syntax != nil && (strings.HasPrefix(err.Error(), "invalid character 'N'") || strings.HasPrefix(err.Error(), "invalid character 'I'")) {
		return fmt.Errorf("line %d: %w: JSON has no NaN and no Infinity, leave such values out", line, err)
	}
	return fmt.Errorf("line %d: %w", line, err)
}

func node(d *json.Decoder, depth int) (any, error) {
	token, err := d.Token()
	if err != nil {
		return nil, err
	}
	open, ok := token.(json.Delim)
	if !ok {
		return token, nil
	}
	if depth++; depth > deepest {
		return nil, fmt.Errorf("nested more than %d deep: this is not a reference", deepest)
	}
	if open == '{' {
		return object(d, depth)
	}
	list := []any{}
	for d.More() {
		v, err := node(d, depth)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	_, err = d.Token()
	return list, err
}

func object(d *json.Decoder, depth int) (map[string]any, error) {
	o := map[string]any{}
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return nil, err
		}
		key, ok := token.(string)
		if !ok {
			return nil, fmt.Errorf("a key is %v instead of text", token)
		}
		if _, ok := o[key]; ok {
			return nil, fmt.Errorf("key %q is there twice: remove one", key)
		}
		if o[key], err = node(d, depth); err != nil {
			return nil, err
		}
	}
	_, err := d.Token()
	return o, err
}
