package e2e_test

import (
	"fmt"
	"strconv"
	"testing"
)

// A reference of a few rows whose values all differ says little, and nothing of it may
// show as drift.
func TestTinyReferences(t *testing.T) {
	t.Parallel()
	reference, window := amounts(1, 20), amounts(2, 200)
	calm := []sample{
		about("feature_drift_p_value", .005, 1, "feature", "x"), about("feature_drift_distance", 0, .4, "feature", "x", "distance", "kolmogorov_smirnov"),
		about("feature_drift_severity", 0, 1, "feature", "x"), about("feature_drift_detected", 0, 0, "feature", "x"),
	}
	whole := func(i int) string { return strconv.Itoa(1 + i*7%19) }
	names := func(prefix string) func(int) string {
		return func(i int) string { return strconv.Quote(fmt.Sprint(prefix, i)) }
	}
	runCases(t, []kindCase{
		{name: "20 rows", csv: cells("x", 20, plain(reference, 1)), says: []string{"warning: the reference has 20 rows: with fewer than 200"}, window: objects("x", 200, plain(window, 1)), exact: true, recomputed: "x:numeric", page: calm},
		{name: "12 rows", csv: cells("x", 12, plain(reference, 1)), window: objects("x", 100, plain(window, 1)), exact: true, recomputed: "x:numeric", page: calm},
		{name: "19 whole numbers", csv: cells("x", 19, whole), flags: []string{"--numeric=x"}, window: objects("x", 190, func(i int) string { return strconv.Itoa(i % 20) }), exact: true, recomputed: "x:ranges", page: calm},
		{name: "20 rows, two of them twice", csv: cells("x", 20, func(i int) string { return plain(reference, 1)(i % 18) }), window: objects("x", 200, plain(window, 1)), exact: true, recomputed: "x:numeric", page: calm},
		{name: "20 rows, some without a value", csv: cells("x", 20, func(i int) string { return []string{plain(reference, 1)(i), "NA"}[i%5/4] }), window: objects("x", 200, func(i int) string { return []string{plain(window, 1)(i), "null"}[i%5/4] }), exact: true, recomputed: "x:numeric", page: calm},
		{name: "20 rows, ten times as much", csv: cells("x", 20, plain(reference, 1)), window: objects("x", 400, plain(amounts(2, 400), 1000)), exact: true, recomputed: "x:numeric", page: []sample{
			about("feature_drift_p_value", 0, .001, "feature", "x"), about("feature_drift_severity", 2, 2, "feature", "x")}},
		{name: "20 names, all new ones in the window", csv: cells("x", 20, func(i int) string { return fmt.Sprint("a", i) }), flags: []string{"--categorical=x"}, window: objects("x", 200, names("b")), exact: true, recomputed: "x:categorical", page: []sample{
			about("feature_unseen_ratio", 1, 1, "feature", "x"), about("feature_reference_unseen_ratio", 1, 1, "feature", "x"), about("feature_drift_p_value", .05, 1, "feature", "x"), about("feature_drift_detected", 0, 0, "feature", "x")}},
	})
}

// Numbers between the few values that a reference has lie between them for the
// distances that go by place.
func TestNumbersBetweenFewValues(t *testing.T) {
	t.Parallel()
	csv := cells("months", 3000, each("12", "36", "60", "60", "36", "60", "60"))
	distance := func(name string, low, high float64) sample {
		return about("feature_drift_distance", low, high, "feature", "months", "distance", name)
	}
	unseen := func(share float64) sample {
		return about("feature_unseen_ratio", share-1e-9, share+1e-9, "feature", "months")
	}
	among := func(name string, share float64, distances []sample, values ...string) kindCase {
		return kindCase{name: name, csv: csv, window: objects("months", 600, each(values...)), recomputed: "months:numeric", page: append(distances, unseen(share))}
	}
	runCases(t, []kindCase{
		among("half of them between", .5, []sample{distance("kolmogorov_smirnov", .2, .6), distance("wasserstein", .3, 1)}, "48", "36"),
		among("all of them between", 1, []sample{distance("kolmogorov_smirnov", .55, .6), distance("wasserstein", .6, 1.2)}, "48"),
		among("between the first two", 1, []sample{distance("kolmogorov_smirnov", .8, .9)}, "24.0", `"13"`),
		among("below and above", 1, []sample{distance("kolmogorov_smirnov", .3, .9)}, "6", "72", "-1"),
		among("a hundredth off", 1, nil, "12.01", "36.01", "60.01"),
		among("all as they were, in other spellings", 0, []sample{distance("kolmogorov_smirnov", 0, .01), distance("wasserstein", 0, .01)}, "1.2e1", `"36.0"`, "60.00", "60", "36", "6E1", `" 60 "`),
		among("none, but texts", 0, nil, `"twelve"`, "60"),
		{name: "dates as numbers", csv: "day,x\n" + repeated(300, func(i int) string { return fmt.Sprintf("202601%02d,%d\n", 1+i%28, i%9) }), says: []string{`column "day": left out: it holds dates or times`}, window: objects("x", 90, func(i int) string { return strconv.Itoa(i % 9) }), page: quiet("x", 0)},
	})
}

// TestARareLevelWhileTheWindowFills: the p-value of windows without a level of 1 % is
// the binomial's, whatever their size and however the level is spelled.
func TestARareLevelWhileTheWindowFills(t *testing.T) {
	t.Parallel()
	var cases []kindCase
	for _, spelled := range []struct{ kind, common, rare, json string }{
		{"categorical", "no", "yes", `"no"`}, {"numeric", "0", "1", "0.0"}, {"boolean", "False", "True", "false"},
	} {
		level := func(i int) string { return []string{spelled.common, spelled.rare}[max(0, i%100-98)] }
		for rows, p := range map[int]float64{95: .385, 100: .367, 103: .356, 120: .299} {
			cases = append(cases, kindCase{
				name: fmt.Sprint(spelled.kind, " ", rows), csv: cells("x", 20000, level), window: objects("x", rows, each(spelled.json)), exact: true,
				recomputed: "x:" + spelled.kind, page: []sample{about("feature_drift_p_value", p-.002, p+.002, "feature", "x"), about("feature_drift_detected", 0, 0, "feature", "x")},
			})
		}
	}
	runCases(t, cases)
}
