package collector

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/prometheus/common/expfmt"

	"github.com/drift-exporter/drift_exporter/collector/snapshot"
)

var update = flag.Bool("update", false, "rewrite the golden files in testdata")

// described makes a registry check every metric against its description.
type described struct {
	c Collector
	s *snapshot.Snapshot
}

func (d described) Describe(ch chan<- *prometheus.Desc) { prometheus.DescribeByCollect(d, ch) }
func (d described) Collect(ch chan<- prometheus.Metric) { d.c.Collect(d.s.Only(partsOf(d.c)), ch) }

// partsOf are the parts that a collector of the list asks for.
func partsOf(c Collector) snapshot.Part {
	for _, e := range all(usualOptions) {
		if e.Name() == c.Name() {
			return e.parts
		}
	}
	return ^snapshot.Part(0)
}

// golden compares what a collector makes of the usual snapshot with its file in
// testdata, and holds it against promlint.
func golden(t *testing.T, c Collector) {
	t.Helper()
	path := filepath.Join("testdata", c.Name()+".prom")
	got := page(t, described{c, usualSnapshot(t)})
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(filepath.Clean(path))
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; look at it and run the test with -update:\n%s", path, got)
	}
	problems, err := testutil.CollectAndLint(described{c, usualSnapshot(t)})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("promlint: %s: %s", p.Metric, p.Text)
	}
}

// page is the text that Prometheus would read, from a pedantic registry.
func page(t *testing.T, c prometheus.Collector) string {
	t.Helper()
	registry := prometheus.NewPedanticRegistry()
	if err := registry.Register(c); err != nil {
		t.Fatal(err)
	}
	return written(t, registry)
}

// written is what is gathered as text.
func written(t *testing.T, g prometheus.Gatherer) string {
	t.Helper()
	families, err := g.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	for _, f := range families {
		if _, err := expfmt.MetricFamilyToText(&text, f); err != nil {
			t.Fatal(err)
		}
	}
	return text.String()
}

// samples are the lines of a page that hold values.
func samples(t *testing.T, c Collector, s *snapshot.Snapshot) string {
	t.Helper()
	return values(page(t, described{c, s}))
}

// values leaves the comments of a page out.
func values(page string) string {
	var lines []string
	for line := range strings.Lines(page) {
		if !strings.HasPrefix(line, "#") {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "")
}

func contains(t *testing.T, text string, lines ...string) {
	t.Helper()
	for _, line := range lines {
		if !strings.Contains(text, line+"\n") {
			t.Errorf("%q is not in:\n%s", line, text)
		}
	}
}

func lacks(t *testing.T, text string, names ...string) {
	t.Helper()
	for _, name := range names {
		if strings.Contains(text, name) {
			t.Errorf("%q is in:\n%s", name, text)
		}
	}
}
