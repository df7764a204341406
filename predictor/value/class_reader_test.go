package value

import "testing"

func named(texts ...string) (classes []Class) {
	for _, text := range texts {
		classes = append(classes, Class{Text: text})
	}
	return classes
}

func TestClassesAreReadInEverySpelling(t *testing.T) {
	t.Parallel()
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
		{"nothing known, and no value", nil, "NA", "NA", ""},
		{"nothing known, and a float without a value", nil, "nan", "nan", ""},
		{"a class of that name", named("None", "crack", "dent"), "None", "None", "None"},
		{"many classes, and no value", named("0", "1", "unknown"), "None", "None", "None"},
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

func TestAWordIsNoOutcomeOfZeroAndOne(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name                  string
		c                     *ClassReader
		predicted, text, want string
	}{
		{"the class", NewClassReader(nil), "1", "True", "1"},
		{"the other", NewClassReader(nil), "1.0", "0", "0"},
		{"one of three", NewClassReader(nil), "1", "2.0", "2"},
		{"a word", NewClassReader(nil), "1", "approved", ""},
		{"a decimal comma", NewClassReader(nil), "0", "1,0", ""},
		{"a zero in front", NewClassReader(nil), "1", "01", ""},
		{"a digit of another script", NewClassReader(nil), "1", "\uff11", ""},
		{"nothing", NewClassReader(nil), "1", "", ""},
		{"a word of a model of words", NewClassReader(nil), "approved", "refused", "refused"},
		{"a word of a model of many classes", NewOpenClassReader(nil), "1", "approved", "approved"},
		{"a word of a model whose classes are known", NewClassReader(named("0", "1", "2")), "1", "unknown", "unknown"},
	} {
		if got, ok := test.c.ActualOf(test.predicted, test.text); got != test.want || ok != (test.want != "") {
			t.Errorf("%s: outcome %q %v, want %q", test.name, got, ok, test.want)
		}
	}
}
