package reference

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/drift-exporter/drift_exporter/collector/drift"
)

// secondFile returns a file of the second schema with this number of rows and one feature that
// has these keys.
func secondFile(rows int, keys string) string {
	return fmt.Sprintf(`{"schema": 2, "model": "m", "rows": %d, "features": [{"name": "f", %s}]}`, rows, keys)
}

func TestValuesAreReadInEverySpelling(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, text, kind  string
		categories        []string
		count             []int64
		missing           int64
		labelled, correct []int64
	}{
		{"a boolean", secondFile(9, `"type": "boolean", "categories": ["True", "False"], "count": [4, 5], "labelled": [2, 3], "correct": [1, 2]`), Boolean, []string{"false", "true"}, []int64{5, 4}, 0, []int64{3, 2}, []int64{2, 1}},
		{"a boolean of 0 and 1", secondFile(9, `"type": "boolean", "categories": ["1", "0.0"], "count": [4, 4]`), Boolean, []string{"false", "true"}, []int64{4, 4}, 1, nil, nil},
		{"half a boolean", secondFile(9, `"type": "boolean", "categories": ["true"], "count": [9]`), Boolean, []string{"false", "true"}, []int64{0, 9}, 0, nil, nil},
		{"numbers as categories", secondFile(9, `"type": "categorical", "categories": ["30", "x", "30.0", "3e1"], "count": [1, 2, 3, 3], "labelled": [1, 1, 1, 1], "correct": [1, 0, 1, 0]`), Categorical, []string{"30", "x"}, []int64{7, 2}, 0, []int64{3, 1}, []int64{2, 0}},
		{"a blank category", secondFile(9, `"type": "categorical", "categories": ["a", " "], "count": [4, 5]`), Categorical, []string{"a"}, []int64{4}, 5, nil, nil},
		{"true and false as categories", secondFile(9, `"type": "categorical", "categories": ["True", "False"], "count": [4, 5]`), Categorical, []string{"true", "false"}, []int64{4, 5}, 0, nil, nil},
		{"booleans of the first schema", featureFile(`"type": "categorical", "categories": ["True", "False"], "count": [4, 5]`), Boolean, []string{"false", "true"}, []int64{5, 4}, 0, nil, nil},
		{"more than booleans of the first schema", featureFile(`"type": "categorical", "categories": ["True", "False", "1"], "count": [4, 5, 1]`), Categorical, []string{"true", "false", "1"}, []int64{4, 5, 1}, 0, nil, nil},
	} {
		f := parseText(t, test.text).Features[0]
		if f.Type != test.kind || !slices.Equal(f.Categories, test.categories) || !slices.Equal(f.Count, test.count) || f.Missing != test.missing ||
			!slices.Equal(f.Labelled, test.labelled) || !slices.Equal(f.Correct, test.correct) {
			t.Errorf("%s: %+v", test.name, f)
		}
		if _, err := f.Binning(drift.BinOptions{}); err != nil {
			t.Errorf("%s: %v", test.name, err)
		}
	}
}

func TestRowsThatAFeatureDoesNotCountAreMissing(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		secondFile(100, `"type": "numeric", "edges": [1], "count": [40, 35]`),
		secondFile(100, `"type": "numeric", "edges": [1], "count": [40, 35], "missing": 25`),
		secondFile(100, `"type": "numeric", "edges": [1], "count": [40, 30], "invalid": 5`),
		strings.Replace(secondFile(100, `"type": "numeric", "edges": [1], "count": [40, 35]`), `"schema": 2`, `"schema": 1`, 1),
	} {
		if f := parseText(t, text).Features[0]; f.Missing != 25 || f.Rows() != 100 {
			t.Errorf("%s: %d missing of %d", text, f.Missing, f.Rows())
		}
	}
	const short = `"type": "numeric", "edges": [1], "count": [40, 35], "missing": 5`
	if _, err := Parse([]byte(secondFile(100, short)), "x"); err == nil || !strings.Contains(err.Error(), "has 80 rows in count, missing and invalid, but rows is 100") {
		t.Errorf("error %v", err)
	}
	old := parseText(t, strings.Replace(secondFile(100, short), `"schema": 2`, `"schema": 1`, 1))
	if lacks := strings.Join(old.Lacks(), "\n"); old.Features[0].Missing != 5 || !strings.Contains(lacks, "fewer rows than it has for f") {
		t.Errorf("%+v lacks %s", old.Features[0], lacks)
	}
}

