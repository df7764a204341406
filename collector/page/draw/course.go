package draw

import (
	"math"
	"time"
)

// Value is a number at a time.
type Value struct {
	Time  time.Time
	Value float64
}

// Span is a marked period of time.
type Span struct{ From, To time.Time }

// Course is a picture of a number over time.
type Course struct {
	Width, Height int
	// Line is the path of the number. Spans is the path of the marked periods. Levels are the
	// heights of the levels that are inside the picture.
	Line, Spans string
	Levels      []float64
	// Top is the number at the upper edge. The lower edge is 0.
	Top float64
}

// CourseOptions say what a Course shows.
type CourseOptions struct {
	From, To      time.Time
	Width, Height int
	// Least is the smallest number at the upper edge.
	Least float64
	// Most is the largest number at the upper edge; 0: there is no bound.
	Most float64
	// Levels are numbers to compare with.
	Levels []float64
	// Gap is the time without a value after which the line is interrupted.
	Gap time.Duration
}

// NewCourse draws values, oldest first, between two times. If several values fall on one unit of
// width, the last one is drawn.
func NewCourse(values []Value, spans []Span, o CourseOptions) Course {
	c := Course{Width: o.Width, Height: o.Height, Top: o.Least}
	length := o.To.Sub(o.From)
	if length <= 0 {
		return c
	}
	for _, v := range values {
		if after := v.Time.Sub(o.From); after >= 0 && after <= length {
			c.Top = max(c.Top, 1.05*v.Value)
		}
	}
	if o.Most > 0 {
		c.Top = min(c.Top, o.Most)
	}
	x := func(after time.Duration) float64 { return float64(o.Width) * float64(after) / float64(length) }
	y := func(v float64) float64 { return (float64(o.Height) - 1) * (1 - v/c.Top) }
	for _, level := range o.Levels {
		if level < c.Top {
			c.Levels = append(c.Levels, round(y(level)))
		}
	}
	c.Line = line(values, o, x, y)
	var marked path
	for _, s := range spans {
		from, to := max(0, x(s.From.Sub(o.From))), min(float64(o.Width), x(s.To.Sub(o.From)))
		if to > from {
			marked.rectangle(from, 0, max(1, to-from), float64(o.Height))
		}
	}
	c.Spans = string(marked)
	return c
}

// line returns the path through the values that are inside the picture.
func line(values []Value, o CourseOptions, x func(time.Duration) float64, y func(float64) float64) string {
	p := make(path, 0, 12*min(len(values), o.Width+1))
	last, drawn := time.Time{}, 0
	length := o.To.Sub(o.From)
	var at, next float64
	for i, v := range values {
		after := v.Time.Sub(o.From)
		if at = next; i == 0 {
			at = x(after)
		}
		if i+1 < len(values) {
			next = x(values[i+1].Time.Sub(o.From))
		}
		if after < 0 || after > length || i+1 < len(values) && math.Floor(next) == math.Floor(at) {
			continue
		}
		command := byte('L')
		if drawn == 0 || v.Time.Sub(last) > o.Gap {
			command = 'M'
		}
		p.at(command, at, y(v.Value))
		if command == 'M' {
			p.at('h', .1) // a value alone is a dot
		}
		last = v.Time
		drawn++
	}
	return string(p)
}
