package value

import "testing"

func TestClassesAreReadInEverySpelling(t *testing.T) {
	t.Parallel()
	named := func(texts ...string) (classes []Class) {
		for _, text := range texts {
			classes = append(classes, Class{Text: text})
		}
		return classes
	}
	for _, test := range []struct {
		name            string
		classes         []Class
		text            string
		predicted, want string // want is the outcome, "" when the text is none
	}{
		{"a float of pandas", named("0", "1"), "1.0", "1", "1"},
		{"an exponent", named("0", "1"), "1e0", "1", "1"},
		{"a boolean", named("0", "1"), "True", "1", "1"},
		{"the other boolean", named("0", "1"), "false", "0", "0"},
		{"white space", named("0", "1"), " 1 ", "1", "1"},
		{"no class of a binary model", named("0", "1"), "2", "2", ""},
		{"nor is this", named("0", "1"), "unknown", "unknown", ""},
		{"nor nothing", named("0", "1"), "", "", ""},
		{"numbers for booleans", named("false", "true"), "1.0", "true", "true"},
		{"texts", named("good", "bad"), "good", "good", "good"},
		{"texts have no order", named("good", "bad"), "1", "1", ""},
		{"nothing known", nil, "1.0", "1", "1"},
		{"nothing known, another class", nil, "approved", "approved", "approved"},
		{"by name", []Class{{"0", "no"}, {"1", "yes"}}, "yes", "1", "1"},
		{"one class of two", named("1"), "0", "0", "0"},
		{"one class of two, and another", named("1"), "7", "7", ""},
		{"one more of many classes", named("a", "b", "c"), "d", "d", "d"},
		{"one class whose other is not known", named("good"), "bad", "bad", "bad"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c := NewClassReader(test.classes)
			if got := c.Predicted(test.text); got != test.predicted {
				t.Errorf("predicted class %q, want %q", got, test.predicted)
			}
			if got, ok := c.Actual(test.text); got != test.want || ok != (test.want != "") {
				t.Errorf("outcome %q %v, want %q", got, ok, test.want)
			}
		})
	}
}