func TestBadFilesOfTheSecondSchemaAreRefusedInWords(t *testing.T) {
	t.Parallel()
	schema := compiledSchema(t)
	top := func(keys string) string {
		return strings.Replace(secondFile(2, `"type": "numeric", "edges": [1], "count": [1, 1]`), `"features"`, keys+`, "features"`, 1)
	}
	for _, c := range []struct {
		text, want string
		schema     bool // refuses it too
	}{
		{secondFile(9, `"type": "numeric", "edges": [], "count": [9]`), "has one bin, in which every number lies", false},
		{secondFile(9, `"type": "categorical", "categories": ["a"], "count": [8], "other": 1`), `unknown key "other"`, false},
		{secondFile(9, `"type": "boolean", "categories": ["yes"], "count": [9]`), `categories[0] is "yes": a boolean has false and true`, true},
		{secondFile(9, `"type": "boolean", "categories": ["true", "true"], "count": [4, 5]`), "appears twice", true},
		{secondFile(9, `"type": "boolean", "categories": ["true"], "count": [4, 5]`), "categories has 1 entries and count 2", false},
		{secondFile(9, `"type": "categorical", "categories": ["a"], "count": [8], "rare": ["b"]`), "has rare categories without groups", true},
		{secondFile(9, `"type": "categorical", "categories": ["a"], "count": [8], "rare": ["a"], "groups": {"count": [1]}`), `rare[0] "a" appears twice`, false},
		{secondFile(9, `"type": "categorical", "categories": ["a"], "count": [8], "rare": ["b"], "groups": {"cuts": [4294967296], "count": [1, 0]}`), "groups: cuts[0] is 4294967296: must be less than 2^32", true},
		{secondFile(9, `"type": "categorical", "categories": ["a"], "count": [8], "rare": ["b"], "groups": {"cuts": [7], "count": [1]}`), "1 counts of rare categories for 2 groups", false},
		{secondFile(9, `"type": "categorical", "categories": ["a"], "count": [8], "rare": ["b"], "groups": {"cuts": [7, 6], "count": [1, 0, 0]}`), "cuts are not ascending", false},
		{secondFile(9, `"type": "categorical", "categories": ["a"], "count": [8], "rare": ["b"], "groups": {"count": [1], "names": []}`), `groups: unknown key "names"`, true},
		{secondFile(9, `"type": "categorical", "categories": ["a"], "count": [8], "rare_filter": {"bits": "?", "hashes": 3}, "groups": {"count": [1]}`), "rare_filter: illegal base64", false},
		{secondFile(9, `"type": "categorical", "categories": ["a"], "count": [8], "rare_filter": {"bits": "", "hashes": 3}, "groups": {"count": [1]}`), "rare_filter: the filter has no bits", true},
		{top(`"threshold": 2`), "threshold is 2", true},
		{top(`"missing_texts": "NA"`), "missing_texts is the text", true},
		{top(`"score": {"edges": [50], "count": [1, 1], "min": 0, "max": 100}`), `score: goes from 0 to 100: a score is the probability of class "1", from 0 to 1`, false},
		{top(`"score": {"edges": [], "count": [2]}`), "score: has one bin", false},
		{top(`"classes": [{"class": "1", "name": 7, "count": 1}]`), "name is the number 7", true},
		{top(`"classes": [{"class": "1", "name": "0", "count": 1}, {"class": "0", "count": 1}]`), `class "0": another class has that name`, false},
	} {
		if r, err := Parse([]byte(c.text), "bad.json"); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, error %v, want %q", c.text, r, err, c.want)
		}
		if err := validate(t, schema, []byte(c.text)); (err != nil) != c.schema {
			t.Errorf("%s: the JSON Schema says %v", c.text, err)
		}
	}
}

// manyNames returns a column of many categories. A tenth of them occurs once.
func manyNames(categories, rows int) *Column {
	c := &Column{Name: "merchant", Type: Categorical}
	for i := range rows {
		c.Texts = append(c.Texts, fmt.Sprintf("m%05d", min(i%categories, categories-1)))
	}
	return c
}

