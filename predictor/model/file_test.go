package model

import (
	"bytes"
	"errors"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

const goodFile = `{"schema": 2, "name": "m", "version": "1", "negative": "bad", "positive": "good", "missing_texts": ["-999"], "threshold": 0.5, "intercept": 0.1, "features": [
 {"name": "income", "type": "numeric", "mean": 100, "sd": 20, "coefficient": 1.5},
 {"name": "state", "type": "categorical", "categories": [{"value": "NY", "coefficient": -2}, {"value": "30", "coefficient": 1}]},
 {"name": "owner", "type": "boolean", "categories": [{"value": "true", "coefficient": 0.5}]}
], "training": {"rows": 10, "accuracy": 0.9}}`

func TestParseReadsAFile(t *testing.T) {
	t.Parallel()
	got, err := Parse([]byte(goodFile))
	if err != nil {
		t.Fatal(err)
	}
	want := &Model{Name: "m", Version: "1", Negative: "bad", Positive: "good", Missing: []string{"-999"}, Threshold: 0.5, Intercept: 0.1, Features: []Feature{
		{Name: "income", Type: Numeric, Mean: 100, SD: 20, Coefficient: 1.5},
		{Name: "state", Type: Categorical, Categories: []Category{{Value: "NY", Coefficient: -2}, {Value: "30", Coefficient: 1}}},
		{Name: "owner", Type: Boolean, Categories: []Category{{Value: "true", Coefficient: .5}}},
	}, Training: Training{Rows: 10, Accuracy: 0.9}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestParseBringsCategoriesIntoCanonicalForm(t *testing.T) {
	t.Parallel()
	const file = `{"schema": 2, "name": "m", "version": "1", "threshold": 0.5, "intercept": 0, "features": [
		{"name": "grade", "type": "categorical", "categories": [{"value": "30.0", "coefficient": 1}, {"value": "TRUE", "coefficient": 2}, {"value": "00501", "coefficient": 3}]},
		{"name": "owner", "type": "boolean", "categories": [{"value": "0", "coefficient": -1}, {"value": "True", "coefficient": 1}]}]}`
	m, err := Parse([]byte(file))
	if err != nil {
		t.Fatal(err)
	}
	want := [][]Category{{{Value: "30", Coefficient: 1}, {Value: "true", Coefficient: 2}, {Value: "00501", Coefficient: 3}}, {{Value: "false", Coefficient: -1}, {Value: "true", Coefficient: 1}}}
	if got := [][]Category{m.Features[0].Categories, m.Features[1].Categories}; !reflect.DeepEqual(got, want) {
		t.Errorf("categories %v, want %v", got, want)
	}
	for old, wrong := range map[string]string{
		`"TRUE"`: `"30"`, `"True"`: `"0.0"`, // twice
		`"0"`: `"maybe"`, // neither
	} {
		if _, err := Parse([]byte(strings.Replace(file, old, wrong, 1))); err == nil {
			t.Errorf("with %s for %s: no error", wrong, old)
		}
	}
}

func TestParseSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, old, new, want string }{
		{"empty file", goodFile, "", "is empty: the file was cut off"},
		{"not JSON", goodFile, "name: m", "line 1: is not JSON"},
		{"not an object", goodFile, "[]", "is a list: write an object, {...}"},
		{"cut off in the middle", goodFile, goodFile[:60], "line 1: ends in the middle: the file was cut off"},
		{"cut off before the last brace", goodFile, goodFile[:len(goodFile)-1], "line 5: ends in the middle"},
		{"something behind", goodFile, goodFile + "{}", "there is more after the end of the object: remove it"},
		{"not UTF-8", `"m"`, "\"\xff\"", "UTF-8"},
		{"no schema", `"schema": 2, `, ``, `key "schema" is missing`},
		{"another schema", `"schema": 2`, `"schema": 3`, "reads schemas 1 to 2: train the model again"},
		{"missing texts are a text", `["-999"]`, `"-999"`, "missing_texts is the text \"-999\": write a list"},
		{"unknown key", `"intercept"`, `"bias"`, `unknown key "bias": remove it; the keys are schema, name`},
		{"other case", `"intercept"`, `"Intercept"`, `unknown key "Intercept"`},
		{"repeated key", `"intercept": 0.1`, `"intercept": 0.1, "intercept": 0.2`, `key "intercept" appears twice`},
		{"no name", `"name": "m"`, `"name": ""`, "name is empty"},
		{"name is a number", `"name": "m"`, `"name": 7`, "name is the number 7: write text in quotes"},
		{"version is null", `"version": "1"`, `"version": null`, "version is null"},
		{"empty version", `"version": "1"`, `"version": ""`, "version is empty"},
		{"threshold 0", `"threshold": 0.5`, `"threshold": 0`, "threshold is 0: it must be above 0 and below 1"},
		{"threshold 1", `"threshold": 0.5`, `"threshold": 1`, "threshold is 1"},
		{"intercept too large", `"intercept": 0.1`, `"intercept": 1e999`, "intercept is 1e999: too large for a float64"},
		{"features appears twice", `"training": {"rows": 10, "accuracy": 0.9}`, `"features": "none"`, `key "features" appears twice`},
		{"a feature is a number", ` {"name": "income"`, `7, {"name": "income"`, "feature 0: is the number 7: write an object"},
		{"no type", `"type": "numeric", `, ``, `feature 0 (income): key "type" is missing`},
		{"unknown type", `"type": "numeric"`, `"type": "float"`, `feature 0 (income): type is "float": it must be "numeric", "categorical" or "boolean"`},
		{"repeated feature", `"name": "state"`, `"name": "income"`, "feature 1 (income): has the same name as feature 0"},
		{"nameless feature", `"name": "income"`, `"name": ""`, "feature 0: name is empty"},
		{"unknown key of a feature", `"mean": 100`, `"mean": 100, "median": 90`, `feature 0: unknown key "median"`},
		{"repeated key of a feature", `"mean": 100`, `"mean": 100, "mean": 90`, `line 2: key "mean" appears twice: remove one`},
		{"sd is missing", `"sd": 20, `, ``, `feature 0 (income): key "sd" is missing`},
		{"sd 0", `"sd": 20`, `"sd": 0`, "feature 0 (income): sd is 0: give the training standard deviation"},
		{"negative sd", `"sd": 20`, `"sd": -1`, "feature 0 (income): sd is -1"},
		{"sd is NaN", `"sd": 20`, `"sd": NaN`, "is not JSON"},
		{"mean is text", `"mean": 100`, `"mean": "100"`, `feature 0 (income): mean is the text "100": write a number`},
		{"mean is null", `"mean": 100`, `"mean": null`, "feature 0 (income): mean is null"},
		{"categories of a number", `"sd": 20`, `"sd": 20, "categories": []`, `feature 0 (income): key "categories" does not belong here`},
		{"mean of a category", `"categories": [`, `"mean": 1, "categories": [`, `feature 1 (state): key "mean" does not belong here`},
		{"empty category", `{"value": "30"`, `{"value": " "`, "feature 1 (state): category \"\" never occurs"},
		{"boolean that is none", `{"value": "true"`, `{"value": "yes"`, `feature 2 (owner): category "yes" is not true or false`},
		{"repeated category", `{"value": "30"`, `{"value": "NY"`, `feature 1 (state): category "NY" appears twice`},
		{"category without coefficient", `{"value": "NY", "coefficient": -2}`, `{"value": "NY"}`, `feature 1 (state), category 0: key "coefficient" is missing`},
		{"unknown key of a category", `"coefficient": -2`, `"weight": -2`, `feature 1 (state), category 0: unknown key "weight"`},
		{"unknown key of training", `"rows": 10`, `"lines": 10`, `training: unknown key "lines"`},
		{"rows is a fraction", `"rows": 10`, `"rows": 10.5`, "training: rows is 10.5: counts are whole numbers from 0 to 2^53"},
		{"created is not a time", `"rows": 10`, `"created": "yesterday"`, `training: created is "yesterday": write a time as in 2026-01-31T12:00:00Z`},
	} {
		if !strings.Contains(goodFile, test.old) {
			t.Fatalf("%s: the file does not contain %s", test.name, test.old)
		}
		_, err := Parse([]byte(strings.Replace(goodFile, test.old, test.new, 1)))
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error %v, want %q in it", test.name, err, test.want)
		}
	}
	start := goodFile[:strings.Index(goodFile, `"features": `)+len(`"features": `)]
	for end, want := range map[string]string{"[]}": "features is empty", "{}}": "features is an object: write a list"} {
		if _, err := Parse([]byte(start + end)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("features %s: error %v, want %q in it", end, err, want)
		}
	}
}

