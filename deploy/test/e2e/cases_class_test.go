package e2e_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// drawn are scores, and outcomes that happen with their probability.
func drawn(seed uint64, n int, low, high float64) (scores []float64, outcomes []bool) {
	r := rand.New(rand.NewPCG(seed, 3))
	for range n {
		p := low + (high-low)*r.Float64()
		scores, outcomes = append(scores, math.Round(1e4*p)/1e4), append(outcomes, r.Float64() < p)
	}
	return scores, outcomes
}

// brier and auc are the textbook's.
func brier(scores []float64, outcomes []bool) float64 {
	sum := 0.0
	for i, p := range scores {
		y := 0.0
		if outcomes[i] {
			y = 1
		}
		sum += (p - y) * (p - y)
	}
	return sum / float64(len(scores))
}

func auc(scores []float64, outcomes []bool) float64 {
	won, pairs := 0.0, 0.0
	for i, p := range scores {
		for j, q := range scores {
			if !outcomes[i] || outcomes[j] {
				continue
			}
			pairs++
			switch {
			case p > q:
				won++
			case p == q:
				won += .5
			}
		}
	}
	return won / pairs
}

func TestClassesAndOutcomesOfALog(t *testing.T) {
	t.Parallel()
	known, happened := drawn(1, 5000, 0, 1)
	scores, outcomes := drawn(2, 500, 0, 1)
	table := func(no, yes string) string {
		return "x,p,y\n" + repeated(len(known), func(i int) string { return fmt.Sprintf("%d,%v,%s\n", i%9, known[i], pick(happened[i], yes, no)) })
	}
	right := 0.0
	for i, p := range scores {
		if p >= .5 == outcomes[i] {
			right++
		}
	}
	page := []sample{
		about("model_accuracy", right/500-1e-9, right/500+1e-9), about("model_accuracy_samples", 500, 500),
		about("model_brier_score", brier(scores, outcomes)-1e-6, brier(scores, outcomes)+1e-6), about("model_roc_auc", auc(scores, outcomes)-1e-6, auc(scores, outcomes)+1e-6),
		about("prediction_class_shift", 0, .01), about("prediction_distribution_shift", 0, .1),
	}
	window := objects("x", 500, func(i int) string { return fmt.Sprint(i % 9) })
	log := func(no, yes string, outcome func(i int, yes bool) string) []string {
		all := make([]string, 500)
		for i := range all {
			all[i] = fmt.Sprintf("%v|%s|%s", scores[i]+0, pick(scores[i] >= .5, yes, no), outcome(i, outcomes[i]))
		}
		return all
	}
	plain := func(no, yes string) func(int, bool) string {
		return func(_ int, y bool) string { return pick(y, yes, no) }
	}
	flags := []string{"--score=p", "--outcome=y"}
	runCases(t, []kindCase{
		{name: "yes and no", csv: table("no", "yes"), flags: append(flags, "--positive=yes"), window: window, answers: log("'no'", "'yes'", plain("'no'", "'yes'")), page: page},
		{name: "yes and no, a log of 1 and 0", csv: table("no", "yes"), flags: append(flags, "--positive=yes"), window: window, answers: log("'0'", "'1'", plain("'0'", "'1'")), page: page},
		{name: "half of the outcomes written 1.0", csv: table("0", "1"), flags: flags, window: window, answers: log("'0'", "'1'", func(i int, y bool) string {
			return pick(y, []string{"'1'", "'1.0'"}[i%2], []string{"'0'", "'0.0'"}[i%2])
		}), page: page},
		{name: "classes written 1.0", csv: table("0", "1"), flags: flags, window: window, answers: log("'0.0'", "'1.0'", plain("'0'", "'1'")), page: page},
		{name: "classes and outcomes in every spelling", csv: table("False", "True"), flags: flags, window: window, answers: log("'FALSE'", "'1'", func(i int, y bool) string {
			return pick(y, []string{"'True'", "'1'", "'1e0'"}[i%3], []string{"'false'", "'0'", "'-0.0'"}[i%3])
		}), page: page},
		{name: "1.0 and 0.0 in the reference", csv: table("0.0", "1.0"), flags: flags, window: window, answers: log("'0'", "'1'", plain("'false'", "'true'")), page: page},
	})
}

func pick(yes bool, a, b string) string {
	if yes {
		return a
	}
	return b
}

