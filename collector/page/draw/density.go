package draw

import "math"

// Range is a range of numbers, or a single number if From is To, and its share in the reference
// and in the window.
type Range struct {
	From, To float64
	Pair
}

// Density is a picture of numbers on an axis. All cells are equally wide on the axis, so equal
// areas are equal shares. The reference is an outline, the window is filled.
type Density struct {
	Width, Height                 int
	Reference, Window, Base, Axis string
	Ticks                         []Tick
}

// Tick is a number on the axis, and where it is.
type Tick struct{ At, Value float64 }

// cells is the number of cells of a Density.
const cells = 60

// NewDensity draws ranges in ascending order. Between their ends the numbers of a range are taken
// to lie evenly. With logarithmic set, all numbers must be above 0.
func NewDensity(ranges []Range, logarithmic bool, width, height int) Density {
	return newDensity(ranges, logarithmic, cells, width, height)
}

// NewCoarseDensity draws ranges on a linear axis in another number of cells, for few numbers.
func NewCoarseDensity(ranges []Range, cells, width, height int) Density {
	return newDensity(ranges, false, cells, width, height)
}

// NewHistogram draws ranges of one width, each as one cell, and of them the window only.
func NewHistogram(ranges []Range, width, height int) Density {
	d := newDensity(ranges, false, len(ranges), width, height)
	d.Reference = ""
	return d
}

func newDensity(ranges []Range, logarithmic bool, cells, width, height int) Density {
	d := Density{Width: width, Height: height}
	if len(ranges) == 0 {
		return d
	}
	place, number := func(x float64) float64 { return x }, func(p float64) float64 { return p }
	if logarithmic {
		place, number = math.Log, math.Exp
	}
	low, high := place(ranges[0].From), place(ranges[len(ranges)-1].To)
	if !(high > low) || math.IsInf(high-low, 0) {
		return d
	}
	edges := make([]float64, cells+1)
	for i := range edges {
		edges[i] = number(low + (high-low)*float64(i)/float64(cells))
	}
	shares, top := spread(ranges, edges), 0.
	for _, s := range shares {
		top = max(top, s.Reference, s.Window)
	}
	if top == 0 {
		return d
	}
	slot, room := float64(width)/float64(cells), float64(height)-1
	var reference, window, base, axis path
	reference.at('M', 0, room)
	window.at('M', 0, room)
	for i, s := range shares {
		x := slot * float64(i)
		for _, one := range []struct {
			to    *path
			share float64
		}{{&reference, s.Reference}, {&window, s.Window}} {
			one.to.at('L', x, room*(1-one.share/top))
			one.to.at('h', slot)
		}
	}
	reference.at('L', float64(width), room)
	window.at('L', float64(width), room)
	window = append(window, 'z')
	base.rectangle(0, room, float64(width), 1)
	for _, x := range round125(edges[0], edges[cells], logarithmic) {
		at := round(float64(width) * (place(x) - low) / (high - low))
		d.Ticks = append(d.Ticks, Tick{at, x})
		axis.rectangle(at-.5, room, 1, 5)
	}
	d.Reference, d.Window, d.Base, d.Axis = string(reference), string(window), string(base), string(axis)
	return d
}

// spread distributes the shares of ranges over cells with these edges.
func spread(ranges []Range, edges []float64) []Pair {
	shares := make([]Pair, len(edges)-1)
	cell := 0
	for _, r := range ranges {
		for cell < len(shares)-1 && edges[cell+1] <= r.From {
			cell++
		}
		for i := cell; i < len(shares); i++ {
			part := 1.
			if r.To > r.From {
				part = max(0, min(r.To, edges[i+1])-max(r.From, edges[i])) / (r.To - r.From)
			}
			shares[i].Reference += part * r.Reference
			shares[i].Window += part * r.Window
			if edges[i+1] >= r.To {
				break
			}
		}
	}
	return shares
}

// round125 returns about five numbers between two that are easy to read: 1, 2 or 5 times a power
// of ten.
func round125(from, to float64, logarithmic bool) (all []float64) {
	if logarithmic {
		steps := []float64{1, 2, 5}
		if to/from > 1e3 {
			steps = []float64{1}
		}
		for power := math.Floor(math.Log10(from)); power <= math.Log10(to); power++ {
			for _, s := range steps {
				if x := s * math.Pow(10, power); x >= from && x <= to {
					all = append(all, x)
				}
			}
		}
		for len(all) > 7 {
			kept := all[:0]
			for i := 0; i < len(all); i += 2 {
				kept = append(kept, all[i])
			}
			all = kept
		}
		return all
	}
	step := math.Pow(10, math.Floor(math.Log10((to-from)/4)))
	for _, s := range []float64{5, 2} {
		if (to-from)/(s*step) >= 3 {
			step *= s
			break
		}
	}
	for i := math.Ceil(from / step); i*step <= to && len(all) < 12; i++ {
		all = append(all, i*step)
	}
	return all
}
