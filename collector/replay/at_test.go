package replay

import (
	"strings"
	"testing"
	"time"
)

// The state at the end of an interval must be the same as in a replay's scrape at that time. The
// changes in its trails must be the alarms of a replay, to the tick.
func TestAnIntervalEndsWithWhatAnExporterKnew(t *testing.T) {
	t.Parallel()
	w, o := drifting(t), watch(t)
	all := replayAll(t, w.path, o, 15*time.Second)
	options := Options{Log: w.path, Step: 15 * time.Second, Settings: []Setting{{Watch: o}}}
	alarms := replayed(t, options).Results[0].Models[0].Distributions
	for _, at := range []int{len(all) / 4, len(all) / 2, len(all) - 1} {
		i, err := At(t.Context(), options, time.Time{}, all[at].moment)
		if err != nil {
			t.Fatal(err)
		}
		for j := range i.Snapshot.Models[0].Features() {
			d := &i.Snapshot.Models[0].Features()[j]
			if d.Trail == nil || len(d.Trail.Times) == 0 {
				t.Fatalf("%s has no trail", d.Name)
			}
		}
		if got := describe(i.Snapshot); got != all[at].text {
			t.Errorf("at %s: %s", all[at].moment, difference(all[at].text, got))
		}
	}
	i, err := At(t.Context(), options, time.Time{}, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for d := range i.Snapshot.Models[0].Distributions.All() {
		for _, a := range alarms {
			if a.Name != d.Name {
				continue
			}
			for k, c := range d.Trail.Changes {
				if alarm := a.Alarms[k/2]; k%2 == 0 && !c.Time.Equal(alarm.On) || k%2 == 1 && !c.Time.Equal(alarm.Off) {
					t.Errorf("%s: change %d is at %s, the alarm at %s to %s", d.Name, k, c.Time, alarm.On, alarm.Off)
				}
				n++
			}
		}
	}
	if n == 0 {
		t.Error("nothing changed")
	}
}

func TestAnIntervalIsInTheHistory(t *testing.T) {
	t.Parallel()
	w, o := drifting(t), watch(t)
	options := Options{Log: w.path, Step: time.Second, Settings: []Setting{{Watch: o}}}
	for _, test := range []struct {
		from, to time.Time
		want     string
	}{
		{time.Unix(2e9, 0), time.Unix(1e9, 0), "is not before"},
		{time.Unix(1, 0), time.Unix(2, 0), "before the first row"},
		{time.Unix(9e9, 0), time.Unix(9.1e9, 0), "after the last row"},
	} {
		if _, err := At(t.Context(), options, test.from, test.to); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%v: error %v, want %q", test, err, test.want)
		}
	}
}
