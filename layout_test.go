package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// The imports of each package below the module, exactly: an arrow that the code
// has lost is taken out here too. The tests of a package may import more. With the
// tag nobigquery collector/command/warehouse does not import collector/bigquery, with
// noclients collector/command/sources no client of a database, a broker or S3.
const arrows = `
collector/assess: collector/drift collector/reference collector/snapshot predictor/value predictor/weighted
collector/bigquery/ticks: predictor/google predictor/predictionlog predictor/tick
collector/bigquery: collector/drift collector/reference predictor/google predictor/value
collector/command/sources: predictor/outcomes predictor/outcomes/api predictor/outcomes/bigquery predictor/outcomes/buckets/gcs predictor/outcomes/buckets/s3 predictor/outcomes/database predictor/outcomes/files predictor/outcomes/kafka predictor/outcomes/rabbitmq predictor/outcomes/review
collector/command/warehouse: collector/bigquery collector/bigquery/ticks collector/command collector/fleet collector/snapshot predictor/ship predictor/ship/bigquery
collector/command: collector collector/count collector/drift collector/fleet collector/monitor collector/page collector/reference collector/replay collector/retrain collector/snapshot collector/window exporter predictor predictor/intake predictor/intake/events predictor/intake/history predictor/intake/proxy predictor/intake/record predictor/model predictor/outcomes predictor/outcomes/files predictor/predictionlog/care predictor/predictionlog/sqlite predictor/respond predictor/respond/action predictor/rows predictor/ship predictor/simulate predictor/simulate/demo predictor/strictyaml predictor/survey predictor/value collector/assess
collector/config: predictor/strictyaml predictor/value
collector/count/sorted: collector/reference
collector/count: collector/count/sorted collector/reference predictor/rows predictor/survey predictor/value
collector/drift/calibrate: collector/drift
collector/drift:
collector/fleet: collector/drift collector/snapshot collector/window predictor/predictionlog predictor/tick
collector/monitor: collector collector/assess collector/config collector/drift collector/reference collector/snapshot collector/window collector/window/codes predictor/value
collector/monitor: collector collector/assess collector/config collector/drift collector/reference collector/snapshot collector/window collector/window/codes predictor/predictionlog predictor/tick predictor/value
collector/page/draw:
collector/page/words: collector/drift
collector/page: collector collector/assess collector/drift collector/page/draw collector/page/words collector/snapshot predictor/value
collector/reference: collector/drift predictor/rows predictor/strictjson predictor/value
collector/replay: collector collector/assess collector/drift collector/monitor collector/reference collector/snapshot collector/window predictor/predictionlog predictor/predictionlog/sqlite predictor/progress predictor/rows predictor/value
collector/risk/calibrate: collector/assess collector/drift collector/reference collector/risk collector/window predictor/predictionlog predictor/value
collector/risk: collector/drift
collector/retrain: collector/drift collector/reference collector/risk predictor/model predictor/predictionlog predictor/predictionlog/features predictor/predictionlog/sqlite predictor/respond predictor/rows predictor/strictyaml predictor/value
collector/snapshot: collector/drift collector/reference predictor/predictionlog predictor/value predictor/weighted
collector/window/codes:
collector/window/cohort: collector/drift collector/risk collector/snapshot collector/window/columns
collector/window/columns:
collector/window: collector/drift collector/reference collector/risk collector/snapshot collector/window/codes collector/window/cohort collector/window/columns collector/window/contest predictor/predictionlog predictor/predictionlog/features predictor/tick predictor/value predictor/weighted
collector/window/contest: collector/risk collector/snapshot collector/window/cohort
collector: collector/assess collector/config collector/drift collector/reference collector/snapshot predictor/predictionlog predictor/value
deploy/grafana:
deploy/kubernetes/schema:
deploy/test/browser:
deploy/test/bench: deploy/test/process collector collector/command collector/drift collector/monitor collector/reference collector/window collector/window/codes exporter predictor predictor/intake predictor/intake/proxy predictor/intake/record predictor/model predictor/outcomes/sourcetest/servers predictor/predictionlog predictor/predictionlog/care predictor/predictionlog/sqlite predictor/rows predictor/simulate predictor/simulate/load predictor/google predictor/google/emulator
deploy/test/process:
deploy/test/fleet: collector/bigquery/ticks collector/command collector/drift collector/fleet collector/reference collector/snapshot collector/window deploy/test/process predictor/google/emulator predictor/predictionlog predictor/ship predictor/ship/bigquery predictor/tick
deploy/test/soak: deploy/test/process predictor/predictionlog/sqlite predictor/predictionlog/sqlite/file predictor/simulate predictor/simulate/load
exporter: predictor/serve
main: collector/command collector/command/sources collector/command/warehouse
predictor/google/emulator:
predictor/google:
predictor/intake/events: predictor/intake predictor/intake/record predictor/predictionlog/sqlite/file
predictor/intake/history: predictor/intake predictor/predictionlog predictor/predictionlog/sqlite predictor/predictionlog/sqlite/file predictor/rows predictor/survey predictor/value
predictor/intake/proxy: predictor/intake predictor/intake/record predictor/predictionlog
predictor/intake/record: predictor/intake predictor/predictionlog
predictor/intake: predictor/predictionlog predictor/strictyaml predictor/value
predictor/outcomes/api: predictor/outcomes predictor/strictyaml predictor/value
predictor/outcomes/database: predictor/outcomes predictor/outcomes/watermark predictor/strictyaml
predictor/outcomes/files: predictor/outcomes predictor/rows predictor/strictyaml
predictor/outcomes/kafka: predictor/outcomes predictor/strictyaml
predictor/outcomes/rabbitmq: predictor/outcomes predictor/strictyaml
predictor/outcomes/review/raise: predictor/rows
predictor/outcomes/review: predictor/outcomes predictor/outcomes/agreement predictor/outcomes/review/raise predictor/predictionlog predictor/predictionlog/sqlite predictor/strictyaml predictor/value predictor/weighted
predictor/outcomes/agreement:
predictor/outcomes/bigquery: predictor/google predictor/outcomes predictor/outcomes/watermark predictor/strictyaml
predictor/outcomes/buckets/gcs: predictor/outcomes/files
predictor/outcomes/buckets/s3: predictor/outcomes/files
predictor/outcomes/sourcetest/servers:
predictor/outcomes/sourcetest: predictor/outcomes predictor/predictionlog predictor/predictionlog/sqlite
predictor/outcomes/watermark: predictor/outcomes predictor/strictyaml
predictor/outcomes: predictor/outcomes/agreement predictor/predictionlog predictor/predictionlog/sqlite predictor/serve predictor/strictjson predictor/strictyaml predictor/value
predictor/predictionlog/care: predictor/predictionlog predictor/predictionlog/sqlite predictor/predictionlog/sqlite/file predictor/progress predictor/value
predictor/model: predictor/rows predictor/strictjson predictor/survey predictor/value
predictor/predictionlog/features: predictor/predictionlog predictor/value
predictor/predictionlog/sqlite/file:
predictor/predictionlog/sqlite: predictor/predictionlog predictor/predictionlog/sqlite/file predictor/value
predictor/predictionlog:
predictor/progress:
predictor/respond/action: predictor/outcomes/review/raise predictor/respond predictor/strictyaml
predictor/respond: predictor/serve predictor/strictyaml
predictor/rows: predictor/value
predictor/ship/bigquery: predictor/google predictor/predictionlog predictor/ship predictor/tick predictor/value
predictor/serve/servetest:
predictor/serve:
predictor/ship: predictor/predictionlog predictor/predictionlog/sqlite predictor/predictionlog/sqlite/file predictor/serve predictor/tick
predictor/simulate/demo: predictor/rows
predictor/simulate/generate: predictor/simulate
predictor/simulate/load:
predictor/simulate: predictor/progress predictor/rows predictor/simulate/load predictor/value
predictor/strictjson:
predictor/strictyaml:
predictor/survey: predictor/rows predictor/value
predictor/tick: predictor/predictionlog
predictor/value:
predictor/weighted:
predictor: predictor/model predictor/predictionlog predictor/predictionlog/features predictor/predictionlog/sqlite predictor/serve predictor/value
`

