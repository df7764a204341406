package e2e_test

import (
	"fmt"
	"testing"
	"time"
)

// A row whose features are not a JSON object is counted, and changes no other metric.
func TestBrokenRowsAreCountedAndLeftOut(t *testing.T) {
	t.Parallel()
	log := filledLog(t, 300)
	args := []string{"exporter", "--web.listen-address=127.0.0.1:0", "--predictions.log=" + log, quick}
	exporter := start(t, args...)
	before := scrape(t, exporter.url)
	if !before.is(0, "drift_log_invalid_rows_total") {
		t.Error("a sound log has broken rows")
	}
	db := database(t, log, "rw")
	for _, features := range []string{`{"income":`, `[1,2]`, `7`, ``, `nonsense`, `{"income":1}}`} {
		execute(t, db, "INSERT INTO predictions (model, version, features, score, class) VALUES ('loan_refinance', '1', ?, 0.5, '1')", features)
	}
	// Values of a wrong type are invalid values of a sound row.
	execute(t, db, `INSERT INTO predictions (model, version, features, score, class)
		VALUES ('loan_refinance', '1', '{"income":"much","credit_score":{"of":[700]},"home_value":null,"unheard":1}', NULL, 'maybe')`)
	after := scrape(t, exporter.url)
	for metric, want := range map[string]float64{
		"drift_up": 1, "drift_log_invalid_rows_total": 6, "model_success_total": 307, "model_window_predictions": 301,
	} {
		if got, ok := after.value(metric); !ok || got != want {
			t.Errorf("%s is %v, want %v", metric, got, want)
		}
	}
	for feature, metric := range map[string]string{
		"income": "feature_invalid_ratio", "credit_score": "feature_invalid_ratio", "home_value": "feature_missing_ratio",
	} {
		if got, _ := after.value(metric, "feature", feature); got != 1.0/301 {
			t.Errorf("%s of %s is %v, want %v", metric, feature, got, 1.0/301)
		}
	}
	if len(after.failing()) > 0 {
		t.Errorf("collectors fail: %v", after.failing())
	}
	for _, d := range differences(after, scrape(t, start(t, args...).url), fromTheLog) {
		t.Errorf("an exporter that saw the rows come and one just started differ in %s", d)
	}
}

// A clock that was set to 2040 for a while, or back by a day, must not stop the
// windows nor the detection until that time comes.
func TestClockMayBeSetBackAndForth(t *testing.T) {
	t.Parallel()
	log := emptyLog(t)
	db := database(t, log, "rw")
	args := []string{"exporter", "--web.listen-address=127.0.0.1:0", "--predictions.log=" + log, "--window.predictions=500", quick}
	exporter := start(t, args...)
	rows := newLoans(6)
	now := time.Now()
	seen := 0
	for _, phase := range []struct {
		name string
		at   time.Time
	}{
		{"in order", now.Add(-time.Hour)},
		{"in 2040", time.Date(2040, 1, 1, 0, 0, 0, 0, time.UTC)},
		{"back from 2040", now.Add(-50 * time.Minute)},
		{"set back by a day", now.AddDate(0, 0, -1)},
		{"in order again", now.Add(-40 * time.Minute)},
	} {
		rows.insert(t, db, 200, phase.at, time.Second)
		seen += 200
		last := phase.at.Add(199 * time.Second)
		p := scrape(t, exporter.url)
		if !p.is(1, "drift_up") || len(p.failing()) > 0 {
			t.Errorf("%s: drift_up is not 1, or a collector fails: %v", phase.name, p.failing())
		}
		if got, _ := p.value("model_success_total"); got != float64(seen) {
			t.Errorf("%s: model_success_total is %v, want %v", phase.name, got, seen)
		}
		if got, _ := p.value("model_window_predictions"); got != float64(min(seen, 500)) {
			t.Errorf("%s: model_window_predictions is %v, want %v", phase.name, got, min(seen, 500))
		}
		if got, _ := p.value("model_last_prediction_timestamp_seconds"); int64(got) != last.Unix() {
			t.Errorf("%s: model_last_prediction_timestamp_seconds is %v, want %v", phase.name, int64(got), last.Unix())
		}
		for _, d := range differences(p, scrape(t, start(t, args...).url), fromTheLog) {
			t.Errorf("%s: an exporter that saw the rows come and one just started differ in %s", phase.name, d)
		}
	}
	rows.income = 2
	rows.insert(t, db, 600, now.Add(-30*time.Minute), time.Second)
	if p := scrape(t, exporter.url); !p.is(1, "feature_drift_detected", "feature", "income") || !p.is(0, "feature_drift_detected", "feature", "credit_score") {
		t.Error("after all this, drift of income is not detected, or one of credit_score is")
	}
	sound(t, "check", log)
}

// The window by age follows the scrape's clock: rows of another year are not in it.
func TestWindowByAgeLeavesOutWrongClocks(t *testing.T) {
	t.Parallel()
	log := emptyLog(t)
	db := database(t, log, "rw")
	rows := newLoans(7)
	now := time.Now()
	for _, at := range []time.Time{now.Add(-2 * time.Hour), time.Date(2040, 1, 1, 0, 0, 0, 0, time.UTC), now.Add(-10 * time.Minute)} {
		rows.insert(t, db, 100, at, time.Second)
	}
	exporter := start(t, "exporter", "--web.listen-address=127.0.0.1:0", "--predictions.log="+log, "--window.predictions=0", "--window.duration=1h", quick)
	if got, _ := scrape(t, exporter.url).value("model_window_predictions"); got != 100 {
		t.Errorf("model_window_predictions is %v, want the 100 of the last hour", got)
	}
	if age, _ := scrape(t, exporter.url).value("model_window_age_seconds"); age < 0 || age > 3600 {
		t.Errorf("model_window_age_seconds is %v", fmt.Sprint(age))
	}
}
