package e2e_test

import (
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
)

// amounts are lognormal numbers, the same for a seed.
func amounts(seed uint64, n int) []float64 {
	r := rand.New(rand.NewPCG(seed, 1))
	all := make([]float64, n)
	for i := range all {
		all[i] = math.Round(100*math.Exp(8+r.NormFloat64())) / 100
	}
	return all
}

func plain(all []float64, times float64) func(int) string {
	return func(i int) string { return strconv.FormatFloat(all[i%len(all)]*times, 'f', -1, 64) }
}

// grouped writes numbers with a separator of thousands.
func grouped(all []float64) func(int) string {
	return func(i int) string {
		text := strconv.FormatFloat(all[i%len(all)], 'f', 2, 64)
		for at := strings.Index(text, ".") - 3; at > 0; at -= 3 {
			text = text[:at] + "," + text[at:]
		}
		return text
	}
}

func TestNumbersInText(t *testing.T) {
	t.Parallel()
	reference, window := amounts(1, 20000), amounts(2, 1000)
	alike := []sample{about("feature_kl_divergence_corrected", 0, .01, "feature", "x"), about("feature_drift_detected", 0, 0, "feature", "x"), about("feature_missing_ratio", 0, 0, "feature", "x")}
	apart := []sample{about("feature_kl_divergence", 1, 20, "feature", "x"), about("feature_drift_detected", 1, 1, "feature", "x"), about("feature_missing_ratio", 0, 0, "feature", "x")}
	codes := each("00501", "07030", "10001", "94105", "60601")
	quote := func(row func(int) string) func(int) string {
		return func(i int) string { return strconv.Quote(row(i)) }
	}
	bad := func(text string, every int) func(int) string {
		return func(i int) string {
			if i%every == 77%every {
				return text
			}
			return plain(reference, 1)(i)
		}
	}
	invalid := func(low, high float64) sample {
		return about("feature_invalid_ratio", low, high, "feature", "x")
	}
	runCases(t, []kindCase{
		{name: "thousands, asked for", recomputed: "x:ranges", csv: cells("x", 20000, grouped(reference)), flags: []string{"--numeric=x"}, window: objects("x", 1000, plain(window, 1)), page: alike},
		{name: "thousands, a hundred times as much", recomputed: "x:ranges", csv: cells("x", 20000, grouped(reference)), flags: []string{"--numeric=x"}, window: objects("x", 1000, plain(window, 100)), page: apart},
		{name: "thousands on both sides", recomputed: "x:ranges", csv: cells("x", 20000, grouped(reference)), flags: []string{"--numeric=x"}, window: objects("x", 1000, quote(grouped(window))), page: alike},
		{name: "thousands, not asked for", csv: "x,y\n" + repeated(2000, func(i int) string { return quotedCell(grouped(reference)(i%500)) + "," + strconv.Itoa(i%7) + "\n" }), says: []string{`column "x": taken as categorical: it holds numbers with thousands separators`, "--numeric=x"},
			window: objects("y", 500, func(i int) string { return strconv.Itoa(i % 7) }), page: []sample{about("feature_missing_ratio", 1, 1, "feature", "x")}},
		{name: "numbers as texts in the window", recomputed: "x:numeric", csv: cells("x", 20000, plain(reference, 1)), window: objects("x", 1000, quote(plain(window, 1))), page: alike},
		{name: "exponents", recomputed: "x:numeric", csv: cells("x", 20000, func(i int) string { return strconv.FormatFloat(reference[i], 'e', -1, 64) }), window: objects("x", 1000, plain(window, 1)), page: alike},
		{name: "leading zeros", csv: cells("zip", 3000, codes), says: []string{`column "zip": taken as categorical, for zeros in front`, "--numeric=zip"}, window: objects("zip", 500, quote(codes)), page: quiet("zip", 0)},
		{name: "leading zeros in every value", csv: cells("x", 3000, each("001", "02", "0003")), window: objects("x", 501, each(`"001"`, `"02"`, `"0003"`)), page: quiet("x", 0)},
		{name: "codes without zeros in front", csv: cells("zip", 3000, each("10001", "94105")), flags: []string{"--categorical=zip"}, window: objects("zip", 500, each(`"10001"`, "94105.0")), page: quiet("zip", 0)},
		{name: "leading zeros as numbers", csv: cells("zip", 3000, codes), flags: []string{"--numeric=zip"}, window: objects("zip", 500, each("501", `"07030"`, "10001", "94105", "60601.0")), page: quiet("zip", 0)},
		{name: "one bad cell", csv: cells("x", 20000, bad("n/a;", 20000)), says: []string{`column "x": 1 of 20000 rows are no numbers and count as invalid: "n/a;"`}, window: objects("x", 1000, plain(window, 100)), page: apart},
		{name: "one bad cell, and nothing changes", recomputed: "x:numeric", csv: cells("x", 20000, bad("n/a;", 20000)), window: objects("x", 1000, plain(window, 1)), page: append(alike, invalid(0, 0))},
		{name: "bad cells on both sides", recomputed: "x:numeric", csv: cells("x", 20000, bad("?", 20)), window: objects("x", 1000, func(i int) string {
			if i%20 == 3 {
				return `"?"`
			}
			return plain(window, 1)(i)
		}), page: append(alike, invalid(.05, .05))},
		{name: "bad cells in the window", recomputed: "x:numeric", csv: cells("x", 20000, plain(reference, 1)), window: objects("x", 1000, func(i int) string {
			return []string{`"12,5"`, "[1]", `{"x":1}`, plain(window, 1)(i)}[i%4]
		}), page: []sample{invalid(.75, .75), about("feature_kl_divergence", 1, 20, "feature", "x"), about("feature_missing_ratio", 0, 0, "feature", "x")}},
		{name: "few values, a little off, asked for", csv: cells("term", 3000, each("15", "20", "30")), flags: []string{"--numeric=term"}, window: objects("term", 501, each("15.0001", "20.0001", "30.0001")), page: []sample{
			about("feature_kl_divergence_corrected", 0, .01, "feature", "term"), about("feature_drift_detected", 0, 0, "feature", "term")}},
		{name: "few values in other spellings", recomputed: "term:numeric", csv: cells("term", 3000, each("15", "20.0", "3e1")), window: objects("term", 501, each("15.0", `"20"`, "30")), page: quiet("term", 0)},
		{name: "few values, rounded to 32 bits", csv: cells("rate", 3000, each("0.1", "0.2", "0.7")), flags: []string{"--numeric=rate"}, window: objects("rate", 501, each("0.10000000149011612", "0.20000000298023224", "0.699999988079071")), page: []sample{
			about("feature_kl_divergence_corrected", 0, .01, "feature", "rate"), about("feature_drift_detected", 0, 0, "feature", "rate")}},
		{name: "few values, asked for, and moved", csv: cells("term", 3000, each("15", "20", "30")), flags: []string{"--numeric=term"}, window: objects("term", 501, each("30.0001", "31", "45")), page: []sample{
			about("feature_kl_divergence", .5, 20, "feature", "term"), about("feature_drift_detected", 1, 1, "feature", "term")}},
		{name: "few values, two of them new", csv: cells("stars", 3000, each("1", "2", "3", "4", "5")), recomputed: "stars:numeric", window: objects("stars", 500, each("1", "2", "3.5", "4", "4.5")), page: []sample{about("feature_unseen_ratio", .4, .4, "feature", "stars")}},
	})
}