// mapOf reads arrows: a package, a colon, and what it imports.
func mapOf(lines string) map[string][]string {
	of := map[string][]string{}
	for line := range strings.Lines(strings.TrimSpace(lines)) {
		from, to, _ := strings.Cut(line, ":")
		of[strings.TrimPrefix(from, "main")] = strings.Fields(to)
	}
	return of
}

// TestImportsAreThoseOfTheMap finds an import that the map does not allow, and an
// arrow or a package of the map that the code does not have.
func TestImportsAreThoseOfTheMap(t *testing.T) {
	t.Parallel()
	imports, err := ownImports(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, message := range offMap(imports, mapOf(arrows)) {
		t.Error(message)
	}
}

func TestAWrongMapIsFound(t *testing.T) {
	t.Parallel()
	allowed := map[string][]string{"a": {"b"}, "b": {}}
	for _, test := range []struct {
		says    string
		imports map[string][]string
	}{
		{"", map[string][]string{"a": {"b"}, "b": nil}},
		{"b imports a, an arrow that is not on the map", map[string][]string{"a": {"b"}, "b": {"a"}}},
		{"a does not import b, an arrow of the map", map[string][]string{"a": nil, "b": nil}},
		{"package c is not on the map", map[string][]string{"a": {"b"}, "b": nil, "c": nil}},
		{"package b of the map does not exist", map[string][]string{"a": {"b"}}},
	} {
		if got := strings.Join(offMap(test.imports, allowed), "\n"); got != test.says {
			t.Errorf("%v: got %q, want %q", test.imports, got, test.says)
		}
	}
}

// offMap compares the imports of packages with a map of them.
func offMap(imports, allowed map[string][]string) (messages []string) {
	for _, from := range slices.Sorted(maps.Keys(imports)) {
		if _, known := allowed[from]; !known {
			messages = append(messages, fmt.Sprintf("package %s is not on the map", from))
		}
		for _, to := range imports[from] {
			if !slices.Contains(allowed[from], to) {
				messages = append(messages, fmt.Sprintf("%s imports %s, an arrow that is not on the map", from, to))
			}
		}
	}
	for _, from := range slices.Sorted(maps.Keys(allowed)) {
		found, exists := imports[from]
		if !exists {
			messages = append(messages, fmt.Sprintf("package %s of the map does not exist", from))
			continue
		}
		for _, to := range allowed[from] {
			if !slices.Contains(found, to) {
				messages = append(messages, fmt.Sprintf("%s does not import %s, an arrow of the map", from, to))
			}
		}
	}
	return messages
}

// ownImports returns which packages of the module each of its packages imports,
// named below the module. Packages that hold tests only are left out.
func ownImports(ctx context.Context) (map[string][]string, error) {
	const module = "github.com/drift-exporter/drift_exporter"
	out, err := exec.CommandContext(ctx, "go", "list", "-json=ImportPath,Imports,GoFiles,CgoFiles", "./...").Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w", err)
	}
	imports := map[string][]string{}
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var p struct {
			ImportPath                 string
			Imports, GoFiles, CgoFiles []string
		}
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return imports, nil
		} else if err != nil {
			return nil, fmt.Errorf("read the list of packages: %w", err)
		}
		if len(p.GoFiles)+len(p.CgoFiles) == 0 {
			continue
		}
		from := strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/")
		imports[from] = nil
		for _, i := range p.Imports {
			if to, ours := strings.CutPrefix(i, module+"/"); ours {
				imports[from] = append(imports[from], to)
			}
		}
	}
}

