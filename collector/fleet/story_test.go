package fleet

import (
	"bytes"
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/drift-exporter/drift_exporter/collector/drift"
	"github.com/drift-exporter/drift_exporter/collector/reference"
	"github.com/drift-exporter/drift_exporter/collector/window"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/tick"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// begin is when the stories begin.
var begin = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)

const second = int64(time.Second)

// answer is what a model says of one row, and what comes of it.
type answer struct {
	x, c           string
	class, outcome string
	score          float64
}

var trees = []string{"ash", "elm", "oak"}

// answered draws an answer. drift moves the feature, harm makes the model worse; both are 0 to 1.
func answered(r *rand.Rand, of value.Prediction, drift, harm float64) answer {
	a := answer{x: strconv.FormatFloat(math.Round(1000*(r.NormFloat64()+2*drift))/1000, 'g', -1, 64), c: string(rune('a' + r.IntN(3)))}
	p := r.Float64()
	switch of {
	case value.Binary:
		a.score, a.class = p, strconv.Itoa(int(math.Round(p)))
		a.outcome = strconv.Itoa(int(math.Round(min(1, max(0, p+r.NormFloat64()*(.2+harm))))))
	case value.Multiclass:
		a.class, a.score = trees[r.IntN(3)], .25+.75*p
		a.outcome = a.class
		if r.Float64() > a.score*(1-harm/2) {
			a.outcome = append(trees, "fir")[r.IntN(4)]
		}
	default:
		a.score = 1000 * p
		a.outcome = strconv.FormatFloat(a.score+5+(20+200*harm)*r.NormFloat64(), 'g', -1, 64)
	}
	return a
}

