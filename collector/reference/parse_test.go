package reference

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/drift-exporter/drift_exporter/collector/drift"
)

const smallest = `{"schema": 1, "features": [{"name": "income", "type": "numeric", "edges": [30, 60], "count": [5, 10, 5]}]}`

// featureFile returns a file with one feature that has these keys.
func featureFile(keys string) string {
	return `{"schema": 1, "model": "m", "features": [{"name": "income", ` + keys + `}]}`
}

func parseText(t *testing.T, text string) *Reference {
	t.Helper()
	r, err := Parse([]byte(text), "test.json")
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestTheSmallestFileIsEnough(t *testing.T) {
	t.Parallel()
	r := parseText(t, smallest)
	if r.Rows != 20 || r.Positive != "1" || r.Source != "test.json" || len(r.Hash) != 16 || !r.Created.IsZero() {
		t.Errorf("%+v", r)
	}
	f := &r.Features[0]
	if !math.IsNaN(f.Min) || !math.IsNaN(f.Max) || f.Labelled != nil || f.Sum != nil {
		t.Errorf("what the file does not say must be unknown: %+v", f)
	}
	b, err := f.Binning(drift.BinOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(b.Bins(), " "); got != "[-Inf,30) [30,60) [60,+Inf) __missing__ __invalid__" {
		t.Errorf("bins %s", got)
	}
	if got := b.Reference(); !slices.Equal(got, []int64{5, 10, 5, 0, 0}) {
		t.Errorf("reference counts %v", got)
	}
}

func TestParseTakesWhatOtherWritersWrite(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"byte order mark":      "\ufeff" + smallest,
		"counts as floats":     featureFile(`"type": "numeric", "edges": [1], "count": [2.0, 3e2]`),
		"numbers as integers":  featureFile(`"type": "numeric", "edges": [-0.0, 10], "count": [1, 2, 3], "sum": [1, 2, 3]`),
		"no edges":             featureFile(`"type": "numeric", "edges": [], "count": [7]`),
		"all missing":          featureFile(`"type": "numeric", "edges": [], "count": [0], "missing": 7`),
		"discrete":             featureFile(`"type": "numeric", "values": [15, 20, 30], "count": [1, 0, 3]`),
		"categorical":          featureFile(`"type": "categorical", "categories": ["a", "", "ä"], "count": [1, 2, 3], "other": 4, "missing": 5`),
		"no category":          featureFile(`"type": "categorical", "categories": [], "count": [], "other": 4`),
		"min at the edge":      featureFile(`"type": "numeric", "edges": [1, 2], "count": [0, 2, 3], "min": 1, "max": 2`),
		"empty bins":           featureFile(`"type": "numeric", "edges": [1, 2], "count": [0, 2, 0], "min": 1.2, "max": 1.5`),
		"rows beyond counted":  strings.Replace(smallest, `"features"`, `"rows": 21, "features"`, 1),
		"time with nanosecond": strings.Replace(smallest, `"features"`, `"created": "2026-01-31T12:00:00.5+02:00", "features"`, 1),
	} {
		if _, err := Parse([]byte(text), name); err != nil {
			t.Error(err)
		}
	}
}

// badFiles are refused. schema says whether the JSON Schema also refuses them.
var badFiles = []struct {
	name, text, want string
	schema           bool
}{
	{"empty", "", "is empty: write a reference with", false},
	{"blank", " \n", "is empty", false},
	{"not UTF-8", "{\"schema\": \"\xff\"}", "is not UTF-8 text", false},
	{"not JSON", "income,1\n", "line 1: is not JSON: invalid character 'i'", false},
	{"cut off", smallest[:60], "line 1: ends in the middle", false},
	{"two references", smallest + "\n" + smallest, "there is more after the end", false},
	{"repeated key", featureFile("\"type\": \"numeric\",\n\"edges\": [1], \"count\": [1, 1], \"count\": [2, 2]"), `line 2: key "count" appears twice`, false},
	{"NaN", featureFile(`"type": "numeric", "edges": [NaN], "count": [1, 1]`), "JSON has no NaN", false},
	{"negative infinity", featureFile("\n\"type\": \"numeric\", \"edges\": [-Infinity], \"count\": [1, 1]"), "line 2: is not JSON: invalid character 'I'", false},
	{"deep", strings.Repeat("[", 100_000), "nested more than 5 deep", false},
	{"a list", `[1]`, "is a list: write an object", true},
	{"null", `null`, "is null: write an object", true},
	{"no schema", `{"features": []}`, `schema is null: this version reads files with "schema": 2`, true},
	{"another schema", strings.Replace(smallest, "1", "3", 1), "schema is the number 3", true},
	{"unknown key", strings.Replace(smallest, `"features"`, `"feature": [], "features"`, 1), `unknown key "feature": remove it; the keys are schema, model`, true},
	{"upper case key", strings.Replace(smallest, `"features"`, `"Features"`, 1), `unknown key "Features"`, true},
	{"no features", `{"schema": 1}`, "has no features", true},
	{"empty features", `{"schema": 1, "features": []}`, "has no features", true},
	{"features as object", `{"schema": 1, "features": {}}`, "features is an object: write a list", true},
	{"feature as text", `{"schema": 1, "features": ["income"]}`, `features[0]: is the text "income": write an object`, true},
	{"model as number", strings.Replace(smallest, `"features"`, `"model": 7, "features"`, 1), "model is the number 7: write text in quotes", true},
	{"model too long", strings.Replace(smallest, `"features"`, `"model": "`+strings.Repeat("m", 129)+`", "features"`, 1), "has 129 bytes: at most 128", true},
	{"empty positive", strings.Replace(smallest, `"features"`, `"positive": "", "features"`, 1), "positive is missing", true},
	{"bad time", strings.Replace(smallest, `"features"`, `"created": "yesterday", "features"`, 1), `created is "yesterday": write a time as in 2026-01-31T12:00:00Z`, true},
	{"fractional rows", strings.Replace(smallest, `"features"`, `"rows": 1.5, "features"`, 1), "rows is 1.5: counts are whole numbers", true},
	{"too few rows", strings.Replace(smallest, `"features"`, `"rows": 19, "features"`, 1), `feature "income": has 20 rows in count, missing and invalid, but rows is 19`, false},
	{"no name", `{"schema": 1, "features": [{"type": "numeric", "edges": [], "count": [1]}]}`, "features[0]: name is missing", true},
	{"control character", strings.Replace(smallest, "income", `in\u0007come`, 1), "has control characters", false},
	{"reserved name", strings.Replace(smallest, "income", "prediction score", 1), `"prediction score": the name is reserved`, true},
	{"repeated feature", `{"schema": 1, "features": [{"name": "a", "type": "numeric", "edges": [], "count": [1]}, {"name": "a", "type": "categorical", "categories": ["x"], "count": [1]}]}`, `feature "a" appears twice`, false},
	{"no type", featureFile(`"edges": [1], "count": [1, 1]`), `feature "income": has no type: write "numeric", "categorical" or "boolean"`, true},
	{"wrong type", featureFile(`"type": "number", "edges": [1], "count": [1, 1]`), `feature "income": type is the text "number"`, true},
	{"no edges", featureFile(`"type": "numeric", "count": [1, 1]`), `feature "income": must have either edges`, true},
	{"edges and values", featureFile(`"type": "numeric", "edges": [1], "values": [1, 2], "count": [1, 1]`), "must have either edges", true},
	{"no count", featureFile(`"type": "numeric", "edges": [1]`), `feature "income": has no count`, true},
	{"categories of a number", featureFile(`"type": "numeric", "categories": ["a"], "count": [1]`), `unknown key "categories"`, true},
	{"edges of a category", featureFile(`"type": "categorical", "edges": [1], "count": [1, 1]`), `unknown key "edges"`, true},
	{"other of a number", featureFile(`"type": "numeric", "edges": [1], "count": [1, 1], "other": 3`), `unknown key "other"`, true},
	{"no categories", featureFile(`"type": "categorical", "count": [1]`), "has no categories", true},
	{"all edges of a histogram", featureFile(`"type": "numeric", "edges": [0, 1, 2], "count": [1, 1]`), "edges[1:-1] in numpy", false},
	{"too few edges", featureFile(`"type": "numeric", "edges": [1], "count": [1, 1, 1]`), "edges has 1 numbers and count 3: write one edge fewer", false},
	{"unsorted edges", featureFile(`"type": "numeric", "edges": [2, 1], "count": [1, 1, 1]`), `edges[1] is 1 after 2: sort them`, false},
	{"equal edges", featureFile(`"type": "numeric", "edges": [1, 1.0], "count": [1, 1, 1]`), "keep each once", true},
	{"text among edges", featureFile(`"type": "numeric", "edges": ["1"], "count": [1, 1]`), `edges[0] is the text "1": write a number`, true},
	{"null among edges", featureFile(`"type": "numeric", "edges": [1, null], "count": [1, 1, 1]`), "edges[1] is null: write a number", true},
	{"edge beyond float64", featureFile(`"type": "numeric", "edges": [1e999], "count": [1, 1]`), "edges[0] is 1e999: too large", false},
	{"negative count", featureFile(`"type": "numeric", "edges": [1], "count": [1, -1]`), "count[1] is -1: counts are whole numbers from 0", true},
	{"fractional count", featureFile(`"type": "numeric", "edges": [1], "count": [1, 0.5]`), "count[1] is 0.5", true},
	{"null count", featureFile(`"type": "numeric", "edges": [1], "count": [null, 2]`), "count[0] is null", true},
	{"huge count", featureFile(`"type": "numeric", "edges": [1], "count": [1, 1e18]`), "count[1] is 1e18", true},
	{"count as number", featureFile(`"type": "numeric", "edges": [1], "count": 2`), "count is the number 2: write a list", true},
	{"nothing counted", featureFile(`"type": "numeric", "edges": [1], "count": [0, 0]`), "counts no rows", false},
	{"too many bins", featureFile(`"type": "numeric", "edges": ` + ascending(200) + `, "count": ` + ones(201)), "count has 201 bins: at most 200", true},
	{"too many values", featureFile(`"type": "numeric", "values": ` + ascending(201) + `, "count": ` + ones(201)), "count has 201 bins: at most 200", true},
	{"values without counts", featureFile(`"type": "numeric", "values": [1, 2], "count": [1]`), "values has 2 numbers and count 1", false},
	{"no values", featureFile(`"type": "numeric", "values": [], "count": []`), "at least one value", true},
	{"min above values", featureFile(`"type": "numeric", "values": [1, 2], "count": [1, 1], "min": 3`), "min is 3 and max 2", false},
	{"min below values", featureFile(`"type": "numeric", "values": [1, 2], "count": [1, 1], "min": 0`), "leave min and max out", false},
	{"min above max", featureFile(`"type": "numeric", "edges": [], "count": [1], "min": 2, "max": 1`), "min is 2 and max 1: swap them", false},
	{"min above counts", featureFile(`"type": "numeric", "edges": [1, 2], "count": [1, 1, 1], "min": 1.5`), "min is 1.5, but count[0] has 1 rows below 1", false},
	{"max below counts", featureFile(`"type": "numeric", "edges": [1, 2], "count": [1, 1, 1], "max": 1.5`), "max is 1.5, but count[2] has 1 rows from 2 up", false},
	{"min as text", featureFile(`"type": "numeric", "edges": [], "count": [1], "min": "low"`), `min is the text "low"`, true},
	{"null min", featureFile(`"type": "numeric", "edges": [], "count": [1], "min": null`), `min is null: write a number`, true},
	{"correct alone", featureFile(`"type": "numeric", "edges": [1], "count": [1, 1], "correct": [1, 1]`), "has only one of correct and labelled", true},
	{"labelled too short", featureFile(`"type": "numeric", "edges": [1], "count": [1, 1], "correct": [1, 1], "labelled": [1]`), "labelled has 1 numbers and count 2", false},
	{"more correct than labelled", featureFile(`"type": "numeric", "edges": [], "count": [3], "correct": [2], "labelled": [1]`), "bin 0: correct (2) must not exceed labelled (1)", false},
	{"more labelled than counted", featureFile(`"type": "numeric", "edges": [], "count": [3], "correct": [2], "labelled": [4]`), "nor that count (3)", false},
	{"sum too short", featureFile(`"type": "numeric", "edges": [1], "count": [1, 1], "sum": [1]`), "sum has 1 numbers and count 2", false},
	{"negative square", featureFile(`"type": "numeric", "edges": [1], "count": [1, 1], "sum_of_squares": [1, -1]`), "sum_of_squares[1] is -1", true},
	{"categories without counts", featureFile(`"type": "categorical", "categories": ["a", "b"], "count": [1]`), "categories has 2 entries and count 1", false},
	{"repeated category", featureFile(`"type": "categorical", "categories": ["a", "a"], "count": [1, 1]`), `categories[1] "a" appears twice`, true},
	{"number as category", featureFile(`"type": "categorical", "categories": [30], "count": [1]`), "categories[0] is the number 30: write text in quotes", true},
	{"long category", featureFile(`"type": "categorical", "categories": ["` + strings.Repeat("x", 129) + `"], "count": [1]`), "has 129 bytes: at most 128", false},
	{"score with a name", strings.Replace(smallest, `"features"`, `"score": {"name": "s", "edges": [0.5], "count": [1, 1]}, "features"`, 1), `score: unknown key "name"`, true},
	{"score with values", strings.Replace(smallest, `"features"`, `"score": {"values": [0.5], "count": [1]}, "features"`, 1), `score: unknown key "values"`, true},
	{"bad score", strings.Replace(smallest, `"features"`, `"score": {"edges": [0.5, 0.4], "count": [1, 1, 1]}, "features"`, 1), "score: edges[1] is 0.4 after 0.5", false},
	{"null score", strings.Replace(smallest, `"features"`, `"score": null, "features"`, 1), "score: is null", true},
	{"class without name", strings.Replace(smallest, `"features"`, `"classes": [{"count": 1}], "features"`, 1), "classes[0]: has no class", true},
	{"unknown key of a class", strings.Replace(smallest, `"features"`, `"classes": [{"label": "1"}], "features"`, 1), `classes[0]: unknown key "label"`, true},
	{"repeated class", strings.Replace(smallest, `"features"`, `"classes": [{"class": "1", "count": 1}, {"class": "1"}], "features"`, 1), `class "1" appears twice`, false},
	{"positive is no class", strings.Replace(smallest, `"features"`, `"positive": "yes", "classes": [{"class": "1", "count": 1}], "features"`, 1), `positive is "yes", which is none of the classes`, false},
	{"classes without rows", strings.Replace(smallest, `"features"`, `"classes": [{"class": "1"}], "features"`, 1), "classes count no rows", false},
	{"class more right than known", strings.Replace(smallest, `"features"`, `"classes": [{"class": "1", "count": 5, "correct": 2, "labelled": 1}], "features"`, 1), `class "1": correct (2) must not exceed labelled (1)`, false},
}

func ascending(n int) string {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	data, _ := json.Marshal(all)
	return string(data)
}

func ones(n int) string {
	data, _ := json.Marshal(slices.Repeat([]int{1}, n))
	return string(data)
}

func TestBadFilesAreRefusedInWords(t *testing.T) {
	t.Parallel()
	for _, c := range badFiles {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r, err := Parse([]byte(c.text), "bad.json")
			if err == nil {
				t.Fatalf("was read as %+v", r)
			}
			if !strings.HasPrefix(err.Error(), "reference bad.json: ") || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %q, want %q", err, c.want)
			}
		})
	}
}

