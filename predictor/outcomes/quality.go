package outcomes

import (
	"context"
	"maps"
	"math"
	"slices"

	"github.com/drift-exporter/drift_exporter/predictor/outcomes/agreement"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite"
)

// qualityRows is the number of the newest rows of evidence that are read.
const qualityRows = 200_000

// quality says how good each source is.
type quality struct {
	names      []string
	statements []int     // predictions of which each source said something
	claimed    []float64 // the mean of its confidences
	// compared counts a source's predictions for which another source also has an outcome, or for
	// which another outcome counts. agreed counts those of them for which the source has the
	// outcome that counts.
	compared, agreed []int
	pairs            map[[2]int]agreement.Pair // of classes
	estimated        []float64                 // accuracy by overlaps alone, NaN when it cannot be estimated

	// For predictions of regressions, whose outcomes are numbers: counting compares each source
	// with what counts, where compared does, and numbers compares pairs of sources.
	tolerances []float64
	counting   []agreement.Numbers
	numbers    map[[2]int]*agreement.Numbers
}

// thing is what was said of one prediction.
type thing struct {
	counts string
	number bool
	said   map[string]string // by source
}

// readQuality reads what the sources say about the newest predictions. tolerances has that of each
// source.
func readQuality(ctx context.Context, reader *sqlite.Reader, tolerances map[string]float64) (*quality, error) {
	things := map[int64]*thing{}
	claimed, spoke := map[string]float64{}, map[string]int{}
	err := reader.Statements(ctx, qualityRows, func(s predictionlog.Statement) error {
		t := things[s.PredictionID]
		if t == nil {
			t = &thing{counts: s.Counts, number: s.Number, said: map[string]string{}}
			things[s.PredictionID] = t
		}
		t.said[s.Source] = s.Outcome
		claimed[s.Source] += s.Confidence
		spoke[s.Source]++
		return nil
	})
	if err != nil {
		return nil, err
	}
	q := &quality{names: slices.Sorted(maps.Keys(spoke)), pairs: map[[2]int]agreement.Pair{}, numbers: map[[2]int]*agreement.Numbers{}}
	n := len(q.names)
	q.statements, q.compared, q.agreed = make([]int, n), make([]int, n), make([]int, n)
	q.claimed, q.estimated, q.tolerances = make([]float64, n), make([]float64, n), make([]float64, n)
	q.counting = make([]agreement.Numbers, n)
	for i, name := range q.names {
		q.statements[i], q.claimed[i], q.tolerances[i] = spoke[name], claimed[name]/float64(spoke[name]), tolerances[name]
	}
	var all []agreement.Said // of classes
	for _, id := range slices.Sorted(maps.Keys(things)) {
		t := things[id]
		q.count(t)
		if t.number {
			q.pairNumbers(t)
			continue
		}
		said := make(agreement.Said, n)
		for i, name := range q.names {
			said[i] = t.said[name]
		}
		all = append(all, said)
	}
	estimate, known := agreement.DawidSkene(all)
	for i := range q.names {
		q.estimated[i] = math.NaN()
		if known {
			q.estimated[i] = estimate.Accuracy[i]
		}
		for j := range i {
			q.pairs[[2]int{j, i}] = agreement.Compare(all, j, i)
		}
	}
	return q, nil
}

// count compares each source with the outcome that counts.
func (q *quality) count(t *thing) {
	for i, name := range q.names {
		said, spoke := t.said[name]
		if !spoke || t.counts == "" || len(t.said) == 1 && said == t.counts {
			continue
		}
		q.compared[i]++
		same := said == t.counts
		if t.number {
			same = compareNumbers(&q.counting[i], said, t.counts, q.tolerances[i])
		}
		if same {
			q.agreed[i]++
		}
	}
}

// ratio returns how often a source agrees with the outcome that counts. ok is false if that is
// unknown.
func (q *quality) ratio(i int) (ratio float64, ok bool) {
	if q.compared[i] == 0 {
		return 0, false
	}
	return float64(q.agreed[i]) / float64(q.compared[i]), true
}
