package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// The imports that the map of the code in README.md allows, by package below the
// module; the tests of a package may import more.
var arrows = map[string][]string{
	"":                   {"collector", "collector/bigquery", "collector/flags", "collector/drift", "collector/reference", "collector/replay", "collector/train", "collector/window", "exporter", "deploy/demo", "predictor", "predictor/model", "predictor/predictionlog", "predictor/ship", "predictor/simulate"},
	"exporter":           {"collector"},
	"collector":          {"collector/config", "collector/drift", "collector/reference", "collector/window", "predictor/predictionlog"},
	"collector/config":   {},
	"collector/bigquery": {"collector/reference", "predictor/predictionlog", "predictor/ship"},
	// Starts a server for tests.
	"collector/bigquery/emulator": {},
	"predictor/ship":              {"predictor/predictionlog"},
	"collector/drift/calibrate":   {"collector/drift"},
	"collector/flags":             {"collector", "collector/drift", "collector/reference", "collector/replay", "collector/window", "predictor/ship"},
	"collector/replay":            {"collector", "collector/drift", "collector/reference", "collector/window", "predictor/model", "predictor/predictionlog"},
	"deploy/bench":                {"collector", "collector/drift", "collector/flags", "collector/reference", "collector/window", "exporter", "predictor", "predictor/model", "predictor/predictionlog", "predictor/simulate", "predictor/simulate/load"},
	"deploy/grafana":              {},
	"collector/train":             {"collector/flags", "collector/reference", "predictor/model"},
	"deploy/demo":                 {},
	"deploy/kubernetes/schema":    {},
	"collector/drift":             {},
	"collector/reference":         {"collector/drift"},
	"collector/window":            {"collector/drift", "collector/reference", "predictor/predictionlog"},
	"predictor":                   {"predictor/model", "predictor/predictionlog"},
	"predictor/model":             {},
	"predictor/predictionlog":     {},
	"predictor/value":             {},
	"predictor/simulate":          {"predictor/model", "predictor/simulate/load"},
	"predictor/simulate/load":     {},
	// The generator of the embedded model and reference.
	"predictor/simulate/generate": {"predictor/simulate"},
}

func TestImportsRunOneWay(t *testing.T) {
	t.Parallel()
	const module = "github.com/drift-exporter/drift_exporter"
	out, err := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Imports,GoFiles", "./...").Output()
	if err != nil {
		t.Fatal(err)
	}
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var p struct {
			ImportPath       string
			Imports, GoFiles []string
		}
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Fatal(err)
		}
		if len(p.GoFiles) == 0 {
			continue // holds tests only
		}
		from := strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/")
		allowed, known := arrows[from]
		if !known {
			t.Errorf("package %s is not on the map", from)
		}
		for _, i := range p.Imports {
			to, ours := strings.CutPrefix(i, module+"/")
			if ours && !slices.Contains(allowed, to) {
				t.Errorf("%s imports %s, an arrow that is not on the map", from, to)
			}
		}
	}
}

func TestReadmeShowsTheWriterAsItIs(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	writer, err := os.ReadFile("testdata/log_writer.py")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(readme, writer) {
		t.Error("README.md does not show testdata/log_writer.py: copy it there")
	}
}
