package e2e_test

import (
	"fmt"
	"strconv"
	"testing"
)

// What stands for no value is the same in a CSV and in JSON, and never one thing in the
// reference and another in the window.
func TestMissingValuesAreTheSameOnBothSides(t *testing.T) {
	t.Parallel()
	countries := each("NA", "DE", "FR", "NA", "DE", "US", "NA", "DE", "FR", "US")
	country := func(i int) string { return strconv.Quote(countries(i)) }
	number := func(i int) string { return strconv.Itoa(i * 37 % 1000) }
	// one in eight is missing
	gaps := func(text string) func(int) string {
		return func(i int) string {
			if i%8 == 0 {
				return text
			}
			return number(i)
		}
	}
	cases := []kindCase{
		{name: "NA is a country", recomputed: "country:categorical", csv: cells("country", 3000, countries), says: []string{`column "country": "NA" in 900 rows is a category of its own; if it stands for no value: --missing=NA`}, window: objects("country", 500, country), page: quiet("country", 0)},
		{name: "NA is no country", recomputed: "country:categorical", csv: cells("country", 3000, countries), flags: []string{"--missing=NA"}, window: objects("country", 500, country), page: quiet("country", .3)},
		{name: "NA is null", csv: cells("country", 3000, countries), flags: []string{"--missing=NA"}, window: objects("country", 500, func(i int) string {
			if countries(i) == "NA" {
				return "null"
			}
			return country(i)
		}), page: quiet("country", .3)},
		{name: "None is a word", csv: cells("discount", 3000, each("None", "Some", "nan")), window: objects("discount", 501, each(`"None"`, `"Some"`, `"nan"`)), page: quiet("discount", 0)},
		{name: "empty text", recomputed: "plan:categorical", csv: cells("plan", 3000, each("", "basic", "gold")), window: objects("plan", 501, each(`""`, `"basic"`, `"gold"`)), page: quiet("plan", 1./3)},
		{name: "blank text, null and twice", csv: cells("plan", 3000, each(" ", "basic", "gold")), window: objects("plan", 600, each(`" \t"`, `"basic"`, `"gold"`, "null", `"basic"`, `"gold"`, `"gold","plan":""`, `"basic"`, `"gold"`)), page: quiet("plan", 1./3)},
		{name: "-999 in numbers", recomputed: "x:numeric", csv: cells("x", 4000, gaps("-999")), flags: []string{"--missing=-999"}, window: objects("x", 800, gaps("-999.0")), page: quiet("x", .125)},
		{name: "-999 as a text", recomputed: "x:numeric", csv: cells("x", 4000, gaps("-999.00")), flags: []string{"--missing=-999"}, window: objects("x", 800, gaps(`"-999"`)), page: quiet("x", .125)},
		{name: "unknown among numbers", recomputed: "x:numeric", csv: cells("x", 4000, gaps("unknown")), flags: []string{"--missing=unknown", "--numeric=x"}, window: objects("x", 800, gaps(`"unknown"`)), page: quiet("x", .125)},
		{name: "a column without a value", csv: "x,empty\n" + repeated(3000, func(i int) string { return number(i) + ",\n" }), says: []string{`column "empty": no row has a value; it is kept as always missing`},
			window: objects("x", 500, func(i int) string { return number(i) + `,"empty":null` }), page: append(quiet("x", 0), quiet("empty", 1)...)},
		{name: "a column without a value that gets one", csv: "x,empty\n" + repeated(3000, func(i int) string { return number(i) + ",\n" }),
			window: objects("x", 500, func(i int) string { return number(i) + `,"empty":7` }), page: append(quiet("x", 0), about("feature_unseen_ratio", 1, 1, "feature", "empty"), about("feature_kl_divergence", 1, 20, "feature", "empty"))},
	}
	for _, spelling := range []string{"", "NA", "N/A", "n/a", "nan", "NaN", "NULL", "null", "None", "<NA>", "#N/A", "inf", "-Infinity"} {
		cases = append(cases, kindCase{name: fmt.Sprintf("%q in numbers", spelling), recomputed: "x:numeric", csv: cells("x", 4000, gaps(spelling)), window: objects("x", 800, gaps(strconv.Quote(spelling))), page: quiet("x", .125)})
	}
	runCases(t, cases)
}

func repeated(rows int, row func(i int) string) string {
	text := ""
	for i := range rows {
		text += row(i)
	}
	return text
}
