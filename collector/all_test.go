package collector

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/drift-exporter/drift_exporter/collector/window"
)

var errUnread = errors.New("the log could not be read")

func TestEachCollectorHasFileTestAndGolden(t *testing.T) {
	t.Parallel()
	names := regexp.MustCompile(`^[a-z0-9]+(_[a-z0-9]+)*$`)
	for _, name := range Names() {
		if !names.MatchString(name) {
			t.Errorf("collector %q cannot be a flag", name)
		}
		for _, path := range []string{name + ".go", name + "_test.go", filepath.Join("testdata", name+".prom")} {
			if _, err := os.Stat(path); err != nil {
				t.Error(err)
			}
		}
		if help := Help(name); !strings.HasSuffix(help, ".") {
			t.Errorf("Help(%q) = %q, want a sentence", name, help)
		}
	}
	if slices.Contains(Defaults(), "feature_counts") || len(Defaults()) != len(Names())-1 {
		t.Errorf("on by default are %q, want all but feature_counts", Defaults())
	}
	if help := Help("unknown"); help != "" {
		t.Errorf("Help of an unknown collector is %q", help)
	}
}

// Each help is a sentence, because the documentation shows it as it is.
func TestHelpIsASentence(t *testing.T) {
	t.Parallel()
	registry := prometheus.NewPedanticRegistry()
	for _, e := range all(usual) {
		if err := registry.Register(described{e, snapshot(t)}); err != nil {
			t.Fatal(err)
		}
	}
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if !regexp.MustCompile(`^[A-Z0-9].*\.$`).MatchString(f.GetHelp()) {
			t.Errorf("help of %s is not a sentence: %q", f.GetName(), f.GetHelp())
		}
	}
}

func TestCollectorsLeaveTheSnapshotAlone(t *testing.T) {
	t.Parallel()
	s := snapshot(t)
	for _, e := range all(usual) {
		if first, second := samples(t, e, s), samples(t, e, s); first != second {
			t.Errorf("%s told\n%s\nand then\n%s", e.Name(), first, second)
		}
		if first, second := samples(t, e, s), samples(t, e, snapshot(t)); first != second {
			t.Errorf("%s told\n%s\nbut of an untouched snapshot\n%s", e.Name(), first, second)
		}
	}
}

// The 12 features of the loan model, whose page has some 200 series.
func BenchmarkCollect(b *testing.B) {
	m := snapshot(b).Models[1]
	m.Features = slices.Repeat(m.Features, 4)
	s := &window.Snapshot{Time: now, Models: []window.Model{m}}
	entries := all(usual)
	ch := make(chan prometheus.Metric, 1024)
	b.ReportAllocs()
	for b.Loop() {
		for _, e := range entries {
			if e.on {
				e.Collect(s, ch)
			}
		}
		for len(ch) > 0 {
			<-ch
		}
	}
}
