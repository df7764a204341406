package value

import (
	"slices"
)

// Class is a class that a model predicts: its text in canonical form, such as "1",
// and the name under which data hold it, "yes"; the name may be empty.
type Class struct{ Text, Name string }

// Classes are the classes of one model. They are read for predictions and outcomes
// alike, so that one spelling never counts as another class.
type Classes struct {
	classes   []Class
	one, zero string // what true and 1, false and 0 mean; "" where they mean nothing
}

// NewClasses puts texts and names in canonical form.
func NewClasses(classes []Class) Classes {
	var c Classes
	among := func(one, zero string) bool {
		for _, class := range c.classes {
			if class.Text != one && class.Text != zero {
				return false
			}
		}
		return true
	}
	for _, class := range classes {
		c.classes = append(c.classes, Class{Category(class.Text), Category(class.Name)})
	}
	switch {
	case among("1", "0"):
		c.one, c.zero = "1", "0"
	case among("true", "false"):
		c.one, c.zero = "true", "false"
	}
	return c
}

// Match returns the class that a text means, and false when it means none or is
// empty: the class with that text, in any spelling of it; else the one with that
// name; else, among the classes 0 and 1, false and true mean these, and the reverse.
// A class in canonical form takes no allocation.
func (c Classes) Match(text string) (string, bool) {
	i := c.Index(text)
	if i < 0 {
		return "", false
	}
	return c.classes[i].Text, true
}

// Index is the place of the class that [Classes.Match] returns, and -1 for none.
func (c Classes) Index(text string) int {
	if text == "" {
		return -1
	}
	for i := range c.classes {
		if c.classes[i].Text == text {
			return i
		}
	}
	if text = Category(text); text == "" {
		return -1
	}
	if i := slices.IndexFunc(c.classes, func(class Class) bool { return class.Text == text }); i >= 0 {
		return i
	}
	if i := slices.IndexFunc(c.classes, func(class Class) bool { return class.Name == text }); i >= 0 {
		return i
	}
	switch text {
	case "1", "true":
		text = c.one
	case "0", "false":
		text = c.zero
	default:
		return -1
	}
	return slices.IndexFunc(c.classes, func(class Class) bool { return class.Text == text && text != "" })
}
