package drift

// PieceSize is the number of rows of one tick that are judged by what came
// before them; then the estimates learn from them, and the next are judged.
const PieceSize = 1000

// Pieces contains the rows of one tick by bin, in the order of the log, in pieces of PieceSize.
// The last piece may be shorter, and a piece that was counted elsewhere may have any length. The
// order within a piece does not matter. Use NewPieces, the zero value is not usable.
type Pieces struct {
	bins   int
	counts []int64 // piece after piece
	last   []int64 // the open piece
	left   int     // rows for which it has room
	short  int64   // rows that other pieces have less than PieceSize, together
}

// NewPieces returns no rows of a distribution with that many bins.
func NewPieces(bins int) *Pieces { return &Pieces{bins: bins} }

// Add appends one row that falls into bin. 1 ns; it allocates only while the
// largest tick so far grows.
func (p *Pieces) Add(bin int) {
	if p.left == 0 {
		p.begin()
	}
	p.left--
	p.last[bin]++
}

// AddCounts appends a piece that others have counted, by bin. No rows make no piece.
func (p *Pieces) AddCounts(counts []int64) {
	rows := total(counts)
	if rows == 0 {
		return
	}
	p.short += int64(p.left)
	p.begin()
	copy(p.last, counts)
	p.short += PieceSize - rows
	p.left = 0
}

// begin begins a piece.
func (p *Pieces) begin() {
	for range p.bins {
		p.counts = append(p.counts, 0)
	}
	p.last, p.left = p.counts[len(p.counts)-p.bins:], PieceSize
}

// Rows is the number of rows.
func (p *Pieces) Rows() int64 {
	if len(p.counts) == 0 {
		return 0
	}
	return int64(len(p.counts)/p.bins*PieceSize-p.left) - p.short
}

// Reset removes all rows and keeps the memory.
func (p *Pieces) Reset() { p.counts, p.last, p.left, p.short = p.counts[:0], nil, 0, 0 }

// all yields the counts of one piece after the other.
func (p *Pieces) all(yield func(counts []int64) bool) {
	for at := 0; at < len(p.counts); at += p.bins {
		if !yield(p.counts[at : at+p.bins]) {
			return
		}
	}
}
