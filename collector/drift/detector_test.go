package drift

import (
	"errors"
	"math"
	"slices"
	"testing"
)

// piecesOf returns rows by bin, one bin after the other.
func piecesOf(counts ...int64) *Pieces {
	p := NewPieces(len(counts))
	for b, c := range counts {
		for range c {
			p.Add(b)
		}
	}
	return p
}

// noNull fails the test if the null distribution is requested.
func noNull(t *testing.T) func(int64) (*Null, error) {
	return func(int64) (*Null, error) {
		t.Helper()
		t.Error("the null was asked for")
		return nil, errors.New("not asked for")
	}
}

// seasoned returns a detector that has seen enough independent rows to be sure that they are
// independent.
func seasoned(reference []int64, o DetectorOptions) *Detector {
	d := NewDetector(reference, o)
	d.design.seen = math.Inf(1)
	d.effects = d.design.careful()
	return d
}

func nullOf(reference, window []int64) func(int64) (*Null, error) {
	return func(int64) (*Null, error) { return NewNull(reference, total(window), 999, 1), nil }
}

func mustTick(t *testing.T, d *Detector, tick Tick) {
	t.Helper()
	if err := d.Tick(tick); err != nil {
		t.Fatal(err)
	}
}

func TestThresholdsShareTheBudget(t *testing.T) {
	t.Parallel()
	d := NewDetector([]int64{60_000, 30_000, 10_000}, usual)
	if got := 1 / (2 * 13 * 172_800.); !relative(d.probability, got, 1e-12) || !near(d.probability, 2.2e-7, 1e-8) {
		t.Errorf("the window rule fires below %v", d.probability)
	}
	if !near(d.Threshold(), math.Log(2*13*172_800.), 1e-12) || !near(d.Threshold(), 15.3, 0.05) {
		t.Errorf("the evidence rule fires from %v", d.Threshold())
	}
	if got := d.Tolerance(); got != 0.02 {
		t.Errorf("tolerance = %v", got)
	}
	if got := NewDetector(slices.Repeat([]int64{20}, 10), usual).Tolerance(); !near(got, 5*9/400., 1e-15) {
		t.Errorf("tolerance of a small reference = %v", got)
	}
	loose := usual
	loose.FalseAlarmsPerMonth = 100
	if got := NewDetector([]int64{1, 1}, loose).Threshold(); !near(got, d.Threshold()-math.Log(100), 1e-12) {
		t.Errorf("threshold of a hundredfold budget = %v", got)
	}
}

func TestRuleWNeedsImprobabilityAndSize(t *testing.T) {
	t.Parallel()
	reference := []int64{60_000, 30_000, 10_000, 0}
	for name, test := range map[string]struct {
		window []int64
		fires  bool
		asked  bool
	}{
		"same shares":                    {[]int64{600, 300, 100, 0}, false, false},
		"large drift":                    {[]int64{20, 40, 40, 0}, true, true},
		"large drift, 49 rows":           {[]int64{9, 20, 20, 0}, false, false},
		"large drift, 51 rows":           {[]int64{6, 20, 25, 0}, true, true},
		"improbable, but within .02":     {[]int64{57_000, 31_000, 12_000, 0}, false, false},
		"larger than .02, not certainly": {[]int64{480, 335, 185, 0}, false, false},
		"larger than .02, certainly":     {[]int64{4500, 3500, 2000, 0}, true, true},
		"a tenth is new":                 {[]int64{540, 270, 90, 100}, true, true},
		"no rows":                        {[]int64{0, 0, 0, 0}, false, false},
	} {
		d := seasoned(reference, usual)
		asked := false
		fires, err := d.windowFires(test.window, func(int64) (*Null, error) {
			asked = true
			return NewNull(reference, total(test.window), 999, 1), nil
		})
		if err != nil || fires != test.fires || asked != test.asked {
			t.Errorf("%s: fires %v, null asked for %v, error %v", name, fires, asked, err)
		}
	}
}

