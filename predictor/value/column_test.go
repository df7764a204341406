package value

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var (
	gone    = Value{Kind: Missing}
	invalid = Value{Kind: Invalid}
)

func known(v any) Value {
	switch v := v.(type) {
	case float64:
		return Value{Kind: Known, Number: v}
	case string:
		return Value{Kind: Known, Text: v}
	}
	panic("neither a number nor a text")
}

// spellings are what each spelling is in a numeric, a categorical and a boolean
// column. Doors that bring text are tested with the text, those that bring JSON with
// it, too, as a string.
var spellings = []struct {
	text                          string
	numeric, categorical, boolean Value
}{
	{"30", known(30.), known("30"), known("30")},
	{"30.0", known(30.), known("30"), known("30")},
	{"3e1", known(30.), known("30"), known("30")},
	{"3E+1", known(30.), known("30"), known("30")},
	{"300e-1", known(30.), known("30"), known("30")},
	{"-0", known(0.), known("0"), known("false")},
	{"0.10", known(.1), known("0.1"), known("0.1")},
	{"-12.50", known(-12.5), known("-12.5"), known("-12.5")},
	{"12345678901234567890", known(12345678901234567890.), known("12345678901234567890"), known("12345678901234567890")},
	{"9007199254740993", known(9007199254740992.), known("9007199254740993"), known("9007199254740993")},
	{"1e30", known(1e30), known("1" + strings.Repeat("0", 30)), known("1" + strings.Repeat("0", 30))},
	{"10e30", known(1e31), known("1e31"), known("1e31")},
	{"1e-30", known(1e-30), known("0." + strings.Repeat("0", 29) + "1"), known("0." + strings.Repeat("0", 29) + "1")},
	{"0.1e-30", known(1e-31), known("1e-31"), known("1e-31")},
	{"-12.5e40", known(-12.5e40), known("-1.25e41"), known("-1.25e41")},
	{"1e999", gone, known("1e999"), known("1e999")},
	{"1e-999", known(0.), known("1e-999"), known("1e-999")},
	{"00501", known(501.), known("00501"), known("00501")},
	{"+5", known(5.), known("+5"), known("+5")},
	{".5", known(.5), known(".5"), known(".5")},
	{"5.", known(5.), known("5."), known("5.")},
	{" 5 ", known(5.), known("5"), known("5")},
	{" 1 ", known(1.), known("1"), known("true")},
	{"1,234", known(1234.), known("1,234"), known("1,234")},
	{"-1,234,567.89", known(-1234567.89), known("-1,234,567.89"), known("-1,234,567.89")},
	{"0,123", invalid, known("0,123"), known("0,123")},
	{"12,5", invalid, known("12,5"), known("12,5")},
	{"1,2345", invalid, known("1,2345"), known("1,2345")},
	{"1234,567", invalid, known("1234,567"), known("1234,567")},
	{"1.234,56", invalid, known("1.234,56"), known("1.234,56")},
	{"1_000", invalid, known("1_000"), known("1_000")},
	{"0x1p4", invalid, known("0x1p4"), known("0x1p4")},
	{"1e", invalid, known("1e"), known("1e")},
	{"-", invalid, known("-"), known("-")},
	{"1", known(1.), known("1"), known("true")},
	{"1.0", known(1.), known("1"), known("true")},
	{"0", known(0.), known("0"), known("false")},
	{"0.0", known(0.), known("0"), known("false")},
	{"true", known(1.), known("true"), known("true")},
	{"True", known(1.), known("true"), known("true")},
	{"TRUE", known(1.), known("true"), known("true")},
	{"tRuE", known(1.), known("true"), known("true")},
	{"false", known(0.), known("false"), known("false")},
	{"False", known(0.), known("false"), known("false")},
	{" true", known(1.), known("true"), known("true")},
	{"fal\u017fe", invalid, known("fal\u017fe"), known("fal\u017fe")}, // a long s
	{"T", invalid, known("T"), known("T")},
	{"yes", invalid, known("yes"), known("yes")},
	{"", gone, gone, gone},
	{" ", gone, gone, gone},
	{"\t\r\n", gone, gone, gone},
	{"\u00a0\u3000", gone, gone, gone},
	{"NA", gone, known("NA"), known("NA")},
	{"N/A", gone, known("N/A"), known("N/A")},
	{"n/a", gone, known("n/a"), known("n/a")},
	{"nan", gone, known("nan"), known("nan")},
	{"NaN", gone, known("NaN"), known("NaN")},
	{"NAN", gone, known("NAN"), known("NAN")},
	{"-nan", gone, known("-nan"), known("-nan")},
	{"NULL", gone, known("NULL"), known("NULL")},
	{"null", gone, known("null"), known("null")},
	{"None", gone, known("None"), known("None")},
	{"<NA>", gone, known("<NA>"), known("<NA>")},
	{"#N/A", gone, known("#N/A"), known("#N/A")},
	{" NA ", gone, known("NA"), known("NA")},
	{"inf", gone, known("inf"), known("inf")},
	{"-Infinity", gone, known("-Infinity"), known("-Infinity")},
	{"+INF", gone, known("+INF"), known("+INF")},
	{"na", invalid, known("na"), known("na")},
	{"Null", invalid, known("Null"), known("Null")},
	{"n/a;", invalid, known("n/a;"), known("n/a;")},
	{" NY", invalid, known("NY"), known("NY")},
	{"NY\t\n", invalid, known("NY"), known("NY")},
	{"\u00a0NY\u3000", invalid, known("NY"), known("NY")},
	{"New  York ", invalid, known("New  York"), known("New  York")}, // inside, it counts
	{" 30.0", known(30.), known("30"), known("30")},
	{"\ufeffNY", invalid, known("\ufeffNY"), known("\ufeffNY")},
	{"e\u0301", invalid, known("\u00e9"), known("\u00e9")}, // an e and an accent
	{"\u00e9", invalid, known("\u00e9"), known("\u00e9")},
	{"ta\u0302che", invalid, known("t\u00e2che"), known("t\u00e2che")},
	{"1\u0301", invalid, known("1\u0301"), known("1\u0301")}, // no such character
	{"\u0301", invalid, known("\u0301"), known("\u0301")},
	{"\u1112\u1161\u11ab", invalid, known("\ud55c"), known("\ud55c")},       // Hangul
	{"\uff13\uff10", invalid, known("\uff13\uff10"), known("\uff13\uff10")}, // full width
	{"1 234", invalid, known("1 234"), known("1 234")},
	{"$30", invalid, known("$30"), known("$30")},
	{"\u221230", invalid, known("\u221230"), known("\u221230")},
	{"\u53ce\u5165", invalid, known("\u53ce\u5165"), known("\u53ce\u5165")},
}

