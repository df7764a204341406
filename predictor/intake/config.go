package intake

import (
	"fmt"
	"os"
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/drift-exporter/drift_exporter/predictor/strictyaml"
)

// What a model answers for a row.
const (
	Probability   = "probability"   // of the positive class
	Probabilities = "probabilities" // one of each class
	Label         = "label"         // the predicted class
	Value         = "value"         // a number: a regression
)

// Config says how the exchanges of models are read.
type Config struct{ Models []*Model }

// Model is one of them.
type Model struct {
	// Name is the model's name in the log, Upstream the one in URLs and events.
	Name, Upstream string
	// Version is the model's version. If it is empty, that of the answer counts.
	Version string
	// Answer is Probability, Probabilities, Label or Value.
	Answer string
	// Output names the output, the field or the column (from 0) that has the answer. If it
	// is empty, there is only one. Class names the one that has the predicted class.
	Output, Class string
	// Classes are the classes: the negative and the positive one for a Probability, those
	// of the columns for Probabilities.
	Classes []string
	// Threshold is the Probability from which the positive class is predicted.
	Threshold float64
	// Features are the columns of requests without names. Of requests with names, only
	// these are logged; all, if it is nil.
	Features []string

	features []column
}

// Load reads a configuration file.
func Load(path string) (*Config, error) {
	data, err := os.ReadFile(path) // #nosec G304 -- the operator names the file
	if err != nil {
		return nil, fmt.Errorf("read the configuration: %w", err)
	}
	return Parse(data, path)
}

// Parse reads a configuration. The path names it in errors.
func Parse(data []byte, path string) (*Config, error) {
	d := strictyaml.Decoder{Path: path}
	root, err := d.Document(data, "list the models under models")
	if err != nil {
		return nil, err
	}
	top := d.Map(root, "the configuration", "models")
	top.Require("models", "list the models under it")
	if top.Err != nil {
		return nil, top.Err
	}
	entries, err := d.List(top.Value("models"), "models", "list at least one model")
	if err != nil {
		return nil, err
	}
	c := &Config{}
	for _, entry := range entries {
		m, err := parseModel(d, entry)
		if err != nil {
			return nil, err
		}
		for _, other := range c.Models {
			if other.Upstream == m.Upstream {
				return nil, d.Errorf(entry, "upstream %q is there twice; remove one, or write the name that its URL has under upstream", m.Upstream)
			}
		}
		c.Models = append(c.Models, m)
	}
	return c, nil
}

func parseModel(d strictyaml.Decoder, n *yaml.Node) (*Model, error) {
	k := d.Map(n, "a model", "name", "upstream", "version", "answer", "output", "class", "classes", "threshold", "features")
	k.Require("name", "write the model's name as the exporter's configuration has it")
	k.Require("answer", "write probability, probabilities, label or value: what the model answers for a row")
	m := &Model{
		Name: k.Name("name"), Version: k.Text("version", ""),
		Answer: k.OneOf("answer", Probability, Probabilities, Label, Value),
		Output: k.Text("output", ""), Class: k.Text("class", ""),
		Classes:   k.Texts("classes", "list the classes in the order of the answer's columns"),
		Features:  k.Texts("features", "list the columns of the requests, or leave the key out"),
		Threshold: k.Number("threshold", 0.5, 0, 1),
	}
	m.Upstream = k.Text("upstream", m.Name)
	m.check(k)
	return m, k.Err
}

// check finds what does not go together.
func (m *Model) check(k *strictyaml.Map) {
	switch m.Answer {
	case Probability:
		if m.Classes == nil {
			m.Classes = []string{"0", "1"}
		}
		if len(m.Classes) != 2 {
			k.Wrong("classes", "a probability is that of one of two classes, and classes lists %d; list the negative and the positive one, or write answer: probabilities", len(m.Classes))
		}
	case Probabilities:
		if len(m.Classes) < 2 {
			k.Wrong("classes", "probabilities need the classes; list them in the order of the answer's columns, such as classes: [\"0\", \"1\"]")
		}
	default:
		if m.Classes != nil {
			k.Wrong("classes", "classes are for answer: probability and probabilities; remove the key")
		}
	}
	if m.Answer != Probability && k.Has("threshold") {
		k.Wrong("threshold", "threshold is for answer: probability; remove the key")
	}
	if m.Class != "" && (m.Answer == Label || m.Answer == Value) {
		k.Wrong("class", "class is for answer: probability and probabilities; remove the key")
	}
	if m.Class != "" && m.Output == "" {
		k.Wrong("class", "class names one output; name the other under output")
	}
	for i, f := range m.Features {
		if f == "" || slices.Contains(m.Features[:i], f) {
			k.Wrong("features", "feature %q is empty or there twice; give each column a name of its own", f)
		}
		m.features = append(m.features, newColumn(f))
	}
}

// model returns the model with a name in URLs. Without a name there must be only one.
func (c *Config) model(name string) (*Model, error) {
	if name == "" && len(c.Models) == 1 {
		return c.Models[0], nil
	}
	for _, m := range c.Models {
		if m.Upstream == name {
			return m, nil
		}
	}
	if name == "" {
		return nil, unmapped(ReasonModel, "the request names no model, and the configuration has %d: give each a proxy of its own", len(c.Models))
	}
	return nil, unmapped(ReasonModel, "the configuration has no model with upstream: %.100q; add it", name)
}
