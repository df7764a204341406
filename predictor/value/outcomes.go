package value

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Outcomes collects the values of a column of outcomes, so that two of them can be coded as
// classes 0 and 1. Values compare as in [Classes]. Empty cells and the texts of Missing are
// not outcomes. NA, nan and the like are not outcomes if the column has numbers or two other
// values; if it has one other word, as in Fraud and None, they are the second value. The
// zero value is ready to use.
type Outcomes struct {
	Missing *MissingTexts

	values  []string // distinct, in order of appearance, at most outcomesKept
	absents []string // NA, nan and the like, in the same way
}

// outcomesKept bounds the values that are stored of a column that is not an outcome.
const outcomesKept = 10

// Add notes one cell.
func (o *Outcomes) Add(cell string) {
	text := Category(cell)
	if text == "" || o.Missing.HasCategory(text) {
		return
	}
	into := &o.values
	if isMissingNumber(text) {
		into = &o.absents
	}
	if len(*into) < outcomesKept && !slices.Contains(*into, text) {
		*into = append(*into, text)
	}
}

// Empty reports whether no value is certainly an outcome.
func (o *Outcomes) Empty() bool { return len(o.values) == 0 }

// Coding says which value of a column of outcomes is class 0 and which is class 1, in
// canonical form. Negative is empty where the column has only the other.
type Coding struct{ Negative, Positive string }

// Coding returns the coding in which positive is class 1. If positive is empty, class 1 is 1
// or true, provided that the column has only 0 and 1, or false and true. A column with no
// values or more than two, or without the positive value, is an error.
//
// A third value is refused and not counted as negative: in columns of outcomes it is mostly
// a state such as "current", which is neither.
func (o *Outcomes) Coding(positive string) (Coding, error) {
	values := slices.Clone(o.values)
	if len(values) < 2 && !slices.ContainsFunc(values, isNumberOrTruth) {
		values = append(values, o.absents...)
	}
	positive = Category(positive)
	switch {
	case len(values) == 0:
		return Coding{}, errors.New("has no value in any row: fill it in")
	case len(values) > 2:
		return Coding{}, fmt.Errorf("has more than two values (%s): keep two, and empty the cells of rows whose outcome is not known, or name their text with --missing", listed(values))
	case positive == "":
		for _, c := range []Coding{{"0", "1"}, {"false", "true"}} {
			if !slices.ContainsFunc(values, func(v string) bool { return v != c.Negative && v != c.Positive }) {
				return c, nil
			}
		}
		return Coding{}, fmt.Errorf("has the values %s: say with --positive which of them is class 1", listed(values))
	case !slices.Contains(values, positive):
		return Coding{}, fmt.Errorf("never has the value %q: its values are %s", positive, listed(values))
	}
	for _, v := range values {
		if v != positive {
			return Coding{v, positive}, nil
		}
	}
	return Coding{"", positive}, nil
}

func isNumberOrTruth(text string) bool {
	_, kind := Number(text)
	return kind == Known
}

func listed(values []string) string {
	quoted := make([]string, 0, outcomesKept+1)
	for _, v := range values[:min(len(values), outcomesKept)] {
		if len(v) > 40 {
			v = strings.ToValidUTF8(v[:40], "") + "..."
		}
		quoted = append(quoted, strconv.Quote(v))
	}
	if len(values) >= outcomesKept {
		quoted = append(quoted, "...")
	}
	return strings.Join(quoted, ", ")
}

// Class returns the class of a cell, "1" or "0", and "" if it is not an outcome.
func (c Coding) Class(cell string) string {
	switch text := Category(cell); text {
	case "":
		return ""
	case c.Positive:
		return "1"
	case c.Negative:
		return "0"
	}
	return ""
}

// Classes returns the classes 0 and 1 with the column's values as their names. They have no
// names if a name could be taken for the other class, as in a column of 1 and 2.
func (c Coding) Classes() []Class {
	classes := []Class{{Text: "0"}, {Text: "1"}}
	if c.Negative == "1" || c.Negative == "true" || c.Positive == "0" || c.Positive == "false" {
		return classes
	}
	if c.Negative != "0" {
		classes[0].Name = c.Negative
	}
	if c.Positive != "1" {
		classes[1].Name = c.Positive
	}
	return classes
}
