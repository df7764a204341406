package docs_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestHTTPPageNamesEveryEndpoint compares the paths that HTTP.md lists for each
// process with those in its source.
func TestHTTPPageNamesEveryEndpoint(t *testing.T) {
	t.Parallel()
	text := read(t, "deploy/docs/HTTP.md")
	listed := regexp.MustCompile("`(?:GET|POST|PUT) (/[^ ?`]*)")
	for _, process := range []struct {
		section string
		dirs    []string
	}{
		{"## Exporter", []string{"exporter", "collector/page", "predictor/serve"}},
		{"## Predictor", []string{"predictor", "predictor/serve", "predictor/intake/events"}},
		{"## Outcomes", []string{"predictor/outcomes"}},
		{"## Responder", []string{"predictor/respond"}},
		{"## Shipper", []string{"predictor/ship"}},
	} {
		_, section, found := strings.Cut(text, process.section)
		if !found {
			t.Fatalf("HTTP.md has no section %s", process.section)
		}
		section, _, _ = strings.Cut(section, "\n## ")
		documented := map[string]bool{"/metrics": true} // the path is a flag's default
		for _, m := range listed.FindAllStringSubmatch(section, -1) {
			documented[m[1]] = true
		}
		served := []string{"/metrics"}
		for _, dir := range process.dirs {
			served = append(served, endpoints(t, dir)...)
		}
		if len(served) < 3 {
			t.Errorf("only %v were found in %v", served, process.dirs)
		}
		for _, path := range served {
			if !documented[path] {
				t.Errorf("HTTP.md, %s does not list %s", process.section, path)
			}
		}
		for path := range documented {
			if !slices.Contains(served, path) {
				t.Errorf("HTTP.md, %s lists %s, which is not in the source of %v", process.section, path, process.dirs)
			}
		}
	}
}

// endpoints are the paths in the source of a package; those of profiles are one.
func endpoints(t *testing.T, dir string) (paths []string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("../..", dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	path := regexp.MustCompile(`^(?:(?:GET|POST|PUT) )?(/|/[-a-z][-a-z0-9./]*|/\{\$\})$`)
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			literal, ok := n.(*ast.BasicLit)
			if !ok || literal.Kind != token.STRING {
				return true
			}
			text, err := strconv.Unquote(literal.Value)
			if err != nil {
				return true
			}
			if m := path.FindStringSubmatch(text); m != nil {
				p := strings.Replace(m[1], "{$}", "", 1)
				if strings.HasPrefix(p, "/debug/pprof") {
					p = "/debug/pprof/"
				}
				if p != "/-" && p != "/debug" { // reserved for what lies below them
					paths = append(paths, p)
				}
			}
			return true
		})
	}
	return paths
}