// Between the divergence itself and the corrected one lies the noise floor.
func TestRuleWTakesTheNoiseFloorOff(t *testing.T) {
	t.Parallel()
	reference := slices.Repeat([]int64{100_000}, 20)
	window := slices.Repeat([]int64{0, 10}, 10)
	kl, se := KL(reference, window), StandardError(reference, window)
	null := NewNull(reference, total(window), 0, 1)
	for _, over := range []float64{-0.01, 0.01} {
		o := usual
		o.Tolerance = kl - null.Mean() - 3*se - over
		if o.Tolerance <= 0 {
			t.Fatalf("the window drifted too little for this test: %v", o.Tolerance)
		}
		d := seasoned(reference, o)
		d.probability = 1e-3
		fires, err := d.windowFires(window, func(int64) (*Null, error) { return null, nil })
		if err != nil || fires != (over > 0) {
			t.Errorf("%+v over the tolerance fires: %v, %v", over, fires, err)
		}
	}
}

func TestAlarmIsRaisedByTheRuleThatFired(t *testing.T) {
	t.Parallel()
	reference := []int64{60_000, 30_000, 10_000}
	window := []int64{20, 40, 40}
	d := seasoned(reference, usual)
	if d.Detected() || d.Known() || d.Raised() != 0 || d.LogEvidence() != 0 {
		t.Error("a new detector knows something")
	}
	mustTick(t, d, Tick{Rows: piecesOf(3, 6, 6), Window: window, Null: nullOf(reference, window)})
	if !d.Detected() || !d.Known() || d.Raised() != WindowRule || d.Fired() != WindowRule {
		t.Errorf("after a drifted window: detected %v, raised by %v", d.Detected(), d.Raised())
	}

	// A window of fewer than 50 rows is not tested; evidence comes from any.
	d = seasoned(reference, usual)
	few := []int64{6, 18, 18}
	for range 100 {
		mustTick(t, d, Tick{Rows: piecesOf(0, 1, 1), Window: few, Null: noNull(t)})
		if d.Detected() {
			break
		}
		if d.Known() {
			t.Fatal("known without an alarm on fewer than 50 rows")
		}
	}
	if !d.Detected() || !d.Known() || d.Raised() != EvidenceRule || d.LogEvidence() < d.Threshold() {
		t.Errorf("on few rows: detected %v, raised by %v, log M %v", d.Detected(), d.Raised(), d.LogEvidence())
	}
}

func TestEvidenceIsBounded(t *testing.T) {
	t.Parallel()
	reference := []int64{60_000, 30_000, 10_000}
	d := seasoned(reference, usual)
	for range 500 {
		mustTick(t, d, Tick{Rows: piecesOf(0, 0, 1000), Window: []int64{0, 0, 49}, Null: noNull(t)})
	}
	if got := d.LogEvidence(); !near(got, d.Threshold()+5, 1e-9) {
		t.Errorf("log M = %v, want 5 over %v", got, d.Threshold())
	}
}

func TestTickWithoutRowsChangesNothing(t *testing.T) {
	t.Parallel()
	reference, window := []int64{60_000, 30_000, 10_000}, []int64{20, 40, 40}
	d := NewDetector(reference, usual)
	mustTick(t, d, Tick{Rows: piecesOf(5, 9, 9), Window: []int64{5, 9, 9}, Null: noNull(t)})
	d.evidence.sums[0] = -3 // would begin again
	before := d.Clone()
	mustTick(t, d, Tick{Rows: piecesOf(0, 0, 0), Window: window, Null: noNull(t)})
	mustEqual(t, d, before)
}

func mustEqual(t *testing.T, a, b *Detector) {
	t.Helper()
	if a.known != b.known || a.detected != b.detected || a.raised != b.raised || a.fired != b.fired || a.quiet != b.quiet || a.effects != b.effects {
		t.Errorf("states differ: %+v, %+v", a, b)
	}
	if a.evidence.sums != b.evidence.sums {
		t.Errorf("sums differ: %v, %v", a.evidence.sums, b.evidence.sums)
	}
	for i := range a.evidence.seen {
		if !slices.Equal(a.evidence.seen[i], b.evidence.seen[i]) {
			t.Errorf("estimates differ: %v, %v", a.evidence.seen[i], b.evidence.seen[i])
		}
	}
}

