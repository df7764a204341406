package window

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/drift-exporter/drift_exporter/collector/drift"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
)

// Hindsight splits the predictions of each model and version into consecutive blocks
// and counts in each its features and how right it turned out to be, whenever its
// outcomes come: who looks back at a history, unlike a scrape, knows them. A row
// costs 1 us and 9 bytes.
type Hindsight struct {
	rows   int
	window *Window
	series map[predictionlog.Key]*hindsight
}

type hindsight struct {
	layout *layout
	ids    []int64
	state  []uint8 // of each row: unknown, wrong or right
	done   []Block
	fine   [][]int64 // counts of the open block, by feature and code
	codes  []uint8
	last   []float64
	lastAt []int64
}

const (
	unknownOutcome uint8 = iota
	wrongOutcome
	rightOutcome
)

// Block is one run of predictions.
type Block struct {
	// KL is D(reference || block) in nats, in the order of the features.
	KL []float64
	// Labelled of its predictions have an outcome; Correct of these were right.
	Labelled, Correct int64
}

// History is what Hindsight found of one model and version.
type History struct {
	Name, Version string
	Features      []string
	Blocks        []Block
}

// NewHindsight returns one with blocks of a number of predictions, of the models of specs.
// What is no JSON object, or is not served by a reference, is left out.
func NewHindsight(specs []Spec, bins drift.BinOptions, rows int) (*Hindsight, error) {
	w, err := New(nil, specs, bins, nil, Options{Predictions: rows, Lookback: 1, Feedback: 1, Versions: 1, Bare: true})
	if err != nil {
		return nil, fmt.Errorf("look back in blocks: %w", err)
	}
	return &Hindsight{rows: rows, window: w, series: map[predictionlog.Key]*hindsight{}}, nil
}

// Prediction adds a row. Rows must come in the order of their ids.
func (b *Hindsight) Prediction(row *predictionlog.Row) {
	key := predictionlog.Key{Model: row.Model, Version: row.Version}
	s, known := b.series[key]
	if !known {
		if spec := b.window.specs[row.Model]; spec != nil {
			if l := b.window.layoutOf(spec, row.Version); l != nil {
				s = newHindsight(l)
			}
		}
		b.series[key] = s
	}
	if s != nil && s.layout.code(row, s.codes, s.last, s.lastAt) {
		s.add(row.ID, b.rows)
	}
}

func newHindsight(l *layout) *hindsight {
	s := &hindsight{layout: l, codes: make([]uint8, len(l.columns)), last: make([]float64, l.features), lastAt: make([]int64, l.features)}
	for _, n := range l.codes()[:l.features] {
		s.fine = append(s.fine, make([]int64, n))
	}
	return s
}

// add adds the row whose codes are at hand, and closes its block when it is full.
func (s *hindsight) add(id int64, rows int) {
	s.ids, s.state = append(s.ids, id), append(s.state, unknownOutcome)
	for i := range s.fine {
		s.fine[i][s.codes[i]]++
	}
	if len(s.ids)%rows != 0 {
		return
	}
	block := Block{KL: make([]float64, len(s.fine))}
	for i := range s.fine {
		c := &s.layout.columns[i]
		block.KL[i] = drift.KL(c.bins, c.binning.Fold(s.fine[i], make([]int64, len(c.bins))))
		clear(s.fine[i])
	}
	s.done = append(s.done, block)
}

// Feedback adds an outcome, which takes the place of an earlier one.
func (b *Hindsight) Feedback(row *predictionlog.FeedbackRow) {
	s := b.series[predictionlog.Key{Model: row.Model, Version: row.Version}]
	if s == nil {
		return
	}
	if i, ok := slices.BinarySearch(s.ids, row.PredictionID); ok {
		if s.state[i] = wrongOutcome; row.Class == row.Outcome {
			s.state[i] = rightOutcome
		}
	}
}

// Histories returns what was found, by model and version. Rows behind the last
// full block are left out.
func (b *Hindsight) Histories() []History {
	var all []History
	for key, s := range b.series {
		if s == nil {
			continue
		}
		h := History{Name: key.Model, Version: key.Version, Blocks: s.done}
		for i := range s.layout.features {
			h.Features = append(h.Features, s.layout.columns[i].name)
		}
		for i := range h.Blocks {
			block := &h.Blocks[i]
			block.Labelled, block.Correct = 0, 0
			for _, state := range s.state[i*b.rows : (i+1)*b.rows] {
				if state != unknownOutcome {
					block.Labelled++
				}
				if state == rightOutcome {
					block.Correct++
				}
			}
		}
		all = append(all, h)
	}
	slices.SortFunc(all, func(a, b History) int {
		if c := strings.Compare(a.Name, b.Name); c != 0 {
			return c
		}
		return strings.Compare(a.Version, b.Version)
	})
	return all
}

// Correlations returns by feature the rank correlation, over the blocks, of its
// divergence with their accuracy, and over how many blocks that is: those of which
// at least 20 predictions have an outcome. The difference of the accuracy from the
// reference's has the same ranks. It is NaN where it is not defined.
func (h *History) Correlations() (rho []float64, blocks int) {
	var accuracy []float64
	kl := make([][]float64, len(h.Features))
	for _, b := range h.Blocks {
		if b.Labelled < minOutcomes {
			continue
		}
		accuracy = append(accuracy, float64(b.Correct)/float64(b.Labelled))
		for i := range kl {
			kl[i] = append(kl[i], b.KL[i])
		}
	}
	rho = slices.Repeat([]float64{math.NaN()}, len(h.Features))
	for i := range rho {
		rho[i] = drift.Spearman(kl[i], accuracy)
	}
	return rho, len(accuracy)
}
