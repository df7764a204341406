package e2e_test

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"testing"
)

// merchants draws names of equal frequency, the same for a seed.
func merchants(seed uint64, rows, names int, prefix string) []string {
	r := rand.New(rand.NewPCG(seed, 2))
	all := make([]string, rows)
	for i := range all {
		all[i] = fmt.Sprintf("%s%04d", prefix, r.IntN(names))
	}
	return all
}

func texts(all []string) func(int) string { return func(i int) string { return all[i%len(all)] } }

func jsonTexts(all []string) func(int) string {
	return func(i int) string { return strconv.Quote(all[i%len(all)]) }
}

func TestManyCategories(t *testing.T) {
	t.Parallel()
	// 5,000 names in 20,000 rows: by Good and Turing's estimate N1/n about .018 of new rows
	// have a name that was not there: 5000 (1/5000) (1 - 1/5000)^20000 = .0183.
	reference := merchants(1, 20000, 5000, "m")
	csv := cells("merchant", 20000, texts(reference))
	unlike := []sample{about("feature_kl_divergence", .5, 20, "feature", "merchant"), about("feature_drift_p_value", 0, .0002, "feature", "merchant"), about("feature_drift_detected", 1, 1, "feature", "merchant")}
	known := about("feature_unseen_ratio", 0, 0, "feature", "merchant")
	new1 := about("feature_unseen_ratio", 1, 1, "feature", "merchant")
	identifiers := func(prefix string) func(int) string {
		return func(i int) string { return fmt.Sprintf("%s%06d", prefix, i) }
	}
	runCases(t, []kindCase{
		{name: "5,000 merchants, nothing changes", recomputed: "merchant:categorical", csv: csv, window: objects("merchant", 1000, jsonTexts(merchants(2, 1000, 5000, "m"))), page: []sample{
			about("feature_unseen_ratio", .005, .035, "feature", "merchant"), about("feature_kl_divergence_corrected", 0, .01, "feature", "merchant"),
			about("feature_drift_p_value", .01, 1, "feature", "merchant"), about("feature_drift_detected", 0, 0, "feature", "merchant")}},
		{name: "all new merchants", recomputed: "merchant:categorical", csv: csv, window: objects("merchant", 1000, jsonTexts(merchants(2, 1000, 5000, "new"))), exact: true, page: append(unlike, new1)},
		{name: "a single new merchant", recomputed: "merchant:categorical", csv: csv, window: objects("merchant", 1000, each(`"new"`)), exact: true, page: append(unlike, new1)},
		{name: "one rare merchant", recomputed: "merchant:categorical", csv: csv, window: objects("merchant", 1000, each(strconv.Quote(reference[0]))), exact: true, page: append(unlike, known)},
		{name: "two rare merchants", csv: csv, window: objects("merchant", 1000, each(strconv.Quote(reference[1]), strconv.Quote(reference[2]))), exact: true, page: append(unlike, known)},
		{name: "a rare merchant has half of the rows", csv: csv, window: objects("merchant", 1000, func(i int) string {
			if i%2 == 0 {
				return strconv.Quote(reference[3])
			}
			return strconv.Quote(reference[i*13])
		}), exact: true, page: []sample{about("feature_kl_divergence_corrected", .1, 20, "feature", "merchant"), about("feature_drift_p_value", 0, .0002, "feature", "merchant"), about("feature_drift_detected", 1, 1, "feature", "merchant"), known}},
		{name: "one rare merchant by its number", csv: cells("merchant", 20000, func(i int) string { return fmt.Sprint(1000 + i%5000) }), flags: []string{"--categorical=merchant"}, window: objects("merchant", 1000, each("1234.0")), exact: true, page: append(unlike, known)},
		{name: "one in ten is new", recomputed: "merchant:categorical", csv: csv, window: objects("merchant", 1000, func(i int) string {
			if i%10 == 0 {
				return fmt.Sprintf(`"new%d"`, i)
			}
			return strconv.Quote(reference[i*13])
		}), exact: true, page: []sample{about("feature_unseen_ratio", .1, .1, "feature", "merchant"), about("feature_drift_p_value", 0, .001, "feature", "merchant")}},
		{name: "merchants by number", csv: cells("merchant", 20000, func(i int) string { return fmt.Sprint(1000 + i%5000) }), flags: []string{"--categorical=merchant"},
			window: objects("merchant", 1000, func(i int) string { return fmt.Sprintf("%d.0", 1000+i*7919%5000) }), page: []sample{known, about("feature_kl_divergence_corrected", 0, .01, "feature", "merchant")}},
		{name: "identifiers are left out", csv: "id,x\n" + repeated(2000, func(i int) string { return fmt.Sprintf("c%06d,%d\n", i, i%9) }), says: []string{`column "id": left out: it holds another text in nearly every row, such as "c000000"`, "--categorical=id"},
			window: objects("x", 500, func(i int) string { return strconv.Itoa(i%9) + fmt.Sprintf(`,"id":"c%06d"`, i) }), page: append(quiet("x", 0), sample{metric: "feature_unseen_ratio", labels: []string{"feature", "id"}, absent: true})},
		{name: "identifiers of the reference itself", csv: cells("id", 20000, identifiers("c")), flags: []string{"--categorical=id"}, says: []string{`column "id": nearly every row has another text, as in an identifier`, "--ignore=id"}, window: objects("id", 1000, func(i int) string { return strconv.Quote(identifiers("c")(i * 19)) }),
			page: []sample{about("feature_unseen_ratio", 0, .003, "feature", "id")}},
		{name: "identifiers that go on", csv: cells("id", 2000, identifiers("c")), flags: []string{"--categorical=id"}, says: []string{"to leave it out: --ignore=id"}, window: objects("id", 500, func(i int) string { return strconv.Quote(identifiers("d")(i)) }),
			page: []sample{about("feature_unseen_ratio", 1, 1, "feature", "id"), about("feature_reference_unseen_ratio", .99, 1, "feature", "id"), about("feature_drift_detected", 0, 0, "feature", "id")}},
		{name: "identifiers of digits", csv: cells("account", 2000, func(i int) string { return fmt.Sprint(70000 + 13*i) }), flags: []string{"--categorical=account"}, says: []string{`column "account": nearly every row has another text`},
			window: objects("account", 500, func(i int) string { return fmt.Sprint(70000 + 13*i) }), page: []sample{about("feature_unseen_ratio", 0, 0, "feature", "account")}},
		{name: "numbers of rows are left out", csv: "row,x\n" + repeated(2000, func(i int) string { return fmt.Sprintf("%d,%d\n", i, i%9) }), says: []string{`column "row": left out: it holds a number for each row`},
			window: objects("x", 500, func(i int) string { return strconv.Itoa(i % 9) }), page: quiet("x", 0)},
		{name: "numbers among categories", csv: cells("grade", 3000, each("30.0", "other", "0.10", "3e2")), window: objects("grade", 500, each("30", `"other"`, "0.1", `"300"`)), page: quiet("grade", 0)},
		{name: "more digits than a float64 has", csv: cells("account", 3000, each("12345678901234567890", "12345678901234567891", "x")), window: objects("account", 501, each("12345678901234567890", "12345678901234567891", `"x"`)), page: quiet("account", 0)},
	})
}