func TestTickThatFailsCanBeFoldedAgain(t *testing.T) {
	t.Parallel()
	reference, window := []int64{60_000, 30_000, 10_000}, []int64{20, 40, 40}
	d := seasoned(reference, usual)
	mustTick(t, d, Tick{Rows: piecesOf(5, 9, 9), Window: []int64{5, 9, 9}, Null: noNull(t)})
	before := d.Clone()
	cut := errors.New("deadline")
	tick := Tick{Rows: piecesOf(3, 6, 6), Window: window, Null: func(int64) (*Null, error) { return nil, cut }}
	if err := d.Tick(tick); !errors.Is(err, cut) {
		t.Fatalf("error %v", err)
	}
	mustEqual(t, d, before)
	tick.Null = nullOf(reference, window)
	mustTick(t, d, tick)
	if !d.Detected() {
		t.Error("not detected when folded again")
	}
}

func TestRowsOfATickFormPiecesOfAThousand(t *testing.T) {
	t.Parallel()
	p := NewPieces(3)
	for i := range 2500 {
		p.Add(i % 3)
	}
	var pieces [][]int64
	for c := range p.all {
		pieces = append(pieces, slices.Clone(c))
	}
	want := [][]int64{{334, 333, 333}, {333, 334, 333}, {167, 166, 167}}
	if p.Rows() != 2500 || !slices.EqualFunc(pieces, want, slices.Equal) {
		t.Errorf("%d rows in pieces %v, want %v", p.Rows(), pieces, want)
	}
	p.Reset()
	p.Add(2)
	pieces = nil
	for c := range p.all {
		pieces = append(pieces, slices.Clone(c))
	}
	if p.Rows() != 1 || !slices.EqualFunc(pieces, [][]int64{{0, 0, 1}}, slices.Equal) {
		t.Errorf("after Reset: %d rows in pieces %v", p.Rows(), pieces)
	}
}

// Rows that others have counted come as pieces of any size, between rows that come one by one.
func TestCountedPiecesAreTakenAsTheyAre(t *testing.T) {
	t.Parallel()
	p := NewPieces(2)
	p.AddCounts([]int64{700, 600})
	p.Add(1)
	p.AddCounts([]int64{0, 0})
	p.AddCounts([]int64{3, 0})
	p.Add(0)
	var pieces [][]int64
	for c := range p.all {
		pieces = append(pieces, slices.Clone(c))
	}
	want := [][]int64{{700, 600}, {0, 1}, {3, 0}, {1, 0}}
	if p.Rows() != 1305 || !slices.EqualFunc(pieces, want, slices.Equal) {
		t.Errorf("%d rows in pieces %v, want %v", p.Rows(), pieces, want)
	}
	p.Reset()
	if p.Add(0); p.Rows() != 1 {
		t.Errorf("after Reset: %d rows, want 1", p.Rows())
	}
}

// Within a piece the order of rows does not matter. The order of the pieces does, because later
// ones are judged by earlier ones.
func TestOrderWithinAPieceDoesNotMatter(t *testing.T) {
	t.Parallel()
	reference := sampleOf(equalShares(5), 10_000, 1)
	random := newRandom(8)
	sorted, shuffled := NewDetector(reference, usual), NewDetector(reference, usual)
	for range 200 {
		rows := make([]int, 1+random.bits64()%900)
		for i := range rows {
			rows[i] = int(min(random.bits64()%5, random.bits64()%5))
		}
		p, q := NewPieces(5), NewPieces(5)
		for _, b := range rows {
			p.Add(b)
		}
		slices.Sort(rows)
		for _, b := range rows {
			q.Add(b)
		}
		window := []int64{1, 1, 1, 1, 1}
		mustTick(t, shuffled, Tick{Rows: p, Window: window, Null: noNull(t)})
		mustTick(t, sorted, Tick{Rows: q, Window: window, Null: noNull(t)})
		mustEqual(t, shuffled, sorted)
	}
	if !sorted.Detected() {
		t.Error("nothing happened")
	}
}