func TestNumbersWithAtoms(t *testing.T) {
	t.Parallel()
	reference, window := amounts(1, 20000), amounts(2, 1000)
	inflated := func(all []float64, percent int, at string) func(int) string {
		return func(i int) string {
			if i*7919%100 < percent {
				return at
			}
			return plain(all, 1)(i)
		}
	}
	found := func(low, high float64) []sample {
		return []sample{about("feature_kl_divergence", low, high, "feature", "x"), about("feature_drift_p_value", 0, .0002, "feature", "x"), about("feature_drift_detected", 1, 1, "feature", "x")}
	}
	calm := []sample{about("feature_kl_divergence_corrected", 0, .02, "feature", "x"), about("feature_drift_detected", 0, 0, "feature", "x")}
	rare := func(rows, one int) func(int) string {
		return func(i int) string {
			if i%rows < one {
				return "1"
			}
			return "0"
		}
	}
	runCases(t, []kindCase{
		// Total variation .92. With m = K/2 added to the window of 1000, KL is about 2.4 to 5.
		{name: "many zeros, none in the window", csv: cells("x", 20000, inflated(reference, 92, "0")), window: objects("x", 1000, plain(window, 1)), exact: true, recomputed: "x:numeric", page: append(found(2, 6), about("feature_drift_distance", .9, .94, "feature", "x", "distance", "total_variation"))},
		{name: "many zeros, as many in the window", csv: cells("x", 20000, inflated(reference, 92, "0")), window: objects("x", 1000, inflated(window, 92, "0.0")), recomputed: "x:numeric", page: calm},
		{name: "a cap", csv: cells("x", 20000, inflated(reference, 30, "1e6")), window: objects("x", 1000, plain(window, 1)), exact: true, page: found(.5, 6)},
		{name: "a default in the middle", csv: cells("x", 20000, inflated(reference, 20, "3000")), window: objects("x", 1000, plain(window, 1)), exact: true, page: found(.2, 6)},
		{name: "zeros that were not there", csv: cells("x", 20000, plain(reference, 1)), window: objects("x", 1000, inflated(window, 30, "0")), exact: true, page: found(.1, 6)},
		// .0025 ln(.0025 / .5) + .9975 ln(.9975 / .5) = .6758, less for the m = K/2 that is added.
		{name: "a rare flag", csv: cells("x", 20000, rare(400, 1)), window: objects("x", 1000, rare(2, 1)), exact: true, recomputed: "x:numeric", page: append(found(.65, .69), about("feature_drift_severity", 2, 2, "feature", "x"))},
		{name: "a rare word", csv: cells("x", 20000, func(i int) string { return []string{"no", "yes"}[min(1, max(0, 1-i%400))] }), window: objects("x", 1000, each(`"no"`, `"yes"`)), exact: true, recomputed: "x:categorical", page: found(.6, .7)},
		{name: "a rare boolean", csv: cells("x", 20000, func(i int) string { return []string{"False", "True"}[min(1, max(0, 1-i%400))] }), window: objects("x", 1000, each("true", "false")), exact: true, recomputed: "x:boolean", page: found(.6, .7)},
		{name: "a rare flag that stays", csv: cells("x", 20000, rare(400, 1)), window: objects("x", 1000, rare(400, 1)), exact: true, recomputed: "x:numeric", page: calm},
	})
}