func TestEverySpellingIsTheSameValueOnEveryDoor(t *testing.T) {
	t.Parallel()
	for _, s := range spellings {
		for columnType, want := range map[string]Value{Numeric: s.numeric, Categorical: s.categorical, Boolean: s.boolean} {
			c := Column{Type: columnType}
			if got := c.Read(s.text); got != want {
				t.Errorf("%q in a CSV, %s: %+v, want %+v", s.text, columnType, got, want)
			}
			quoted, err := json.Marshal(s.text)
			if err != nil {
				t.Fatal(err)
			}
			if got := c.ReadJSON(quoted); got != want {
				t.Errorf("%s in JSON, %s: %+v, want %+v", quoted, columnType, got, want)
			}
			if raw := []byte(s.text); json.Valid(raw) && s.text != "null" && strings.TrimSpace(s.text) == s.text {
				if got := c.ReadJSON(raw); got != want {
					t.Errorf("%s in JSON, %s: %+v, want %+v", raw, columnType, got, want)
				}
			}
		}
	}
}

func TestValuesThatOnlyJSONHas(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]Value{
		"null": gone, "{}": invalid, `{"a":1}`: invalid, "[]": invalid, "[1]": invalid,
		"": invalid, "nul": invalid, "True": invalid, "01": invalid, "+1": invalid, "1 ": invalid, `"`: invalid,
		"NaN": gone, "Infinity": gone, "-Infinity": gone, "nan": invalid, "NaN1": invalid, "+Infinity": invalid, "-NaN": invalid, "Inf": invalid,
	} {
		for _, columnType := range []string{Numeric, Categorical, Boolean} {
			if got := (Column{Type: columnType}).ReadJSON([]byte(raw)); got != want {
				t.Errorf("%s, %s: %+v, want %+v", raw, columnType, got, want)
			}
		}
	}
}

