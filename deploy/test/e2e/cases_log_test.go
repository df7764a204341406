package e2e_test

import (
	"path/filepath"
	"testing"
	"time"
)

// TestARowThatIsReplacedIsCountedOnce: whatever a foreign writer tries, an exporter
// that saw it and one just started count alike, and the log is sound.
func TestARowThatIsReplacedIsCountedOnce(t *testing.T) {
	t.Parallel()
	const values = " INTO predictions (model, version, features, score, class, request_id) VALUES ('loan_refinance', '1', '{}', 0.5, '1', 'again')"
	for name, statement := range map[string]string{
		"INSERT OR REPLACE":  "INSERT OR REPLACE" + values,
		"REPLACE":            "REPLACE" + values,
		"REPLACE by its id":  "REPLACE INTO predictions (id, model, features, class) VALUES (3, 'loan_refinance', '{}', '1')",
		"INSERT OR IGNORE":   "INSERT OR IGNORE" + values,
		"UPDATE":             "UPDATE predictions SET class = '0' WHERE request_id = 'again'",
		"an upsert":          "INSERT" + values + " ON CONFLICT (request_id) WHERE request_id IS NOT NULL AND shadow_of IS NULL DO UPDATE SET class = '0'",
		"replaced feedback":  "REPLACE INTO feedback (seq, prediction_id, outcome) VALUES (1, 3, '0')",
		"changed feedback":   "UPDATE feedback SET outcome = '0'",
		"another model's id": "UPDATE predictions SET model = 'x'",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			log := filepath.Join(t.TempDir(), "predictions.db")
			command(t, 0, "log", "init", "--predictions.log="+log)
			db := database(t, log, "rw")
			newLoans(3).insert(t, db, 50, time.Now().Add(-time.Hour), time.Second)
			execute(t, db, "INSERT"+values)
			args := []string{"exporter", "--web.listen-address=127.0.0.1:0", "--predictions.log=" + log, quick}
			running := start(t, args...)
			scrape(t, running.url)
			for range 5 {
				_, _ = db.ExecContext(t.Context(), statement) // Refused, or of no effect.
			}
			newLoans(4).insert(t, db, 50, time.Now(), time.Millisecond)
			p := scrape(t, running.url)
			if !p.is(101, "model_requests_total") || !p.is(1, "drift_up") {
				got, _ := p.value("model_requests_total")
				t.Errorf("%v requests, want 101", got)
			}
			for _, d := range differences(p, scrape(t, start(t, args...).url), fromTheLog) {
				t.Errorf("an exporter that saw the rows come and one just started differ in %s", d)
			}
			sound(t, "check", log)
		})
	}
}
