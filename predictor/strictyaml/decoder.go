// Package strictyaml reads configuration files that people write: whatever a decoder
// into structs would let pass, an unknown or a repeated key, an alias, a number where
// a text belongs, is an error that names the file and the line, and says what to do.
package strictyaml

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// Decoder takes a YAML document apart node by node. Decoding into structs with
// KnownFields would be shorter, but its messages speak of Go types, name no
// remedy, and lose the line as soon as the value has been decoded.
type Decoder struct {
	// Path is the file, as messages name it.
	Path string
}

// Document returns the root of the only document in data. empty says what to write
// when there is none.
func (d Decoder) Document(data []byte, empty string) (*yaml.Node, error) {
	if line, ok := invalidUTF8(data); ok {
		return nil, fmt.Errorf("%s:%d: not valid UTF-8; save the file as UTF-8", d.Path, line)
	}
	var doc, rest yaml.Node
	in := yaml.NewDecoder(bytes.NewReader(data))
	err := in.Decode(&doc)
	if errors.Is(err, io.EOF) || err == nil && len(doc.Content) == 0 {
		return nil, fmt.Errorf("%s:1: the configuration is empty; %s", d.Path, empty)
	}
	if err != nil {
		return nil, d.syntax(err)
	}
	switch err := in.Decode(&rest); {
	case errors.Is(err, io.EOF):
		return doc.Content[0], nil
	case err != nil:
		return nil, d.syntax(err)
	default:
		return nil, d.Errorf(&rest, "a second YAML document begins here; keep everything in one document")
	}
}

// Mapping returns the values of a mapping by key, all of which must be known.
func (d Decoder) Mapping(n *yaml.Node, what string, known ...string) (map[string]*yaml.Node, error) {
	if err := d.kind(n, yaml.MappingNode, what, "a mapping with the keys "+strings.Join(known, ", ")); err != nil {
		return nil, err
	}
	values := make(map[string]*yaml.Node, len(known))
	lines := make(map[string]int, len(known))
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if key.Kind != yaml.ScalarNode || !slices.Contains(known, key.Value) {
			return nil, d.Errorf(key, "unknown key %q in %s; known keys are %s", key.Value, what, strings.Join(known, ", "))
		}
		if line, again := lines[key.Value]; again {
			return nil, d.Errorf(key, "key %q stands here and at line %d; remove one", key.Value, line)
		}
		values[key.Value], lines[key.Value] = value, key.Line
	}
	return values, nil
}

// List returns the entries of a sequence, which must have some; the remedy says
// what to do when it has none.
func (d Decoder) List(n *yaml.Node, what, remedy string) ([]*yaml.Node, error) {
	if err := d.kind(n, yaml.SequenceNode, what, "a list"); err != nil {
		return nil, err
	}
	if len(n.Content) == 0 {
		return nil, d.Errorf(n, "%s is empty; %s", what, remedy)
	}
	return n.Content, nil
}

// Text returns a string. Numbers, booleans and null are refused: YAML would
// turn the names on, 1e3 and null into something else.
func (d Decoder) Text(n *yaml.Node, what string) (string, error) {
	if err := d.kind(n, yaml.ScalarNode, what, "a text"); err != nil {
		return "", err
	}
	if tag := n.ShortTag(); tag != "!!str" {
		return "", d.Errorf(n, "%s %s is not a text (YAML reads it as %s); put it in quotes", what, n.Value, strings.TrimLeft(tag, "!"))
	}
	return n.Value, nil
}

// Name returns a text that can be a label value as it stands.
func (d Decoder) Name(n *yaml.Node, what string) (string, error) {
	name, err := d.Text(n, what)
	if err != nil {
		return "", err
	}
	if err := CheckName(name); err != nil {
		return "", d.Errorf(n, "%s %w", what, err)
	}
	return name, nil
}

func (d Decoder) kind(n *yaml.Node, want yaml.Kind, what, form string) error {
	switch {
	case n.Kind == yaml.AliasNode:
		return d.Errorf(n, "%s is the alias *%s; write the value out", what, n.Value)
	case n.Kind != want:
		return d.Errorf(n, "%s must be %s", what, form)
	}
	return nil
}

// Position is the file and line of a node, "config.yml:3".
func (d Decoder) Position(n *yaml.Node) string {
	if n.Line == 0 { // it was not read from a file
		return d.Path
	}
	return fmt.Sprintf("%s:%d", d.Path, n.Line)
}

// Errorf is an error that begins with the position of a node.
func (d Decoder) Errorf(n *yaml.Node, format string, args ...any) error {
	return fmt.Errorf("%s: %w", d.Position(n), fmt.Errorf(format, args...))
}

// syntax puts the file before YAML's own words, which name the line.
func (d Decoder) syntax(err error) error {
	return fmt.Errorf("%s: not valid YAML: %s", d.Path, strings.TrimPrefix(err.Error(), "yaml: "))
}

// invalidUTF8 returns the line of the first byte that is not UTF-8.
func invalidUTF8(data []byte) (line int, found bool) {
	line = 1
	for len(data) > 0 {
		r, size := utf8.DecodeRune(data)
		if r == utf8.RuneError && size == 1 {
			return line, true
		}
		if r == '\n' {
			line++
		}
		data = data[size:]
	}
	return 0, false
}