// TestNumbersThatAreNotRead: numbers in a spelling that is not read are never taken for
// something else in silence, and --numeric refuses them.
func TestNumbersThatAreNotRead(t *testing.T) {
	t.Parallel()
	all := amounts(1, 2000)
	for i := range all {
		all[i] += 1000 // every one has a separator
	}
	numbers := grouped(all)
	for name, test := range map[string]struct{ thousands, decimal, warns, refuses string }{
		"spaces":                   {" ", ".", `left out: it holds numbers with signs that are not read`, "no value of the column is a number"},
		"spaces that do not break": {"\u00a0", ".", `left out: it holds numbers with signs that are not read`, "no value of the column is a number"},
		"apostrophes":              {"'", ".", `left out: it holds numbers with signs that are not read`, "no value of the column is a number"},
		"underscores":              {"_", ".", `left out: it holds numbers with signs that are not read`, "no value of the column is a number"},
		"decimal commas":           {".", ",", `it holds numbers with decimal commas`, "write decimal points instead"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			written := strings.NewReplacer(",", test.thousands, ".", test.decimal)
			path := file(t, t.TempDir(), "rows.csv", "x,y\n"+repeated(2000, func(i int) string { return quotedCell(written.Replace(numbers(i))) + "," + strconv.Itoa(i%7) + "\n" }))
			if said := command(t, 0, "reference", "--csv="+path, "--model.name=m"); !strings.Contains(said, `column "x": `) || !strings.Contains(said, test.warns) {
				t.Errorf("says %s, want %q", said, test.warns)
			}
			if said := command(t, 1, "reference", "--csv="+path, "--model.name=m", "--numeric=x"); !strings.Contains(said, "--numeric=x: ") || !strings.Contains(said, test.refuses) {
				t.Errorf("with --numeric says %s, want %q", said, test.refuses)
			}
		})
	}
}
