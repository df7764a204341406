package reference

import (
	"flag"
	"os"
	"strings"
	"testing"
	"unicode/utf8"
)

var update = flag.Bool("update", false, "write testdata again")

func TestShow(t *testing.T) {
	t.Parallel()
	r := built(t)
	r.Features = append(r.Features, parseText(t, `{"schema": 1, "features": [
		{"name": "few_bins", "type": "numeric", "edges": [620, 655], "count": [5, 25, 20]},
		{"name": "nothing_but_missing", "type": "numeric", "edges": [], "count": [0], "missing": 7},
		{"name": "a_name_that_is_far_too_long_for_its_column", "type": "categorical", "categories": ["", " x", "long`+strings.Repeat("g", 50)+`", "\u001b[31m"], "count": [4, 3, 2, 1]},
		{"name": "no_categories", "type": "categorical", "categories": [], "count": [], "other": 1},
		{"name": "large", "type": "numeric", "edges": [1e9, 1.5e300], "count": [1, 10000, 1], "min": -123456789, "max": 1e301, "missing": 1}]}`).Features...)
	var out strings.Builder
	if err := r.Show(&out); err != nil {
		t.Fatal(err)
	}
	for line := range strings.SplitSeq(out.String(), "\n") {
		if utf8.RuneCountInString(line) > width {
			t.Errorf("wider than %d columns: %s", width, line)
		}
		if strings.ContainsRune(line, '\x1b') {
			t.Errorf("escapes to the terminal: %q", line)
		}
	}
	if *update {
		if err := os.WriteFile("testdata/show.txt", []byte(out.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("testdata/show.txt")
	if err != nil {
		t.Fatal(err)
	}
	if out.String() != string(want) {
		t.Errorf("shows\n%s\nwant\n%s", out.String(), want)
	}
}
