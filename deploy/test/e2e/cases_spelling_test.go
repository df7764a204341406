package e2e_test

import (
	"fmt"
	"slices"
	"strconv"
	"testing"
)

// An accent may be part of its letter or a character of its own, and each door may bring
// another of the two.
func TestAccentsInBothNormalForms(t *testing.T) {
	t.Parallel()
	composed := each("Z\u00fcrich", "S\u00e3o Paulo", "t\u00e2che", "\ud55c")
	apart := each("Zu\u0308rich", "Sa\u0303o Paulo", "ta\u0302che", "\u1112\u1161\u11ab")
	quoted := func(row func(int) string) func(int) string {
		return func(i int) string { return `"` + row(i) + `"` }
	}
	escaped := func(row func(int) string) func(int) string {
		return func(i int) string { return strconv.QuoteToASCII(row(i)) }
	}
	both := func(i int) string { return each(composed(i/2), apart(i/2))(i) }
	runCases(t, []kindCase{
		{name: "composed in the CSV only", csv: cells("city", 2000, composed), window: objects("city", 400, quoted(apart)), page: quiet("city", 0)},
		{name: "composed in the window only", csv: cells("city", 2000, apart), window: objects("city", 400, quoted(composed)), page: quiet("city", 0)},
		{name: "both in the CSV, escapes in the window", csv: cells("city", 2000, both), window: objects("city", 400, escaped(apart)), page: quiet("city", 0)},
		{name: "missing by its text", csv: cells("city", 2000, composed), flags: []string{"--missing=Zu\u0308rich"}, window: objects("city", 400, quoted(composed)), page: quiet("city", .25)},
	})
}

// White space around a value comes from a comma and a space in a CSV, and from columns of a
// fixed width in a database.
func TestWhiteSpaceAroundCategories(t *testing.T) {
	t.Parallel()
	plain, padded := each("NY", "New  York", "30", "NA", "true"), each(" NY", "New  York   ", " 30.0 ", "\tNA", "True ")
	nbsp := each("\u00a0NY", "New  York\u3000", "30\u2009", "NA\u00a0", "\u00a0true")
	quoted := func(row func(int) string) func(int) string {
		return func(i int) string { return strconv.Quote(row(i)) }
	}
	runCases(t, []kindCase{
		{name: "in the CSV only", csv: cells("state", 2000, padded), window: objects("state", 400, quoted(plain)), page: quiet("state", 0)},
		{name: "in the window only", csv: cells("state", 2000, plain), window: objects("state", 400, quoted(padded)), page: quiet("state", 0)},
		{name: "that does not break", csv: cells("state", 2000, nbsp), window: objects("state", 400, quoted(plain)), page: quiet("state", 0)},
		{name: "missing by its text", csv: cells("state", 2000, padded), flags: []string{"--missing=NA "}, window: objects("state", 400, quoted(nbsp)), page: quiet("state", .2)},
	})
}

// The name of a feature is the same in both normal forms and with white space around it.
func TestNamesOfFeaturesInEverySpelling(t *testing.T) {
	t.Parallel()
	composed, apart := "gr\u00f6\u00dfe", "gro\u0308\u00dfe"
	row, text := each("a", "b", "c"), each(`"a"`, `"b"`, `"c"`)
	runCases(t, []kindCase{
		{name: "apart in the CSV", csv: cells(apart, 2000, row), window: objects(composed, 400, text), page: quiet(composed, 0)},
		{name: "apart in the window", csv: cells(composed, 2000, row), window: objects(apart, 400, text), page: quiet(composed, 0)},
		{name: "white space in both", csv: cells(" "+composed, 2000, row), window: objects(apart+" ", 400, text), page: quiet(composed, 0)},
		{name: "named by a flag", csv: cells(composed, 2000, each("1", "2", "3")), flags: []string{"--categorical=" + apart}, window: objects(apart, 400, each("1", "2.0", `"3"`)), page: quiet(composed, 0)},
	})
}

