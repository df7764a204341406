package main

import (
	"strings"
	"testing"
)

func TestUnitsAreShort(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		unit unit
		x    float64
		want string
	}{
		{duration, 0, "0s"}, {duration, 12e-9, "12ns"}, {duration, 1.2345e-6, "1.23µs"}, {duration, .0123456, "12.3ms"},
		{duration, .9996, "1s"}, {duration, 75, "1m15s"}, {duration, 3725, "1h2m10s"},
		{perSecond, 12345.6, "12346/s"},
		{plain, 1.23456, "1.235"}, {plain, 1234567, "1.235e+06"}, {plain, .5, "0.5"},
		{mebibytes, 64 << 20, "64.0 MiB"}, {mebibytes, 1 << 19, "0.5 MiB"},
		{ratio, 1, "1.00"}, {ratio, 99.994, "99.99"}, {ratio, 123.4, "123"}, {ratio, -.25, "-0.25"},
	} {
		if got := test.unit(test.x); got != test.want {
			t.Errorf("%v is %q, want %q", test.x, got, test.want)
		}
	}
}

func TestALineShowsMediansAndWhetherTheGoalIsMet(t *testing.T) {
	t.Parallel()
	rate := row{what: "predictions", ours: "ours", floor: "floor", beside: "of commits", unit: perSecond, goal: atLeast(.5)}
	notMeasured := rate
	notMeasured.notRun = "no python3"
	for _, test := range []struct {
		name string
		line line
		want string
	}{
		{"with a floor", line{row: rate, ours: spread{600, 400, 500}, floor: spread{1000, 1000, 500}, ratio: spread{.6, .4, 1}},
			"predictions|500/s|1000/s of commits|0.60 (0.40 - 1.00)|>= 0.5|yes"},
		{"below the goal", line{row: rate, ours: spread{1}, floor: spread{4}, ratio: spread{.25}}, "predictions|1/s|4/s of commits|0.25|>= 0.5|NO"},
		{"without a floor the goal is of ours", line{row: row{what: "memory", unit: mebibytes, goal: atMost(64 << 20)}, ours: spread{65 << 20, 65 << 20}},
			"memory|65.0 MiB|-| (65.0 MiB - 65.0 MiB)|<= 64.0 MiB|NO"},
		{"without a goal", line{row: row{what: "exponent", unit: plain}, ours: spread{.9}}, "exponent|0.9|-||-|-"},
		{"not run", line{row: notMeasured}, "predictions|not run: no python3|-|-|>= 0.5|-"},
	} {
		if got := strings.ReplaceAll(test.line.text(), "\t", "|"); got != test.want {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
	}
}

func TestTheTableIsMarkdownInStraightColumns(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	err := write(&out, []line{
		{row: row{what: "a", unit: plain}, ours: spread{1}},
		{row: row{what: "a longer name", unit: plain}, ours: spread{22}},
	})
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	if len(lines) != 4 || !strings.HasPrefix(lines[1], "| ---") {
		t.Fatalf("got\n%s", &out)
	}
	for _, l := range lines {
		if len(l) != len(lines[0]) || strings.Count(l, "|") != 7 || l[0] != '|' || l[len(l)-1] != '|' {
			t.Errorf("line %q is not aligned with %q", l, lines[0])
		}
	}
}
