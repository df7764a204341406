package model

import (
	"fmt"

	"github.com/drift-exporter/drift_exporter/predictor/rows"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// role says what one column of a CSV is for.
type role struct {
	name   string
	is     purpose
	asked  string // the type that an option asks for
	column value.Column
	flag   string // the flag that names the column
}

type purpose uint8

const (
	isFeature purpose = iota
	isOutcome
	isScore
	isClass
	isIgnored
)

// rolesOf returns the role of each column of a CSV. A named column that is missing, and two
// options that disagree, are errors.
func rolesOf(in *rows.CSV, o *CSVOptions) ([]role, error) {
	all := make([]role, len(in.Columns))
	for i, name := range in.Columns {
		all[i].name = name
	}
	set := func(flag, name string, is purpose, columnType string) error {
		if name == "" {
			return nil
		}
		i, err := in.Column(name)
		if err != nil {
			return fmt.Errorf("--%s: %w", flag, err)
		}
		r := &all[i]
		if r.flag != "" && r.flag != flag {
			return fmt.Errorf("column %q is named by --%s and by --%s: keep one", name, r.flag, flag)
		}
		r.flag, r.is, r.asked, r.column.Type = flag, is, columnType, columnType
		return nil
	}
	for _, one := range []struct {
		flag       string
		names      []string
		is         purpose
		columnType string
	}{
		{"outcome", []string{o.Outcome}, isOutcome, ""},
		{"score", []string{o.Score}, isScore, Numeric},
		{"class", []string{o.Class}, isClass, ""},
		{"ignore", o.Ignore, isIgnored, ""},
		{"numeric", o.Numeric, isFeature, Numeric},
		{"categorical", o.Categorical, isFeature, Categorical},
	} {
		for _, name := range one.names {
			if err := set(one.flag, name, one.is, one.columnType); err != nil {
				return nil, err
			}
		}
	}
	return all, nil
}
