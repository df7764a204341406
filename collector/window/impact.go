package window

import (
	"context"
	"fmt"

	"github.com/drift-exporter/drift_exporter/collector/snapshot"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
)

// impactCounts counts outcomes by the exported bins of every feature.
type impactCounts struct {
	layout   *layout
	features []snapshot.BinOutcomes
	// conf is the sum of the model's confidence and scored the number of rows with a score,
	// by feature and bin, where the reference has no outcomes.
	conf, scored [][]int64
}

func newImpactCounts(l *layout) *impactCounts {
	c := &impactCounts{layout: l}
	if l == nil {
		return c
	}
	c.features = make([]snapshot.BinOutcomes, l.features)
	c.conf, c.scored = make([][]int64, l.features), make([][]int64, l.features)
	for i := range c.features {
		k := &l.columns[i]
		n := len(k.bins)
		c.features[i] = snapshot.BinOutcomes{
			Known: k.known, KnownRight: k.knownRight, Labelled: make([]int64, n), Right: make([]int64, n),
			Expected: k.expected,
		}
		if k.expected == nil {
			c.conf[i], c.scored[i] = make([]int64, n), make([]int64, n)
		}
	}
	return c
}

// add counts one prediction by the codes of its features.
func (c *impactCounts) add(codes []uint8, right, hasScore bool, conf int64) {
	for i := range c.features {
		f, b := &c.features[i], c.layout.columns[i].binning.Bin(codes[i])
		f.Labelled[b]++
		if right {
			f.Right[b]++
		}
		if c.conf[i] != nil && hasScore {
			c.conf[i][b] += conf
			c.scored[i][b]++
		}
	}
}

// expect sets the expected accuracy of features for which the reference has no outcomes.
// It is the model's mean confidence in the bin, or over all bins if no prediction in the
// bin has a score. It stays nil if no prediction has a score.
func (c *impactCounts) expect() *snapshot.Outcomes {
	if c.layout == nil {
		return nil
	}
	for i, scored := range c.scored {
		if scored == nil {
			continue
		}
		var conf, n int64
		for b := range scored {
			conf += c.conf[i][b]
			n += scored[b]
		}
		if n == 0 {
			continue
		}
		expected := make([]float64, len(scored))
		for b := range scored {
			expected[b] = float64(conf) / float64(n) / confUnit
			if scored[b] > 0 {
				expected[b] = float64(c.conf[i][b]) / float64(scored[b]) / confUnit
			}
		}
		c.features[i].Expected = expected
	}
	return &snapshot.Outcomes{Features: c.features}
}

// outcomes adds up the reference's outcomes by the exported bins of a column. A bin without
// outcomes, such as the one for missing values, is expected to be as accurate as all bins
// together.
func (c *column) outcomes(labelled, correct []int64) {
	n := len(c.bins)
	c.known, c.knownRight = make([]int64, n), make([]int64, n)
	var all, right int64
	for code := range labelled {
		b := c.binning.Bin(uint8(code))
		c.known[b] += labelled[code]
		c.knownRight[b] += correct[code]
		all += labelled[code]
		right += correct[code]
	}
	if all == 0 {
		return
	}
	c.expected = make([]float64, n)
	for b := range c.expected {
		c.expected[b] = float64(right) / float64(all)
	}
}

// codesOf returns the codes of the features of a row, nil when the ring no longer has it.
func (s *series) codesOf(id int64) []uint8 {
	if s.layout == nil {
		return nil
	}
	i, ok := s.rows.Find(id)
	if !ok {
		return nil
	}
	at := s.rows.At(i)
	codes := make([]uint8, s.layout.features)
	for c := range codes {
		codes[c] = s.rows.Column(c)[at]
	}
	return codes
}

// join reads the features of predictions in the feedback windows that the ring no longer
// has, each once. After a start these are at most --window.feedback for each model and
// version, at 10 us each; later only new ones.
func (w *Window) join(ctx context.Context) error {
	for _, f := range w.state.feedback {
		if err := f.join(ctx, w.log, w.state.anchor); err != nil {
			return fmt.Errorf("read predictions with feedback: %w", err)
		}
	}
	return nil
}

func (f *feedback) join(ctx context.Context, log Log, anchor int64) error {
	if f.layout == nil {
		return nil
	}
	wanted := map[int64]*record{}
	var ids []int64
	for i := range f.records {
		r := &f.records[i]
		if r.codes == nil && !r.looked && r.prediction >= anchor && f.effective(*r) {
			wanted[r.prediction] = r
			ids = append(ids, r.prediction)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	l := f.layout
	codes, last, lastAt := make([]uint8, l.width()), make([]float64, l.features), make([]int64, l.features)
	err := log.PredictionsByID(ctx, ids, func(row *predictionlog.Row) error {
		if l.code(row, codes, last, lastAt) {
			wanted[row.ID].codes = append([]uint8(nil), codes[:l.features]...)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, r := range wanted {
		r.looked = true
	}
	f.performance = nil
	return nil
}
