package reference

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// outcome says whether the model was right about one row.
type outcome struct {
	row   int
	right bool
}

func (l *HeldOut) check(rows int) error {
	for _, f := range []struct {
		what string
		n    int
	}{{"scores", len(l.Score)}, {"predicted classes", len(l.Predicted)}, {"outcomes", max(len(l.Actual), len(l.Truth))}} {
		if f.n != 0 && f.n != len(l.Index) {
			return fmt.Errorf("there are %d %s for %d held-out rows", f.n, f.what, len(l.Index))
		}
	}
	if len(l.Actual) > 0 && len(l.Predicted) == 0 {
		return fmt.Errorf("there are %d outcomes, but no predicted classes to compare them with", len(l.Actual))
	}
	seen := make([]bool, rows)
	for _, row := range l.Index {
		if row < 0 || row >= rows {
			return fmt.Errorf("held-out row %d is not among the %d rows", row, rows)
		}
		if seen[row] {
			return fmt.Errorf("row %d is held out twice", row)
		}
		seen[row] = true
	}
	return nil
}

// outcomes lists the rows with a known outcome. Rows are numbered by index, or by their position
// among the held-out rows if index is nil.
func (l *HeldOut) outcomes(index []int) []outcome {
	var known []outcome
	for i, actual := range l.Actual {
		if actual == "" || l.Predicted[i] == "" {
			continue
		}
		row := i
		if index != nil {
			row = index[i]
		}
		known = append(known, outcome{row, l.Predicted[i] == actual})
	}
	return known
}

// rows returns the number of rows of an entry.
func (l *HeldOut) rows(i int) int64 {
	if l.Rows == nil {
		return 1
	}
	return l.Rows[i]
}

// classes counts the predicted classes by text. It also lists the positive class, the named
// classes and the classes that are only outcomes. positive is empty for a multiclass model.
func (l *HeldOut) classes(positive string, named []value.Class) []Class {
	if len(l.Predicted) == 0 {
		return nil
	}
	at := map[string]*Class{}
	for _, c := range named {
		at[c.Text] = &Class{Class: c.Text, Name: c.Name}
	}
	of := func(name string) *Class {
		if at[name] == nil {
			at[name] = &Class{Class: name}
		}
		return at[name]
	}
	if positive != "" {
		of(positive)
	}
	for i, predicted := range l.Predicted {
		if predicted == "" {
			continue
		}
		c := of(predicted)
		rows := l.rows(i)
		c.Count += rows
		if len(l.Actual) == 0 || l.Actual[i] == "" {
			continue
		}
		actual := of(l.Actual[i])
		c = of(predicted)
		c.Labelled += rows
		if positive == "" {
			actual.Actual += rows
		}
		if predicted == l.Actual[i] {
			c.Correct += rows
		}
	}
	all := make([]Class, 0, len(at))
	for _, c := range at {
		all = append(all, *c)
	}
	slices.SortFunc(all, func(a, b Class) int { return cmp.Compare(a.Class, b.Class) })
	return all
}
