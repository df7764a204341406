package strictyaml

import (
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// Map reads the values of one mapping by their keys. After the first mistake it reads
// nothing more, and Err says which it was.
type Map struct {
	Decoder
	// Node is the mapping itself.
	Node *yaml.Node
	Err  error

	values map[string]*yaml.Node
}

// Map takes a node as a mapping that has no keys but these.
func (d Decoder) Map(n *yaml.Node, what string, keys ...string) *Map {
	values, err := d.Mapping(n, what, keys...)
	return &Map{Decoder: d, Node: n, Err: err, values: values}
}

// Value is the node of a key; nil when the key is absent or a mistake came before.
func (m *Map) Value(key string) *yaml.Node {
	if m.Err != nil {
		return nil
	}
	return m.values[key]
}

// Has reports whether a key is there.
func (m *Map) Has(key string) bool { return m.values[key] != nil }

// Require makes the absence of a key a mistake; the remedy says what to write.
func (m *Map) Require(key, remedy string) {
	if m.Err == nil && !m.Has(key) {
		m.Err = m.Errorf(m.Node, "%s is missing; %s", key, remedy)
	}
}

// Wrong makes a mistake of the value of a key.
func (m *Map) Wrong(key, format string, args ...any) {
	if m.Err != nil {
		return
	}
	at := m.values[key]
	if at == nil {
		at = m.Node
	}
	m.Err = m.Errorf(at, format, args...)
}

// Text is a string, and absent without the key.
func (m *Map) Text(key, absent string) string {
	n := m.Value(key)
	if n == nil {
		return absent
	}
	var text string
	text, m.Err = m.Decoder.Text(n, key)
	if m.Err == nil && strings.ContainsRune(text, 0) {
		m.Wrong(key, "%s has a NUL byte; remove it", key)
	}
	return text
}

// File is a path, relative to the folder of the configuration; empty without the key.
func (m *Map) File(key string) string {
	path := m.Text(key, "")
	if m.Err == nil && path == "" && m.Has(key) {
		m.Wrong(key, "%s is empty; write a path, or remove the key", key)
	}
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(filepath.Dir(m.Path), path)
}

// Name is a text that can be a label value; empty without the key.
func (m *Map) Name(key string) string {
	n := m.Value(key)
	if n == nil {
		return ""
	}
	var name string
	name, m.Err = m.Decoder.Name(n, key)
	return name
}

// OneOf is one of some words, and the first of them without the key.
func (m *Map) OneOf(key string, words ...string) string {
	text := m.Text(key, words[0])
	if m.Err == nil && !slices.Contains(words, text) {
		m.Wrong(key, "%s %q is none of %s", key, text, strings.TrimPrefix(strings.Join(words, ", "), ", "))
	}
	return text
}

// Texts is a list of strings that has some; nil without the key.
func (m *Map) Texts(key, remedy string) (all []string) {
	n := m.Value(key)
	if n == nil {
		return nil
	}
	entries, err := m.List(n, key, remedy)
	for _, e := range entries {
		var text string
		if text, err = m.Decoder.Text(e, key); err != nil {
			break
		}
		all = append(all, text)
	}
	m.Err = err
	return all
}

// scalar is the text of a value that is no list and no mapping.
func (m *Map) scalar(key, form string) (string, bool) {
	n := m.Value(key)
	if n == nil {
		return "", false
	}
	if m.Err = m.kind(n, yaml.ScalarNode, key, form); m.Err != nil {
		return "", false
	}
	return n.Value, true
}

// Flag is true or false, and false without the key.
func (m *Map) Flag(key string) bool {
	text, ok := m.scalar(key, "true or false")
	if ok && text != "true" && text != "false" {
		m.Wrong(key, "%s is %q; write true or false", key, text)
	}
	return text == "true"
}

// Number is a number within bounds, and absent without the key.
func (m *Map) Number(key string, absent, least, most float64) float64 {
	text, ok := m.scalar(key, "a number")
	if !ok {
		return absent
	}
	x, err := strconv.ParseFloat(text, 64)
	if err != nil || !(x >= least && x <= most) {
		m.Wrong(key, "%s is %q; write a number from %g to %g", key, text, least, most)
	}
	return x
}

// Integer is a whole number within bounds, and absent without the key.
func (m *Map) Integer(key string, absent, least, most int64) int64 {
	text, ok := m.scalar(key, "a whole number")
	if !ok {
		return absent
	}
	x, err := strconv.ParseInt(text, 10, 64)
	if err != nil || x < least || x > most {
		m.Wrong(key, "%s is %q; write a whole number from %d to %d", key, text, least, most)
	}
	return x
}

// Duration is a duration within bounds, and absent without the key.
func (m *Map) Duration(key string, absent, least, most time.Duration) time.Duration {
	text, ok := m.scalar(key, "a duration such as 90d, 1h30m or 0.5s")
	if !ok {
		return absent
	}
	d, err := ParseDuration(text)
	switch {
	case err != nil:
		m.Wrong(key, "%s %w", key, err)
	case d < least || d > most:
		m.Wrong(key, "%s is %s; write a duration from %s to %s", key, text, least, most)
	}
	return d
}