func TestDocumentsShowTheScriptsAsTheyAre(t *testing.T) {
	t.Parallel()
	for document, path := range map[string]string{
		"deploy/docs/LOG.md":       "testdata/log_writer.py",
		"deploy/docs/REFERENCE.md": "testdata/reference_recipe.py",
	} {
		page, err := os.ReadFile(document)
		if err != nil {
			t.Fatal(err)
		}
		script, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Contains(page, script) {
			t.Errorf("%s does not show %s: copy it there", document, path)
		}
	}
}

// What reads a log's rows is built and tested without a C compiler, which SQLite needs.
func TestTheContractOfTheLogNeedsNoSQLite(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"./predictor/predictionlog", "./predictor/predictionlog/features", "./collector/window"} {
		out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", path).Output()
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(out), "go-sqlite3") {
			t.Errorf("%s reaches go-sqlite3", path)
		}
	}
}

func TestABuildWithoutClientsLinksNoneOfThem(t *testing.T) {
	t.Parallel()
	for tag, clients := range map[string][]string{
		// The client of S3 links packages of gRPC, for their codes of errors.
		"nobigquery":           {"cloud.google.com/go/"},
		"nobigquery,noclients": {"google.golang.org/grpc"},
		"noclients":            {"github.com/jackc/pgx", "github.com/go-sql-driver/mysql", "github.com/twmb/franz-go", "github.com/rabbitmq/", "github.com/aws/", "gocloud.dev"},
	} {
		count := func(args ...string) (n int) {
			out, err := exec.CommandContext(t.Context(), "go", append([]string{"list", "-deps"}, append(args, ".")...)...).Output()
			if err != nil {
				t.Fatal(err)
			}
			for _, client := range clients {
				n += strings.Count(string(out), client)
			}
			return n
		}
		if n := count(); n == 0 {
			t.Errorf("the usual build links none of %v: this test looks for the wrong packages", clients)
		}
		if n := count("-tags=" + tag); n > 0 {
			t.Errorf("with %s, %d packages of %v are linked", tag, n, clients)
		}
	}
}
