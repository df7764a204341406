package e2e_test

import (
	"fmt"
	"math"
	"path/filepath"
	"testing"
	"time"
)

// Scores that are no probabilities, and numbers near the largest, are rows like others: no
// sum or mean of the page overflows.
func TestExtremeNumbersOfALog(t *testing.T) {
	t.Parallel()
	log := filepath.Join(t.TempDir(), "predictions.db")
	command(t, 0, "log", "init", "--predictions.log="+log)
	db := database(t, log, "rw")
	newLoans(3).insert(t, db, 200, time.Now().Add(-time.Hour), time.Second)
	for _, score := range []string{"1e308", "1.7e308", "-1e308", "-1.7e308", "1.0000001", "-5e-324"} {
		for range 3 {
			execute(t, db, "INSERT INTO predictions (model, version, features, score, class) VALUES ('loan_refinance', '1', '{\"income\":1e308,\"loan_amount\":-1e308}', "+score+", '1')")
			execute(t, db, "INSERT INTO feedback (prediction_id, outcome) VALUES (last_insert_rowid(), '1')")
		}
	}
	p := scrape(t, start(t, "exporter", "--web.listen-address=127.0.0.1:0", "--predictions.log="+log, "--window.maturity=1ms", "--collector.accuracy_impact", "--drift.dependence=block", quick).url)
	for name, want := range map[string]float64{"model_requests_total": 218, "model_prediction_values": 200} {
		if got, _ := p.value(name); got != want {
			t.Errorf("%s is of %v rows, want %v", name, got, want)
		}
	}
	for name, value := range p.samples() {
		if math.IsInf(value, 0) || math.IsNaN(value) {
			t.Errorf("%s is %v", name, value)
		}
	}
}

// Errors of a regression whose sum is above the largest number have a finite mean; a mean square
// that has none is absent.
func TestExtremeNumbersOfARegression(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	log, reference := filepath.Join(dir, "predictions.db"), filepath.Join(dir, "reference.json")
	rows := "a,p,y\n" + repeated(2000, func(i int) string { return fmt.Sprintf("%d,%d,%d.5\n", i%97, i%89, i%83) })
	command(t, 0, "reference", "--csv="+file(t, dir, "rows.csv", rows), "--type=regression", "--score=p", "--outcome=y", "--model.name=m", "--reference.output="+reference)
	command(t, 0, "log", "init", "--predictions.log="+log)
	db := database(t, log, "rw")
	for i := range 60 {
		score := []string{"1.5", "1e308", "-1e308"}[i%3]
		execute(t, db, fmt.Sprintf("INSERT INTO predictions (model, features, score, class) VALUES ('m', '{\"a\":%d}', %s, '')", i, score))
		execute(t, db, "INSERT INTO feedback (prediction_id, outcome) VALUES (last_insert_rowid(), '2.5')")
	}
	p := scrape(t, start(t, "exporter", "--web.listen-address=127.0.0.1:0", "--predictions.log="+log, "--reference.file="+reference, quick).url)
	if got, _ := p.value("model_mean_absolute_error"); math.Abs(got/(1e308/3*2)-1) > 1e-9 {
		t.Errorf("the mean error is %v, want %v", got, 1e308/3*2)
	}
	for name, value := range p.samples() {
		if math.IsInf(value, 0) || math.IsNaN(value) {
			t.Errorf("%s is %v", name, value)
		}
	}
}
