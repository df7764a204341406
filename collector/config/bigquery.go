package config

import (
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// bigQuery reads the place of a table.
func (d decoder) bigQuery(n *yaml.Node) (*BigQuery, error) {
	b := &BigQuery{}
	fields := map[string]*string{
		"project": &b.Project, "dataset": &b.Dataset, "table": &b.Table,
		"score": &b.Score, "prediction": &b.Prediction, "outcome": &b.Outcome, "positive": &b.Positive,
	}
	keys, err := d.Mapping(n, "bigquery", "project", "dataset", "table", "where", "score", "prediction", "outcome", "positive",
		"threshold", "missing", "numeric", "categorical", "ignore")
	if err != nil {
		return nil, err
	}
	if keys["table"] == nil {
		return nil, d.Errorf(n, "bigquery has no table; name the table with the reference rows")
	}
	for key, field := range fields {
		if keys[key] == nil {
			continue
		}
		if *field, err = d.bareName(keys[key], key); err != nil {
			return nil, err
		}
	}
	if keys["where"] != nil {
		if b.Where, err = d.Text(keys["where"], "where"); err != nil {
			return nil, err
		}
	}
	if keys["threshold"] != nil {
		if b.Threshold, err = d.threshold(keys["threshold"]); err != nil {
			return nil, err
		}
	}
	if keys["missing"] != nil {
		if b.Missing, err = d.missing(keys["missing"]); err != nil {
			return nil, err
		}
	}
	return b, d.types(b, keys)
}

// bareName is a name that stands between backticks in SQL.
func (d decoder) bareName(n *yaml.Node, what string) (string, error) {
	name, err := d.Name(n, what)
	if err == nil && strings.ContainsAny(name, "`\\") {
		err = d.Errorf(n, "%s %q has a backtick or a backslash; write the bare name", what, name)
	}
	return name, err
}

func (d decoder) threshold(n *yaml.Node) (float64, error) {
	x, err := strconv.ParseFloat(n.Value, 64)
	if tag := n.ShortTag(); err != nil || tag != "!!float" && tag != "!!int" || !(x > 0 && x < 1) {
		return 0, d.Errorf(n, "threshold %s must be a number above 0 and below 1", n.Value)
	}
	return x, nil
}

// missing are the texts that stand for no value.
func (d decoder) missing(n *yaml.Node) ([]string, error) {
	entries, err := d.List(n, "missing", "list at least one text, or leave the key out")
	if err != nil {
		return nil, err
	}
	var texts []string
	for _, entry := range entries {
		text, err := d.Text(entry, "missing text")
		if err != nil {
			return nil, err
		}
		if strings.TrimSpace(text) == "" {
			return nil, d.Errorf(entry, "missing text %q is blank, which is always missing; remove it", text)
		}
		texts = append(texts, text)
	}
	return texts, nil
}

// types reads the lists of columns whose type is given.
func (d decoder) types(b *BigQuery, keys map[string]*yaml.Node) error {
	of := map[string]string{}
	for _, list := range []struct {
		key     string
		columns *[]string
	}{{"numeric", &b.Numeric}, {"categorical", &b.Categorical}, {"ignore", &b.Ignore}} {
		n := keys[list.key]
		if n == nil {
			continue
		}
		entries, err := d.List(n, list.key, "list at least one column, or leave the key out")
		if err != nil {
			return err
		}
		if *list.columns, err = d.names(entries, list.key+" column"); err != nil {
			return err
		}
		for i, name := range *list.columns {
			if other, again := of[name]; again {
				return d.Errorf(entries[i], "column %q is listed under %s and under %s; keep one", name, other, list.key)
			}
			if slices.Contains([]string{b.Score, b.Prediction, b.Outcome}, name) && list.key != "ignore" {
				return d.Errorf(entries[i], "column %q is listed under %s, but it is score, prediction or outcome, and no feature; remove it", name, list.key)
			}
			of[name] = list.key
		}
	}
	return nil
}
