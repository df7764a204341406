package e2e_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/drift-exporter/drift_exporter/predictor/model"
	"github.com/drift-exporter/drift_exporter/predictor/simulate"
)

// The replays: an hour and ten minutes, a loan a second, which changes after
// twenty minutes, when the window of 1000 is full.
const (
	replayed = 70 * 60
	changing = 20 * 60
)

// TestTheRightAlertFires replays simulated loans that stay as they are, and that
// change in each of several ways. The exporter's own fold makes the metrics of
// them, a sample a minute; Prometheus' own engine evaluates the shipped rules on
// them, patience and all; and the alerts that fired at any time are the ones
// expected, and no other.
func TestTheRightAlertFires(t *testing.T) {
	t.Parallel()
	needPrometheus(t)
	loans, begin := quietLoans(t), time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	rules, err := filepath.Abs("../../prometheus/rules")
	if err != nil {
		t.Fatal(err)
	}
	var tests strings.Builder
	fmt.Fprintf(&tests, "rule_files: [%s/*.yml]\nevaluation_interval: 1m\ntests:\n", rules)
	for _, test := range []struct {
		name   string
		change func(i int, loan map[string]string)
		want   []string // alert, severity, feature
	}{
		{"quiet", func(int, map[string]string) {}, nil},
		// Half a standard deviation of income moves the logit by 0.015: no shift of the score.
		{"mean", func(_ int, loan map[string]string) { alter(loan, "income", 0, 1, 23_460) }, []string{"ModelFeatureDrift warning income"}},
		// Two thirds of one of credit_score move it by 0.55, and nobody is in the
		// reference's best tenth any more: scores end at 845.
		{"mean that matters", func(_ int, loan map[string]string) { alter(loan, "credit_score", 0, 1, -42) }, []string{"ModelFeatureDrift critical credit_score", "ModelFeatureDrift warning credit_score", "ModelFeatureOutOfRange warning credit_score", "ModelPredictionShift warning"}},
		{"variance", func(_ int, loan map[string]string) { alter(loan, "credit_score", 720, 2, 0) }, []string{"ModelFeatureDrift warning credit_score", "ModelFeatureOutOfRange warning credit_score", "ModelPredictionShift warning"}},
		{"mix", func(i int, loan map[string]string) {
			if i%2 == 0 {
				loan["loan_term"] = "15"
			}
		}, []string{"ModelFeatureDrift warning loan_term"}},
		{"new category", func(i int, loan map[string]string) {
			if i%10 == 0 {
				loan["loan_term"] = "40"
			}
		}, []string{"ModelFeatureDrift warning loan_term", "ModelFeatureOutOfRange warning loan_term", "ModelFeatureUnseenValues warning loan_term"}},
		{"missing", func(i int, loan map[string]string) {
			if i%10 == 0 {
				loan["home_value"] = ""
			}
		}, []string{"ModelFeatureDrift warning home_value", "ModelFeatureMissingValues warning home_value"}},
		{"concept", func(i int, loan map[string]string) {
			if i%3 == 0 {
				loan[simulate.Outcome] = map[string]string{"0": "1", "1": "0"}[loan[simulate.Outcome]]
			}
		}, []string{"ModelAccuracyDrop critical", "ModelAccuracySurprise warning"}},
	} {
		fmt.Fprintf(&tests, "- name: %s\n  interval: 1m\n  input_series:\n", test.name)
		for key, values := range seriesOf(t, history(t, loans, test.change), begin) {
			fmt.Fprintf(&tests, "  - {series: '%s', values: '%s'}\n", key, strings.Join(values, " "))
		}
		fmt.Fprintf(&tests, "  promql_expr_test:\n  - expr: 'group by (alertname, severity, feature) (last_over_time(ALERTS{alertstate=\"firing\"}[2h])) # %s'\n    eval_time: %ds\n    exp_samples:\n", test.name, replayed)
		for _, alert := range test.want {
			labels := strings.Fields(alert)
			feature := ""
			if len(labels) == 3 {
				feature = fmt.Sprintf(",feature=%q", labels[2])
			}
			fmt.Fprintf(&tests, "    - {labels: '{alertname=%q,severity=%q%s}', value: 1}\n", labels[0], labels[1], feature)
		}
	}
	file := filepath.Join(t.TempDir(), "test.yml")
	write(t, file, []byte(tests.String()))
	if said, err := exec.CommandContext(t.Context(), "promtool", "test", "rules", file).CombinedOutput(); err != nil { // #nosec G204 -- our own arguments
		t.Errorf("promtool: %v\n%s", err, said)
	}
}

