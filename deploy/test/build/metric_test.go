package build_test

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The collector that the test adds, its test, and its line in the list.
const (
	addedCollector = `package collector

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/drift-exporter/drift_exporter/collector/snapshot"
)

var classesServed = prometheus.NewDesc("model_classes_served",
	"Classes that a version of a model has predicted; absent when the log cannot be read.",
	modelLabels.given, nil)

// versions exports what each version has predicted.
type versions struct{}

// Name implements Collector.
func (versions) Name() string { return "versions" }

// Collect implements Collector.
func (versions) Collect(s *snapshot.Snapshot, ch chan<- prometheus.Metric) {
	for i := range s.Models {
		if m := &s.Models[i]; m.Counters != nil {
			gauge(ch, classesServed, float64(len(m.Counters.Classes)), ofModel(m))
		}
	}
}
`
	addedTest = `package collector

import "testing"

func TestVersionsPage(t *testing.T) {
	t.Parallel()
	golden(t, versions{})
}
`
	addedLine = "\t\t{Collector: versions{}, parts: snapshot.PartCounters, on: true, needsLog: true, help: \"The versions of each model.\"},\n\t}\n}\n\n// Select"
)

// TestAMetricTakesThePlacesThatContributingNames adds a collector to a copy of the source,
// has the tests write what is generated, holds the tests that look at every collector,
// and counts the files.
func TestAMetricTakesThePlacesThatContributingNames(t *testing.T) {
	t.Parallel()
	dir := copied(t, "../../..")
	write := func(path, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, path), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	read := func(path string) string {
		t.Helper()
		text, err := os.ReadFile(filepath.Join(dir, path))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	list := read("collector/all.go")
	longer := strings.Replace(list, "\t}\n}\n\n// Select", addedLine, 1)
	if longer == list {
		t.Fatal("the list of collectors in collector/all.go does not end where it did")
	}
	write("collector/all.go", longer)
	write("collector/versions.go", addedCollector)
	write("collector/versions_test.go", addedTest)
	run := func(args ...string) {
		t.Helper()
		command := exec.CommandContext(t.Context(), "go", args...) // #nosec G204 -- the arguments are those below
		command.Dir = dir
		if out, err := command.CombinedOutput(); err != nil {
			t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
	run("test", "./collector", "-run=TestVersionsPage", "-update")
	run("test", "./deploy/docs", "-update")
	run("test", "./collector", "./collector/monitor", "./collector/command", "./deploy/docs")
	want := []string{
		"collector/all.go", "collector/testdata/versions.prom", "collector/versions.go", "collector/versions_test.go",
		"deploy/docs/FLAGS.md", "deploy/docs/METRICS.md",
	}
	if got := differing(t, "../../..", dir); !slices.Equal(got, want) {
		t.Errorf("a metric takes %d files, %q, want %q", len(got), got, want)
	}
}

// copied copies the source into a new folder.
func copied(t *testing.T, from string) string {
	t.Helper()
	dir := t.TempDir()
	for _, path := range sources(t, from) {
		text, err := os.ReadFile(filepath.Join(from, path))
		if err != nil {
			t.Fatal(err)
		}
		to := filepath.Join(dir, path)
		if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// sources are the files of a source tree, without what is built or hidden.
func sources(t *testing.T, dir string) (paths []string) {
	t.Helper()
	err := fs.WalkDir(os.DirFS(dir), ".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != "." && strings.HasPrefix(d.Name(), "."):
			return fs.SkipDir
		case d.Type().IsRegular():
			paths = append(paths, path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return paths
}

// differing are the files that two source trees do not have alike.
func differing(t *testing.T, a, b string) (paths []string) {
	t.Helper()
	all := slices.Concat(sources(t, a), sources(t, b))
	slices.Sort(all)
	for _, path := range slices.Compact(all) {
		one, errOne := os.ReadFile(filepath.Join(a, filepath.Clean(path)))
		other, errOther := os.ReadFile(filepath.Join(b, filepath.Clean(path)))
		if errOne != nil || errOther != nil || string(one) != string(other) {
			paths = append(paths, path)
		}
	}
	return paths
}
