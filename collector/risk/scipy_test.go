package risk

import (
	"bytes"
	"encoding/json"
	"math"
	"math/rand/v2"
	"os/exec"
	"testing"

	"github.com/drift-exporter/drift_exporter/collector/drift"
)

// askedLog is a random log: a stream of errors and one of losses.
type askedLog struct {
	Threshold float64  `json:"threshold"`
	Tolerance float64  `json:"tolerance"`
	Alpha     float64  `json:"alpha"`
	Ticks     [][5]any `json:"ticks"`
	Losses    [][4]any `json:"losses"`
}

type toldLog struct {
	Evidence, Losses []float64
	Excess, Mean     [2]float64
	Contest          [2]float64
}

// ask lets testdata/check.py compute the answers to questions, both as JSON.
func ask(t *testing.T, questions, answers any) {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), "python3", "-c", "import numpy, scipy").CombinedOutput(); err != nil {
		t.Skipf("python3 with numpy and scipy is needed for the comparison: %v\n%s", err, out)
	}
	data, err := json.Marshal(questions)
	if err != nil {
		t.Fatal(err)
	}
	var stderr bytes.Buffer
	cmd := exec.CommandContext(t.Context(), "python3", "testdata/check.py")
	cmd.Stdin, cmd.Stderr = bytes.NewReader(data), &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr.Bytes())
	}
	if err := json.Unmarshal(out, answers); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
}

func near(a, b float64) bool { return math.Abs(a-b) <= 1e-9*max(1, math.Abs(a), math.Abs(b)) }

// random makes a log whose rates rise in its middle, and what the package says of it.
func random(r *rand.Rand) (askedLog, toldLog) {
	o := Options{Tolerance: 0.1 * r.Float64(), FalseAlarmsPerMonth: 1e-6, Watched: 1 + r.IntN(30)}
	log, told := askedLog{Threshold: o.Threshold(), Tolerance: o.Tolerance, Alpha: 0.2 * r.Float64()}, toldLog{}
	limit, batch := 0.02+0.4*r.Float64(), r.Float64()*0.3
	d, l, x, m := NewDetector(o), NewLossDetector(o), &Excess{}, NewMean(log.Alpha)
	var errors, losses effect
	contest := NewContest(true)
	for tick := range 60 {
		level := limit
		if tick > 20 {
			level = min(0.95, limit+o.Tolerance+0.3*r.Float64())
		}
		nearBy, mean := errors.careful(), errors.known()
		t := Tick{Limit: limit}
		for range r.IntN(3) {
			p := Outcomes{Labels: r.Int64N(60)}
			for range p.Labels {
				if r.Float64() < min(1, level+batch*(r.Float64()-0.5)) {
					p.Errors++
				}
			}
			t.Pieces = append(t.Pieces, p)
		}
		asked := [5]any{limit, limit * 0.9, nearBy, mean, [][2]int64{}}
		pieces := [][2]int64{}
		for _, p := range t.Pieces {
			pieces = append(pieces, [2]int64{p.Labels, p.Errors})
			x.Add(p, limit*0.9, limit, nearBy)
			if p.Labels > 0 {
				errors.add(p)
			}
		}
		asked[4] = pieces
		log.Ticks = append(log.Ticks, asked)
		d.Tick(&t)
		told.Evidence = append(told.Evidence, d.Evidence())
		told.Excess = [2]float64{x.Errors(), x.AtLeast(log.Alpha)}

		nearBy, mean = losses.careful(), losses.known()
		lt := LossTick{Limit: limit, Losses: []float64{}}
		for range r.IntN(1 + 30*(1+50*(tick/59))) {
			lt.Losses = append(lt.Losses, math.Pow(r.Float64(), 1/level-1))
		}
		log.Losses = append(log.Losses, [4]any{limit, nearBy, mean, lt.Losses})
		l.Tick(&lt)
		told.Losses = append(told.Losses, l.Evidence())
		for at := 0; at < len(lt.Losses); at += drift.PieceSize {
			var piece Outcomes
			for _, v := range lt.Losses[at:min(at+drift.PieceSize, len(lt.Losses))] {
				piece.Labels++
				if v > limit+o.Tolerance {
					piece.Errors++
				}
			}
			losses.add(piece)
		}
		for _, v := range lt.Losses {
			m.Add(v)
			contest.Add(2*v - 1)
		}
	}
	told.Mean[0], told.Mean[1] = m.Interval()
	told.Contest[0], told.Contest[1] = contest.LogEvidence()
	return log, told
}

