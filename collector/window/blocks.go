package window

import (
	"time"

	"github.com/drift-exporter/drift_exporter/collector/drift"
)

// cut fills Blocks of a model's distributions: the window that a scrape at now
// sees, of that many rows, in drift.Blocks blocks of neighbouring rows, as many in
// each but for one. Blocks go by rows and not by time, so that a night without
// traffic makes no empty ones. 1 ns for each row and column, and a row costs as
// much again when the window is bounded by age.
func (s *series) cut(m *Model, rows int64, now time.Time) {
	if rows < drift.MinBlockPredictions {
		return
	}
	blocks := s.blockOf(rows, now)
	for i := range s.layout.columns {
		c, d := &s.layout.columns[i], &m.distributions[i]
		d.Blocks = make([]int64, drift.Blocks*len(c.bins))
		codes := s.rows.codes[i]
		for _, b := range blocks {
			d.Blocks[b.block*len(c.bins)+c.binning.Bin(codes[b.at])]++
		}
	}
}

// placed is the block of a row, and where the row is in the ring.
type placed struct{ at, block int }

// blockOf says which rows are in the window, and the block of each.
func (s *series) blockOf(rows int64, now time.Time) []placed {
	from, until := s.bounds(now)
	first := s.rows.first
	if s.rows.backward == 0 {
		first = s.scrape.low // else the rows of the window need not be neighbours
	}
	blocks := make([]placed, 0, rows)
	for i := first; i < s.rows.next && int64(len(blocks)) < rows; i++ {
		if t := s.rows.time(i); from == noBound || t > from && t <= until {
			block := int64(len(blocks)) * drift.Blocks / rows
			blocks = append(blocks, placed{int(i % int64(len(s.rows.times))), int(block)})
		}
	}
	return blocks
}

// testBlocks gives every distribution what its blocks say.
func testBlocks(s *Snapshot) {
	for i := range s.Models {
		m := &s.Models[i]
		for j := range m.distributions {
			d := &m.distributions[j]
			if d.Blocks == nil {
				continue
			}
			if test, ok := drift.BlockBootstrap(nullKey(m.Reference, d.Name), d.Reference, d.Blocks); ok {
				d.BlockTest = &test
			}
		}
	}
}
