package replay

import (
	"strings"
	"testing"
	"time"
)

// found returns a report with two models and every kind of table entry.
func found() *Report {
	at := func(hours float64) time.Time { return start.Add(time.Duration(hours * float64(time.Hour))) }
	alarm := func(on, off float64) Alarm {
		a := Alarm{On: at(on), Began: at(on).Sub(start)}
		if off > 0 {
			a.Off, a.Ended = at(off), at(off).Sub(start)
		}
		return a
	}
	result := &Result{Setting: "as given", From: at(0), To: at(14 * 24), Passed: 14 * 24 * time.Hour, Scrapes: 1, Models: []*Model{
		{Name: "loan_refinance", Version: "20261101T120000Z", Rows: 1_209_600, Distributions: []*Distribution{
			{Name: "income", Alarms: []Alarm{alarm(24, 25.5), alarm(200, 0)}, On: 137*time.Hour + 30*time.Minute},
			{Name: "debt_to_income_ratio"},
			{Name: "a_feature_with_quite_a_long_name_indeed", Alarms: []Alarm{alarm(200, 200.01)}, On: 36 * time.Second},
		}},
		{Name: "loan_refinance", Version: "old", Rows: 12},
		{Name: "other"},
	}}
	return &Report{about: about{name: "predictions.db", rows: 1_209_612, first: at(0), last: at(14 * 24)}, Step: 15 * time.Second, Results: []*Result{result}}
}

func TestTheReportIsATable(t *testing.T) {
	t.Parallel()
	r := found()
	want := `predictions.db: 1,209,612 predictions from 2026-11-01 12:00:00 to 2026-11-15 12:00:00 UTC (14d),
scraped every 15s of the log's time

loan_refinance 20261101T120000Z, 1,209,600 predictions
                             alarms  a week  time on          first alarm  cleared in
  income                          2    1.00   40.9 %  2026-11-02 12:00:00       1h30m
  debt_to_income_ratio            0    0.00    0.0 %                    -           -
  a_feature_with_quite_a_l…       1    0.50    0.0 %  2026-11-09 20:00:00         36s
  together                        3    1.50   40.9 %  2026-11-02 12:00:00       1h30m

loan_refinance old, 12 predictions
  no reference serves this version: it is not watched

other, 0 predictions
  no predictions
`
	if got := printed(t, r); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestTheReportCountsFromTheChange(t *testing.T) {
	t.Parallel()
	r := found()
	r.ChangeAt = start.Add(199 * time.Hour)
	r.Results[0].Models = r.Results[0].Models[:1]
	want := `predictions.db: 1,209,612 predictions from 2026-11-01 12:00:00 to 2026-11-15 12:00:00 UTC (14d),
scraped every 15s of the log's time; alarms before the change at 2026-11-09 19:00:00 are false

loan_refinance 20261101T120000Z, 1,209,600 predictions
                             alarms  a week  time on  false   first since change  delay  cleared in
  income                          2    1.00   40.9 %      1  2026-11-09 20:00:00     1h    still on
  debt_to_income_ratio            0    0.00    0.0 %      0                    -      -           -
  a_feature_with_quite_a_l…       1    0.50    0.0 %      0  2026-11-09 20:00:00     1h         36s
  together                        3    1.50   40.9 %      1  2026-11-09 20:00:00     1h    still on
`
	if got := printed(t, r); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestSettingsStandSideBySide(t *testing.T) {
	t.Parallel()
	r := found()
	r.ChangeAt = start.Add(199 * time.Hour)
	r.Results[0].Models = r.Results[0].Models[:1]
	for _, name := range []string{"wide", "p-value", "a setting with a long name", "fifth"} {
		r.Results = append(r.Results, &Result{Setting: name, Flags: "--window.predictions=10000", Passed: r.Results[0].Passed, Models: []*Model{
			{Name: "loan_refinance", Version: "20261101T120000Z", Rows: 1_209_600, Distributions: []*Distribution{{Name: "income"}, {Name: "debt_to_income_ratio"}}},
		}})
	}
	got := printed(t, r)
	want := `
  as given
  wide                       --window.predictions=10000
  p-value                    --window.predictions=10000
  a setting with a long na…  --window.predictions=10000
  fifth                      --window.predictions=10000

loan_refinance 20261101T120000Z, 1,209,600 predictions
                             alarms  a week  time on  false   first since change  delay  cleared in
  as given                        3    1.50   40.9 %      1  2026-11-09 20:00:00     1h    still on
  wide                            0    0.00    0.0 %      0                    -      -           -
  p-value                         0    0.00    0.0 %      0                    -      -           -
  a setting with a long na…       0    0.00    0.0 %      0                    -      -           -
  fifth                           0    0.00    0.0 %      0                    -      -           -

                                 as given         wide      p-value  a setting with …
  income                     1h (1 false)            -            -                 -
  debt_to_income_ratio                  -            -            -                 -
  a_feature_with_quite_a_l…            1h  not watched  not watched       not watched

                                   fifth
  income                               -
  debt_to_income_ratio                 -
  a_feature_with_quite_a_l…  not watched

The lower table has the delay of the first alarm since the change, and how many came before.
`
	if !strings.HasSuffix(got, want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	for line := range strings.Lines(got) {
		if n := len([]rune(line)) - 1; n > 100 {
			t.Errorf("%d characters: %s", n, line)
		}
	}
}

func TestAlarmsAreRisingEdges(t *testing.T) {
	t.Parallel()
	d := &Distribution{}
	states := []bool{false, true, true, false, false, true}
	for i, on := range states {
		d.set(on, start.Add(time.Duration(i)*time.Minute), time.Duration(i)*time.Minute, time.Minute)
	}
	if len(d.Alarms) != 2 || d.Alarms[0].Off.Sub(d.Alarms[0].On) != 2*time.Minute || !d.Alarms[1].Off.IsZero() || d.On != 2*time.Minute {
		t.Errorf("%v make %+v", states, d)
	}
}

func TestDurationsAreShort(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		0: "0s", 250 * time.Millisecond: "250ms", 45 * time.Second: "45s", 5*time.Minute + 15*time.Second: "5m15s", 10 * time.Minute: "10m",
		59*time.Minute + 59*time.Second + 600*time.Millisecond: "1h", 2*time.Hour + 5*time.Minute: "2h5m", 76 * time.Hour: "3d4h", 720 * time.Hour: "30d",
	} {
		if got := round(d); got != want {
			t.Errorf("%v is written %s, want %s", d, got, want)
		}
	}
}

func TestNumbersHaveCommas(t *testing.T) {
	t.Parallel()
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", 2592000: "2,592,000", -1234: "-1,234"} {
		if got := thousands(n); got != want {
			t.Errorf("%d is written %s, want %s", n, got, want)
		}
	}
}
