package model

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// object is one JSON object that is read strictly: encoding/json lets an
// unknown, a repeated or a differently cased key and a null pass, which in a
// hand-edited model file are mistakes. The first error is kept in err.
type object struct {
	where  string // prefix of every error: "feature 3 (income)"; empty at the top
	fields map[string]json.RawMessage
	err    error
}

// newObject reads the keys of one JSON object and leaves their values raw.
func newObject(data []byte, where string, keys ...string) *object {
	o := &object{where: where, fields: make(map[string]json.RawMessage, len(keys))}
	d := json.NewDecoder(bytes.NewReader(data))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		o.err = o.syntax(err, d.InputOffset(), "must be a JSON object")
		return o
	}
	for d.More() {
		t, err := d.Token()
		if err != nil {
			o.err = o.syntax(err, d.InputOffset(), "")
			return o
		}
		key, _ := t.(string) // a key is always a string
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			o.err = o.syntax(err, d.InputOffset(), "")
			return o
		}
		if _, ok := o.fields[key]; ok {
			o.err = o.errorf("key %q is there twice: remove one", key)
			return o
		}
		if !slices.Contains(keys, key) {
			o.err = o.errorf("unknown key %q: the keys are %s", key, strings.Join(keys, ", "))
			return o
		}
		o.fields[key] = value
	}
	if _, err := d.Token(); err != nil { // the closing brace
		o.err = o.syntax(err, d.InputOffset(), "")
		return o
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		o.err = o.errorf("something follows the JSON object: remove it")
	}
	return o
}

func (o *object) syntax(err error, offset int64, otherwise string) error {
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return o.errorf("ends too early: the file is cut off or empty")
	case err != nil:
		return o.errorf("is not JSON at byte %d: %w", offset, err)
	}
	return o.errorf("%s", otherwise)
}

func (o *object) errorf(format string, args ...any) error {
	err := fmt.Errorf(format, args...)
	if o.where == "" {
		return err
	}
	return fmt.Errorf("%s: %w", o.where, err)
}

func (o *object) raw(key string) json.RawMessage { return o.fields[key] }

func (o *object) required(key string, into any) {
	if o.err == nil && o.raw(key) == nil {
		o.err = o.errorf("key %q is missing: add it", key)
	}
	o.optional(key, into)
}

func (o *object) optional(key string, into any) {
	raw := o.raw(key)
	if o.err != nil || raw == nil {
		return
	}
	if string(raw) == "null" {
		o.err = o.errorf("%s is null: give it a value", key)
		return
	}
	if err := json.Unmarshal(raw, into); err != nil {
		if mismatch, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
			o.err = o.errorf("%s must be %s, not %s", key, kind(into), mismatch.Value)
			return
		}
		o.err = o.errorf("%s: %w", key, err)
	}
}

func (o *object) forbidden(key, reason string) {
	if o.err == nil && o.raw(key) != nil {
		o.err = o.errorf("key %q does not belong here: %s", key, reason)
	}
}

// kind names in words what a destination can hold.
func kind(into any) string {
	switch into.(type) {
	case *string:
		return "a string"
	case *float64:
		return "a number that a float64 can hold"
	case *int, *uint64:
		return "a whole number that is not too large"
	case *[]json.RawMessage:
		return "an array"
	case *[]string:
		return "an array of strings"
	}
	return "a time such as 2026-01-31T00:00:00Z"
}