func TestAFileOfTheFirstSchemaIsRead(t *testing.T) {
	t.Parallel()
	m, err := Parse([]byte(`{"schema": 1, "name": "m", "version": "1", "threshold": 0.5, "intercept": 0.1, "features": [
	 {"name": "owner", "type": "categorical", "categories": [{"value": "True", "coefficient": 1}, {"value": "False", "coefficient": -1}]},
	 {"name": "term", "type": "categorical", "categories": [{"value": "", "coefficient": 3}, {"value": "30.0", "coefficient": 2}, {"value": "30", "coefficient": 4}]}
	]}`))
	if err != nil {
		t.Fatal(err)
	}
	want := []Feature{
		{Name: "owner", Type: Categorical, Categories: []Category{{Value: "true", Coefficient: 1}, {Value: "false", Coefficient: -1}}},
		{Name: "term", Type: Categorical, Categories: []Category{{Value: "30", Coefficient: 2}}},
	}
	if !reflect.DeepEqual(m.Features, want) {
		t.Errorf("features %+v, want %+v", m.Features, want)
	}
}

func TestEncodeIsStableAndReadBack(t *testing.T) {
	t.Parallel()
	m := two()
	m.Features[1].Categories = append(m.Features[1].Categories, Category{Value: "<\u2028\"&", Coefficient: math.SmallestNonzeroFloat64})
	m.Features = append(m.Features, Feature{Name: "identifier", Type: Categorical})
	m.Training = Training{Created: time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC), Outcome: "Class", Positive: "bad", Rows: 7, HeldOut: 3, Seed: math.MaxUint64, L2: 1, AUC: .7}
	var first, second bytes.Buffer
	if err := m.Encode(&first); err != nil {
		t.Fatal(err)
	}
	got, err := Parse(first.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, m) {
		t.Errorf("read back %+v, want %+v", got, m)
	}
	if err := got.Encode(&second); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first.Bytes(), second.Bytes()) {
		t.Errorf("encoded again it is\n%s\nwant\n%s", &second, &first)
	}
}