func TestRareCategoriesSurviveTheFile(t *testing.T) {
	t.Parallel()
	for _, categories := range []int{3, 200, 201, 5000, 12000} {
		c := manyNames(categories, 20000)
		c.Texts[7] = ""
		r, err := Build([]Column{*c}, nil, BuildOptions{Missing: []string{"-", "-999.0"}})
		if err != nil {
			t.Fatal(err)
		}
		var first, second bytes.Buffer
		if err := r.Encode(&first); err != nil {
			t.Fatal(err)
		}
		again, err := Parse(first.Bytes(), "")
		if err != nil {
			t.Fatal(err)
		}
		if err := again.Encode(&second); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(first.Bytes(), second.Bytes()) || again.Hash != r.Hash || !slices.Equal(again.Missing, []string{"-", "-999"}) {
			t.Errorf("%d categories change when they are read and written", categories)
		}
		if err := validate(t, compiledSchema(t), first.Bytes()); err != nil {
			t.Errorf("%d categories: %v", categories, err)
		}
		f := &again.Features[0]
		if f.Rows() != 20000 || f.Missing != 1 || len(f.Categories) != min(categories, 200) {
			t.Errorf("%d categories: %d rows, %d missing, %d listed", categories, f.Rows(), f.Missing, len(f.Categories))
		}
		b, err := f.Binning(drift.BinOptions{})
		if err != nil {
			t.Fatal(err)
		}
		known := 0
		for i := range categories {
			if b.Category(fmt.Appendf(nil, "m%05d", i)) != b.Unseen() {
				known++
			}
		}
		found := 0
		for i := range 20000 {
			if b.Category(fmt.Appendf(nil, "new%05d", i)) != b.Unseen() {
				found++
			}
		}
		if known != categories || categories <= drift.MaxNames && found > 0 || found > 60 {
			t.Errorf("of %d categories %d are known, and %d of 20000 others", categories, known, found)
		}
	}
}

func TestAllCategoriesOfAHandMadeFileAreKept(t *testing.T) {
	t.Parallel()
	var names, counts []string
	column := Column{Name: "f", Type: Categorical}
	for i := range 500 {
		names, counts = append(names, fmt.Sprintf(`"n%d"`, i)), append(counts, fmt.Sprint(1+i%7))
		column.Texts = append(column.Texts, slices.Repeat([]string{fmt.Sprint("n", i)}, 1+i%7)...)
	}
	got := parseText(t, secondFile(len(column.Texts), `"type": "categorical", "categories": [`+strings.Join(names, ",")+`], "count": [`+strings.Join(counts, ",")+`]`))
	want, err := Build([]Column{column}, nil, BuildOptions{Model: "m"})
	if err != nil {
		t.Fatal(err)
	}
	if got.Hash != want.Hash {
		t.Errorf("read as %+v, the same rows are built to %+v", got.Features[0], want.Features[0])
	}
}

func TestNumbersAskedForAreRanges(t *testing.T) {
	t.Parallel()
	terms := slices.Repeat([]float64{15, 20, 30}, 100)
	r, err := Build([]Column{
		{Name: "guessed", Type: Numeric, Numbers: terms},
		{Name: "asked", Type: Numeric, Numbers: terms, Ranges: true},
		{Name: "constant", Type: Numeric, Numbers: slices.Repeat([]float64{5}, 300), Ranges: true},
		{Name: "invalid", Type: Numeric, Numbers: append(slices.Clone(terms[:298]), math.NaN(), math.NaN()), Invalid: 1},
	}, nil, BuildOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if f := r.Features[0]; !slices.Equal(f.Values, []float64{15, 20, 30}) {
		t.Errorf("guessed %+v", f)
	}
	if f := r.Features[1]; !slices.Equal(f.Edges, []float64{17.5, 25}) || !slices.Equal(f.Count, []int64{100, 100, 100}) {
		t.Errorf("asked %+v", f)
	}
	if f := r.Features[2]; !slices.Equal(f.Edges, []float64{5, math.Nextafter(5, 6)}) {
		t.Errorf("constant %+v", f)
	}
	if f := r.Features[3]; f.Invalid != 1 || f.Missing != 1 || f.Rows() != 300 {
		t.Errorf("invalid %+v", f)
	}
}

func TestBuildRefusesScoresThatAreNone(t *testing.T) {
	t.Parallel()
	_, err := Build([]Column{{Name: "x", Type: Numeric, Numbers: []float64{1, 2}}}, &HeldOut{Index: []int{0, 1}, Score: []float64{3, 97.5}, Predicted: []string{"1", "1"}}, BuildOptions{})
	if err == nil || !strings.Contains(err.Error(), `score: goes from 3 to 97.5`) {
		t.Errorf("error %v", err)
	}
}
