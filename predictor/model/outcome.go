package model

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Outcomes learns which values an outcome column has, so that they can be
// coded as 1 and 0. The zero value is ready to use.
//
// Numbers compare by value, so that the 1.0 that pandas writes into a column
// with gaps is 1; everything else compares as text.
type Outcomes struct {
	values []string // distinct, in order of appearance, at most outcomesKept
}

// outcomesKept bounds what is remembered of a column that is no outcome at all.
const outcomesKept = 10

// Add notes one cell; missing ones are ignored.
func (o *Outcomes) Add(cell string) {
	if Missing(cell) || len(o.values) == outcomesKept {
		return
	}
	if v := outcomeValue(cell); !slices.Contains(o.values, v) {
		o.values = append(o.values, v)
	}
}

// Positive returns the value that is coded 1. It is an error when the column
// has no value at all or more than two, and when the wanted value is not among
// them. An empty wanted value stands for 1 or true where the column has
// nothing but 0 and 1, or false and true.
//
// A third value is refused, not counted with the negatives: in outcome columns
// it is mostly a state such as "current", which is neither.
func (o *Outcomes) Positive(wanted string) (string, error) {
	switch {
	case len(o.values) == 0:
		return "", errors.New("has no value in any row: fill it in")
	case len(o.values) > 2:
		return "", fmt.Errorf("has more than two values (%s): keep two, and empty the cells of rows whose outcome is not known", o.list())
	case wanted == "":
		for _, pair := range [][2]string{{"0", "1"}, {"false", "true"}, {"False", "True"}, {"FALSE", "TRUE"}} {
			if !slices.ContainsFunc(o.values, func(v string) bool { return v != pair[0] && v != pair[1] }) {
				return pair[1], nil
			}
		}
		return "", fmt.Errorf("has the values %s: say with --positive which of them is class 1", o.list())
	}
	if v := outcomeValue(wanted); slices.Contains(o.values, v) {
		return v, nil
	}
	return "", fmt.Errorf("never has the value %q: its values are %s", wanted, o.list())
}

func (o *Outcomes) list() string {
	quoted := make([]string, len(o.values))
	for i, v := range o.values {
		quoted[i] = strconv.Quote(v)
	}
	if len(o.values) == outcomesKept {
		quoted = append(quoted, "...")
	}
	return strings.Join(quoted, ", ")
}

// IsPositive reports whether a cell that is not missing has the value that
// Positive returned.
func IsPositive(cell, positive string) bool { return outcomeValue(cell) == positive }

// outcomeValue is a cell's value in one spelling.
func outcomeValue(cell string) string {
	if x, ok := Number(cell); ok {
		return strconv.FormatFloat(x, 'g', -1, 64)
	}
	return strings.TrimSpace(cell)
}

// Missing reports whether a cell holds no value: empty, NA, NaN or null, in
// the spellings that pandas, R and SQL tools write.
func Missing(cell string) bool {
	switch strings.TrimSpace(cell) {
	case "", "NA", "NaN", "nan", "null", "NULL":
		return true
	}
	return false
}

// Number parses a cell as a finite decimal number, spaces around it allowed.
// Infinities, hexadecimal and digit separators are not numbers here.
func Number(cell string) (float64, bool) {
	cell = strings.TrimSpace(cell)
	if strings.ContainsAny(cell, "xX_") {
		return 0, false
	}
	x, err := strconv.ParseFloat(cell, 64)
	if err != nil || math.IsNaN(x) || math.IsInf(x, 0) {
		return 0, false
	}
	return x, true
}
