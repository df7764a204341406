package e2e_test

import (
	"fmt"
	"path/filepath"
	"testing"
)

// TestManyClassesMakeFewSeries: of 200 classes, the most that a model may have, the page shows the most frequent, and a
// pair of a predicted and an actual class only once there is feedback of it.
func TestManyClassesMakeFewSeries(t *testing.T) {
	t.Parallel()
	const classes, shown = 200, 20
	// Class i is there 300 - i times: all frequencies differ.
	csv := "x,c\n"
	for class := range classes {
		csv += repeated(300-class, func(i int) string { return fmt.Sprintf("%d,class %03d\n", i%9, class) })
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "reference.json")
	command(t, 0, "reference", "--csv="+file(t, dir, "rows.csv", csv), "--class=c", "--model.name=m", "--reference.output="+path)
	answers := func(outcome func(i int) string) []string {
		all := make([]string, 2*classes)
		for i := range all {
			all[i] = fmt.Sprintf("NULL|'class %03d'|%s", i%classes, outcome(i))
		}
		return all
	}
	window := objects("x", 2*classes, func(i int) string { return fmt.Sprint(i % 9) })
	before := (&kindCase{window: window, answers: answers(func(int) string { return "" })}).watch(t, path)
	if n := len(before["model_feedback_total"].GetMetric()); n != 0 {
		t.Errorf("without feedback %d pairs are counted", n)
	}
	if n := len(before.samples()); n > 1000 {
		t.Errorf("without feedback the page has %d series", n)
	}
	// Each class is right, then taken for the one behind it.
	after := (&kindCase{window: window, answers: answers(func(i int) string { return fmt.Sprintf("'class %03d'", (i+i/classes)%classes) })}).watch(t, path)
	sum := 0.0
	for _, m := range after["model_feedback_total"].GetMetric() {
		if n := m.GetCounter().GetValue(); n == 0 {
			t.Errorf("a pair that never occurred: %v", m)
		} else {
			sum += n
		}
	}
	// Those shown and the rest are right or taken for the next: two pairs each, and one
	// of the last class, which is taken for the first.
	if n := len(after["model_feedback_total"].GetMetric()); n != 2*shown+2 || sum != 2*classes {
		t.Errorf("%d pairs with %v records, want %d with %d", n, sum, 2*shown+2, 2*classes)
	}
	if n := len(after.samples()); n > 1000 {
		t.Errorf("with feedback the page has %d series", n)
	}
	if got, _ := after.value("model_feedback_total", "predicted", "class 003", "actual", "class 004"); got != 1 {
		t.Errorf("class 003 was taken for 004 %v times, want once", got)
	}
	if got, _ := after.value("model_accuracy"); got != .5 {
		t.Errorf("accuracy %v, want .5", got)
	}
}

// TestClassesThatOnlyOneSideHas: classes that come only as outcomes or only as predictions,
// one more than 100, and names that would break a page count, and the page stays small.
func TestClassesThatOnlyOneSideHas(t *testing.T) {
	t.Parallel()
	const rows = 606
	dir := t.TempDir()
	reference := filepath.Join(dir, "reference.json")
	command(t, 0, "reference", "--csv="+file(t, dir, "rows.csv", "x,c\n"+repeated(900, func(i int) string { return fmt.Sprintf("%d,%s\n", i%9, each("a", "b", "d")(i)) })), "--class=c", "--model.name=m", "--reference.output="+reference)
	hostile := each(`"`, `\`, "{}", "a\nb", "\u202e", "</td><script>")
	for name, answer := range map[string]func(i int) (predicted, actual string){
		"only as outcomes":    func(i int) (string, string) { return "a", fmt.Sprint("new ", i) },
		"only as predictions": func(i int) (string, string) { return fmt.Sprint("new ", i), "a" },
		"101 classes":         func(i int) (string, string) { return fmt.Sprint("c", i%101), fmt.Sprint("c", (i+1)%101) },
		"hostile names":       func(i int) (string, string) { return hostile(i), hostile(i + 1) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := kindCase{window: objects("x", rows, func(i int) string { return fmt.Sprint(i % 9) })}
			for i := range rows {
				predicted, actual := answer(i)
				c.answers = append(c.answers, fmt.Sprintf("NULL|'%s'|'%s'", predicted, actual))
			}
			p, sum := c.watch(t, reference), 0.0
			for _, m := range p["model_feedback_total"].GetMetric() {
				sum += m.GetCounter().GetValue()
			}
			if n := len(p.samples()); n > 1000 || sum != rows || !p.is(0, "model_accuracy") || !p.is(rows, "model_accuracy_samples") {
				t.Errorf("%d series, %v records of feedback, want at most 1000 and %d; or the accuracy is not 0", n, sum, rows)
			}
		})
	}
}
