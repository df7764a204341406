package api

import (
	"bytes"
	"encoding/json"
	"errors"

	"github.com/drift-exporter/drift_exporter/predictor/outcomes"
)

// kindOf returns the first character of a JSON value: n for null, and for no value.
func kindOf(text json.RawMessage) byte {
	text = bytes.TrimLeft(text, " \t\r\n")
	if len(text) == 0 {
		return 'n'
	}
	return text[0]
}

// errFound ends the search.
var errFound = errors.New("found")

// find returns the value at a place in a JSON document, or nil if there is none. It keeps only what
// leads there: an answer can take a hundred times as much memory as its text.
func find(document json.RawMessage, place outcomes.Field) (json.RawMessage, error) {
	at := document
	for _, step := range place {
		name, inObject := step.(string)
		position, _ := step.(int)
		if inObject != (kindOf(at) == '{') || !inObject && kindOf(at) != '[' {
			return nil, nil
		}
		var found json.RawMessage
		err := each(at, func(key string, one json.RawMessage) error {
			if inObject && key == name || !inObject && position == 0 {
				found = one
				return errFound
			}
			position--
			return nil
		})
		if err != nil && !errors.Is(err, errFound) {
			return nil, err
		}
		at = found
	}
	return at, nil
}

// each calls yield with the keys and values of an object, or with the values of a list, until it
// returns an error. The text must be valid.
func each(text json.RawMessage, yield func(key string, one json.RawMessage) error) error {
	d := json.NewDecoder(bytes.NewReader(text))
	open, err := d.Token()
	for err == nil && d.More() {
		key := ""
		if open == json.Delim('{') {
			var token json.Token
			if token, err = d.Token(); err != nil {
				return err
			}
			key, _ = token.(string)
		}
		var one json.RawMessage
		if err = d.Decode(&one); err == nil {
			err = yield(key, one)
		}
	}
	return err
}
