package monitor

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// referenceJSON is a reference with two features, as three lines of pandas would write it.
func referenceJSON(model, version string) string {
	return fmt.Sprintf(`{"schema": 1, "model": %q, "version": %q, "features": [
		{"name": "x", "type": "numeric", "edges": [1, 2], "count": [100, 200, 100], "min": 0, "max": 3},
		{"name": "kind", "type": "categorical", "categories": ["a", "b"], "count": [200, 200]}
	]}`, model, version)
}

// write puts a file into a folder and returns its path.
func write(t *testing.T, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestLoadJoinsTheVersionsOfAModel(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, "1.json", referenceJSON("m", "1"))
	write(t, dir, "2.json", referenceJSON("", "2"))
	path := write(t, dir, "config.yml", `
models:
- {name: m, reference: {file: 1.json}, features: [x]}
- {name: n, reference: {file: 2.json}}
- {name: m, reference: {file: 2.json}, features: [x]}
`)
	specs, err := loadSpecs(&Options{ConfigFile: path}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(specs) != 2 || specs[0].Name != "m" || len(specs[0].References) != 2 || len(specs[0].Features) != 1 || specs[1].Name != "n" {
		t.Errorf("loadSpecs() = %+v", specs)
	}
}

func TestTheReferenceFileNamesTheModel(t *testing.T) {
	t.Parallel()
	specs, err := loadSpecs(&Options{ReferenceFile: write(t, t.TempDir(), "r.json", referenceJSON("churn", ""))}, nil)
	if err != nil || len(specs) != 1 || specs[0].Name != "churn" {
		t.Errorf("loadSpecs() = %+v, %v", specs, err)
	}
}

func TestTheEmbeddedModelIsTheDefault(t *testing.T) {
	t.Parallel()
	specs, err := loadSpecs(&Options{}, nil)
	if err != nil || len(specs) != 1 || specs[0].Name != "loan_refinance" || len(specs[0].References[0].Features) != 12 {
		t.Errorf("loadSpecs() = %+v, %v", specs, err)
	}
}

func TestLoadSaysWhatIsWrongWithAReference(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, "m1.json", referenceJSON("m", "1"))
	write(t, dir, "also1.json", referenceJSON("", "1"))
	write(t, dir, "m2.json", referenceJSON("m", "2"))
	write(t, dir, "unnamed.json", referenceJSON("", ""))
	write(t, dir, "broken.json", "{")
	write(t, dir, "collide.json", strings.NewReplacer(`"kind", "type": "categorical", "categories": ["a", "b"]`, `"x ", "type": "numeric", "values": [1, 2]`, `"x",`, `"x-",`).Replace(referenceJSON("m", "")))
	for _, test := range []struct {
		name, models string
		want         []string
	}{
		{"missing file", "{name: m, reference: {file: none.json}}", []string{"config.yml:1: model \"m\": ", "none.json"}},
		{"broken file", "{name: m, reference: {file: broken.json}}", []string{"config.yml:1: model \"m\": ", "broken.json"}},
		{"another model's reference", "{name: n, reference: {file: m1.json}}", []string{`config.yml:1: model "n": its reference `, `m1.json was made for model "m"; name that model, or another reference`}},
		{"the same version twice", "{name: m, reference: {file: m1.json}}, {name: m, reference: {file: also1.json}}", []string{`also1.json and `, `m1.json (`, `are both for version "1"`, "remove one, or make it for another version"}},
		{"every version twice", "{name: m, reference: {file: unnamed.json}}, {name: m, reference: {file: " + dir + "/./../" + filepath.Base(dir) + "/collide.json}, features: [x-]}", []string{`are both for version ""`}},
		{"features that differ", "{name: m, reference: {file: m1.json}}, {name: m, reference: {file: m2.json}, features: [x]}", []string{"features differ from those at ", "list the same for every version"}},
		{"unknown feature", "{name: m, reference: {file: m1.json}, features: [x, y]}", []string{`feature "y" is not in its reference `, "m1.json, which has x, kind"}},
		{"BigQuery", "{name: m, reference: {bigquery: {table: t}}}", []string{`model "m": a reference from BigQuery is for the exporter only, in a build with BigQuery; write it to a file with 'drift_exporter reference --bigquery.table=t' and name that`}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			path := write(t, dir, strings.ReplaceAll(test.name, " ", "_")+"_config.yml", "models: ["+test.models+"]")
			_, err := loadSpecs(&Options{ConfigFile: path}, nil)
			for _, want := range test.want {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("loadSpecs() = %v, want %q in it", err, want)
				}
			}
		})
	}
	if _, err := loadSpecs(&Options{ReferenceFile: filepath.Join(dir, "unnamed.json")}, nil); err == nil || !strings.Contains(err.Error(), "names no model") {
		t.Errorf("a reference without a model's name: %v", err)
	}
}

func TestOnlyWatchedFeaturesCanCollide(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, "r.json", strings.Replace(referenceJSON("m", ""), `"kind", "type": "categorical", "categories": ["a", "b"]`, `"X", "type": "numeric", "values": [1, 2]`, 1))
	if _, err := loadSpecs(&Options{ConfigFile: write(t, dir, "c.yml", "models: [{name: m, reference: {file: r.json}, features: [x]}]")}, nil); err != nil {
		t.Error(err)
	}
}
