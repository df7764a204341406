package value

import (
	"strings"
	"testing"
)

func TestNumbersInOtherSpellingsAreFound(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"$5": "5", "-$5.20": "-5.20", "5.20 €": "5.20", "¥1,234": "1234", "50%": "50", "12,5 %": "12.5", "3 ‰": "3",
		"1 234": "1234", "1\u00a0234\u00a0567,89": "1234567.89", "1\u202f234.5": "1234.5", "1'234'567.5": "1234567.5", "1’234": "1234", "1_000": "1000",
		"12,34,567": "1234567", "1,23,456": "123456", "１２．５": "12.5", "٣٫٥": "3.5", "१२३": "123", "\u22125": "-5", "(5.20)": "-5.20", "$ 1 234": "1234", "1.234,50 €": "1234.50",
	} {
		if got, ok := unadorned(text); !ok || got != want {
			t.Errorf("%q: %q %v, want %q", text, got, ok, want)
		}
	}
	for _, text := range []string{"", "$", "%", "()", "36 months", "A1", "12 34", "2020_01", "1_0", "10k", "0x10", "12:30", "1 2 3", "+", "(a)", "１a", "1,2,3", "12'34", "5-10", "1 234 5"} {
		if got, ok := unadorned(text); ok {
			t.Errorf("%q is taken for %q", text, got)
		}
	}
}

func TestNumbersInOtherSpellingsAreNoSilentCategory(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		each    []string
		kind    string
		note    string
		without string
	}{
		{[]string{"10%", "20%", "30%"}, Categorical, `taken as categorical: it holds numbers with signs that are not read, such as "10%", "20%", "30%"; write them as 10`, ""},
		{[]string{"$10", "20", "NA", "(30)"}, Categorical, "--numeric=x", ""},
		{[]string{"1'000", "2'000"}, Categorical, "write them as 1000", ""},
		{[]string{"36 months", "60 months"}, Categorical, "", "numbers"},
		{[]string{"50%", "half", "most", "all"}, Categorical, "", "numbers"},
		{[]string{"9007199254740993", "9007199254740994", "9007199254740995"}, Numeric, `whole numbers of 2^53 and more, such as "9007199254740993"`, "left out"},
		{[]string{"-9007199254740993", "5"}, Numeric, "for categories: --categorical=x", ""},
		{[]string{"9007199254740991", "5"}, Numeric, "", "2^53"},
	} {
		g, err := guessed("x", "", texts(300, test.each...), nil)
		notes := strings.Join(g.Notes, "\n")
		if err != nil || g.Type != test.kind || !strings.Contains(notes, test.note) || test.without != "" && strings.Contains(notes, test.without) {
			t.Errorf("%q: %+v %v, want %s and %q", test.each, g, err, test.kind, test.note)
		}
	}
}
