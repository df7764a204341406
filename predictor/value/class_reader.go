package value

// ClassReader reads the texts of classes, those of predictions and those of outcomes,
// so that one class has one text whoever wrote it: 1, 1.0 and true are the same.
type ClassReader struct {
	classes Classes
	// open: any text may be a class. Two classes are all that there are; a model with
	// more can meet one that its reference never held.
	open bool
	// unnamed: nobody said what the classes are, and they are taken for 0 and 1.
	unnamed bool
}

// NewClassReader returns the reader for the classes of a model. No classes stand for a
// binary model with the classes 0 and 1, which other texts may join. Of a single class
// that is 0 or 1, true or false, the other one is known, too.
func NewClassReader(known []Class) *ClassReader {
	c := &ClassReader{open: len(known) != 2, unnamed: len(known) == 0}
	switch len(known) {
	case 0:
		known = []Class{{Text: "0"}, {Text: "1"}}
	case 1:
		if other, ok := complement[Category(known[0].Text)]; ok {
			known, c.open = []Class{known[0], {Text: other}}, false
		}
	}
	c.classes = NewClasses(known)
	return c
}

var complement = map[string]string{"0": "1", "1": "0", "true": "false", "false": "true"}

// Predicted is the class that the text of a prediction's class means: one of the
// reference, or the text in canonical form. A class in canonical form takes no allocation.
func (c *ClassReader) Predicted(text string) string {
	if class, ok := c.classes.Match(text); ok {
		return class
	}
	return Category(text)
}

// Actual is the class that the text of an outcome means. It reports false for what is no
// class of the model, which then is no outcome. That is so, too, for NA, nan and the like
// beside the classes 0 and 1, even where other texts may join these.
func (c *ClassReader) Actual(text string) (class string, ok bool) {
	if class, ok = c.classes.Match(text); ok || !c.open {
		return class, ok
	}
	class = Category(text)
	if class == "" || len(c.classes.classes) > 0 && c.classes.one != "" && isMissingNumber(class) {
		return "", false
	}
	return class, true
}

// ActualOf is [ClassReader.Actual] for the outcome of a prediction of that class. Where nobody
// said what the classes are, and 0 or 1 is predicted, only a number or a truth can be right or
// wrong: "approved", "1,0" or "01" is no outcome, and no wrong prediction either.
func (c *ClassReader) ActualOf(predicted, text string) (class string, ok bool) {
	class, ok = c.Actual(text)
	if !ok || !c.unnamed || complement[Category(predicted)] == "" || complement[class] != "" {
		return class, ok
	}
	if x, kind := Number(class); kind != Known || FormatNumber(x) != class {
		return "", false
	}
	return class, true
}

// NewOpenClassReader returns the reader for classes that other texts may join, however few.
func NewOpenClassReader(known []Class) *ClassReader {
	return &ClassReader{classes: NewClasses(known), open: true}
}

// NewClosedClassReader returns the reader for classes that are all that there are,
// however many.
func NewClosedClassReader(all []Class) *ClassReader {
	return &ClassReader{classes: NewClasses(all)}
}
