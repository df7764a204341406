package e2e_test

import (
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

func TestNamesOfFeatures(t *testing.T) {
	t.Parallel()
	pair := func(a, b string) kindCase {
		return kindCase{
			name: a + " and " + b,
			csv:  a + "," + b + "\n" + repeated(2000, func(i int) string { return fmt.Sprintf("%d,%d\n", i%100, i*7%90) }),
			says: []string{fmt.Sprintf("feature %q has no metric with its newest value", b), fmt.Sprintf("is that of feature %q", a)},
			window: func() []string {
				all := make([]string, 500)
				for i := range all {
					all[i] = fmt.Sprintf(`{%q:%d,%q:%d}`, a, i%100, b, i*7%90)
				}
				return all
			}(),
			page: append(quiet(a, 0), quiet(b, 0)...),
		}
	}
	runCases(t, []kindCase{pair("a b", "a_b"), pair("\u53ce\u5165", "\u5e74\u9f62"), pair("x-", "x."), pair("\u00e9t\u00e9", "\u00f6t\u00f6")})
}

func TestFilesThatAreRefusedOrReadInWords(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, text := range map[string]string{"CR": "x,y\r1,2\r3,4\r", "CR and a last LF": "x,y\r1,2\r3,4\n", "1 MB of CR": strings.Repeat("0123456789,a\r", 80000), "quoted": "\"x\",\"y\"\r1,2\r"} {
		path := file(t, dir, "cr.csv", text)
		for _, args := range [][]string{{"reference", "--csv=" + path}, {"train", "--csv=" + path, "--outcome=y"}, {"replay", "--csv=" + path}} {
			if said := command(t, 1, args...); !strings.Contains(said, "line ends are CR: convert the file") || len(said) > 1000 {
				t.Errorf("%s: %v says %.300s", name, args, said)
			}
		}
	}
	for name, feature := range map[string]string{
		"a flag of one bin":  `{"name": "x", "type": "numeric", "edges": [], "count": [100]}`,
		"too few rows":       `{"name": "x", "type": "numeric", "edges": [1], "count": [40, 30], "missing": 5}`,
		"a key of schema 1":  `{"name": "x", "type": "categorical", "categories": ["a"], "count": [90], "other": 10}`,
		"a boolean of words": `{"name": "x", "type": "boolean", "categories": ["no", "yes"], "count": [50, 50]}`,
	} {
		path := file(t, dir, "bad.json", `{"schema": 2, "model": "m", "rows": 100, "features": [`+feature+`]}`)
		if said := command(t, 1, "exporter", "--config.check", "--reference.file="+path); !strings.Contains(said, `feature "x": `) {
			t.Errorf("%s: says %s", name, said)
		}
	}
}

// A reference made by hand whose counts leave out missing values, as numpy.histogram does.
func TestRowsThatAreNotCountedAreMissing(t *testing.T) {
	t.Parallel()
	for _, schema := range []int{1, 2} {
		path := filepath.Join(t.TempDir(), "reference.json")
		file(t, filepath.Dir(path), "reference.json", fmt.Sprintf(`{"schema": %d, "model": "m", "rows": 4000, "features": [{"name": "x", "type": "numeric", "edges": [25, 50, 75], "count": [750, 750, 750, 750]}]}`, schema))
		c := kindCase{window: objects("x", 800, func(i int) string {
			if i%4 == 0 {
				return "null"
			}
			return strconv.Itoa(i * 7 % 100)
		})}
		p := c.watch(t, path)
		if kl, _ := p.value("feature_kl_divergence"); kl > .02 || !p.is(.25, "feature_missing_ratio") || !p.is(.25, "feature_reference_missing_ratio") {
			t.Errorf("schema %d: KL %v, missing ratio is not .25 on both sides", schema, kl)
		}
	}
}
