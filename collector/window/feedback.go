package window

import "github.com/drift-exporter/drift_exporter/predictor/predictionlog"

// feedback is the feedback window of one model and version: the outcomes of the
// newest distinct predictions, by the order in which their effective record was
// accepted. A prediction that gets another record moves to the end, and its
// earlier record no longer counts.
type feedback struct {
	limit   int
	records []record // in order; a superseded one is no longer in current
	current map[int64]int64
}

type record struct {
	seq, prediction   int64
	predicted, actual string
}

func newFeedback(limit int) *feedback {
	return &feedback{limit: limit, current: map[int64]int64{}}
}

func (f *feedback) add(row *predictionlog.FeedbackRow) {
	f.records = append(f.records, record{row.Seq, row.PredictionID, row.Class, row.Outcome})
	f.current[row.PredictionID] = row.Seq
	f.trim(0)
}

// forget drops the records before the anchor.
func (f *feedback) forget(anchor int64) { f.trim(anchor) }

func (f *feedback) empty() bool { return len(f.current) == 0 }

// effective reports whether a record is not superseded.
func (f *feedback) effective(r record) bool {
	seq, ok := f.current[r.prediction]
	return ok && seq == r.seq
}

// trim drops records from the front: those that are superseded, lie before
// anchor, or are too many. It rewrites the list when most of it is superseded.
func (f *feedback) trim(anchor int64) {
	for len(f.records) > 0 {
		r := f.records[0]
		if f.effective(r) {
			if len(f.current) <= f.limit && r.seq >= anchor {
				break
			}
			delete(f.current, r.prediction)
		}
		f.records = f.records[1:]
	}
	if len(f.records) <= 2*f.limit {
		return
	}
	kept := make([]record, 0, f.limit)
	for _, r := range f.records {
		if f.effective(r) {
			kept = append(kept, r)
		}
	}
	f.records = kept
}

// performance counts the records that are not superseded.
func (f *feedback) performance(positive string) Performance {
	var p Performance
	for _, r := range f.records {
		if !f.effective(r) {
			continue
		}
		p.Samples++
		if r.predicted == r.actual {
			p.Correct++
		}
		switch predicted, actual := r.predicted == positive, r.actual == positive; {
		case predicted && actual:
			p.TruePositive++
		case predicted:
			p.FalsePositive++
		case actual:
			p.FalseNegative++
		default:
			p.TrueNegative++
		}
	}
	return p
}