func TestPermutingBinsChangesNothing(t *testing.T) {
	t.Parallel()
	shares := []float64{.35, .25, .2, .12, .06, .02}
	order := []int{4, 0, 5, 2, 1, 3}
	permuted := func(counts []int64) []int64 {
		out := make([]int64, len(counts))
		for b, at := range order {
			out[at] = counts[b]
		}
		return out
	}
	reference := sampleOf(shares, 50_000, 2)
	s := newStream(reference, 40, usual, 3)
	other := NewDetector(permuted(reference), usual)
	drifted := []float64{.2, .25, .2, .15, .1, .1}
	nulls := map[int64]*Null{}
	raised, cleared := false, false
	for tick := range 1200 {
		rows := rowsOf(shares)
		if tick >= 400 && tick < 600 {
			rows = rowsOf(drifted)
		}
		s.tick(t, rows)
		window := permuted(s.window)
		mustTick(t, other, Tick{
			Rows: piecesOf(permuted(s.ticks[(s.next-1)%len(s.ticks)])...), Window: window,
			Null: func(int64) (*Null, error) {
				n := total(window)
				if nulls[n] == nil {
					nulls[n] = NewNull(permuted(reference), n, DefaultSamples, 1)
				}
				return nulls[n], nil
			},
		})
		if s.detector.Detected() != other.Detected() || !near(s.detector.LogEvidence(), other.LogEvidence(), 1e-9) {
			t.Fatalf("tick %d: %v %v, permuted %v %v", tick, s.detector.Detected(), s.detector.LogEvidence(), other.Detected(), other.LogEvidence())
		}
		raised = raised || other.Detected()
		cleared = raised && !other.Detected()
	}
	if !raised || !cleared {
		t.Errorf("raised %v, cleared %v", raised, cleared)
	}
}

// A detector that starts later knows less at first. On quiet traffic it soon gives the same
// results.
func TestFoldsFromDifferentStartsAgree(t *testing.T) {
	t.Parallel()
	s := newStream(sampleOf(equalShares(10), 100_000, 1), 67, usual, 2)
	quiet := rowsOf(equalShares(10))
	for range 1000 {
		s.tick(t, quiet)
	}
	late := NewDetector(s.detector.reference, usual)
	for range 1700 {
		s.tick(t, quiet)
		mustTick(t, late, Tick{Rows: s.pieces, Window: s.window, Null: s.null})
	}
	for range 500 {
		s.tick(t, quiet)
		mustTick(t, late, Tick{Rows: s.pieces, Window: s.window, Null: s.null})
		if a, b := s.detector.LogEvidence(), late.LogEvidence(); !near(a, b, 0.01) {
			t.Fatalf("log M = %v, from a later start %v", a, b)
		}
	}
}

func TestEmptyReferenceNeverRaisesAnAlarm(t *testing.T) {
	t.Parallel()
	for _, reference := range [][]int64{{0, 0, 0}, {100}} {
		d := NewDetector(reference, usual)
		rows := make([]int64, len(reference))
		rows[0] = 100
		for range 50 {
			mustTick(t, d, Tick{Rows: piecesOf(rows...), Window: rows, Null: noNull(t)})
		}
		if d.Detected() {
			t.Errorf("alarm of a reference of %v", reference)
		}
	}
}

func TestRuleNames(t *testing.T) {
	t.Parallel()
	for rule, want := range map[Rule]string{0: "none", WindowRule: "window", EvidenceRule: "evidence", WindowRule | EvidenceRule: "window, evidence"} {
		if got := rule.String(); got != want {
			t.Errorf("%d is %q, want %q", rule, got, want)
		}
	}
}