// Python writes NaN and Infinity into JSON. They are missing values, and the row is valid.
func TestNaNInJSON(t *testing.T) {
	t.Parallel()
	valid := about("drift_log_invalid_rows_total", 0, 0)
	runCases(t, []kindCase{
		{name: "a number", csv: cells("x", 2000, each("1", "", "3", "NaN")), window: objects("x", 400, each("1", "NaN", "3", "-Infinity")), page: append(quiet("x", .5), valid)},
		{name: "a category", csv: cells("x", 2000, each("a", "", "b")), window: objects("x", 400, each(`"a"`, "NaN", `"b"`)), page: append(quiet("x", 1./3), valid)},
		{name: "a boolean", csv: cells("x", 2000, each("True", "False", "", "False")), window: objects("x", 400, each("true", "false", "Infinity", "false")), page: append(quiet("x", .25), valid)},
		{name: "another feature", csv: cells("x", 2000, each("a", "b")), window: slices.Repeat([]string{`{"y": NaN, "x": "a"}`, `{"x":"b","y":[-Infinity]}`}, 200), page: append(quiet("x", 0), valid)},
		{name: "the text is a category", csv: cells("x", 2000, each("NaN", "a")), window: objects("x", 400, each(`"NaN"`, `"a"`)), page: append(quiet("x", 0), valid)},
	})
}

func TestNumbersInSpellingsThatAreNotRead(t *testing.T) {
	t.Parallel()
	const taken = `taken as categorical: it holds numbers with signs that are not read, such as `
	for _, test := range []struct{ name, text, says string }{
		{"per cent", `%d0%%`, `"10%"`},
		{"a currency", `$%d`, `write them as 1,`},
		{"a currency behind", `%d,50 €`, `write them as 1.50,`},
		{"thousands by spaces", "%d 000", `write them as 1000,`},
		{"thousands by spaces that do not break", "%d\u00a0000", `write them as 1000,`},
		{"thousands by apostrophes", "%d'000.5", `write them as 1000.5,`},
		{"thousands by underscores", "%d_000", `write them as 1000,`},
		{"lakhs", "%d,00,000", `write them as 100000,`},
		{"full-width digits", "１%d", `write them as 11,`},
		{"a minus that is no hyphen", "\u2212%d", `write them as -1,`},
		{"accountants", "(%d.00)", `write them as -1.00,`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c := kindCase{csv: cells("x", 700, func(i int) string { return fmt.Sprintf(test.text, 1+i%7) }), says: []string{`column "x": ` + taken, test.says, "--numeric=x"},
				window: objects("x", 70, func(i int) string { return strconv.Quote(fmt.Sprintf(test.text, 1+i%7)) }), page: quiet("x", 0)}
			c.run(t)
		})
	}
}

// Beyond 2^53 a float64 skips whole numbers.
func TestWholeNumbersThatAFloatDoesNotHold(t *testing.T) {
	t.Parallel()
	id := func(i int) string { return strconv.Itoa(1<<60 + 1 + i%5) }
	one := func(int) string { return strconv.Itoa(1<<60 + 3) }
	says := []string{`column "x": whole numbers of 2^53 and more, such as "1152921504606846977"`, "--categorical=x"}
	runCases(t, []kindCase{
		{name: "as numbers", csv: cells("x", 2000, id), says: says, window: objects("x", 400, id), page: quiet("x", 0)},
		{name: "as categories", csv: cells("x", 2000, id), flags: []string{"--categorical=x"}, window: objects("x", 400, id), page: quiet("x", 0)},
		{name: "as categories, one takes over", csv: cells("x", 2000, id), flags: []string{"--categorical=x"}, window: objects("x", 400, one), page: []sample{
			about("feature_kl_divergence", 1, 20, "feature", "x"), about("feature_drift_detected", 1, 1, "feature", "x"), about("feature_unseen_ratio", 0, 0, "feature", "x")}},
	})
}

// A reference of features names no classes. What is no outcome of a model that predicts 0
// and 1 is counted as that, and does not lower the accuracy.
func TestOutcomesWithoutClassesInTheReference(t *testing.T) {
	t.Parallel()
	none := each("'NA'", "'nan'", "'null'", "'approved'", "'1,0'", "'01'", "'\uff11'", "'unknown'")
	answers := make([]string, 400)
	for i := range answers {
		outcome := each("'1'", "'1.0'", "'TRUE'")(i)
		if i%4 == 0 {
			outcome = none(i / 4)
		}
		answers[i] = "NULL|" + each("'1'", "'1.0'", "'true'")(i) + "|" + outcome
	}
	runCases(t, []kindCase{{name: "", csv: cells("x", 2000, each("1", "2", "3")), window: objects("x", 400, each("1", "2", "3")), answers: answers, page: []sample{
		about("model_accuracy", 1, 1), about("model_accuracy_samples", 300, 300), about("model_feedback_invalid_total", 100, 100), about("model_feedback_total", 300, 300, "actual", "1", "predicted", "1")}}})
}
