package e2e_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
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
	runCases(t, []kindCase{pair("a b", "a_b"), pair("\u53ce\u5165", "\u5e74\u9f62"), pair("x-", "x."), pair("\u00e9t\u00e9", "\u00f6t\u00f6"),
		pair("\u0434\u043e\u0445\u043e\u0434", "\u0432\u043e\u0437\u0440\u0430"), pair("\u062f\u062e\u0644", "\u0639\u0645\u0631"), pair("\U0001f4b6", "\U0001f4b7"), pair("a/b", "a\u00a0b")})
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

// TestRowsThatAreNoFile: what a path may lead to besides a file ends each command with an
// error, and neither waits nor fills the disk.
func TestRowsThatAreNoFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for from, to := range map[string]string{"loop": "pool", "pool": "loop"} {
		if err := os.Symlink(filepath.Join(dir, from), filepath.Join(dir, to)); err != nil {
			t.Fatal(err)
		}
	}
	for path, says := range map[string]string{
		"/dev/zero": "is a device", "/dev/urandom": "is a device", "/dev/null": "is a device",
		dir: "is a folder", filepath.Join(dir, "loop"): "too many levels of symbolic links",
		file(t, dir, "empty.csv", ""): "the CSV is empty", file(t, dir, "cut.csv", "\x1f\x8b"): "read gzip",
		file(t, dir, "line.csv", strings.Repeat("x", 34<<20)):                    "line 1: the row has more than 32 MiB",
		file(t, dir, "row.csv", "x\n1\n"+strings.Repeat("2", 34<<20)):            "line 3: the row has more than 32 MiB",
		file(t, dir, "quote.csv", "x\n1\n\""+strings.Repeat("2\n", 17<<20)):      "line 3: the row has more than 32 MiB",
		file(t, dir, "zeros.csv", strings.Repeat("\x00", 1<<20)):                 "line 1: the text is UTF-16",
		file(t, dir, "table.csv", "PAR1"+strings.Repeat("\x00", 1<<10)):          "--parquet",
		file(t, dir, "archive.csv", "PK\x03\x04"+strings.Repeat("\x00\x01", 99)): "column 1 has a NUL byte",
	} {
		all := [][]string{{"reference", "--csv=" + path}, {"train", "--csv=" + path, "--outcome=y"}, {"replay", "--csv=" + path}}
		if strings.Contains(says, "MiB") {
			all = all[:1] // They read alike, and a long row takes its time.
		}
		for _, args := range all {
			if said := command(t, 1, args...); !strings.Contains(said, says) || len(said) > 1000 {
				t.Errorf("%v says %.300s, want %q", args, said, says)
			}
		}
	}
}

// TestRowsOfANamedPipe: they are read, and a command that waits for them, or gets them
// without end, ends when it is told to.
func TestRowsOfANamedPipe(t *testing.T) {
	t.Parallel()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		text, says string
		endless    bool
		status     int
	}{
		"rows":            {text: "x\n" + strings.Repeat("1\n2\n", 200000), status: 0},
		"no rows":         {text: "", says: "the CSV is empty", status: 1},
		"zeros":           {text: strings.Repeat("\x00", 1<<17), endless: true, says: "line 1: the text is UTF-16", status: 1},
		"rows with stops": {text: "x\n1\n", endless: true, says: "terminated", status: 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			pipe := filepath.Join(dir, "pipe")
			if err := syscall.Mkfifo(pipe, 0o600); err != nil {
				t.Fatal(err)
			}
			cmd := exec.CommandContext(t.Context(), path, "reference", "--csv="+pipe, "--reference.output="+filepath.Join(dir, "reference.json")) // #nosec G204 -- our own arguments
			cmd.Env = append(os.Environ(), "TMPDIR="+dir)
			var said strings.Builder
			cmd.Stderr = &said
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			writer, err := os.OpenFile(pipe, os.O_WRONLY, 0) // Waits for the command to open it.
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = writer.Close() }()
			_, _ = writer.WriteString(test.text)
			if !test.endless {
				_ = writer.Close()
			} else if test.says == "terminated" {
				_ = cmd.Process.Signal(syscall.SIGTERM)
			}
			_ = cmd.Wait()
			if status := cmd.ProcessState.ExitCode(); status != test.status || !strings.Contains(said.String(), test.says) {
				t.Errorf("exit status %d, want %d and %q\n%s", status, test.status, test.says, &said)
			}
			if left, _ := filepath.Glob(filepath.Join(dir, "rows-*")); len(left) > 0 {
				t.Errorf("%v are left", left)
			}
		})
	}
}