// alter stretches a number about a middle, and adds to it.
func alter(loan map[string]string, feature string, middle, stretch, shift float64) {
	x, _ := strconv.ParseFloat(loan[feature], 64)
	loan[feature] = fmt.Sprint(middle + stretch*(x-middle) + shift)
}

// quietLoans returns the rows of simulated loans, the header first.
func quietLoans(t *testing.T) [][]string {
	t.Helper()
	var made bytes.Buffer
	if err := simulate.WriteCSV(&made, 31, replayed); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&made).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// history replays loans of which the later ones change, scored by the model, and
// returns the metrics over time as OpenMetrics.
func history(t *testing.T, loans [][]string, change func(i int, loan map[string]string)) string {
	t.Helper()
	var changed bytes.Buffer
	m, header := model.Default(), loans[0]
	out := csv.NewWriter(&changed)
	_ = out.Write(append(slices.Clone(header), "score")) // an error comes out of Flush below
	for i, row := range loans[1:] {
		loan := map[string]string{}
		for j, name := range header {
			loan[name] = row[j]
		}
		if i >= changing {
			change(i, loan)
		}
		body, record := []model.Value{}, []string{}
		for _, name := range m.FeatureNames() {
			x, err := strconv.ParseFloat(loan[name], 64)
			body = append(body, model.Value{Number: x, Missing: err != nil})
		}
		for _, name := range header {
			record = append(record, loan[name])
		}
		score, _ := m.Predict(body)
		_ = out.Write(append(record, fmt.Sprint(score)))
	}
	if out.Flush(); out.Error() != nil {
		t.Fatal(out.Error())
	}
	dir := t.TempDir()
	rows, metrics := filepath.Join(dir, "loans.csv"), filepath.Join(dir, "metrics")
	write(t, rows, changed.Bytes())
	program, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	replay := exec.CommandContext(t.Context(), program, "replay", "--csv="+rows, "--rate=1", "--start=2026-01-01T00:00:00Z",
		"--score=score", "--outcome="+simulate.Outcome, "--step=1m", "--output.step=1m", "--output.openmetrics="+metrics, quick) // #nosec G204 -- our own arguments
	if said, err := replay.CombinedOutput(); err != nil {
		t.Fatalf("replay: %v\n%s", err, said)
	}
	content, err := os.ReadFile(metrics) // #nosec G304 -- our own folder
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// seriesOf returns the values of a replay's metrics that the rules use, a minute
// apart, in the notation of promtool.
func seriesOf(t *testing.T, metrics string, begin time.Time) map[string][]string {
	t.Helper()
	const steps = replayed/60 + 1
	needed := map[string]bool{}
	for _, file := range matching(t, "deploy/prometheus/rules/*.yml") {
		for _, name := range inRules(t, read(t, file)) {
			needed[name] = true
		}
	}
	const target = `job="drift_exporter",instance="a:8001"`
	series := map[string][]string{"up{" + target + "}": slices.Repeat([]string{"1"}, steps)}
	found := map[string]bool{}
	for _, sample := range sampleLine.FindAllStringSubmatch(metrics, -1) {
		if !needed[sample[1]] {
			continue
		}
		at, err := strconv.ParseInt(sample[4], 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		key := sample[1] + "{" + sample[2] + target + "}"
		if sample[2] != "" {
			key = sample[1] + "{" + strings.Trim(sample[2], "{}") + "," + target + "}"
		}
		if series[key] == nil {
			series[key] = slices.Repeat([]string{"_"}, steps)
		}
		if i := (at - begin.Unix()) / 60; i >= 0 && i < steps {
			series[key][i], found[sample[1]] = sample[3], true
		}
	}
	for _, name := range []string{"feature_drift_detected", "feature_missing_ratio", "prediction_drift_detected", "model_accuracy_samples", "model_accuracy_surprise_upper", "model_last_prediction_timestamp_seconds"} {
		if !found[name] {
			t.Fatalf("the replay has no %s, only %v", name, slices.Sorted(maps.Keys(found)))
		}
	}
	return series
}

// sampleLine is a sample of OpenMetrics: name, labels, value, seconds.
var sampleLine = regexp.MustCompile(`(?m)^(\w+)(\{[^\n]*\})? (\S+) (\d+)(?:\.\d+)?$`)