func TestClassesOfAReference(t *testing.T) {
	t.Parallel()
	// A model of a rare outcome: from .02 on it predicts it.
	known, _ := drawn(1, 5000, 0, .05)
	scores, _ := drawn(2, 1000, 0, .05)
	csv := "x,p,c\n" + repeated(5000, func(i int) string { return fmt.Sprintf("%d,%v,%s\n", i%9, known[i], pick(known[i] >= .02, "1", "0")) })
	window := objects("x", 1000, func(i int) string { return fmt.Sprint(i % 9) })
	var answers, words []string
	for _, p := range scores {
		answers = append(answers, fmt.Sprintf("%v|'%s'|", p, pick(p >= .02, "1", "0")))
		words = append(words, fmt.Sprintf("%v|'%s'|", p, pick(p >= .02, "flagged", "passed")))
	}
	page := []sample{about("prediction_class_shift", 0, .01), about("prediction_distribution_shift", 0, .1)}
	runCases(t, []kindCase{
		{name: "another threshold", csv: csv, flags: []string{"--score=p", "--threshold=.02", "--ignore=c"}, window: window, answers: answers, page: page},
		{name: "a column of classes", csv: csv, flags: []string{"--score=p", "--class=c"}, window: window, answers: answers, page: page},
		{name: "a column of words", csv: strings.NewReplacer(",1\n", ",flagged\n", ",0\n", ",passed\n").Replace(csv), flags: []string{"--score=p", "--class=c", "--positive=flagged"}, window: window, answers: words, page: page},
		{name: "words, and a log of 1 and 0", csv: strings.NewReplacer(",1\n", ",flagged\n", ",0\n", ",passed\n").Replace(csv), flags: []string{"--score=p", "--class=c", "--positive=flagged"}, window: window, answers: answers, page: page},
		{name: "classes alone", csv: csv, flags: []string{"--class=c", "--ignore=p"}, window: window, answers: answers, page: page[:1]},
	})
	for name, scale := range map[string]func(p float64) float64{
		"percentages": func(p float64) float64 { return 100 * p },
		"logits":      func(p float64) float64 { return math.Log((p + 1e-6) / (1 - p)) },
		"thousandths": func(p float64) float64 { return 1000 * p },
		"negative":    func(p float64) float64 { return -p },
	} {
		path := file(t, t.TempDir(), "rows.csv", "x,p\n"+repeated(500, func(i int) string { return fmt.Sprintf("%d,%v\n", i%9, scale(known[i])) }))
		if said := command(t, 1, "reference", "--csv="+path, "--score=p"); !strings.Contains(said, "score: goes from ") || !strings.Contains(said, "from 0 to 1") {
			t.Errorf("%s: says %s", name, said)
		}
	}
}

// TestReplayTakesClassesInEverySpelling: the accuracy of a replay is the same whatever
// the spelling of the classes and outcomes in the CSV.
func TestReplayTakesClassesInEverySpelling(t *testing.T) {
	t.Parallel()
	known, happened := drawn(1, 2000, 0, 1)
	right := 0
	for i := 1900; i < 2000; i++ { // the newest --window.feedback
		if known[i] >= .5 == happened[i] {
			right++
		}
	}
	dir := t.TempDir()
	reference := filepath.Join(dir, "reference.json")
	base := "x,p,y\n" + repeated(2000, func(i int) string { return fmt.Sprintf("%d,%v,%s\n", i%9, known[i], pick(happened[i], "1", "0")) })
	command(t, 0, "reference", "--csv="+file(t, dir, "base.csv", base), "--score=p", "--outcome=y", "--model.name=m", "--reference.output="+reference)
	for i, test := range []struct {
		no, yes, doneNot, done string
		flags                  []string
	}{
		{"0", "1", "0", "1", nil},
		{"0.0", "1.0", "0.0", "1.0", nil},
		{"False", "True", "FALSE", "TRUE", nil},
		{"0", "1", "no", "yes", []string{"--positive=yes"}},
		{"0", "1.0", "False", "1", nil},
		{"false", "true", "0", "1.00", nil},
		{"no", "yes", "no", "yes", []string{"--positive=yes"}},
		{"-1.0", " +1", "-1", "+1", []string{"--positive=+1"}},
		{"refused", "approved", "refused", "approved", []string{"--positive=approved"}},
	} {
		csv := "x,c,y\n" + repeated(2000, func(i int) string {
			return fmt.Sprintf("%d,%s,%s\n", i%9, pick(known[i] >= .5, test.yes, test.no), pick(happened[i], test.done, test.doneNot))
		})
		metrics := filepath.Join(dir, fmt.Sprintf("metrics%d", i))
		args := append([]string{"replay", "--csv=" + file(t, dir, fmt.Sprintf("rows%d.csv", i), csv), "--class=c", "--outcome=y", "--reference.file=" + reference, "--output.openmetrics=" + metrics, quick}, test.flags...)
		command(t, 0, args...)
		if got := last(t, metrics, "model_accuracy{"); got != fmt.Sprint(float64(right)/100) {
			t.Errorf("%s/%s with outcomes %s/%s: accuracy %s, want %v", test.no, test.yes, test.doneNot, test.done, got, float64(right)/100)
		}
	}
	words := "x,c,y\n" + repeated(2000, func(i int) string {
		return fmt.Sprintf("%d,%s,%s\n", i%9, pick(known[i] >= .5, "approved", "refused"), pick(happened[i], "1", "0"))
	})
	said := command(t, 1, "replay", "--csv="+file(t, dir, "words.csv", words), "--class=c", "--outcome=y", "--reference.file="+reference, quick)
	if want := `class column "c" has the values "approved", "refused": say with --positive which of them is class 1`; !strings.Contains(said, want) {
		t.Errorf("replay says %q, want %q", said, want)
	}
}

// last is the last value of a metric in a file of samples over time.
func last(t *testing.T, path, metric string) string {
	t.Helper()
	text, err := os.ReadFile(path) // #nosec G304 -- our own
	if err != nil {
		t.Fatal(err)
	}
	found := ""
	for line := range strings.SplitSeq(string(text), "\n") {
		if strings.HasPrefix(line, metric) {
			_, rest, _ := strings.Cut(line, "} ")
			found, _, _ = strings.Cut(rest, " ")
		}
	}
	return found
}
