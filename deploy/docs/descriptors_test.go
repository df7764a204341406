package docs_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// metric is one description in the code.
type metric struct {
	name, help, kind string
	labels           []string
	dir              string // below the module
}

// describedMetrics returns every metric that the exporter, the predictor and the
// shipper describe, read from their source.
func describedMetrics(t *testing.T) (all []metric) {
	t.Helper()
	for _, root := range []string{"collector", "exporter", "predictor"} {
		err := filepath.WalkDir(filepath.Join("../..", root), func(path string, entry fs.DirEntry, err error) error {
			if err != nil || !entry.IsDir() {
				return err
			}
			if entry.Name() == "testdata" || entry.Name() == "emulator" {
				return filepath.SkipDir
			}
			found, err := inPackage(path)
			all = append(all, found...)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(all) < 80 {
		t.Fatalf("only %d descriptions were found", len(all))
	}
	return all
}

// source is one package as it is written.
type source struct {
	files  *token.FileSet
	values map[string]ast.Expr // constants and variables of the package
	dir    string
}

func inPackage(dir string) (found []metric, err error) {
	paths, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return nil, err
	}
	s := source{files: token.NewFileSet(), values: map[string]ast.Expr{}, dir: strings.TrimPrefix(filepath.ToSlash(dir), "../../")}
	var parsed []*ast.File
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(s.files, path, nil, 0)
		if err != nil {
			return nil, err
		}
		parsed = append(parsed, f)
		s.declared(f)
	}
	for _, f := range parsed {
		ast.Inspect(f, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || err != nil {
				return err == nil
			}
			var m metric
			if m, ok, err = s.metric(call); ok {
				found = append(found, m)
			}
			return err == nil
		})
	}
	return found, err
}

func (s *source) declared(f *ast.File) {
	for _, d := range f.Decls {
		g, ok := d.(*ast.GenDecl)
		if !ok {
			continue
		}
		for _, spec := range g.Specs {
			if v, ok := spec.(*ast.ValueSpec); ok {
				for i, name := range v.Names {
					if i < len(v.Values) {
						s.values[name.Name] = v.Values[i]
					}
				}
			}
		}
	}
}

// metric reads prometheus.NewDesc(name, help, labels, ...) and prometheus.NewX(XOpts{...}, labels).
func (s *source) metric(call *ast.CallExpr) (m metric, ok bool, err error) {
	f, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || fmt.Sprint(f.X) != "prometheus" {
		return m, false, nil
	}
	m.dir = s.dir
	made := strings.TrimSuffix(strings.TrimSuffix(strings.TrimPrefix(f.Sel.Name, "New"), "Func"), "Vec")
	switch made {
	case "Desc":
		m.name, err = s.text(call.Args[0])
		if err == nil {
			m.help, err = s.text(call.Args[1])
		}
		if err == nil {
			m.labels, err = s.labels(call.Args[2])
		}
		if m.kind = "gauge"; strings.HasSuffix(m.name, "_total") {
			m.kind = "counter"
		}
	case "Counter", "Gauge", "Histogram", "Summary":
		m.kind = strings.ToLower(made)
		ast.Inspect(call.Args[0], func(n ast.Node) bool {
			pair, ok := n.(*ast.KeyValueExpr)
			if !ok || err != nil {
				return err == nil
			}
			switch fmt.Sprint(pair.Key) {
			case "Name":
				m.name, err = s.text(pair.Value)
			case "Help":
				m.help, err = s.text(pair.Value)
			case "ConstLabels":
				m.labels, err = s.labels(pair.Value)
			}
			return err == nil
		})
		if err == nil && strings.HasSuffix(f.Sel.Name, "Vec") {
			m.labels, err = s.labels(call.Args[1])
		}
	default:
		return m, false, nil
	}
	if err != nil {
		return m, false, fmt.Errorf("%s: %w", s.files.Position(call.Pos()), err)
	}
	return m, true, nil
}

// text evaluates a string: a literal, a constant, a concatenation. The name of a
// feature's metric is made at run time, by featureValueName.
func (s *source) text(e ast.Expr) (string, error) {
	switch e := e.(type) {
	case *ast.BasicLit:
		return strconv.Unquote(e.Value)
	case *ast.BinaryExpr:
		left, err := s.text(e.X)
		if err != nil {
			return "", err
		}
		right, err := s.text(e.Y)
		return left + right, err
	case *ast.ParenExpr:
		return s.text(e.X)
	case *ast.Ident:
		if v, ok := s.values[e.Name]; ok {
			return s.text(v)
		}
	case *ast.CallExpr:
		if fmt.Sprint(e.Fun) == "featureValueName" {
			return "model_feature_NAME", nil
		}
	}
	return "", fmt.Errorf("cannot read a %T as text", e)
}

// labels evaluates a list of label names: []string{...}, labels("a", "b").given,
// the keys of prometheus.Labels{...}, or a variable that holds one of these.
func (s *source) labels(e ast.Expr) (names []string, err error) {
	var parts []ast.Expr
	switch e := e.(type) {
	case *ast.SelectorExpr:
		return s.labels(e.X)
	case *ast.Ident:
		if e.Name == "nil" {
			return nil, nil
		}
		if v, ok := s.values[e.Name]; ok {
			return s.labels(v)
		}
		return nil, fmt.Errorf("the labels %s are not declared in the package", e.Name)
	case *ast.CallExpr:
		parts = e.Args
	case *ast.CompositeLit:
		parts = e.Elts
	default:
		return nil, fmt.Errorf("cannot read a %T as labels", e)
	}
	for _, p := range parts {
		if pair, ok := p.(*ast.KeyValueExpr); ok {
			p = pair.Key
		}
		name, err := s.text(p)
		if err != nil {
			return nil, err
		}
		names = append(names, name)
	}
	return names, nil
}
