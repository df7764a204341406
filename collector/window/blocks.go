package window

import (
	"time"

	"github.com/drift-exporter/drift_exporter/collector/drift"
	"github.com/drift-exporter/drift_exporter/collector/snapshot"
	"github.com/drift-exporter/drift_exporter/collector/window/columns"
)

// cut fills Blocks of all distributions of a series. It splits the window that a scrape at
// now sees into drift.Blocks blocks of neighbouring rows, whose sizes differ by at most
// one. Blocks are by rows and not by time, so a night without traffic makes no empty
// blocks. It takes 2.5 ns for each row and column: 40 us for 1000 rows of the loan model,
// 3 ms for 100,000; 63 KB.
func (s *series) cut(all []snapshot.Distribution, rows int64, now time.Time) {
	if rows < drift.MinBlockPredictions {
		return
	}
	found := s.stretches(rows, now)
	for i := range s.layout.columns {
		c, d := &s.layout.columns[i], &all[i]
		d.Blocks = make([]int64, drift.Blocks*len(c.cells))
		for _, r := range found {
			block := d.Blocks[r.block*len(c.cells) : (r.block+1)*len(c.cells)]
			for _, code := range s.rows.Column(i)[r.from:r.to] {
				block[c.binning.Cell(code)]++
			}
		}
	}
}

// stretch is a range of places in the ring whose rows belong to one block.
type stretch struct{ from, to, block int }

// stretches returns the rows of the window, in order.
func (s *series) stretches(rows int64, now time.Time) []stretch {
	from, until := s.bounds(now)
	first := s.rows.Held()
	if s.rows.InOrder() {
		first, _ = s.scrape.Range() // otherwise rows outside the window may be between
	}
	found := make([]stretch, 0, drift.Blocks+1)
	seen, size := int64(0), s.rows.Size()
	for i := first; i < s.rows.Next() && seen < rows; i++ {
		if from != columns.NoBound {
			if t := s.rows.Time(i); t <= from || t > until {
				continue
			}
		}
		at, block := int(i%size), int(seen*drift.Blocks/rows)
		if last := len(found) - 1; last >= 0 && found[last].to == at && found[last].block == block {
			found[last].to++
		} else {
			found = append(found, stretch{at, at + 1, block})
		}
		seen++
	}
	return found
}

// testBlocks sets the test of every distribution that has blocks.
func testBlocks(drafts []*draft) {
	for _, m := range drafts {
		for i := range m.columns {
			d := &m.columns[i]
			if d.Blocks == nil {
				continue
			}
			if test, ok := drift.BlockBootstrap(nullKey(m.of.layout.reference, d.Name), d.Reference, d.Blocks); ok {
				d.BlockTest = &test
			}
		}
	}
}
