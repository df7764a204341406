package e2e_test

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"cloud.google.com/go/bigquery"

	"github.com/drift-exporter/drift_exporter/predictor/google"
	"github.com/drift-exporter/drift_exporter/predictor/google/emulator"
)

// TestOneExporterReadsWhatFivePredictorsShipped runs five predictors with a shipper each, of which
// one is killed and comes back, and an exporter of what they ship to an emulator of BigQuery. It
// wants what an exporter of one log with all rows says. So does a second exporter.
func TestOneExporterReadsWhatFivePredictorsShipped(t *testing.T) {
	t.Parallel()
	e := emulator.Start(t, "")
	env := shipTo(t, e)
	dir := t.TempDir()
	whole := emptyLog(t)
	all := database(t, whole, "rw")
	logs := make([]string, 5)
	shippers, predictors := make([]*process, 5), make([]*process, 5)
	ship := func(i int) *process { return startShip(t, env, logs[i]) }
	for i := range logs {
		logs[i] = filepath.Join(dir, fmt.Sprintf("%d.db", i))
		predictors[i] = start(t, "predictor", "--web.listen-address=127.0.0.1:0", "--predictions.log="+logs[i])
		shippers[i] = ship(i)
	}
	total, labels := 0, 0
	for i, rows := range []int{130, 310, 200, 60, 90} {
		if i == 3 {
			if err := shippers[i].kill(syscall.SIGKILL); err == nil {
				t.Fatal("a killed shipper ended well")
			}
		}
		if status, answer := fetch(t, predictors[i].url+"/predict", newLoans(uint64(20+i)).array(rows)); status != 200 {
			t.Fatalf("%d %s", status, answer)
		}
		for id := range 10 * (i + 1) {
			if status, answer := fetch(t, predictors[i].url+"/feedback", fmt.Sprintf(`{"prediction_id":%d,"actual_outcome":%d}`, id, min(id%(i+2), 1))); status != 200 {
				t.Fatalf("%d %s", status, answer)
			}
		}
		if i == 3 {
			shippers[i] = ship(i)
		}
		execute(t, all, fmt.Sprintf(`ATTACH '%s' AS replica`, logs[i]))
		execute(t, all, fmt.Sprintf(`INSERT INTO predictions (id, time, model, version, features, score, class, latency)
			SELECT id + %d, time, model, version, features, score, class, latency FROM replica.predictions ORDER BY id`, 1000*i))
		execute(t, all, fmt.Sprintf(`INSERT INTO feedback (prediction_id, time, observed_at, outcome)
			SELECT prediction_id + %d, time, observed_at, outcome FROM replica.feedback ORDER BY seq`, 1000*i))
		execute(t, all, `DETACH replica`)
		total, labels = total+rows, labels+10*(i+1)
	}
	window := []string{"--web.listen-address=127.0.0.1:0", "--window.duration=1h", "--window.feedback=1000", "--collector.feature_counts", "--collector.feature_bins", "--collector.accuracy_impact", "--collector.segments", quick}
	follow := append([]string{"exporter", "--predictions.bigquery=test-project.fleet", "--bigquery.interval=1s"}, window...)
	fleets := []*process{startWith(t, os.Geteuid(), env, follow...), startWith(t, os.Geteuid(), env, follow...)}
	one := start(t, append([]string{"exporter", "--predictions.log=" + whole, "--window.predictions=0"}, window...)...)
	for _, fleet := range fleets {
		var apart []string
		for deadline := time.Now().Add(5 * time.Minute); time.Now().Before(deadline); time.Sleep(time.Second) {
			got := scrape(t, fleet.url)
			if got.total("model_window_predictions") != float64(total) || got.total("model_accuracy_samples") != float64(labels) {
				apart = []string{fmt.Sprintf("%v of %d predictions, %v of %d outcomes", got.total("model_window_predictions"), total, got.total("model_accuracy_samples"), labels)}
				continue
			}
			if apart = unequal(got, scrape(t, one.url)); len(apart) == 0 {
				break
			}
		}
		if len(apart) > 0 {
			t.Errorf("they differ:\n%s\n%s", strings.Join(apart[:min(len(apart), 20)], "\n"), fleet.said())
		}
		if p := scrape(t, fleet.url); !p.is(5, "drift_fleet_logs", "state", "live") || p.total("drift_fleet_refolds_total") != 0 {
			t.Errorf("live logs: %v, refolds: %v", p.total("drift_fleet_logs"), p.total("drift_fleet_refolds_total"))
		}
	}
}

// shipTo makes a dataset in an emulator. It returns the variables by which processes find it.
func shipTo(t *testing.T, e *emulator.Emulator) (env []string) {
	t.Helper()
	client, err := bigquery.NewClient(t.Context(), "test-project", e.ClientOptions()...)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Close() }()
	if err := client.Dataset("fleet").Create(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	return []string{google.RESTEmulator + "=" + e.REST, google.StorageEmulator + "=" + e.GRPC}
}

// startShip ships the counts of a log to that dataset.
func startShip(t *testing.T, env []string, log string) *process {
	t.Helper()
	return startWith(t, os.Geteuid(), env, "ship", "--web.listen-address=127.0.0.1:0", "--predictions.log="+log, "--ship.ticks", "--no-ship.rows",
		"--ship.interval=1s", "--bigquery.project=test-project", "--bigquery.dataset=fleet")
}

// unequal lists the samples from the log in which two pages differ by more than rounding.
func unequal(a, b page) (found []string) {
	x, y := a.samples(), b.samples()
	for key, want := range y {
		name, _, _ := strings.Cut(key, "{")
		got, ok := x[key]
		if fromTheLog(name) && !(ok && math.Abs(got-want) <= 1e-9*max(1, math.Abs(want))) {
			found = append(found, fmt.Sprintf("%s: %v (%t), want %v", key, got, ok, want))
		}
	}
	for key := range x {
		name, _, _ := strings.Cut(key, "{")
		if _, ok := y[key]; fromTheLog(name) && !ok {
			found = append(found, key+": want none")
		}
	}
	return found
}
