package drift

import "testing"

// alarmed is a detector whose alarm is on, with estimates of quiet traffic.
func alarmed(t *testing.T, reference []int64) *Detector {
	t.Helper()
	d := seasoned(reference, usual)
	mustTick(t, d, Tick{Rows: piecesOf(600, 300, 100), Window: []int64{20, 40, 40}, Null: nullOf(reference, []int64{20, 40, 40})})
	if !d.Detected() {
		t.Fatal("not detected")
	}
	return d
}

func TestAlarmEndsAfterAThousandQuietRowsByWholeTicks(t *testing.T) {
	t.Parallel()
	reference := []int64{60_000, 30_000, 10_000}
	quiet := Tick{Rows: piecesOf(9, 5, 1), Window: []int64{600, 300, 100}, Null: noNull(t)}
	drifted := Tick{Rows: piecesOf(9, 5, 1), Window: []int64{20, 40, 40}, Null: nullOf(reference, []int64{20, 40, 40})}

	d := alarmed(t, reference)
	d.evidence.sums = [memories]float64{3, -1, 2, 0}
	for i := range 66 {
		mustTick(t, d, quiet)
		if !d.Detected() {
			t.Fatalf("cleared after %d ticks of 15 rows", i+1)
		}
	}
	mustTick(t, d, quiet)
	if d.Detected() || d.evidence.sums != [memories]float64{} || d.LogEvidence() != 0 {
		t.Errorf("after 1005 rows: detected %v, sums %v", d.Detected(), d.evidence.sums)
	}
	if d.Raised() != WindowRule || !d.Known() {
		t.Errorf("after an alarm: raised by %v, known %v", d.Raised(), d.Known())
	}

	// The window rule begins the count again.
	d = alarmed(t, reference)
	for range 66 {
		mustTick(t, d, quiet)
	}
	mustTick(t, d, drifted)
	for range 66 {
		mustTick(t, d, quiet)
	}
	if !d.Detected() {
		t.Error("cleared although the window drifted in between")
	}

	// One tick may be enough, but not the one that raised the alarm.
	d = alarmed(t, reference)
	mustTick(t, d, Tick{Rows: piecesOf(600, 300, 100), Window: []int64{600, 300, 100}, Null: noNull(t)})
	if d.Detected() {
		t.Error("not cleared by one tick of 1000 quiet rows")
	}

	// Nor do rows count while the slow estimate has not come back.
	d = alarmed(t, reference)
	for b, share := range []float64{.2, .4, .4} {
		d.evidence.seen[slow][b] = 1000 * share
	}
	far := 0
	for ; d.evidence.drifting(d.ball, 1) >= d.ball.radius/2; far++ {
		mustTick(t, d, quiet)
	}
	if far < 30 {
		t.Fatalf("the slow estimate came back after %d ticks", far)
	}
	// The tick that brought it back is the first that counts.
	for range 65 {
		mustTick(t, d, quiet)
	}
	if !d.Detected() {
		t.Error("cleared too early after the slow estimate came back")
	}
	mustTick(t, d, quiet)
	if d.Detected() {
		t.Error("not cleared after the slow estimate came back")
	}
}

func TestCloneIsIndependent(t *testing.T) {
	t.Parallel()
	reference, window := []int64{60_000, 30_000, 10_000}, []int64{20, 40, 40}
	d := seasoned(reference, usual)
	first := Tick{Rows: piecesOf(5, 9, 9), Window: []int64{5, 9, 9}, Null: noNull(t)}
	second := Tick{Rows: piecesOf(3, 6, 6), Window: window, Null: nullOf(reference, window)}
	mustTick(t, d, first)
	before := d.Clone()
	mustEqual(t, d, before)
	open := d.Clone()
	mustTick(t, open, second)
	if !open.Detected() || d.Detected() {
		t.Errorf("the open tick is detected on the copy %v, on the original %v", open.Detected(), d.Detected())
	}
	mustEqual(t, d, before)
	mustTick(t, d, second)
	mustEqual(t, d, open)
}