func TestEncodeAndParseAreInverse(t *testing.T) {
	t.Parallel()
	for _, r := range []*Reference{Default(), built(t), parseText(t, smallest)} {
		var first, second bytes.Buffer
		if err := r.Encode(&first); err != nil {
			t.Fatal(err)
		}
		again, err := Parse(first.Bytes(), r.Source)
		if err != nil {
			t.Fatal(err)
		}
		if err := again.Encode(&second); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(first.Bytes(), second.Bytes()) {
			t.Errorf("%s changes when it is read and written", r.Source)
		}
		// The values are printed, because NaN is not equal to itself.
		if fmt.Sprint(r.Features, r.Classes, r.Hash, r.Created) != fmt.Sprint(again.Features, again.Classes, again.Hash, again.Created) {
			t.Errorf("%s is another after it was written and read", r.Source)
		}
	}
}

func TestEncodeWritesOneListALine(t *testing.T) {
	t.Parallel()
	r := parseText(t, `{"schema": 1, "origin": "<a & b>", "features": [
		{"name": "income", "type": "numeric", "edges": [30, 60], "count": [5, 10, 5], "max": 1e21},
		{"name": "state", "type": "categorical", "categories": ["CA", "<NY>"], "count": [1, 2], "missing": 3}],
		"classes": [{"class": "1", "count": 2}]}`)
	var file strings.Builder
	if err := r.Encode(&file); err != nil {
		t.Fatal(err)
	}
	const want = `{
  "schema": 1,
  "rows": 20,
  "origin": "<a & b>",
  "positive": "1",
  "features": [
    {
      "name": "income",
      "type": "numeric",
      "edges": [30,60],
      "count": [5,10,5],
      "max": 1e+21,
      "missing": 0
    },
    {
      "name": "state",
      "type": "categorical",
      "categories": ["CA","<NY>"],
      "count": [1,2],
      "other": 0,
      "missing": 3
    }
  ],
  "classes": [
    {"class":"1","count":2,"correct":0,"labelled":0}
  ]
}
`
	if file.String() != want {
		t.Errorf("wrote\n%s\nwant\n%s", file.String(), want)
	}
}

