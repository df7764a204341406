package draw

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestColumnsAreAsHighAsTheirShares(t *testing.T) {
	t.Parallel()
	c := NewColumns([]Pair{{.5, .25}, {0, .5}}, 2, 100, 41)
	if c.Top != .5 || c.Reference != "M3 0h44v40h-44z" || c.Window != "M14 20h22v20h-22zM64 0h22v40h-22z" || c.Base != "M0 40h100v1h-100z" {
		t.Errorf("got %+v", c)
	}
	for _, none := range [][]Pair{nil, {{0, 0}}} {
		if c := NewColumns(none, 0, 100, 40); c.Reference != "" || c.Window != "" {
			t.Errorf("%v: got %+v", none, c)
		}
	}
}

func TestABarEndsAtItsShare(t *testing.T) {
	t.Parallel()
	if b := NewBar(Pair{Reference: .5, Window: .25}, 1, 100, 10); b.Bar != "M0 2h25v6h-25z" || b.Mark != "M49 0h2v10h-2z" {
		t.Errorf("got %+v", b)
	}
	if b := NewBar(Pair{}, 0, 100, 10); b.Bar != "" || b.Mark != "" {
		t.Errorf("got %+v", b)
	}
}

func TestACourseShowsItsTimeOnly(t *testing.T) {
	t.Parallel()
	from := time.Unix(0, 0)
	at := func(minutes int) time.Time { return from.Add(time.Duration(minutes) * time.Minute) }
	o := CourseOptions{From: from, To: at(100), Width: 100, Height: 101, Least: 1, Levels: []float64{.5, 2}, Gap: 20 * time.Minute}
	values := []Value{{at(-5), 9}, {at(10), 0}, {at(20), .5}, {at(60), .25}, {at(101), 9}}
	c := NewCourse(values, []Span{{at(-10), at(10)}, {at(90), at(200)}, {at(200), at(300)}}, o)
	if c.Line != "M10 100h0.1L20 50M60 75h0.1" {
		t.Errorf("line %q", c.Line)
	}
	if c.Spans != "M0 0h10v101h-10zM90 0h10v101h-10z" || len(c.Levels) != 1 || c.Levels[0] != 50 || c.Top != 1 {
		t.Errorf("got %+v", c)
	}
	if c := NewCourse(values, nil, CourseOptions{From: from, To: from, Width: 10, Height: 10}); c.Line != "" {
		t.Errorf("got %+v", c)
	}
}

func TestACourseHasOnePointForEachUnitOfWidth(t *testing.T) {
	t.Parallel()
	from := time.Unix(0, 0)
	var values []Value
	for i := range 1000 {
		values = append(values, Value{from.Add(time.Duration(i) * time.Second), float64(i)})
	}
	c := NewCourse(values, nil, CourseOptions{From: from, To: from.Add(1000 * time.Second), Width: 10, Height: 11, Least: 1, Gap: time.Hour})
	points := 0
	for _, r := range c.Line {
		if r == 'L' || r == 'M' {
			points++
		}
	}
	if points != 10 {
		t.Errorf("%d points: %s", points, c.Line)
	}
}

// What is drawn are the shares, wherever they lie on the axis.
func TestADensityKeepsItsShares(t *testing.T) {
	t.Parallel()
	ranges := []Range{{1, 2, Pair{.5, .1}}, {2, 2, Pair{.25, .1}}, {2, 10, Pair{.25, .3}}, {10, 1000, Pair{0, .5}}}
	for _, edges := range [][]float64{{1, 1000}, {1, 1.5, 2, 3, 500, 1000}, {1, 2, 1000}} {
		var sum Pair
		for _, s := range spread(ranges, edges) {
			sum.Reference += s.Reference
			sum.Window += s.Window
		}
		if math.Abs(sum.Reference-1) > 1e-12 || math.Abs(sum.Window-1) > 1e-12 {
			t.Errorf("edges %v: %v", edges, sum)
		}
	}
	if got := spread(ranges, []float64{1, 1.5, 2, 1000}); got[0].Reference != .25 || got[1].Reference != .25 || got[2].Window != .9 {
		t.Errorf("%v", got)
	}
	for _, logarithmic := range []bool{false, true} {
		d := NewDensity(ranges, logarithmic, 400, 100)
		if strings.Count(d.Window, "h") != cells || strings.Count(d.Reference, "L") != cells+1 || len(d.Ticks) < 3 || len(d.Ticks) > 7 {
			t.Errorf("%+v", d)
		}
	}
	for _, none := range [][]Range{nil, {{1, 1, Pair{1, 1}}}, {{1, 2, Pair{}}}} {
		if d := NewDensity(none, false, 400, 100); d.Window != "" || d.Reference != "" {
			t.Errorf("%v: %+v", none, d)
		}
	}
	if got := round125(0, 1234, false); !slices.Equal(got, []float64{0, 200, 400, 600, 800, 1000, 1200}) {
		t.Errorf("%v", got)
	}
	if got := round125(15, 1600, true); !slices.Equal(got, []float64{20, 50, 100, 200, 500, 1000}) {
		t.Errorf("%v", got)
	}
}

func TestWhiskersAndGroupsAreWhereTheyShouldBe(t *testing.T) {
	t.Parallel()
	if w := NewWhisker(.7, .6, .8, .5, 1, 100, 10); w.Bar != "M20 3.5h40v3h-40z" || w.Mark != "M38.5 0h3v10h-3z" {
		t.Errorf("%+v", w)
	}
	if w := NewWhisker(.7, .6, .8, 1, 1, 100, 10); w.Bar+w.Mark != "" {
		t.Errorf("%+v", w)
	}
	if c := NewCalibration([]Group{{.25, .5, .4, .6}}, 100); c.Points != "M21 50L25 46L29 50L25 54z" || c.Bars != "M24.3 40h1.5v20h-1.5z" {
		t.Errorf("%+v", c)
	}
}
