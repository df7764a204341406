package draw

// Group is a group of scores: their mean, the share that came true, and the ends of its interval,
// each from 0 to 1.
type Group struct{ Score, Share, Lower, Upper float64 }

// Calibration is a reliability diagram: what came true over what was predicted. On the diagonal
// both are equal.
type Calibration struct {
	Size                   int
	Diagonal, Points, Bars string
}

// NewCalibration draws groups.
func NewCalibration(groups []Group, size int) Calibration {
	c := Calibration{Size: size}
	var diagonal, points, bars path
	side := float64(size)
	diagonal.at('M', 0, side)
	diagonal.at('L', side, 0)
	for _, g := range groups {
		x, y := side*g.Score, side*(1-g.Share)
		bars.rectangle(x-.75, side*(1-g.Upper), 1.5, max(1, side*(g.Upper-g.Lower)))
		points.at('M', x-4, y)
		points.at('L', x, y-4)
		points.at('L', x+4, y)
		points.at('L', x, y+4)
		points = append(points, 'z')
	}
	c.Diagonal, c.Points, c.Bars = string(diagonal), string(points), string(bars)
	return c
}

// Whisker is a value with its interval on a scale from 0 to width.
type Whisker struct {
	Width, Height int
	Bar, Mark     string
}

// NewWhisker draws an interval as a bar and its value as a mark. From and to are the ends of the
// scale.
func NewWhisker(value, lower, upper, from, to float64, width, height int) Whisker {
	w := Whisker{Width: width, Height: height}
	if !(to > from) {
		return w
	}
	at := func(x float64) float64 { return float64(width) * max(0, min(1, (x-from)/(to-from))) }
	var bar, mark path
	if upper > lower {
		bar.rectangle(at(lower), .35*float64(height), max(1, at(upper)-at(lower)), .3*float64(height))
	}
	mark.rectangle(max(0, min(float64(width)-3, at(value)-1.5)), 0, 3, float64(height))
	w.Bar, w.Mark = string(bar), string(mark)
	return w
}
