package main

import (
	"fmt"
	"strings"
	"testing"
)

func TestWhatGrowsIsFound(t *testing.T) {
	t.Parallel()
	lines := func(of func(i int, l *line)) []line {
		all := make([]line, 30)
		for i := range all {
			all[i].log = int64(min(i, 15)) << 20
			all[i].held[0] = held{resident: 50 << 20, files: 20, goroutines: 30}
			of(i, &all[i])
		}
		return all
	}
	for _, test := range []struct {
		want string
		of   func(i int, l *line)
	}{
		{"", func(int, *line) {}},
		{"", func(i int, l *line) { l.wal = int64(i%5) << 20 }},                             // comes and goes
		{"", func(i int, l *line) { l.held[0].resident = float64(min(i, 9)) * (10 << 20) }}, // at first
		{"memory of the predictor", func(i int, l *line) { l.held[0].resident = float64(i) * (5 << 20) }},
		{"open files of the predictor", func(i int, l *line) { l.held[0].files = float64(i) }},
		{"goroutines of the exporter", func(i int, l *line) { l.held[1].goroutines = float64(3 * i) }},
		{"write-ahead log", func(i int, l *line) { l.wal = int64(i) << 22 }},
		{"lag of the exporter", func(i int, l *line) { l.lag = int64(i) * 1000 }},
	} {
		var grew []string
		for _, v := range judge(steady(lines(test.of), 15<<20)) {
			if v.grew {
				grew = append(grew, v.what)
			}
		}
		if got := strings.Join(grew, ", "); got != test.want {
			t.Errorf("found %q, want %q", got, test.want)
		}
	}
	if got := judge(steady(make([]line, 20), 1)); got != nil {
		t.Errorf("a log that is not full is judged: %v", got)
	}
}

func TestACounterThatFallsIsFound(t *testing.T) {
	t.Parallel()
	text := func(n int) []byte {
		return fmt.Appendf(nil, `# TYPE a_total counter
a_total{x="1"} %[1]d
a_total{x="2"} 7
# TYPE b gauge
b %[1]d
# TYPE c histogram
c_bucket{le="1"} %[1]d
c_bucket{le="+Inf"} 9
c_sum 9
c_count 9
`, n)
	}
	p := newPage("exporter", "")
	for _, n := range []int{1, 5, 5, 4} {
		if err := p.read(text(n)); err != nil {
			t.Fatal(err)
		}
		if fallen := len(p.fallen) > 0; fallen != (n == 4) {
			t.Errorf("at %d: %v", n, p.fallen)
		}
	}
	want := []string{`exporter: a_total x="1" fell from 5 to 4`, "exporter: c le 1 fell from 5 to 4"}
	if got := strings.Join(p.fallen, "\n"); !strings.Contains(got, want[0]) || !strings.Contains(got, want[1]) || len(p.fallen) != 2 {
		t.Errorf("found\n%s", got)
	}
	if p.values["a_total"] != 11 || p.values["b"] != 4 {
		t.Errorf("values %v", p.values)
	}
}
