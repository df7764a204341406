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

// hindsight splits the predictions of each model and version into consecutive blocks. For each
// block it counts the features and how much the model erred. It uses outcomes that arrived later,
// which a live scrape could not know. It takes 1 us and 16 bytes a row.
type hindsight struct {
	rows   int
	specs  map[string]*window.Spec
	coders map[*reference.Reference]*window.Coder
	series map[predictionlog.Key]*blocks
}

// blocks are the blocks of one model and version.
type blocks struct {
	coder  *window.Coder
	ids    []int64
	losses []float64 // of each row, as Coder.Loss has them; NaN without an outcome
	done   []Block
	fine   [][]int64 // counts of the open block, by feature and code
}

// Block contains consecutive predictions.
type Block struct {
	// KL is D(reference || block) in nats, in the order of the features.
	KL []float64
	// Labelled is the number of predictions with an outcome. Loss is their share of wrong ones,
	// or the mean absolute error of a regression. It is NaN without outcomes.
	Labelled int64
	Loss     float64
}

// Course describes how the features and the errors of one model and version changed over time.
type Course struct {
	Name, Version string
	// Regression is set if the model predicts numbers.
	Regression bool
	Features   []string
	Blocks     []Block
}

// newHindsight returns a hindsight with blocks of this many predictions, for the models of specs.
// It leaves out rows whose features are not a JSON object, and rows without a reference.
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

// begin returns the blocks of a model and version, or nil if there is no reference for it.
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
	s.ids, s.losses = append(s.ids, id), append(s.losses, math.NaN())
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

// feedback adds an outcome, which replaces an earlier one.
func (h *hindsight) feedback(row *predictionlog.FeedbackRow) {
	s := h.series[predictionlog.Key{Model: row.Model, Version: row.Version}]
	if s == nil {
		return
	}
	loss, ok := s.coder.Loss(row)
	if !ok {
		return
	}
	if i, ok := slices.BinarySearch(s.ids, row.PredictionID); ok {
		s.losses[i] = loss
	}
}

// courses returns the results by model and version. It leaves out the rows after the last full
// block.
func (h *hindsight) courses() []Course {
	var all []Course
	for key, s := range h.series {
		if s == nil {
			continue
		}
		c := Course{Name: key.Model, Version: key.Version, Regression: !s.coder.HasClasses(), Features: s.coder.Features(), Blocks: s.done}
		for i := range c.Blocks {
			c.Blocks[i].count(s.losses[i*h.rows : (i+1)*h.rows])
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
func (b *Block) count(losses []float64) {
	sum := 0.
	b.Labelled = 0
	for _, loss := range losses {
		if !math.IsNaN(loss) {
			b.Labelled++
			sum += loss
		}
	}
	b.Loss = sum / float64(b.Labelled)
}

// minOutcomes is the number of outcomes that a block needs for an accuracy, or a mean error.
const minOutcomes = 20

// Correlations returns, for each feature, the rank correlation of its divergence with the accuracy
// over the blocks, or with the mean absolute error of a regression. It also returns the number of
// blocks, which are those with at least 20 outcomes. The difference from the reference's accuracy
// or error has the same ranks. A correlation is NaN if it is not defined.
func (c *Course) Correlations() (rho []float64, blocks int) {
	var quality []float64
	kl := make([][]float64, len(c.Features))
	for _, b := range c.Blocks {
		if b.Labelled < minOutcomes {
			continue
		}
		if c.Regression {
			quality = append(quality, b.Loss)
		} else {
			quality = append(quality, 1-b.Loss)
		}
		for i := range kl {
			kl[i] = append(kl[i], b.KL[i])
		}
	}
	rho = slices.Repeat([]float64{math.NaN()}, len(c.Features))
	for i := range rho {
		rho[i] = drift.Spearman(kl[i], quality)
	}
	return rho, len(quality)
}