func TestAnUnusableModelIsNotWritten(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		spoil func(*Model)
		want  string
	}{
		{"intercept", func(m *Model) { m.Intercept = math.NaN() }, "intercept is not finite"},
		{"coefficient", func(m *Model) { m.Features[0].Coefficient = math.Inf(1) }, "feature 0 (income): coefficient is +Inf"},
		{"mean", func(m *Model) { m.Features[0].Mean = math.NaN() }, "feature 0 (income): mean is NaN"},
		{"sd", func(m *Model) { m.Features[0].SD = math.Inf(1) }, "feature 0 (income): sd is +Inf"},
		{"category", func(m *Model) { m.Features[1].Categories[0].Coefficient = math.NaN() }, `feature 1 (state): coefficient of category "NY" is NaN`},
		{"type", func(m *Model) { m.Features[1].Type = "text" }, `feature 1 (state): type is "text"`},
		{"threshold", func(m *Model) { m.Threshold = math.NaN() }, "threshold is NaN"},
	} {
		m := two()
		test.spoil(m)
		var out bytes.Buffer
		if err := m.Encode(&out); err == nil || !strings.Contains(err.Error(), test.want) || out.Len() > 0 {
			t.Errorf("%s: error %v after %d bytes, want %q", test.name, err, out.Len(), test.want)
		}
	}
}

func TestLoadNamesTheFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "model.json")
	if _, err := Load(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
	if err := os.WriteFile(path, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(path); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("an empty object: %v, want the path in it", err)
	}
	if err := os.WriteFile(path, []byte(goodFile), 0o600); err != nil {
		t.Fatal(err)
	}
	if m, err := Load(path); err != nil || m.Name != "m" {
		t.Errorf("a good file: %v, %v", m, err)
	}
}

func TestDefaultTakesTheTwelveLoanFeatures(t *testing.T) {
	t.Parallel()
	m := Default()
	want := "interest_rate loan_amount loan_balance loan_to_value_ratio credit_score debt_to_income_ratio income loan_term loan_age home_value current_rate rate_spread"
	if got := strings.Join(m.FeatureNames(), " "); got != want || m.Name != "loan_refinance" || m.Version != "1" {
		t.Errorf("%s %s takes %s, want %s", m.Name, m.Version, got, want)
	}
	if m.Training.AUCLower < 0.75 || m.Training.AUCUpper > 0.85 {
		t.Errorf("its held-out AUC is %v (%v to %v), want about 0.8", m.Training.AUC, m.Training.AUCLower, m.Training.AUCUpper)
	}
}

// FuzzParse holds that whatever Parse accepts survives a round trip and
// predicts a probability.
func FuzzParse(f *testing.F) {
	f.Add([]byte(goodFile))
	f.Add(loanRefinance)
	f.Add([]byte(`{"schema":1,"schema":1}`))
	f.Add([]byte(`{"schema":1,"name":"\ud800","version":"1","threshold":1e-320,"intercept":-1e308,"features":[{"name":"x","type":"numeric","mean":-0,"sd":1e-320,"coefficient":1e308}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := Parse(data)
		if err != nil {
			return
		}
		var out bytes.Buffer
		if err := m.Encode(&out); err != nil {
			t.Fatalf("encode what was parsed: %v", err)
		}
		again, err := Parse(out.Bytes())
		if err != nil {
			t.Fatalf("parse what was encoded: %v\n%s", err, &out)
		}
		if !reflect.DeepEqual(m, again) {
			t.Fatalf("read back %+v, want %+v", again, m)
		}
		values := make([]Value, len(m.Features))
		for _, x := range []float64{0, -1e308, 1e308} {
			for i := range values {
				values[i] = Value{Number: x, Text: "NY"}
			}
			if p, _ := m.Predict(values); !(p >= 0 && p <= 1) {
				t.Fatalf("predicts %v", p)
			}
		}
	})
}
