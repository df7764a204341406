package config

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/drift-exporter/drift_exporter/predictor/strictyaml"
)

func TestParseReadsEveryKey(t *testing.T) {
	t.Parallel()
	got, err := Parse([]byte(`
models:
  - name: loan_refinance
    prediction: {type: binary}
    reference: {file: loan_reference.json}
    features: [credit_score, income]
  - name: loan_refinance
    reference: {file: /srv/second.json}
  - name: churn
    reference:
      bigquery: {project: p, dataset: d, table: t, where: "day > '2026-01-01'", score: s, prediction: c, outcome: o,
        threshold: .3, missing: ["-999", NA], numeric: [term], categorical: [grade, zip], ignore: [id]}
`), "etc/config.yml")
	if err != nil {
		t.Fatal(err)
	}
	want := &Config{Models: []Model{
		{Name: "loan_refinance", Type: "binary", Reference: Reference{File: "etc/loan_reference.json"}, Features: []string{"credit_score", "income"}, Position: "etc/config.yml:3"},
		{Name: "loan_refinance", Reference: Reference{File: "/srv/second.json"}, Position: "etc/config.yml:7"},
		{Name: "churn", Reference: Reference{BigQuery: &BigQuery{
			Project: "p", Dataset: "d", Table: "t", Where: "day > '2026-01-01'", Score: "s", Prediction: "c", Outcome: "o",
			Threshold: .3, Missing: []string{"-999", "NA"}, Numeric: []string{"term"}, Categorical: []string{"grade", "zip"}, Ignore: []string{"id"},
		}}, Position: "etc/config.yml:9"},
	}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("Parse() = %+v, want %+v", got, want)
	}
}

func TestParseRefusesWhatItDoesNotUnderstand(t *testing.T) {
	t.Parallel()
	model := func(lines string) string { return "models:\n  - name: m\n" + lines }
	for _, test := range []struct{ name, file, want string }{
		{"empty file", "", "c.yml:1: the configuration is empty; list the models to watch under models"},
		{"only a comment", "# nothing\n", "c.yml:1: the configuration is empty"},
		{"not YAML", "models: [", "c.yml: not valid YAML: line 1: did not find expected node content"},
		{"list at the top", "- name: m\n", "c.yml:1: the configuration must be a mapping with the keys models"},
		{"no models", "{}\n", "c.yml:1: models is missing; list the models to watch under it"},
		{"null models", "models:\n", "c.yml:1: models must be a list"},
		{"empty models", "\nmodels: []\n", "c.yml:2: models is empty; list at least one model"},
		{"unknown key at the top", "modles: []\n", `c.yml:1: unknown key "modles" in the configuration; known keys are models`},
		{"unknown key in a model", model("    refs: {file: r}\n"), `c.yml:3: unknown key "refs" in a model; known keys are name, prediction, reference, features`},
		{"merge key", model("    <<: {reference: {file: r}}\n"), `c.yml:3: unknown key "<<" in a model`},
		{"duplicate key", model("    reference: {file: r}\n    name: n\n"), `c.yml:4: key "name" stands here and at line 2; remove one`},
		{"second document", model("    reference: {file: r}\n---\nmodels: []\n"), "c.yml:4: a second YAML document begins here; keep everything in one document"},
		{"trailing content", model("    reference: {file: r}\n...\n}\n"), "c.yml: not valid YAML: "},
		{"alias", "models:\n  - &a\n    name: m\n    reference: {file: r}\n  - *a\n", "c.yml:5: a model is the alias *a; write the value out"},
		{"model without name", "models:\n  - reference: {file: r}\n", "c.yml:2: name is missing; write the model's name as it is in the log"},
		{"model that is a text", "models: [m]\n", "c.yml:1: a model must be a mapping with the keys name, prediction, reference, features"},
		{"empty name", "models:\n  - name: ''\n    reference: {file: r}\n", "c.yml:2: name is empty; write a name"},
		{"long name", "models:\n  - name: " + strings.Repeat("n", 129) + "\n", "c.yml:2: name has 129 characters; at most 128 are allowed"},
		{"newline in name", "models:\n  - name: \"a\\nb\"\n", `c.yml:2: name "a\nb" has characters that cannot be printed; remove them`},
		{"name that is a number", "models:\n  - name: 1e3\n", "c.yml:2: name 1e3 is not a text (YAML reads it as float); put it in quotes"},
		{"name that is null", "models:\n  - name: ~\n", "c.yml:2: name ~ is not a text (YAML reads it as null); put it in quotes"},
		{"invalid UTF-8", "models:\n  - name: \xff\n", "c.yml:2: not valid UTF-8; save the file as UTF-8"},
		{"same model and reference", "models:\n  - {name: m, reference: {file: r}}\n  - {name: m, reference: {file: ./r}}\n", `c.yml:3: model "m" is already configured at c.yml:2 with the same reference`},
		{"unknown type", model("    prediction: {type: ranking}\n"), `c.yml:3: prediction type "ranking" is unknown: write binary, multiclass or regression`},
		{"empty type", model("    prediction: {type: \"\"}\n"), `c.yml:3: prediction type is empty; write binary, multiclass or regression`},
		{"prediction without type", model("    prediction: {}\n"), "c.yml:3: prediction has no type; write prediction: {type: binary}"},
		{"prediction that is a text", model("    prediction: binary\n"), "c.yml:3: prediction must be a mapping with the keys type"},
		{"no reference", model(""), `c.yml:2: model "m" has no reference; write reference: {file: FILE}`},
		{"empty reference", model("    reference: {}\n"), "c.yml:3: reference has neither file nor bigquery; write reference: {file: FILE}"},
		{"empty file name", model("    reference: {file: ''}\n"), `c.yml:3: reference file "" is not a path`},
		{"bigquery without table", model("    reference: {bigquery: {project: p}}\n"), "c.yml:3: bigquery has no table; name the table with the reference rows"},
		{"unknown key in bigquery", model("    reference: {bigquery: {tabel: t}}\n"), `c.yml:3: unknown key "tabel" in bigquery; known keys are project, dataset, table, where, score, prediction, outcome`},
		{"threshold that is a text", model("    reference: {bigquery: {table: t, threshold: '0.3'}}\n"), "c.yml:3: threshold 0.3 must be a number above 0 and below 1"},
		{"threshold of 1", model("    reference: {bigquery: {table: t, threshold: 1}}\n"), "c.yml:3: threshold 1 must be a number above 0 and below 1"},
		{"threshold that is none", model("    reference: {bigquery: {table: t, threshold: .nan}}\n"), "c.yml:3: threshold .nan must be a number above 0 and below 1"},
		{"missing that is a number", model("    reference: {bigquery: {table: t, missing: [-999]}}\n"), "c.yml:3: missing text -999 is not a text (YAML reads it as int); put it in quotes"},
		{"missing that is blank", model("    reference: {bigquery: {table: t, missing: [' ']}}\n"), `c.yml:3: missing text " " is blank, which is always missing; remove it`},
		{"missing that is no list", model("    reference: {bigquery: {table: t, missing: NA}}\n"), "c.yml:3: missing must be a list"},
		{"a column of two types", model("    reference: {bigquery: {table: t, numeric: [a], categorical: [a]}}\n"), `c.yml:3: column "a" is listed under numeric and under categorical; keep one`},
		{"a type for the score", model("    reference: {bigquery: {table: t, score: p, numeric: [p]}}\n"), `c.yml:3: column "p" is listed under numeric, but it is score, prediction or outcome`},
		{"no column", model("    reference: {bigquery: {table: t, ignore: []}}\n"), "c.yml:3: ignore is empty; list at least one column"},
		{"backtick in bigquery", model("    reference: {bigquery: {table: '`t`'}}\n"), "c.yml:3: table \"`t`\" has a backtick or a backslash; write the bare name"},
		{"no features", model("    reference: {file: r}\n    features: []\n"), "c.yml:4: features is empty; list at least one, or leave the key out to watch all"},
		{"null features", model("    reference: {file: r}\n    features:\n"), "c.yml:4: features must be a list"},
		{"features that are a text", model("    reference: {file: r}\n    features: income\n"), "c.yml:4: features must be a list"},
		{"feature twice", model("    reference: {file: r}\n    features:\n    - a\n    - a\n"), `c.yml:6: feature "a" is listed twice; remove one`},
		{"empty feature", model("    reference: {file: r}\n    features: ['']\n"), "c.yml:4: feature is empty; write a name"},
		{"feature that is a boolean", model("    reference: {file: r}\n    features: [true]\n"), "c.yml:4: feature true is not a text (YAML reads it as bool); put it in quotes"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c, err := Parse([]byte(test.file), "c.yml")
			if err == nil || !strings.HasPrefix(err.Error(), test.want) {
				t.Errorf("Parse() = %v, %v, want an error that begins %q", c, err, test.want)
			}
		})
	}
}

