package window

import (
	"math/rand/v2"
	"testing"
	"time"
)

// TestBatchesOfEqualRowsRaiseNoAlarm writes batches of 20 rows of one state, which by
// themselves are quiet: without a design effect the alarm was on nearly always.
func TestBatchesOfEqualRowsRaiseNoAlarm(t *testing.T) {
	t.Parallel()
	o := defaults()
	o.Lookback, o.FalseAlarmsPerMonth, o.Tolerance = 50_000, 1, 0.02
	log := newLog(t)
	ref := normal(t)
	w := log.open(ref, o)
	r := rand.New(rand.NewPCG(7, 1))
	rows := traffic(r, start, 12_000)
	for i := range rows {
		if i%20 > 0 {
			rows[i].state = rows[i-1].state
		}
	}
	for at := 0; at < len(rows); at += 100 {
		log.predict(rows[at : at+100]...)
		now := rows[at+99].time.Add(time.Second)
		m := see(t, w, now).Models[0]
		for d := range m.Distributions.All() {
			if d.Detection != nil && d.Detection.Detected {
				t.Fatalf("%s: alarm after %d rows", d.Name, at+100)
			}
			if (d.DesignEffect != nil) != (at+100 > 200) { // the open tick does not count yet
				t.Fatalf("%s: after %d rows the design effect is %v", d.Name, at+100, d.DesignEffect)
			}
		}
	}
	now := rows[len(rows)-1].time.Add(time.Minute)
	m := see(t, w, now).Models[0]
	if got := *m.Features()[1].DesignEffect; got < 15 || got > 40 {
		t.Errorf("batches of 20 equal rows have a design effect of %v", got)
	}
	if got := *m.Features()[0].DesignEffect; got > 2 {
		t.Errorf("independent rows have a design effect of %v", got)
	}
	again := see(t, log.open(ref, o), now).Models[0]
	for i := range m.Features() {
		if got, want := *again.Features()[i].DesignEffect, *m.Features()[i].DesignEffect; got != want {
			t.Errorf("%s: after a restart the design effect is %v instead of %v", m.Features()[i].Name, got, want)
		}
	}

	shifted := traffic(r, now, 3000)
	for i := range shifted {
		shifted[i].state = "NY"
	}
	log.predict(shifted...)
	if d := see(t, w, shifted[2999].time.Add(time.Minute)).Models[0].Features()[1]; !d.Detection.Detected {
		t.Errorf("one state alone in 3,000 rows is not detected: %+v", *d.Detection)
	}
}
