package draw

// Pair is the share of a bin in the reference and in the window, each from 0 to 1.
type Pair struct{ Reference, Window float64 }

// Columns is a picture of bins side by side. For each bin it shows the share in the reference
// (wide) and the share in the window (narrow and in front).
type Columns struct {
	Width, Height int
	// Reference and Window are paths; Base is the line on which the columns stand.
	Reference, Window, Base string
	// Top is the share at the upper edge.
	Top float64
}

// NewColumns draws bins of equal width, those from number apart on with a gap before them. The
// upper edge is the largest share.
func NewColumns(bins []Pair, apart, width, height int) Columns {
	c := Columns{Width: width, Height: height}
	for _, b := range bins {
		c.Top = max(c.Top, b.Reference, b.Window)
	}
	if len(bins) == 0 || c.Top == 0 {
		return c
	}
	reference, window, base := make(path, 0, 32*len(bins)), make(path, 0, 32*len(bins)), path{}
	slots := len(bins)
	if apart > 0 && apart < len(bins) {
		slots++
	}
	slot, room := float64(width)/float64(slots), float64(height)-1
	for i, b := range bins {
		x := slot * float64(i)
		if apart > 0 && i >= apart {
			x += slot
		}
		if h := room * b.Reference / c.Top; h > 0 {
			reference.rectangle(x+.06*slot, room-h, .88*slot, h)
		}
		if h := room * b.Window / c.Top; h > 0 {
			window.rectangle(x+.28*slot, room-h, .44*slot, h)
		}
	}
	base.rectangle(0, room, float64(width), 1)
	c.Reference, c.Window, c.Base = string(reference), string(window), string(base)
	return c
}

// Bar is one share as a bar from the left, with a mark where another share ends.
type Bar struct {
	Width, Height int
	Bar, Mark     string
}

// NewBar draws the share in the window relative to top, and a mark at the share in the reference.
func NewBar(p Pair, top float64, width, height int) Bar {
	b := Bar{Width: width, Height: height}
	if top <= 0 {
		return b
	}
	var bar, mark path
	w := float64(width)
	if p.Window > 0 {
		bar.rectangle(0, .2*float64(height), max(.5, w*p.Window/top), .6*float64(height))
	}
	mark.rectangle(max(0, min(w-2, w*p.Reference/top-1)), 0, 2, float64(height))
	b.Bar, b.Mark = string(bar), string(mark)
	return b
}
