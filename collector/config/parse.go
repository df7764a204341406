package config

import (
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/drift-exporter/drift_exporter/predictor/strictyaml"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// decoder reads the parts of a configuration.
type decoder struct{ strictyaml.Decoder }

// Parse checks the configuration in data. The path names it in errors and is
// what relative reference files are resolved against.
func Parse(data []byte, path string) (*Config, error) {
	d := decoder{strictyaml.Decoder{Path: path}}
	root, err := d.Document(data, "list the models to watch under models")
	if err != nil {
		return nil, err
	}
	top, err := d.Mapping(root, "the configuration", "models")
	if err != nil {
		return nil, err
	}
	if top["models"] == nil {
		return nil, d.Errorf(root, "models is missing; list the models to watch under it")
	}
	entries, err := d.List(top["models"], "models", "list at least one model")
	if err != nil {
		return nil, err
	}
	c := &Config{}
	for _, entry := range entries {
		m, err := d.model(entry)
		if err != nil {
			return nil, err
		}
		for _, other := range c.Models {
			if other.Name == m.Name && other.Reference.File == m.Reference.File && sameTable(other.Reference.BigQuery, m.Reference.BigQuery) {
				return nil, d.Errorf(entry, "model %q is already configured at %s with the same reference; remove one, or give each a reference of its own version", m.Name, other.Position)
			}
		}
		c.Models = append(c.Models, m)
	}
	return c, nil
}

func sameTable(a, b *BigQuery) bool { return reflect.DeepEqual(a, b) }

func (d decoder) model(n *yaml.Node) (m Model, err error) {
	keys, err := d.Mapping(n, "a model", "name", "prediction", "reference", "features")
	if err != nil {
		return m, err
	}
	m.Position = d.Position(n)
	if keys["name"] == nil {
		return m, d.Errorf(n, "name is missing; write the model's name as it is in the log")
	}
	if m.Name, err = d.Name(keys["name"], "name"); err != nil {
		return m, err
	}
	if p := keys["prediction"]; p != nil {
		if m.Type, err = d.prediction(p); err != nil {
			return m, err
		}
	}
	if keys["reference"] == nil {
		return m, d.Errorf(n, "model %q has no reference; write reference: {file: FILE} with a file made by 'drift_exporter reference' or 'drift_exporter train'", m.Name)
	}
	if m.Reference, err = d.reference(keys["reference"]); err != nil {
		return m, err
	}
	if f := keys["features"]; f != nil {
		m.Features, err = d.features(f)
	}
	return m, err
}

func (d decoder) prediction(n *yaml.Node) (value.Prediction, error) {
	keys, err := d.Mapping(n, "prediction", "type")
	if err != nil {
		return "", err
	}
	if keys["type"] == nil {
		return "", d.Errorf(n, "prediction has no type; write prediction: {type: binary}, or multiclass or regression")
	}
	name, err := d.Text(keys["type"], "prediction type")
	if err != nil {
		return "", err
	}
	if name == "" {
		return "", d.Errorf(keys["type"], "prediction type is empty; write binary, multiclass or regression")
	}
	kind, err := value.ParsePrediction(name)
	if err != nil {
		return "", d.Errorf(keys["type"], "prediction %v", err)
	}
	return kind, nil
}

func (d decoder) reference(n *yaml.Node) (r Reference, err error) {
	keys, err := d.Mapping(n, "reference", "file", "bigquery")
	if err != nil {
		return r, err
	}
	file, table := keys["file"], keys["bigquery"]
	if file == nil && table == nil {
		return r, d.Errorf(n, "reference has neither file nor bigquery; write reference: {file: FILE}")
	}
	if file != nil {
		if r.File, err = d.Text(file, "reference file"); err != nil {
			return r, err
		}
		if r.File == "" || strings.ContainsRune(r.File, 0) {
			return r, d.Errorf(file, "reference file %q is not a path; name the file, relative to the configuration's folder", r.File)
		}
		if !filepath.IsAbs(r.File) {
			r.File = filepath.Join(filepath.Dir(d.Path), r.File)
		}
	}
	if table != nil {
		r.BigQuery, err = d.bigQuery(table)
	}
	return r, err
}

func (d decoder) features(n *yaml.Node) ([]string, error) {
	entries, err := d.List(n, "features", "list at least one, or leave the key out to watch all")
	if err != nil {
		return nil, err
	}
	return d.names(entries, "feature")
}

// names returns the names in a list, none of them twice.
func (d decoder) names(entries []*yaml.Node, what string) ([]string, error) {
	names := make([]string, 0, len(entries))
	for _, entry := range entries {
		name, err := d.Name(entry, what)
		if err != nil {
			return nil, err
		}
		name = value.Name(name)
		if slices.Contains(names, name) {
			return nil, d.Errorf(entry, "%s %q is listed twice; remove one", what, name)
		}
		names = append(names, name)
	}
	return names, nil
}
