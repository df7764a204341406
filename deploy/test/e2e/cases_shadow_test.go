package e2e_test

import (
	"fmt"
	"net/http"
	"path/filepath"
	"testing"
	"time"
)

// TestAServedModelAndItsShadows logs each request once for the version that answered
// and once for every shadow: the page has all versions, each with its own windows,
// classes and outcomes.
func TestAServedModelAndItsShadows(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, id string // as SQL; empty: no request id
		shadows  int
	}{
		{"one request id, two versions", "'request %d'", 1},
		{"one request id, three versions", "'request %d'", 2},
		{"without request ids", "NULL", 1},
		{"request ids of numbers", "'%d'", 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			reference, log := filepath.Join(dir, "reference.json"), filepath.Join(dir, "predictions.db")
			csv := "x,c\n" + repeated(2000, func(i int) string { return fmt.Sprintf("%d,%d\n", i%9, i%2) })
			command(t, 0, "reference", "--csv="+file(t, dir, "rows.csv", csv), "--class=c", "--model.name=m", "--reference.output="+reference)
			command(t, 0, "log", "init", "--predictions.log="+log)
			db := database(t, log, "rw")
			const rows = 200
			past := time.Now().Add(-time.Hour)
			for i := range rows {
				id := c.id
				if id != "NULL" {
					id = fmt.Sprintf(id, i)
				}
				at := past.Add(time.Duration(i) * time.Second).UnixNano()
				features := fmt.Sprintf(`{"x":%d}`, i%9)
				execute(t, db, "INSERT INTO predictions (time, model, version, features, class, request_id) VALUES (?, 'm', 'served', ?, ?, "+id+")", at, features, fmt.Sprint(i%2))
				served := number(t, db, "SELECT max(id) FROM predictions")
				for s := range c.shadows { // A shadow always predicts 1, and meets other values.
					execute(t, db, "INSERT INTO predictions (time, model, version, features, class, request_id, shadow_of) VALUES (?, 'm', ?, ?, '1', "+id+", ?)", at, fmt.Sprint("shadow ", s), `{"x":8}`, served)
				}
				execute(t, db, "INSERT INTO feedback (prediction_id, outcome) SELECT id, ? FROM predictions WHERE id = ? OR shadow_of = ?", fmt.Sprint(i%2), served, served)
			}
			p := scrape(t, start(t, "exporter", "--web.listen-address=127.0.0.1:0", "--predictions.log="+log, "--reference.file="+reference, "--window.feedback=1000", quick).url)
			want := map[string][2]float64{ // for the served one and for a shadow
				"model_window_predictions": {rows, rows}, "model_success_total": {rows, rows},
				"model_accuracy": {1, .5}, "model_accuracy_samples": {rows, rows}, "model_feedback_coverage_ratio": {1, 1},
			}
			for metric, values := range want {
				if !p.is(values[0], metric, "version", "served") {
					t.Errorf("%s of the served version is not %v", metric, values[0])
				}
				for s := range c.shadows {
					if !p.is(values[1], metric, "version", fmt.Sprint("shadow ", s)) {
						t.Errorf("%s of shadow %d is not %v", metric, s, values[1])
					}
				}
			}
			if kl, ok := p.value("feature_kl_divergence", "version", "served", "feature", "x"); !ok || kl > .02 {
				t.Errorf("KL of the served version: %v (%t)", kl, ok)
			}
			if kl, _ := p.value("feature_kl_divergence", "version", "shadow 0", "feature", "x"); kl < 1 {
				t.Errorf("KL of the shadow: %v", kl)
			}
			sound(t, "check", log)
		})
	}
}

// TestAShadowLeavesTheServedAnswerAlone: a repeated request gets the answer of the
// served version, and an outcome by the request id is that of the served version.
func TestAShadowLeavesTheServedAnswerAlone(t *testing.T) {
	t.Parallel()
	log := filepath.Join(t.TempDir(), "predictions.db")
	predictor := startPredictor(t, log, ownerModel)
	const body = `{"income":60,"merchant":null,"owner":1}`
	first := post(t, predictor.url+"/predict", body, "X-Request-ID", "loan 7")
	db := database(t, log, "rw")
	execute(t, db, "INSERT INTO predictions (model, version, features, class, request_id, shadow_of) VALUES ('owners', '2', '{}', '0', 'loan 7', 0)")
	if again := post(t, predictor.url+"/predict", body, "X-Request-ID", "loan 7"); first.code != http.StatusOK || again.body != first.body {
		t.Errorf("the request again: %d %s, want %s", again.code, again.body, first.body)
	}
	if got := post(t, predictor.url+"/feedback", `{"request_id":"loan 7","actual_outcome":1}`); got.code != http.StatusOK {
		t.Errorf("%d %s", got.code, got.body)
	}
	if got := post(t, predictor.url+"/feedback", `{"prediction_id":1,"actual_outcome":1}`); got.code != http.StatusOK {
		t.Errorf("an outcome of the shadow: %d %s", got.code, got.body)
	}
	for version, want := range map[string]int64{"1": 1, "2": 0} {
		if n := number(t, db, "SELECT count(*) FROM feedback WHERE version = ? AND class = outcome", version); n != want {
			t.Errorf("version %s was right %d times, want %d", version, n, want)
		}
	}
	if _, err := db.ExecContext(t.Context(), "INSERT INTO predictions (model, version, features, class, request_id) VALUES ('owners', '2', '{}', '0', 'loan 7')"); err == nil {
		t.Error("the same request id twice, and no shadow, is accepted")
	}
}
