package replay

import (
	"math"
	"slices"
	"strings"

	"github.com/drift-exporter/drift_exporter/collector/drift"
	"github.com/drift-exporter/drift_exporter/collector/reference"
	"github.com/drift-exporter/drift_exporter/collector/window"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
)

// hindsight splits the predictions of each model and version into consecutive blocks
// and counts in each its features and how right it turned out to be, using outcomes
// that arrived later, which a live scrape could not know. A row costs 1 us and 9 bytes.
type hindsight struct {
	rows   int
	specs  map[string]*window.Spec
	coders map[*reference.Reference]*window.Coder
	series map[predictionlog.Key]*blocks
}

// blocks are those of one model and version.
type blocks struct {
	coder   *window.Coder
	ids     []int64
	correct []correctness // of each row
	done    []Block
	fine    [][]int64 // counts of the open block, by feature and code
}

// correctness is what is known about one prediction.
type correctness uint8

const (
	unknown correctness = iota
	wrong
	right
)

// Block is a number of neighbouring predictions.
type Block struct {
	// KL is D(reference || block) in nats, in the order of the features.
	KL []float64
	// Labelled of its predictions have an outcome; Correct of these were right.
	Labelled, Correct int64
}

// Course is how the features and the accuracy of one model and version went.
type Course struct {
	Name, Version string
	Features      []string
	Blocks        []Block
}

// newHindsight returns one with blocks of a number of predictions, of the models of specs.
// Rows whose features are not a JSON object, or that no reference serves, are left out.
func newHindsight(specs []window.Spec, bins drift.BinOptions, rows int) (*hindsight, error) {
	h := &hindsight{
		rows: rows, specs: map[string]*window.Spec{},
		coders: map[*reference.Reference]*window.Coder{}, series: map[predictionlog.Key]*blocks{},
	}
	for i := range specs {
		s := &specs[i]
		h.specs[s.Name] = s
		for _, r := range s.References {
			c, err := window.NewCoder(s, r, bins)
			if err != nil {
				return nil, err
			}
			h.coders[r] = c
		}
	}
	return h, nil
}

// prediction adds a row. Rows must come in the order of their ids.
func (h *hindsight) prediction(row *predictionlog.Row) {
	key := predictionlog.Key{Model: row.Model, Version: row.Version}
	s, seen := h.series[key]
	if !seen {
		s = h.begin(key)
		h.series[key] = s
	}
	if s == nil {
		return
	}
	if codes, ok := s.coder.Code(row); ok {
		s.add(row.ID, codes, h.rows)
	}
}

// begin returns the blocks of a model and version, nil when no reference serves it.
func (h *hindsight) begin(key predictionlog.Key) *blocks {
	spec := h.specs[key.Model]
	if spec == nil {
		return nil
	}
	c := h.coders[spec.Reference(key.Version)]
	if c == nil {
		return nil
	}
	s := &blocks{coder: c}
	for _, n := range c.Codes() {
		s.fine = append(s.fine, make([]int64, n))
	}
	return s
}

// add adds a row, and closes its block when it is full.
func (s *blocks) add(id int64, codes []uint8, rows int) {
	s.ids, s.correct = append(s.ids, id), append(s.correct, unknown)
	for i, code := range codes {
		s.fine[i][code]++
	}
	if len(s.ids)%rows != 0 {
		return
	}
	block := Block{KL: make([]float64, len(s.fine))}
	for i := range s.fine {
		block.KL[i] = s.coder.KL(i, s.fine[i])
		clear(s.fine[i])
	}
	s.done = append(s.done, block)
}

// feedback adds an outcome, which takes the place of an earlier one.
func (h *hindsight) feedback(row *predictionlog.FeedbackRow) {
	s := h.series[predictionlog.Key{Model: row.Model, Version: row.Version}]
	if s == nil {
		return
	}
	correct, ok := s.coder.Correct(row.Class, row.Outcome)
	if !ok {
		return
	}
	if i, ok := slices.BinarySearch(s.ids, row.PredictionID); ok {
		if s.correct[i] = wrong; correct {
			s.correct[i] = right
		}
	}
}

// courses returns what was found, by model and version. Rows after the last full block
// are left out.
func (h *hindsight) courses() []Course {
	var all []Course
	for key, s := range h.series {
		if s == nil {
			continue
		}
		c := Course{Name: key.Model, Version: key.Version, Features: s.coder.Features(), Blocks: s.done}
		for i := range c.Blocks {
			c.Blocks[i].count(s.correct[i*h.rows : (i+1)*h.rows])
		}
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b Course) int {
		if c := strings.Compare(a.Name, b.Name); c != 0 {
			return c
		}
		return strings.Compare(a.Version, b.Version)
	})
	return all
}

// count counts the outcomes of a block.
func (b *Block) count(rows []correctness) {
	b.Labelled, b.Correct = 0, 0
	for _, c := range rows {
		if c != unknown {
			b.Labelled++
		}
		if c == right {
			b.Correct++
		}
	}
}

// minOutcomes is the number of outcomes from which on a block has an accuracy.
const minOutcomes = 20

// Correlations returns by feature the rank correlation, over the blocks, of its
// divergence with their accuracy, and over how many blocks that is: those of which
// at least 20 predictions have an outcome. The difference of the accuracy from the
// reference's has the same ranks. It is NaN where it is not defined.
func (c *Course) Correlations() (rho []float64, blocks int) {
	var accuracy []float64
	kl := make([][]float64, len(c.Features))
	for _, b := range c.Blocks {
		if b.Labelled < minOutcomes {
			continue
		}
		accuracy = append(accuracy, float64(b.Correct)/float64(b.Labelled))
		for i := range kl {
			kl[i] = append(kl[i], b.KL[i])
		}
	}
	rho = slices.Repeat([]float64{math.NaN()}, len(c.Features))
	for i := range rho {
		rho[i] = drift.Spearman(kl[i], accuracy)
	}
	return rho, len(accuracy)
}
