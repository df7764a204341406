package survey

import (
	"fmt"

	"github.com/drift-exporter/drift_exporter/predictor/rows"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// Column is what one column of a table is.
type Column struct {
	Name string
	Role Role
	// Read is how its values are read, where the role has a type.
	Read value.Column
	// Asked is the type that an option gave it, empty without one.
	Asked string

	flag string // that named the column
}

// Role is what the values of a column are.
type Role uint8

// Roles of columns.
const (
	Feature Role = iota
	Outcome
	Score
	Class
	Ignored
)

// columnsOf gives each column of a table its role. It is an error when a column that an
// option names is not there, or when two options disagree.
func columnsOf(header rows.Header, o *Options) ([]Column, error) {
	all := make([]Column, len(header))
	for i, name := range header {
		all[i].Name = name
	}
	set := func(flag, name string, role Role, kind string) error {
		if name == "" {
			return nil
		}
		i, err := header.Column(name)
		if err != nil {
			return fmt.Errorf("--%s: %w", flag, err)
		}
		c := &all[i]
		if c.flag != "" && c.flag != flag {
			return fmt.Errorf("column %q is named by --%s and by --%s: keep one", name, c.flag, flag)
		}
		c.flag, c.Role, c.Asked, c.Read.Type = flag, role, kind, kind
		return nil
	}
	for _, one := range []struct {
		flag  string
		names []string
		role  Role
		kind  string
	}{
		{"outcome", []string{o.Outcome}, Outcome, ""},
		{"score", []string{o.Score}, Score, value.Numeric},
		{"class", []string{o.Class}, Class, ""},
		{"ignore", o.Ignore, Ignored, ""},
		{"numeric", o.Numeric, Feature, value.Numeric},
		{"categorical", o.Categorical, Feature, value.Categorical},
	} {
		for _, name := range one.names {
			if err := set(one.flag, name, one.role, one.kind); err != nil {
				return nil, err
			}
		}
	}
	return all, nil
}
