package e2e_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// TestFirstRequests are those that a stranger makes, and what must be on the
// page afterwards.
func TestFirstRequests(t *testing.T) {
	t.Parallel()
	log := filepath.Join(t.TempDir(), "predictions.db")
	predictor := start(t, "predictor", "--web.listen-address=127.0.0.1:0", "--predictions.log="+log)
	exporter := start(t, "exporter", "--web.listen-address=127.0.0.1:0", "--predictions.log="+log)
	for i := range 50 {
		status, answer := fetch(t, predictor.url+"/predict", loan())
		if status != 200 || !strings.HasPrefix(answer, fmt.Sprintf(`{"prediction_id":%d,`, i)) {
			t.Fatalf("prediction %d: %d %s", i, status, answer)
		}
	}
	if status, answer := fetch(t, predictor.url+"/feedback", `{"prediction_id": 0, "actual_outcome": 1}`); status != 200 || !strings.Contains(answer, `"correct":`) {
		t.Errorf("feedback: %d %s", status, answer)
	}
	if status, answer := fetch(t, predictor.url+"/health", ""); status != 200 || !strings.Contains(answer, `"status":"healthy"`) {
		t.Errorf("health: %d %s", status, answer)
	}
	wanted := []string{
		"drift_up 1", `feature_kl_divergence{feature="income"`, `feature_drift_p_value{feature="income"`, `feature_drift_detected{feature="income"`,
		"prediction_distribution_shift{", "model_prediction_latency_seconds_bucket{", "model_prediction_values_bucket{", "model_requests_total{",
		"model_success_total{", "model_errors_total{", "model_predictions_by_class_total{", "model_accuracy{",
	}
	for _, feature := range []string{
		"interest_rate", "loan_amount", "loan_balance", "loan_to_value_ratio", "credit_score", "debt_to_income_ratio",
		"income", "loan_term", "loan_age", "home_value", "current_rate", "rate_spread",
	} {
		wanted = append(wanted, "model_feature_"+feature+"{")
	}
	page := until(t, exporter.url+"/metrics", func(page string) bool {
		return !slices.ContainsFunc(wanted, func(line string) bool { return !strings.Contains(page, "\n"+line) })
	})
	for _, line := range wanted {
		if !strings.Contains(page, "\n"+line) {
			t.Errorf("the page has no %s", line)
		}
	}
	for _, p := range []*process{predictor, exporter} {
		if err := p.kill(syscall.SIGTERM); err != nil {
			t.Errorf("after SIGTERM: %v, want exit status 0", err)
		}
	}
}
