package collector

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/expfmt"

	"github.com/drift-exporter/drift_exporter/collector/snapshot"
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
	off := slices.DeleteFunc(Names(), func(name string) bool { return slices.Contains(Defaults(), name) })
	if want := []string{"feature_bins", "feature_counts", "accuracy_impact", "segments"}; !slices.Equal(off, want) {
		t.Errorf("off by default are %q, want %q", off, want)
	}
	if help := Help("unknown"); help != "" {
		t.Errorf("Help of an unknown collector is %q", help)
	}
}

// Each help is a sentence, because the documentation shows it as it is.
func TestHelpIsASentence(t *testing.T) {
	t.Parallel()
	registry := prometheus.NewPedanticRegistry()
	for _, e := range all(usualOptions) {
		if err := registry.Register(described{e, usualSnapshot(t)}); err != nil {
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
	s := usualSnapshot(t)
	for _, e := range all(usualOptions) {
		if first, second := samples(t, e, s), samples(t, e, s); first != second {
			t.Errorf("%s sent\n%s\nand then\n%s", e.Name(), first, second)
		}
		if first, second := samples(t, e, s), samples(t, e, usualSnapshot(t)); first != second {
			t.Errorf("%s sent\n%s\nbut of an untouched snapshot\n%s", e.Name(), first, second)
		}
	}
}

// loan is a snapshot of 12 features, as many as the loan model has.
func loan(tb testing.TB) *snapshot.Snapshot {
	tb.Helper()
	m := usualSnapshot(tb).Models[1]
	for i, d := range slices.Repeat(m.Features(), 3) {
		d.Name = fmt.Sprintf("%s_%d", d.Name, i)
		m.Distributions.Features = append(m.Distributions.Features, d)
	}
	return &snapshot.Snapshot{Time: now, Models: []snapshot.Model{m}}
}

// together are the default collectors on one snapshot.
type together struct{ s *snapshot.Snapshot }

func (c together) Describe(chan<- *prometheus.Desc) {}
func (c together) Collect(ch chan<- prometheus.Metric) {
	for _, e := range all(usualOptions) {
		if e.on {
			e.Collect(c.s, ch)
		}
	}
}

// constant sends series that stand.
type constant []prometheus.Metric

func (c constant) Describe(chan<- *prometheus.Desc) {}
func (c constant) Collect(ch chan<- prometheus.Metric) {
	for _, m := range c {
		ch <- m
	}
}

// BenchmarkPage gathers the default metrics of the loan model, and beside it,
// as the floor, the same series when they stand.
func BenchmarkPage(b *testing.B) {
	collectors := together{loan(b)}
	ch := make(chan prometheus.Metric, 1024)
	collectors.Collect(ch)
	close(ch)
	var series constant
	for m := range ch {
		series = append(series, m)
	}
	for name, c := range map[string]prometheus.Collector{"collectors": collectors, "floor": series} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				registry := prometheus.NewRegistry()
				registry.MustRegister(c)
				families, err := registry.Gather()
				if err != nil {
					b.Fatal(err)
				}
				zipped := gzip.NewWriter(io.Discard)
				for _, f := range families {
					if _, err := expfmt.MetricFamilyToText(zipped, f); err != nil {
						b.Fatal(err)
					}
				}
				if err := zipped.Close(); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(len(series)), "series")
		})
	}
}