func TestHashCoversWhatDriftIsComputedFrom(t *testing.T) {
	t.Parallel()
	base := parseText(t, smallest)
	for change, same := range map[string]bool{
		`"created": "2026-01-31T12:00:00Z", "origin": "elsewhere", `: true,
		`"rows": 20, `:                              true,
		`"positive": "1", `:                         true,
		`"rows": 21, `:                              false,
		`"model": "m", `:                            false,
		`"version": "2", `:                          false,
		`"positive": "yes", `:                       false,
		`"score": {"edges":[],"count":[1]}, `:       false,
		`"classes": [{"class": "1", "count": 1}], `: false,
	} {
		changed := parseText(t, strings.Replace(smallest, `"features"`, change+`"features"`, 1))
		if (changed.Hash == base.Hash) != same {
			t.Errorf("with %s the hash is %s, without %s", change, changed.Hash, base.Hash)
		}
	}
	if changed := parseText(t, strings.Replace(smallest, "60", "61", 1)); changed.Hash == base.Hash {
		t.Error("another edge, the same hash")
	}
}

func TestLoadNamesTheFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "loans.json")
	if _, err := Load(path); err == nil || !strings.Contains(err.Error(), path) || !os.IsNotExist(unwrapped(err)) {
		t.Errorf("missing file: %v", err)
	}
	if _, err := Load(dir); err == nil || !strings.Contains(err.Error(), dir) {
		t.Errorf("a folder: %v", err)
	}
	if err := os.WriteFile(path, []byte(smallest), 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := Load(path)
	if err != nil || r.Source != path {
		t.Errorf("%+v, %v", r, err)
	}
	if err := os.WriteFile(path, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(path); err == nil || !strings.HasPrefix(err.Error(), "reference "+path+": ") {
		t.Errorf("broken file: %v", err)
	}
	if err := os.Truncate(path, largestFile+1); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(path); err == nil || !strings.Contains(err.Error(), "larger than 64 MiB") {
		t.Errorf("huge file: %v", err)
	}
}

func unwrapped(err error) error {
	for {
		u, ok := err.(interface{ Unwrap() error })
		if !ok {
			return err
		}
		err = u.Unwrap()
	}
}

func TestDefaultIsTheLoanModel(t *testing.T) {
	t.Parallel()
	r := Default()
	if r.Model != "loan_refinance" || len(r.Features) != 12 || r.Score == nil || len(r.Classes) != 2 || r.Source != "embedded" {
		t.Errorf("%s: %d features, score %v, %d classes from %s", r.Model, len(r.Features), r.Score != nil, len(r.Classes), r.Source)
	}
	for i := range r.Features {
		f := &r.Features[i]
		b, err := f.Binning(drift.BinOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if len(f.Values) == 0 && len(b.Bins()) != 12 {
			t.Errorf("%s has %d bins", f.Name, len(b.Bins()))
		}
	}
	b, err := r.ClassBinning()
	if err != nil || strings.Join(b.Bins(), " ") != "0 1 __unseen__ __missing__ __invalid__" {
		t.Errorf("classes: %v, %v", b.Bins(), err)
	}
}