func TestLoadResolvesReferencesAgainstItsFolder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "config.yml")
	if err := os.WriteFile(path, []byte("models: [{name: m, reference: {file: sub/r.json}}]"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := c.Models[0].Reference.File, filepath.Join(dir, "sub", "r.json"); got != want {
		t.Errorf("reference file %s, want %s", got, want)
	}
}

func TestLoadSaysWhatToDo(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if _, err := Load(filepath.Join(dir, "none.yml")); err == nil || !strings.Contains(err.Error(), "does not exist; write it, or leave out --config.file") {
		t.Errorf("missing file: %v", err)
	}
	if _, err := Load(dir); err == nil {
		t.Error("a folder was read as a file")
	}
	large := filepath.Join(dir, "large.yml")
	if err := os.WriteFile(large, make([]byte, strictyaml.MaxSize+1), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(large); err == nil || !strings.Contains(err.Error(), "is it the right file?") {
		t.Errorf("large file: %v", err)
	}
}

func TestDefaultIsTheEmbeddedModel(t *testing.T) {
	t.Parallel()
	c := Default()
	if len(c.Models) != 1 || c.Models[0].Name != DefaultModel || c.Models[0].Reference != (Reference{}) {
		t.Errorf("Default() = %+v", c)
	}
}

func TestEscape(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"credit_score": "credit_score",
		"Loan Amount%": "Loan_Amount_",
		"prix_é":       "prix__",
		"1":            "1",
		"\xff":         "_",
	} {
		if got := Escape(name); got != want {
			t.Errorf("Escape(%q) = %q, want %q", name, got, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"models: [{name: m, prediction: {type: binary}, reference: {file: r.json}, features: [a, b]}]",
		"models:\n- &a {name: m}\n- *a\n---\n",
		"models: [{name: m, reference: {bigquery: {project: p, dataset: d, table: t, where: w}}}]",
		"\xef\xbb\xbfmodels: !!binary aGVsbG8=",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := Parse(data, "fuzz.yml")
		if err != nil {
			if !strings.HasPrefix(err.Error(), "fuzz.yml:") {
				t.Errorf("error %q does not name the file", err)
			}
			return
		}
		if len(c.Models) == 0 {
			t.Error("a configuration without models was accepted")
		}
		for _, m := range c.Models {
			if strictyaml.CheckName(m.Name) != nil || (m.Reference.File == "") == (m.Reference.BigQuery == nil) {
				t.Errorf("accepted %+v", m)
			}
		}
	})
}
