package cohort

import (
	"math"
	"slices"

	"github.com/drift-exporter/drift_exporter/collector/window/columns"
)

// Outcome is an outcome of a prediction. Sequence is its number in the log, Bucket the bucket of
// its delay, and Loss says how wrong the prediction was: 0 or 1, or between.
type Outcome struct {
	Sequence int64
	Bucket   uint8
	Loss     float64
}

// store holds what is known of each row: 3 bytes, 11 more in a run with outcomes, and one for
// each feature if slices are followed.
type store struct {
	runs []*run // the first one has the first row
	// history has earlier outcomes of rows that have more than one, in order.
	history map[int64][]Outcome
}

type run struct {
	kind     [columns.RunLength]uint8
	expected [columns.RunLength]uint16
	outcomes *outcomes // nil before the first
	bins     []uint8   // of the features, row after row; nil unless slices are followed
}

type outcomes struct {
	sequence [columns.RunLength]int64
	bucket   [columns.RunLength]uint8
	loss     [columns.RunLength]uint16
}

const (
	// scale is the unit of losses and expected errors: whole numbers add up to the same in any
	// order.
	scale     = 50_000
	unknown   = math.MaxUint16
	noOutcome = math.MaxUint8
)

// Rounded returns a loss or an expected error as it counts.
func Rounded(x float64) float64 { return float64(scaled(x)) / scale }

func scaled(x float64) uint16 { return uint16(math.Round(min(max(x, 0), 1) * scale)) }

func (s *store) of(first, i int64) (r *run, at int64) {
	return s.runs[i/columns.RunLength-first/columns.RunLength], i % columns.RunLength
}

func (s *store) add(first, i int64, kind uint8, expected float64, bins []uint8) {
	if i%columns.RunLength == 0 || len(s.runs) == 0 {
		s.runs = append(s.runs, &run{})
	}
	r, at := s.of(first, i)
	r.kind[at], r.expected[at] = kind, unknown
	if !math.IsNaN(expected) {
		r.expected[at] = scaled(expected)
	}
	if len(bins) > 0 {
		if r.bins == nil {
			r.bins = make([]uint8, columns.RunLength*len(bins))
		}
		copy(r.bins[int(at)*len(bins):], bins)
	}
}

// binsOf returns the bins of the features of a row.
func (s *store) binsOf(first, i int64, features int) []uint8 {
	r, at := s.of(first, i)
	return r.bins[int(at)*features : (int(at)+1)*features]
}

// row returns the kind and the expected loss of a row, NaN if unknown.
func (s *store) row(first, i int64) (kind uint8, expected float64) {
	r, at := s.of(first, i)
	if r.expected[at] == unknown {
		return r.kind[at], math.NaN()
	}
	return r.kind[at], float64(r.expected[at]) / scale
}

func (s *store) outcome(first, i int64, o Outcome) {
	r, at := s.of(first, i)
	if r.outcomes == nil {
		r.outcomes = &outcomes{}
		for k := range r.outcomes.bucket {
			r.outcomes.bucket[k] = noOutcome
		}
	}
	if last, ok := r.last(at); ok {
		s.history[i] = append(s.history[i], last)
	}
	r.outcomes.sequence[at], r.outcomes.bucket[at], r.outcomes.loss[at] = o.Sequence, o.Bucket, scaled(o.Loss)
}

// last returns the newest outcome of a row.
func (r *run) last(at int64) (o Outcome, ok bool) {
	if r.outcomes == nil || r.outcomes.bucket[at] == noOutcome {
		return o, false
	}
	return Outcome{r.outcomes.sequence[at], r.outcomes.bucket[at], float64(r.outcomes.loss[at]) / scale}, true
}

// at returns the outcome that a row had at an age, of those from anchor on.
func (s *store) at(first, i int64, age uint8, anchor int64) (o Outcome, ok bool) {
	r, at := s.of(first, i)
	if o, ok = r.last(at); !ok || o.Sequence < anchor {
		return o, false
	}
	if o.Bucket <= age {
		return o, true
	}
	for _, o := range slices.Backward(s.history[i]) {
		if o.Bucket <= age {
			return o, o.Sequence >= anchor
		}
	}
	return o, false
}

// forget drops the rows before number to, the first one being first.
func (s *store) forget(first, to int64) {
	s.runs = slices.Delete(s.runs, 0, min(len(s.runs), int(to/columns.RunLength-first/columns.RunLength)))
	for i := range s.history {
		if i < to {
			delete(s.history, i)
		}
	}
}