func TestSciPySaysTheSame(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(5, 6))
	var questions struct {
		Logs       []askedLog   `json:"logs"`
		Duels      [][2]int64   `json:"duels"`
		Limits     [][3]float64 `json:"limits"`
		References [][3]any     `json:"references"`
	}
	var answers struct {
		Logs       []toldLog
		Duels      []float64
		Limits     []float64
		References [][2]float64
	}
	var told []toldLog
	for range 100 {
		log, says := random(r)
		questions.Logs, told = append(questions.Logs, log), append(told, says)
		n := r.Int64N(3000)
		questions.Duels = append(questions.Duels, [2]int64{r.Int64N(n + 1), r.Int64N(n + 1)})
		labels := 1 + math.Floor(10_000*r.Float64())
		questions.Limits = append(questions.Limits, [3]float64{math.Floor(labels * r.Float64()), labels, 0.5 + r.Float64()/2})
	}
	questions.Duels = append(questions.Duels, [][2]int64{{0, 0}, {1, 0}, {0, 1}, {0, 5000}, {5000, 0}, {100_000, 99_000}, {99_000, 100_000}}...)
	var references []*Reference
	var weights [][]float64
	for range 100 {
		var strata [][3]int64
		var own []Stratum
		var w []float64
		for range 1 + r.IntN(5) {
			rows := 1 + r.Int64N(5000)
			s := Stratum{Rows: rows, Labels: r.Int64N(rows) + 1}
			errors := r.Int64N(s.Labels + 1)
			s.Errors = float64(errors)
			own, strata, w = append(own, s), append(strata, [3]int64{s.Rows, s.Labels, errors}), append(w, r.Float64())
		}
		if r.IntN(4) == 0 {
			w = nil
		}
		references, weights = append(references, NewReference(own, 0.99)), append(weights, w)
		questions.References = append(questions.References, [3]any{strata, w, 0.99})
	}
	ask(t, questions, &answers)

	fired := 0
	for i, want := range answers.Logs {
		for tick := range want.Evidence {
			if !near(told[i].Evidence[tick], want.Evidence[tick]) || !near(told[i].Losses[tick], want.Losses[tick]) {
				t.Fatalf("log %d, tick %d: evidence %v and %v, scipy says %v and %v", i, tick, told[i].Evidence[tick], told[i].Losses[tick], want.Evidence[tick], want.Losses[tick])
			}
			if want.Evidence[tick] > 3 {
				fired++
			}
		}
		for k := range 2 {
			if !near(told[i].Excess[k], want.Excess[k]) || !near(told[i].Mean[k], want.Mean[k]) || !near(told[i].Contest[k], want.Contest[k]) {
				t.Errorf("log %d: excess %v, mean %v, contest %v; scipy says %v, %v, %v", i, told[i].Excess, told[i].Mean, told[i].Contest, want.Excess, want.Mean, want.Contest)
			}
		}
	}
	if fired < 100 {
		t.Errorf("only %d ticks have much evidence", fired)
	}
	for i, d := range questions.Duels {
		if got := (Duel{d[0], d[1]}).LogEvidence(); !near(got, answers.Duels[i]) {
			t.Errorf("%d wins, %d losses: evidence %v, scipy says %v", d[0], d[1], got, answers.Duels[i])
		}
	}
	for i, q := range questions.Limits {
		if got := UpperLimit(q[0], q[1], q[2]); !near(got, answers.Limits[i]) {
			t.Errorf("limit %v: %v, scipy says %v", q, got, answers.Limits[i])
		}
	}
	for i, q := range questions.References {
		rate, limit, ok := references[i].Rate(weights[i])
		if !ok || !near(rate, answers.References[i][0]) || !near(limit, answers.References[i][1]) {
			t.Errorf("reference %v: %v, %v, %v; scipy says %v", q, rate, limit, ok, answers.References[i])
		}
	}
}
