package drift

// Dependence estimates how much less information a stream of rows carries than independent
// rows: its design effects, in the same way as a [Detector]. Use NewDependence, the zero
// value is not usable. It is not safe for concurrent use.
type Dependence struct{ design *design }

// NewDependence returns an estimate for rows in that many bins, before the first row.
func NewDependence(bins int) *Dependence { return &Dependence{newDesign(bins)} }

// Add adds the next rows, at most PieceSize, by bin. 0.1 us for 15 rows in two bins.
func (d *Dependence) Add(piece []int64) { d.design.add(piece) }

// Effects returns the factors, at least 1, by which evidence from the next rows is divided:
// near in the direction in which shares vary most, over blocks of up to 1,000 rows, with a
// margin while few rows were seen, and mean over all directions, without it.
func (d *Dependence) Effects() (near, mean float64) {
	return d.design.careful().near, d.design.effects.mean
}

// Clone returns an independent copy.
func (d *Dependence) Clone() *Dependence { return &Dependence{d.design.clone()} }

// TicksPerMonth is the number of ticks in 30 days.
const TicksPerMonth = ticksPerMonth
