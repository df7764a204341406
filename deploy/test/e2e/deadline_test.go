package e2e_test

import (
	"testing"
	"time"
)

// A scrape with hardly any time returns a whole page. drift_up is 0 if the log was not
// read to its end, and the next scrape continues from there.
func TestScrapeKeepsItsDeadline(t *testing.T) {
	t.Parallel()
	log := emptyLog(t)
	db := database(t, log, "rw")
	const rows = 120_000
	execute(t, db, `WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ? - 1)
		INSERT INTO predictions (time, model, version, features, score, class, latency)
		SELECT ? + i * 10000000, 'loan_refinance', '1', json_object('income', 50000 + i % 1000 * 50, 'credit_score', 600 + i % 200, 'loan_term', 30), i % 100 / 100.0, '1', 2000000
		FROM n`, rows, time.Now().Add(-time.Hour).UnixNano())
	args := []string{"exporter", "--web.listen-address=127.0.0.1:0", "--predictions.log=" + log, quick}
	exporter := start(t, args...)
	hurried := []string{"X-Prometheus-Scrape-Timeout-Seconds", "0.001"}
	complete := 0
	for i := range 20 {
		p := scrape(t, exporter.url, hurried...) // with status 200
		up, ok := p.value("drift_up")
		if !ok || up != 0 && up != 1 {
			t.Errorf("drift_up is %v (%t)", up, ok)
		}
		if i == 0 && up != 0 {
			t.Errorf("%d rows were read in a quarter of a millisecond", rows)
		}
		complete += int(up)
		if up == 0 {
			blind(t, p)
		}
	}
	t.Logf("%d of 20 scrapes read the log to its end", complete)
	p := scrape(t, exporter.url)
	if !p.is(1, "drift_up") || !p.is(rows, "model_success_total") || len(p.failing()) > 0 {
		t.Errorf("a scrape that has time does not read the log; failing: %v", p.failing())
	}
	for _, d := range differences(p, scrape(t, start(t, args...).url), fromTheLog) {
		t.Errorf("an exporter that was cut off before and one that was not differ in %s", d)
	}
}
