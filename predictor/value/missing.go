package value

import "slices"

// MissingTexts are texts that stand for a missing value in every column of a
// reference, in addition to those that always do: "NA" in categorical columns, say, or "-999".
// They compare in canonical form, so that -999.0 is missing where "-999" is listed;
// in a numeric column a number compares by its float64. Nil is the empty list.
type MissingTexts struct {
	texts   []string // canonical, ascending
	numbers []float64
}

// NewMissingTexts makes a list; repeated texts and empty ones are dropped. It is nil
// when nothing is left.
func NewMissingTexts(texts []string) *MissingTexts {
	m := &MissingTexts{}
	for _, text := range texts {
		if c := Category(text); c != "" {
			m.texts = append(m.texts, c)
		}
	}
	if len(m.texts) == 0 {
		return nil
	}
	slices.Sort(m.texts)
	m.texts = slices.Compact(m.texts)
	for _, text := range m.texts {
		if x, kind := Number(text); kind == Known {
			m.numbers = append(m.numbers, x)
		}
	}
	return m
}

// Texts is the list, in canonical form and ascending order; nil without any.
func (m *MissingTexts) Texts() []string {
	if m == nil {
		return nil
	}
	return slices.Clone(m.texts)
}

// HasCategory reports whether a text in canonical form is listed.
func (m *MissingTexts) HasCategory(canonical string) bool {
	return m != nil && slices.Contains(m.texts, canonical)
}

// Numbers are the numbers of the list, in any order.
func (m *MissingTexts) Numbers() []float64 {
	if m == nil {
		return nil
	}
	return slices.Clone(m.numbers)
}

// HasNumber reports whether a number is listed, in any spelling.
func (m *MissingTexts) HasNumber(x float64) bool {
	return m != nil && slices.Contains(m.numbers, x)
}

// Class reads a text of a class: its canonical form without the white space around it,
// empty where it is missing or listed.
func (m *MissingTexts) Class(text string) string {
	if text = Category(text); m.HasCategory(text) {
		return ""
	}
	return text
}