func TestListedTextsAreMissing(t *testing.T) {
	t.Parallel()
	list := NewMissingTexts([]string{"-999.0", "NA", " ", "unknown", "NA"})
	if got := list.Texts(); !slices.Equal(got, []string{"-999", "NA", "unknown"}) {
		t.Errorf("texts %q", got)
	}
	for _, test := range []struct {
		columnType, raw string
		want            Value
	}{
		{Numeric, "-999", gone},
		{Numeric, "-9.99e2", gone},
		{Numeric, `"-999.00"`, gone},
		{Numeric, `"unknown"`, gone},
		{Numeric, `" unknown "`, gone},
		{Numeric, `"Unknown"`, invalid},
		{Numeric, "-999.5", known(-999.5)},
		{Categorical, `"NA"`, gone},
		{Categorical, "-999", gone},
		{Categorical, `"na"`, known("na")},
		{Boolean, `"NA"`, gone},
		{Boolean, "-999", gone},
		{Boolean, "1", known("true")},
	} {
		c := Column{Type: test.columnType, Missing: list}
		if got := c.ReadJSON([]byte(test.raw)); got != test.want {
			t.Errorf("%s, %s: %+v, want %+v", test.raw, test.columnType, got, test.want)
		}
	}
	if NewMissingTexts([]string{"", " "}) != nil || NewMissingTexts(nil).Texts() != nil {
		t.Error("a list of nothing is not empty")
	}
}

func TestClassesAreFoundInEverySpelling(t *testing.T) {
	t.Parallel()
	plain := []Class{{Text: "0"}, {Text: "1"}}
	named := []Class{{"0", "no"}, {"1", "yes"}}
	truths := []Class{{Text: "False"}, {Text: "True"}}
	words := []Class{{Text: "bad"}, {Text: "good"}}
	crossed := []Class{{"0", "1"}, {"1", "2"}} // the names of another coding
	for _, test := range []struct {
		classes    []Class
		text, want string
	}{
		{plain, "1", "1"}, {plain, "1.0", "1"}, {plain, "true", "1"}, {plain, "True", "1"}, {plain, " 1 ", "1"}, {plain, "1e0", "1"},
		{plain, "0", "0"}, {plain, "-0.0", "0"}, {plain, "FALSE", "0"},
		{plain, "2", ""}, {plain, "yes", ""}, {plain, "", ""}, {plain, " ", ""}, {plain, "01", ""}, {plain, "NaN", ""},
		{named, "yes", "1"}, {named, "no", "0"}, {named, "1.0", "1"}, {named, "true", "1"}, {named, "Yes", ""}, {named, " yes", "1"},
		{truths, "true", "true"}, {truths, "TRUE", "true"}, {truths, "1", "true"}, {truths, "0.0", "false"}, {truths, "yes", ""},
		{words, "good", "good"}, {words, "1", ""}, {words, "true", ""},
		{crossed, "1", "1"}, {crossed, "0", "0"}, {crossed, "2", "1"},
		{[]Class{{Text: "1"}}, "true", "1"}, {[]Class{{Text: "1"}}, "false", ""},
		{nil, "1", ""}, {nil, "", ""}, {nil, "true", ""},
	} {
		got, ok := NewClasses(test.classes).Match(test.text)
		if got != test.want || ok != (test.want != "") {
			t.Errorf("%v: %q is %q %v, want %q", test.classes, test.text, got, ok, test.want)
		}
	}
}

func TestLiteralIsWhatStrconvSays(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"0", "-0", "7", "123456789012345", "1234567890123456", "0.1", "-0.000001", "99999999.9999999", "1e5", "-1.5E-3", "1e400", "5e-324"} {
		want, _ := strconv.ParseFloat(text, 64)
		x, end, ok := Literal([]byte("["+text+",1]"), 1)
		if !ok || end != 1+len(text) || x != want || math.Signbit(x) && x == 0 {
			t.Errorf("%s: %v, end %d, %v; want %v", text, x, end, ok, want)
		}
	}
}
