package value

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Outcomes learns which values a column of outcomes has, so that two of them can be
// coded as classes 0 and 1. Values compare as [Classes] do; empty cells are no outcome,
// nor are the texts of Missing. NA, nan and the like are not outcomes next to numbers or
// two other values; next to one word, as in Fraud and None, they are the other.
// The zero value is ready to use.
type Outcomes struct {
	Missing *MissingTexts

	values  []string // distinct, in order of appearance, at most outcomesKept
	absents []string // NA, nan and the like, in the same way
}

// outcomesKept bounds what is remembered of a column that is no outcome at all.
const outcomesKept = 10

// Add notes one cell.
func (o *Outcomes) Add(cell string) {
	text := classText(cell)
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

// Empty reports whether there was nothing that is an outcome beyond doubt.
func (o *Outcomes) Empty() bool { return len(o.values) == 0 }

// Coding says which value of a column of outcomes is class 0 and which is class 1, in
// canonical form. Negative is empty where the column has only the other.
type Coding struct{ Negative, Positive string }

// Coding returns the coding in which that value is class 1. Without one it is 1 or
// true, where the column has nothing but 0 and 1, or false and true. It is an error
// when the column has no value at all or more than two, and when the wanted one is not
// among them.
//
// A third value is refused, not counted with the negatives: in columns of outcomes
// it is mostly a state such as "current", which is neither.
func (o *Outcomes) Coding(positive string) (Coding, error) {
	values := slices.Clone(o.values)
	if len(values) < 2 && !slices.ContainsFunc(values, isNumberOrTruth) {
		values = append(values, o.absents...)
	}
	positive = classText(positive)
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

// Class is the class of a cell, "1" or "0", and "" for one that is no outcome.
func (c Coding) Class(cell string) string {
	switch text := classText(cell); text {
	case "":
		return ""
	case c.Positive:
		return "1"
	case c.Negative:
		return "0"
	}
	return ""
}

// Classes are the classes 0 and 1 with the column's values as their names. There are
// no names where these could be taken for the other class, as in a column of 1 and 2.
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