// referenceOf builds the reference of a model of a type, or another one, with other bins and one
// category more.
func referenceOf(t *testing.T, of value.Prediction, other bool) *reference.Reference {
	t.Helper()
	r := rand.New(rand.NewPCG(7, uint64(len(of))))
	var x []float64
	var c []string
	held := &reference.HeldOut{}
	for i := range 3000 {
		a := answered(r, of, 0, 0)
		n, _ := strconv.ParseFloat(a.x, 64)
		if other {
			n = 1.4*n + .3
			if i%5 == 0 {
				a.c = "d"
			}
		}
		x, c = append(x, n), append(c, a.c)
		held.Index, held.Score = append(held.Index, i), append(held.Score, a.score)
		if of == value.Regression {
			truth, _ := strconv.ParseFloat(a.outcome, 64)
			held.Truth = append(held.Truth, truth)
			continue
		}
		if a.outcome == "fir" {
			a.outcome = ""
		}
		held.Predicted, held.Actual = append(held.Predicted, a.class), append(held.Actual, a.outcome)
	}
	built, err := reference.Build([]reference.Column{{Name: "x", Type: value.Numeric, Numbers: x}, {Name: "c", Type: value.Categorical, Texts: c}}, held,
		reference.BuildOptions{Model: string(of), Type: of})
	if err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	if err := built.Encode(&file); err != nil {
		t.Fatal(err)
	}
	parsed, err := reference.Parse(file.Bytes(), string(of)+".json")
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

// specs are a model of each type, and one without a reference.
func specs(t *testing.T) []window.Spec { return specsOf(t, false) }

// specsOf are the same with another reference, if other.
func specsOf(t *testing.T, other bool) []window.Spec {
	t.Helper()
	all := []window.Spec{{Name: "bare", Type: value.Binary}}
	for _, of := range value.Predictions {
		all = append(all, window.Spec{Name: string(of), Type: of, References: []*reference.Reference{referenceOf(t, of, other)}})
	}
	return all
}

// story is what five replicas log and ship.
type story struct {
	random *rand.Rand
	specs  map[string]*window.Spec
	coders map[predictionlog.Key]tick.Coder
	logs   []*replica
	rows   int

	shipped memory
	ones    []one // the same, as one log has it
	told    []said
	waiting []waiting
}

// one is a row, and where it counts.
type one struct {
	predictionlog.Row

	log            string
	effective, own int64 // own is its own time
}

// said is an outcome, and where it counts.
type said struct {
	predictionlog.FeedbackRow

	log, about string
	effective  int64
}

// waiting is an outcome that comes at a time.
type waiting struct {
	at      int64
	about   *replica
	row     predictionlog.Row
	outcome string
	times   int
}

// replica is one log and its shipper.
type replica struct {
	id       string
	rows     []predictionlog.Row
	feedback []predictionlog.FeedbackRow
	abouts   []string // the logs of the predictions of feedback
	shipped  int      // rows
	said     int
	closed   []int64 // what had been closed when each row was shipped, by id - 1
	through  int64
	last     int64 // when it shipped last
}

// stories last so long.
const lasts = 6 * 3600 * second

func newStory(t *testing.T, seed uint64, rows int) *story {
	t.Helper()
	s := &story{random: rand.New(rand.NewPCG(seed, 1)), specs: map[string]*window.Spec{}, coders: map[predictionlog.Key]tick.Coder{}, rows: rows}
	all := specs(t)
	for i := range all {
		s.specs[all[i].Name] = &all[i]
	}
	for i := range 5 {
		s.logs = append(s.logs, &replica{id: fmt.Sprintf("00000000-0000-0000-0000-00000000000%d", i)})
	}
	return s
}

func (s *story) coder(t *testing.T) func(key predictionlog.Key) tick.Coder {
	return func(key predictionlog.Key) tick.Coder {
		if s.coders[key] == nil {
			spec := s.specs[key.Model]
			c, err := window.NewCounter(spec, spec.Reference(key.Version), drift.BinOptions{})
			if err != nil {
				t.Fatal(err)
			}
			s.coders[key] = c
		}
		return s.coders[key]
	}
}

// offset is how wrong the clock of a replica is.
func offset(log int, at int64) int64 {
	switch {
	case log == 3 && at > lasts/4 && at < lasts/4+600*second:
		return -40 * second
	case log == 3 && at > lasts/2 && at < lasts/2+300*second:
		return -900 * second // set back: everything it ships is late
	case log == 1 && at > lasts/3 && at < lasts/3+300*second:
		return 50 * second
	}
	return 0
}

// dead reports whether a replica does nothing, quiet whether it cannot ship.
func dead(log int, at int64) bool { return log == 2 && at > lasts*3/5 && at < lasts*3/5+3600*second }

func quiet(log int, at int64) bool {
	return dead(log, at) || log == 4 && at > 4700*second && at < 5100*second
}

// tell makes everything happen.
func (s *story) tell(t *testing.T) {
	t.Helper()
	step := lasts / int64(s.rows)
	coder, next := s.coder(t), make([]int64, len(s.logs))
	names := []string{"binary", "binary", "binary", "multiclass", "multiclass", "regression", "regression", "bare"}
	for at := int64(0); at < lasts+1800*second; at += step {
		for i, l := range s.logs {
			if at >= next[i] && !quiet(i, at) {
				s.ship(l, begin.UnixNano()+at, coder)
				next[i] = at + (5+s.random.Int64N(10))*second
			}
		}
		s.hear(at)
		i := s.random.IntN(len(s.logs))
		if at >= lasts || dead(i, at) {
			continue
		}
		s.predict(i, at, names[s.random.IntN(len(names))])
	}
}

// predict logs a prediction, and says when its outcome comes.
func (s *story) predict(i int, at int64, name string) {
	l, r := s.logs[i], s.random
	drifts, harm := 0.0, 0.0
	if at > lasts/2 {
		drifts = .5
	}
	if at > lasts*2/3 {
		harm = .6
	}
	spec := s.specs[name]
	a := answered(r, spec.Type, drifts, harm)
	row := predictionlog.Row{
		ID: int64(len(l.rows)) + 1, Time: begin.UnixNano() + at + offset(i, at) + 1, Model: name, Version: "1", Class: a.class, Score: a.score, HasScore: r.IntN(50) > 0,
		Features: fmt.Appendf(nil, `{"x": %s, "c": %q}`, a.x, a.c), Latency: r.Int64N(1e9) - 1,
	}
	if name == "binary" && at > lasts/3 && r.IntN(3) == 0 {
		row.Version = "2"
	}
	switch r.IntN(60) {
	case 0:
		row.Time -= r.Int64N(50 * second)
	case 1:
		row.Features = []byte(`{"x"`)
	case 2:
		row.Features = fmt.Appendf(nil, `{"x": null, "c": "new"}`)
	}
	l.rows = append(l.rows, row)
	if r.IntN(60) > 0 {
		s.waiting = append(s.waiting, waiting{at + int64(r.ExpFloat64()*float64(900*second)), l, row, a.outcome, 0})
	}
}

// hear logs the outcomes that have come, most of them where their prediction is.
func (s *story) hear(at int64) {
	r := s.random
	for i := 0; i < len(s.waiting); i++ {
		w := s.waiting[i]
		if w.at > at {
			continue
		}
		s.waiting[i] = s.waiting[len(s.waiting)-1]
		s.waiting = s.waiting[:len(s.waiting)-1]
		i--
		to := w.about
		if r.IntN(5) == 0 {
			to = s.logs[r.IntN(len(s.logs))]
		}
		f := predictionlog.FeedbackRow{
			Seq: int64(len(to.feedback)) + 1, PredictionID: w.row.ID, Time: begin.UnixNano() + at, ObservedAt: begin.UnixNano() + at,
			Outcome: w.outcome, Class: w.row.Class, Model: w.row.Model, Version: w.row.Version, Confidence: 1, PredictedAt: w.row.Time,
			Score: w.row.Score, HasScore: w.row.HasScore,
		}
		if w.row.Class == "1" && r.IntN(10) == 0 {
			f.Explored = .2
		}
		if w.times > 0 {
			f.Corrects = "same_source"
		}
		to.feedback, to.abouts = append(to.feedback, f), append(to.abouts, w.about.id)
		if w.times == 0 && r.IntN(15) == 0 && w.outcome != "" {
			again := waiting{at + int64(r.ExpFloat64()*float64(900*second)), w.about, w.row, map[string]string{"0": "1", "1": "0"}[w.outcome], 1}
			if again.outcome == "" {
				again.outcome = w.outcome
			}
			s.waiting = append(s.waiting, again)
		}
	}
}

// ship ships what a replica has logged since the last time.
func (s *story) ship(l *replica, now int64, coder func(predictionlog.Key) tick.Coder) {
	counts := tick.NewCounts(coder)
	after := int64(l.shipped)
	if now > l.last+int64(lateness) {
		l.through = tick.Start(now) // the others have gone on
	}
	l.last = now
	for ; l.shipped < len(l.rows); l.shipped++ {
		row := &l.rows[l.shipped]
		counts.Prediction(row)
		l.closed = append(l.closed, l.through)
		s.ones = append(s.ones, one{*row, l.id, tick.Effective(tick.Start(row.Time), now, l.through, lateness), row.Time})
	}
	for ; l.said < len(l.feedback); l.said++ {
		f := &l.feedback[l.said]
		about := s.logs[slices.IndexFunc(s.logs, func(o *replica) bool { return o.id == l.abouts[l.said] })]
		if int(f.PredictionID) > len(about.closed) {
			break // the prediction has not been shipped
		}
		counts.Feedback(f)
		o := s.outcome(l, f, about, now, coder)
		s.shipped.outcomes = append(s.shipped.outcomes, o)
		s.told = append(s.told, said{*f, l.id, about.id, o.Effective(lateness)})
	}
	for _, r := range append(counts.Records(), tick.Record{Tick: tick.Start(now)}) {
		r.LogID, r.After, r.Sequence, r.ShippedAt, r.Closed, r.Through = l.id, after, int64(l.shipped), now, l.through, tick.Start(now-5*second)
		s.shipped.records = append(s.shipped.records, r)
	}
	l.through = tick.Start(now - 5*second)
}

// outcome returns an outcome as it is shipped.
func (s *story) outcome(l *replica, f *predictionlog.FeedbackRow, about *replica, now int64, coder func(predictionlog.Key) tick.Coder) tick.Outcome {
	c := coder(predictionlog.Key{Model: f.Model, Version: f.Version})
	o := tick.Outcome{
		LogID: l.id, Sequence: f.Seq, ShippedAt: now, Closed: max(l.through, about.closed[f.PredictionID-1]), Time: f.Time, ObservedAt: f.ObservedAt, Model: f.Model, Version: f.Version, Scheme: tick.Scheme(c.Scheme()),
		PredictionLog: about.id, PredictionID: f.PredictionID, PredictedAt: f.PredictedAt, Class: f.Class, Outcome: f.Outcome,
		Score: f.Score, HasScore: f.HasScore, Explored: f.Explored, Confidence: f.Confidence, Corrects: f.Corrects,
	}
	if counted, ok := c.Row(&about.rows[f.PredictionID-1]); ok {
		o.Codes = slices.Clone(counted.Codes)
	} else if c.Scheme() == nil {
		o.PredictedAt = -1 // as of a prediction that is gone
	}
	return o
}

// log returns one log with everything that counts before a time.
func (s *story) log() (all []one, told []said) {
	all, told = slices.Clone(s.ones), slices.Clone(s.told)
	for i := range all {
		// A row at the very edge of a window is in it by ticks, and out of it by rows.
		all[i].Time = min(max(all[i].Time, all[i].effective+1), all[i].effective+15*second-1)
	}
	slices.SortFunc(all, func(a, b one) int {
		return cmp.Or(cmp.Compare(a.effective, b.effective), cmp.Compare(a.Time, b.Time), cmp.Compare(a.own, b.own), strings.Compare(a.log, b.log), cmp.Compare(a.ID, b.ID))
	})
	ids := map[string]int64{}
	for i := range all {
		ids[fmt.Sprint(all[i].log, all[i].ID)], all[i].ID = int64(i), int64(i)
	}
	slices.SortFunc(told, func(a, b said) int {
		return cmp.Or(cmp.Compare(a.effective, b.effective), cmp.Compare(a.Time, b.Time), strings.Compare(a.log, b.log), cmp.Compare(a.Seq, b.Seq))
	})
	for i := range told {
		told[i].PredictionID, told[i].Seq = ids[fmt.Sprint(told[i].about, told[i].PredictionID)], int64(i)
	}
	return all, told
}
