package window

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/drift-exporter/drift_exporter/collector/drift"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite"
)

func TestBlocksHoldTheWindowInOrder(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(o *Options, rows []row){
		"by number": func(*Options, []row) {},
		"by age":    func(o *Options, _ []row) { o.Predictions, o.Duration = 0, 410*time.Second },
		"a clock set back": func(o *Options, rows []row) {
			o.Predictions, o.Duration = 0, 410*time.Second
			rows[10].time = start.Add(24 * time.Hour) // in no window for a day
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := defaults()
			o.Predictions, o.Blocks = 400, true
			rows := traffic(rand.New(rand.NewPCG(1, 2)), start, 700)
			change(&o, rows)
			for i := range rows {
				rows[i].state = "NY"
				if i >= 500 {
					rows[i].state = "CA"
				}
			}
			log := newLog(t)
			w := log.open(normal(t), o)
			log.predict(rows...)
			m := see(t, w, start.Add(705*time.Second)).Models[0]
			for d := range m.Distributions.All() {
				bins := len(d.Counts)
				if len(d.Blocks) != drift.Blocks*bins || d.BlockTest == nil {
					t.Fatalf("%s: %d counts by block, %+v", d.Name, len(d.Blocks), d.BlockTest)
				}
				window, sizes := make([]int64, bins), make([]int64, drift.Blocks)
				for i, n := range d.Blocks {
					window[i%bins] += n
					sizes[i/bins] += n
				}
				for b, n := range window {
					if n != d.Counts[b] {
						t.Errorf("%s: blocks add up to %v, the window is %v", d.Name, window, d.Counts)
						break
					}
				}
				for _, size := range sizes {
					if size < d.Total/drift.Blocks || size > d.Total/drift.Blocks+1 {
						t.Errorf("%s: blocks of %v rows", d.Name, sizes)
						break
					}
				}
			}
			// 200 of the rows are of one state, then 200 of another: what a row says
			// its neighbours say too.
			state := m.Features()[1]
			if effect := state.BlockTest.DesignEffect; effect < 7 {
				t.Errorf("rows of one state in a row have a design effect of %v", effect)
			}
			if effect := m.Features()[0].BlockTest.DesignEffect; effect > 1.5 {
				t.Errorf("independent rows have a design effect of %v", effect)
			}
			first := 0
			for _, n := range state.Blocks[:len(state.Counts)] {
				if n > 0 {
					first++
				}
			}
			if first != 1 {
				t.Errorf("the first block holds several states: %v", state.Blocks)
			}
		})
	}
}

func TestThereAreNoBlocksUnlessAskedForNorOfFewRows(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		blocks, bare bool
		rows         int
	}{{false, false, 300}, {true, false, drift.MinBlockPredictions - 1}, {true, true, 300}} {
		o := defaults()
		o.Blocks, o.Bare = test.blocks, test.bare
		log := newLog(t)
		w := log.open(normal(t), o)
		log.predict(traffic(rand.New(rand.NewPCG(1, 2)), start, test.rows)...)
		for d := range see(t, w, start.Add(time.Hour)).Models[0].Distributions.All() {
			if d.Blocks != nil || d.BlockTest != nil {
				t.Errorf("%+v: %s has blocks", test, d.Name)
			}
		}
	}
}

// BenchmarkCut is what a scrape takes more while it reads, with
// --drift.dependence=block.
func BenchmarkCut(b *testing.B) {
	const most = 100_000
	reader := sqlite.NewReader(loans(b, most))
	b.Cleanup(func() { _ = reader.Close() })
	nulls := drift.NewNulls(99, 1)
	b.Cleanup(nulls.Close)
	for _, rows := range []int{1000, most} {
		b.Run(fmt.Sprintf("rows=%d", rows), func(b *testing.B) {
			w, now := watchLoans(b, reader, nulls, rows), time.Now()
			m := w.Snapshot(b.Context(), now).Models[0]
			if m.Rows.Count != int64(rows) {
				b.Fatalf("the window has %d rows", m.Rows.Count)
			}
			s := w.state.series[predictionlog.Key{Model: m.Name, Version: m.Version}]
			all := s.layout.distributions(s.at(now), s.lastValue)
			b.ReportAllocs()
			for b.Loop() {
				s.cut(all, m.Rows.Count, now)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(rows*len(all)), "ns/code")
		})
	}
}
