package drift

// Names of the exported bins that are not values: rare categories of the reference, values
// that the reference does not have, missing values, and values of the wrong type.
const (
	Other   = "__other__"
	Unseen  = "__unseen__"
	Missing = "__missing__"
	Invalid = "__invalid__"
)

// Binning maps the values of one feature to fine codes, fine codes to the cells
// that are tested, and cells to the bins that are exported.
//
// A fine code is one byte. The codes are, in this order: the fine bins; for
// categories the groups of rare names; for at most 126 discrete numbers the
// gaps between neighbours; then unseen, missing, invalid, below and above.
//
// Cells are merged fine codes. They are the same as the exported bins, with one exception:
// each group of rare categories is a cell of its own, and all groups are exported as one
// bin, __other__. So a rare category that takes over its group is noticed, and the page
// stays short.
//
// A Binning is immutable and safe for concurrent use.
type Binning struct {
	fine, groups, gaps int

	keys       *keys            // numbers
	discrete   bool             // a number must equal one of the keys
	lo, hi     float64          // beyond is below, above; infinite when unknown
	categories map[string]uint8 // the listed ones, and rare names by their group
	names      *Filter          // rare names beyond those
	anonymous  bool             // every name is one of the reference's
	cuts       []uint32

	labels    []string
	cells     []uint8 // by fine code
	exported  []uint8 // bin by cell
	reference []int64 // by cell
	novelty   Novelty
}

// add appends a cell that is its own bin. rows is the number of its rows in the reference.
func (b *Binning) add(label string, rows int64) uint8 {
	b.labels = append(b.labels, label)
	return b.addTo(len(b.labels)-1, rows)
}

// addTo appends a cell to a bin.
func (b *Binning) addTo(bin int, rows int64) uint8 {
	b.exported = append(b.exported, code(bin))
	b.reference = append(b.reference, rows)
	return code(len(b.exported) - 1)
}

// Fine is the number of fine bins, at most 200: the codes below it.
func (b *Binning) Fine() int { return b.fine }

// Gaps returns the fine codes of numbers between neighbouring discrete values: the gap above
// value i has code first + i. n is the number of gaps, one less than the number of values.
// It is 0 if there are no codes left, and such numbers are then unseen, and for other
// features.
func (b *Binning) Gaps() (first uint8, n int) { return code(b.fine + b.groups), b.gaps }

// Unseen is the fine code of a value the reference does not hold.
func (b *Binning) Unseen() uint8 { return code(b.fine + b.groups + b.gaps) }

// Missing is the fine code of no value: null, absent, NaN, an infinity.
func (b *Binning) Missing() uint8 { return b.Unseen() + 1 }

// Invalid returns the fine code of values that do not have the feature's type.
func (b *Binning) Invalid() uint8 { return b.Unseen() + 2 }

// Below is the fine code of a number below the reference's minimum.
func (b *Binning) Below() uint8 { return b.Unseen() + 3 }

// Above is the fine code of a number above the reference's maximum.
func (b *Binning) Above() uint8 { return b.Unseen() + 4 }

// Codes is the number of fine codes, at most 256.
func (b *Binning) Codes() int { return b.fine + b.groups + b.gaps + 5 }

// Numeric reports whether the binning is of numbers, and Category of no use.
func (b *Binning) Numeric() bool { return b.categories == nil }

// Bins returns the names of the exported bins, which are distinct:
//
//	[620,655)  [-Inf,620)  [655,+Inf)   ranges
//	(0,620)  [620,655]                  ranges without, or with, a value next to its own bin
//	0                                   a number that has a bin of its own
//	[15,20]                             merged discrete numbers
//	MORTGAGE                            a category
//	__other__ __unseen__ __missing__ __invalid__
//
// A category that looks like one of the last four has one more underscore in
// front. There is __other__ only when the reference holds rare categories, and
// __unseen__ only when new values can be recognised. The slice is shared: do not
// modify it.
func (b *Binning) Bins() []string { return b.labels }

// Bin is the exported bin of a fine code below Codes.
func (b *Binning) Bin(code uint8) int { return int(b.exported[b.cells[code]]) }

// Cells is the number of cells, at most 255.
func (b *Binning) Cells() int { return len(b.exported) }

// Cell is the cell of a fine code below Codes.
func (b *Binning) Cell(code uint8) int { return int(b.cells[code]) }

// BinOf is the exported bin of a cell.
func (b *Binning) BinOf(cell int) int { return int(b.exported[cell]) }

// Fold adds counts by fine code (as many as Codes) to counts by cell (as many as
// Cells) and returns the latter. O(Codes), no allocation.
func (b *Binning) Fold(fine, cells []int64) []int64 {
	// Neighbouring codes are mostly of one cell: their sum stays in a register.
	cell, sum := b.cells[0], int64(0)
	for c, n := range fine {
		if b.cells[c] != cell {
			cells[cell] += sum
			cell, sum = b.cells[c], 0
		}
		sum += n
	}
	cells[cell] += sum
	return cells
}

// Export adds counts by cell to counts by exported bin (as many as Bins) and
// returns the latter. No allocation.
func (b *Binning) Export(cells, bins []int64) []int64 {
	for c, n := range cells {
		bins[b.exported[c]] += n
	}
	return bins
}

// Reference returns the expected rows of each cell, for as many rows as the reference has.
// These are its counts, except that rows whose value occurs once count as __unseen__: by
// Good and Turing's estimate [1] new values are as frequent as values seen once. The slice
// is shared: do not modify it.
//
// [1] Good, I. J. (1953). "The Population Frequencies of Species and the
// Estimation of Population Parameters". Biometrika 40 (3-4): 237-264.
func (b *Binning) Reference() []int64 { return b.reference }

// Novelty says how well the reference determines the share of new values.
func (b *Binning) Novelty() Novelty { return b.novelty }

// Novelty describes how well a reference determines the share of new values, for the null
// distribution of a test. The zero value means that the feature has no new values.
type Novelty struct {
	// Unseen is the cell of new values. The Rare cells before it are the groups of rare
	// categories. The share of new values was taken from them.
	Unseen, Rare int
	// Singletons and Doubletons are the numbers of rare values that the reference
	// held once and twice.
	Singletons, Doubletons int64
}