// A reference made by hand whose counts leave out missing values, as numpy.histogram does.
func TestRowsThatAreNotCountedAreMissing(t *testing.T) {
	t.Parallel()
	number := func(i int) string { return strconv.Itoa(i * 7 % 100) }
	for _, c := range []struct {
		name, feature string
		schemas       []int
		value         func(i int) string
	}{
		{"ranges", `"type": "numeric", "edges": [25, 50, 75], "count": [750, 750, 750, 750]`, []int{1, 2}, number},
		{"ranges with extremes", `"type": "numeric", "edges": [25, 50, 75], "min": 0, "max": 99, "count": [750, 750, 750, 750]`, []int{1, 2}, number},
		{"single values", `"type": "numeric", "values": [0, 1, 2], "count": [1000, 1000, 1000]`, []int{1, 2}, each("0", "1", "2", "0.0", "1e0", "2.0")},
		{"categories", `"type": "categorical", "categories": ["a", "b"], "count": [1500, 1500]`, []int{1, 2}, each(`"a"`, `"b"`)},
		{"booleans", `"type": "boolean", "categories": ["true", "false"], "count": [1500, 1500]`, []int{2}, each("true", "0")},
		{"missing is counted", `"type": "categorical", "categories": ["a", "b"], "count": [1500, 1500], "missing": 1000`, []int{1, 2}, each(`"a"`, `"b"`)},
	} {
		for _, schema := range c.schemas {
			t.Run(fmt.Sprint(c.name, ", schema ", schema), func(t *testing.T) {
				t.Parallel()
				dir := t.TempDir()
				path := file(t, dir, "reference.json", fmt.Sprintf(`{"schema": %d, "model": "m", "rows": 4000, "features": [{"name": "x", %s}]}`, schema, c.feature))
				one := kindCase{window: objects("x", 800, func(i int) string {
					if i%4 == 0 {
						return "null"
					}
					return c.value(i - i/4)
				})}
				p := one.watch(t, path)
				if kl, _ := p.value("feature_kl_divergence"); kl > .02 || !p.is(.25, "feature_missing_ratio") || !p.is(.25, "feature_reference_missing_ratio") || !p.is(0, "feature_drift_detected") {
					t.Errorf("KL %v, missing ratio is not .25 on both sides, or drift is detected", kl)
				}
			})
		}
	}
	// A file that says how many are missing, and lacks others, is refused.
	path := file(t, t.TempDir(), "reference.json", `{"schema": 2, "model": "m", "rows": 4000, "features": [{"name": "x", "type": "categorical", "categories": ["a"], "count": [3000], "missing": 999}]}`)
	if said := command(t, 1, "exporter", "--config.check", "--reference.file="+path); !strings.Contains(said, `feature "x": has 3999 rows in count, missing and invalid, but rows is 4000`) {
		t.Errorf("says %s", said)
	}
}

// byRecipe writes a reference with the recipe of the documents.
const byRecipe = `
import sys
sys.path.insert(0, "../../../testdata")
import numpy as np, reference_recipe
flag = (np.arange(20000) % 400 == 0).astype(int)
reference_recipe.write_reference(sys.argv[1], "m", {"x": {"int": flag, "float": flag.astype(float), "bool": flag == 1, "text": flag.astype(str), "zeros": np.where(flag == 1, 1 + np.arange(20000.), 0)}[sys.argv[2]]})
`

// TestTheRecipeOfTheDocumentsShowsARareFlag: a flag of .25 % ones that becomes one of a
// half shows in a reference that Python wrote.
func TestTheRecipeOfTheDocumentsShowsARareFlag(t *testing.T) {
	t.Parallel()
	for kind, values := range map[string][]string{"int": {"0", "1"}, "float": {"0.0", "1"}, "bool": {"false", "true"}, "text": {`"0"`, `"1"`}, "zeros": {"0", "5000"}} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "reference.json")
			python(t, nil, "-c", byRecipe, path, kind)
			c := kindCase{window: objects("x", 1000, each(values...))}
			p := c.watch(t, path)
			// .0025 ln(.0025 / .5) + .9975 ln(.9975 / .5) = .6758, less for the m = K/2 that is added.
			if kl, _ := p.value("feature_kl_divergence"); kl < .64 || kl > .7 || !p.is(2, "feature_drift_severity") || !p.is(1, "feature_drift_detected") {
				t.Errorf("KL %v, or severity is not 2, or drift is not detected", kl)
			}
			c.window = objects("x", 1000, func(i int) string { return values[min(1, max(0, 1-i%400))] })
			if kl, _ := c.watch(t, path).value("feature_kl_divergence"); kl > .01 {
				t.Errorf("unchanged: KL %v", kl)
			}
		})
	}
}
