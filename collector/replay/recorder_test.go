package replay

import (
	"bytes"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// page is a collector of given metrics.
type page []prometheus.Metric

func (page) Describe(chan<- *prometheus.Desc) {}
func (p page) Collect(ch chan<- prometheus.Metric) {
	for _, m := range p {
		ch <- m
	}
}

func TestMetricsAreOpenMetricsWithoutInterleaving(t *testing.T) {
	t.Parallel()
	var (
		rows  = prometheus.NewDesc("rows_total", "Rows\nread.", nil, nil)
		kl    = prometheus.NewDesc("kl", `A "divergence" \ distance.`, []string{"feature", "model"}, nil)
		score = prometheus.NewDesc("score", "Scores.", []string{"model"}, nil)
	)
	at := func(n float64, features ...string) page {
		p := page{
			prometheus.MustNewConstMetric(rows, prometheus.CounterValue, n),
			prometheus.MustNewConstHistogram(score, uint64(n), n/4, map[float64]uint64{.5: 1, 1: uint64(n) - 1}, "m"),
		}
		for _, f := range features {
			p = append(p, prometheus.MustNewConstMetric(kl, prometheus.GaugeValue, n/3, f, "m"))
		}
		return p
	}
	r, err := newRecorder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	begin := time.Unix(1_793_534_400, 0)
	for _, moment := range []struct {
		after time.Duration
		page  page
	}{
		{0, at(3, "b")},
		{time.Minute, at(4, "b", `a"\`+"\n")},
		{30 * time.Second, at(99, "b")}, // the clock was set back
		{time.Minute, at(98, "b")},
		{60500 * time.Millisecond, at(1e15, "b")},
	} {
		if err := r.add(begin.Add(moment.after), moment.page); err != nil {
			t.Fatal(err)
		}
	}
	var got bytes.Buffer
	if err := r.write(&got); err != nil {
		t.Fatal(err)
	}
	if err := r.close(); err != nil {
		t.Fatal(err)
	}
	want := `# HELP kl A \"divergence\" \\ distance.
# TYPE kl gauge
kl{feature="b",model="m"} 1 1793534400
kl{feature="b",model="m"} 1.3333333333333333 1793534460
kl{feature="b",model="m"} 3.333333333333333e+14 1793534460.5
kl{feature="a\"\\\n",model="m"} 1.3333333333333333 1793534460
# HELP rows Rows\nread.
# TYPE rows counter
rows_total 3 1793534400
rows_total 4 1793534460
rows_total 1000000000000000 1793534460.5
# HELP score Scores.
# TYPE score histogram
score_bucket{model="m",le="0.5"} 1 1793534400
score_bucket{model="m",le="1.0"} 2 1793534400
score_bucket{model="m",le="+Inf"} 3 1793534400
score_count{model="m"} 3 1793534400
score_sum{model="m"} 0.75 1793534400
score_bucket{model="m",le="0.5"} 1 1793534460
score_bucket{model="m",le="1.0"} 3 1793534460
score_bucket{model="m",le="+Inf"} 4 1793534460
score_count{model="m"} 4 1793534460
score_sum{model="m"} 1 1793534460
score_bucket{model="m",le="0.5"} 1 1793534460.5
score_bucket{model="m",le="1.0"} 999999999999999 1793534460.5
score_bucket{model="m",le="+Inf"} 1000000000000000 1793534460.5
score_count{model="m"} 1000000000000000 1793534460.5
score_sum{model="m"} 250000000000000 1793534460.5
# EOF
`
	if got.String() != want {
		t.Errorf("got\n%s\nwant\n%s", &got, want)
	}
}

// TestTheSpoolKeepsLongTextsApart makes texts that are longer than the part that is kept in
// memory.
func TestTheSpoolKeepsLongTextsApart(t *testing.T) {
	t.Parallel()
	s, err := newSpool(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	var texts [3]spooled
	var want [3]strings.Builder
	for i := range 30_000 {
		line := strings.Repeat(string(rune('a'+i%7)), i%11) + "\n"
		at := i % 3
		if i > 20_000 {
			at = 0
		}
		want[at].WriteString(line)
		texts[at].tail = append(texts[at].tail, line...)
		if err := s.grown(&texts[at]); err != nil {
			t.Fatal(err)
		}
	}
	for i := range texts {
		var got strings.Builder
		if err := s.copy(&got, &texts[i]); err != nil {
			t.Fatal(err)
		}
		if got.String() != want[i].String() {
			t.Errorf("text %d has %d characters, want %d", i, got.Len(), want[i].Len())
		}
	}
	if err := s.close(); err != nil {
		t.Fatal(err)
	}
}

func TestNumbersAreWrittenExactly(t *testing.T) {
	t.Parallel()
	for x, want := range map[float64]string{
		0: "0", 1: "1", -2: "-2", .1: "0.1", 1.0 / 3: "0.3333333333333333", 1 << 53: "9.007199254740992e+15", 1e300: "1e+300", math.Inf(1): "+Inf",
	} {
		if got := string(appendNumber(nil, x)); got != want {
			t.Errorf("%v is written %s, want %s", x, got, want)
		}
	}
}
