package draw

import (
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
