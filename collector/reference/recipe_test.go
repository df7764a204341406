package reference

import (
	"encoding/json"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/drift-exporter/drift_exporter/collector/drift"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// columnsOfPython calls the recipe and writes the same columns as JSON.
const columnsOfPython = `
import json, sys
sys.path.insert(0, "../../testdata")
import numpy as np, reference_recipe
r = np.random.default_rng(7)
n = 4000
gaps = lambda x: [None if g else v for g, v in zip(r.random(n) < .1, np.asarray(x).tolist())]
columns = {
    "income": gaps(r.lognormal(11, .5, n)),
    "floats": np.where(r.random(n) < .2, np.nan, r.normal(size=n)),
    "many zeros": np.where(r.random(n) < .92, 0, r.lognormal(5, 1, n)),
    "two peaks": gaps(np.where(r.random(n) < .3, -1, np.where(r.random(n) < .5, 99.5, r.normal(50, 9, n)))),
    "flag": (r.random(n) < .0025).astype(int),
    "once": np.arange(n) == 17,
    "one of many": (np.arange(n) == 17).astype(float),
    "term": gaps(r.choice([15, 20, 30], n)),
    "constant": np.full(n, 3.5),
    "owner": r.random(n) < .4,
    "owner with gaps": gaps(r.random(n) < .4),
    "state": gaps(r.choice(["CA", "NY", "NA", " TX", "00501", "", " "], n)),
    "spelled": gaps(r.choice(["30.0", "30", "3e1", "True", "x"], n)),
    "merchant": [f"merchant {i}" for i in (r.pareto(1, n) * 50).astype(int) % 3000],
    "empty": [None] * n,
}
reference_recipe.write_reference(sys.argv[1], "my_model", columns)
null = lambda v: None if v != v else v
json.dump({k: [null(v) for v in np.asarray(x, dtype=object).tolist()] for k, x in columns.items()}, open(sys.argv[2], "w"))
`

// TestTheRecipeCountsWhatWindowsCount writes a reference with the Python recipe of the documents.
// Windows must sort the same rows into the same bins, and no row may be unseen.
func TestTheRecipeCountsWhatWindowsCount(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path, columnsPath := filepath.Join(dir, "reference.json"), filepath.Join(dir, "columns.json")
	runRecipe(t, "", "-c", columnsOfPython, path, columnsPath)
	r := loadRecipe(t, path)
	text, err := os.ReadFile(columnsPath)
	if err != nil {
		t.Fatal(err)
	}
	var columns map[string][]json.RawMessage
	if err := json.Unmarshal(text, &columns); err != nil {
		t.Fatal(err)
	}
	if len(columns) != 15 || len(r.Features) != len(columns) {
		t.Fatalf("%d features of %d columns", len(r.Features), len(columns))
	}
	for i, read := range r.Columns() {
		f := &r.Features[i]
		b, err := f.Binning(drift.BinOptions{})
		if err != nil {
			t.Fatal(err)
		}
		counts := make([]int64, b.Codes())
		for _, raw := range columns[f.Name] {
			counts[codeOf(b, read.ReadJSON(raw))]++
		}
		want := slices.Clone(f.Count)
		if f.Rare != nil {
			want = append(want, f.Rare.Count...)
		}
		want = append(want, make([]int64, len(counts)-len(want))...)
		want[b.Missing()] = f.Missing
		if !slices.Equal(counts, want) {
			t.Errorf("feature %q (%s): the reference has\n%v, its rows fall into\n%v", f.Name, f.Type, want, counts)
		}
	}
}

func codeOf(b *drift.Binning, v value.Value) uint8 {
	switch {
	case v.Kind == value.Missing:
		return b.Missing()
	case v.Kind == value.Invalid:
		return b.Invalid()
	case b.Numeric():
		return b.Number(v.Number)
	}
	return b.Category([]byte(v.Text))
}

// TestTheRecipeChoosesTheBinsThatAColumnNeeds runs the recipe from the documents on one column of
// each kind.
func TestTheRecipeChoosesTheBinsThatAColumnNeeds(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	script, err := filepath.Abs("../../testdata/reference_recipe.py")
	if err != nil {
		t.Fatal(err)
	}
	runRecipe(t, dir, script)
	example := loadRecipe(t, filepath.Join(dir, "reference.json"))
	path := filepath.Join(dir, "columns.json")
	runRecipe(t, "", "-c", columnsOfPython, path, os.DevNull)
	for _, test := range []struct {
		of         *Reference
		name, kind string
		bins       []string // among those exported
		rows       float64  // share of the first of them
	}{
		{example, "income", Numeric, nil, 0},
		{example, "late_days", Numeric, []string{"0"}, .9},
		{example, "owner", Boolean, []string{"true", "false"}, .4},
		{example, "state", Categorical, []string{"CA", "NY", "TX"}, .25},
		{loadRecipe(t, path), "many zeros", Numeric, []string{"0"}, .92},
		{loadRecipe(t, path), "flag", Numeric, []string{"0", "1"}, .9975},
		{loadRecipe(t, path), "spelled", Categorical, []string{"30", "true", "x"}, .54},
	} {
		i := slices.IndexFunc(test.of.Features, func(f Feature) bool { return f.Name == test.name })
		f := &test.of.Features[i]
		b, err := f.Binning(drift.BinOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if f.Type != test.kind || f.Rows() != test.of.Rows {
			t.Errorf("%s: %s with %d rows", test.name, f.Type, f.Rows())
		}
		rows := b.Export(b.Reference(), make([]int64, len(b.Bins())))
		for j, label := range test.bins {
			at := slices.Index(b.Bins(), label)
			if at < 0 || j == 0 && math.Abs(float64(rows[at])/float64(test.of.Rows)-test.rows) > .03 {
				t.Errorf("%s: bins %q with %v rows; want %s with a share of %v", test.name, b.Bins(), rows, label, test.rows)
			}
		}
		if test.bins == nil && len(b.Bins()) < 10 {
			t.Errorf("%s: bins %q", test.name, b.Bins())
		}
	}
}

// runRecipe runs Python in a directory. It skips the test if numpy is missing.
func runRecipe(t *testing.T, dir string, args ...string) {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), "python3", "-c", "import numpy").CombinedOutput(); err != nil {
		t.Skipf("python3 has no numpy: %v\n%s", err, out)
	}
	c := exec.CommandContext(t.Context(), "python3", args...)
	c.Dir, c.Env = dir, append(os.Environ(), "PYTHONDONTWRITEBYTECODE=1")
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

// loadRecipe reads what the recipe wrote and checks it with the published schema.
func loadRecipe(t *testing.T, path string) *Reference {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := validate(t, compiledSchema(t), text); err != nil {
		t.Error(err)
	}
	r, err := Parse(text, path)
	if err != nil {
		t.Fatal(err)
	}
	return r
}
