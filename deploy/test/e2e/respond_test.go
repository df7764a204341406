package e2e_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"
)

// relation makes rows whose outcome depends on age, or on plan once that is new, but for one in
// ten.
func relation(random *rand.Rand, n int, isNew bool) (rows, outcomes []string) {
	for range n {
		age, plan := 20+random.IntN(50), []string{"free", "pro"}[random.IntN(2)]
		yes := age > 45
		if isNew {
			yes = plan == "pro"
		}
		outcome := "0"
		if yes != (random.IntN(10) == 0) {
			outcome = "1"
		}
		rows, outcomes = append(rows, fmt.Sprintf(`{"age":%d,"plan":%q}`, age, plan)), append(outcomes, outcome)
	}
	return rows, outcomes
}

// predicted sends rows to a predictor and returns their ids, and the share that has the outcome.
func predicted(t *testing.T, url string, rows, outcomes []string) (ids []int64, accuracy float64) {
	t.Helper()
	for from := 0; from < len(rows); from += 500 {
		got := post(t, url+"/predict", "["+strings.Join(rows[from:from+500], ",")+"]")
		var answers []struct {
			ID         int64 `json:"prediction_id"`
			Prediction json.Number
		}
		if err := json.Unmarshal([]byte(got.body), &answers); err != nil || got.code != http.StatusOK {
			t.Fatalf("%d %s %v", got.code, got.body, err)
		}
		for i, a := range answers {
			ids = append(ids, a.ID)
			if a.Prediction.String() == outcomes[from+i] {
				accuracy += 1 / float64(len(rows))
			}
		}
	}
	return ids, accuracy
}

// TestAnAlertRetrainsTheModelWhoeverIsKilled: a real Alertmanager sends the alert, the responder
// is killed again and again, a person approves, and the predictor serves a better model.
func TestAnAlertRetrainsTheModelWhoeverIsKilled(t *testing.T) {
	t.Parallel()
	alertmanager, err := exec.LookPath("prometheus-alertmanager")
	if err != nil {
		t.Skip("no prometheus-alertmanager: install Debian's package of that name")
	}
	dir := t.TempDir()
	random := rand.New(rand.NewPCG(3, 4))
	rows, outcomes := relation(random, 2000, false)
	csv := asCSV(t, rows, outcomes)
	model, reference, log := filepath.Join(dir, "model.json"), filepath.Join(dir, "reference.json"), filepath.Join(dir, "predictions.db")
	command(t, 0, "train", "--csv="+file(t, dir, "train.csv", csv), "--outcome=bought", "--model.name=shop", "--model.version=1", "--model.output="+model, "--reference.output="+reference)
	predictor := start(t, "predictor", "--web.listen-address=127.0.0.1:0", "--predictions.log="+log, "--model.file="+model,
		"--shadow.model.file="+filepath.Join(dir, "shadow.json"), "--web.enable-lifecycle")
	rows, outcomes = relation(random, 1500, true)
	file(t, dir, "holdout.csv", asCSV(t, rows, outcomes))
	ids, before := predicted(t, predictor.url, rows, outcomes)
	for from := 0; from < len(ids); from += 500 {
		var batch []string
		for i := from; i < from+500; i++ {
			batch = append(batch, fmt.Sprintf(`{"prediction_id":%d,"actual_outcome":%s}`, ids[i], outcomes[i]))
		}
		if got := post(t, predictor.url+"/feedback", "["+strings.Join(batch, ",")+"]"); got.code != http.StatusOK {
			t.Fatalf("feedback: %d %s", got.code, got.body)
		}
	}

	config := file(t, dir, "respond.yml", strings.NewReplacer("DIR", dir, "URL", predictor.url).Replace(`
dry_run: false
playbooks:
  - name: retrain
    alerts: [ModelAccuracyDrop]
    steps:
      - validate: {model_file: DIR/model.json}
      - review_more: {folder: DIR, sample: 0.3, for: 1d}
      - exec: {command: [/bin/sh, -c, "sleep 0.3; echo $DRIFT_KEY >> DIR/executed"]}
      - retrain: {model_file: DIR/model.json}
      - validate: {model: candidate}
      - validate: {model: candidate, model_file: DIR/model.json, holdout: {csv: DIR/holdout.csv, outcome: bought}}
      - shadow: {model_file: DIR/shadow.json, reload: [URL/-/reload]}
      - promote: {model_file: DIR/model.json, reference_file: DIR/reference.json, reload: [URL/-/reload]}
        approve: person
`))
	hash, err := bcrypt.GenerateFromPassword([]byte("secret"), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	address, audit := freeAddress(t), filepath.Join(dir, "audit.jsonl")
	args := []string{
		"respond", "--web.listen-address=" + address, "--config.file=" + config, "--predictions.log=" + log,
		"--audit.file=" + audit, "--runs.dir=" + filepath.Join(dir, "runs"), "--web.config.file=" + file(t, dir, "web.yml", "basic_auth_users: {anna: '"+string(hash)+"'}\n"),
	}
	responder := start(t, args...)
	alert(t, alertmanager, dir, responder.url)

	anna := "Basic " + base64.StdEncoding.EncodeToString([]byte("anna:secret"))
	var run respondRun
	kills := 0
	for end := time.Now().Add(2 * time.Minute); run.Outcome == "" && time.Now().Before(end); {
		if kills < 8 {
			time.Sleep(time.Duration(random.IntN(400)) * time.Millisecond) // the moment of the kill
			if err := responder.kill(syscall.SIGKILL); err == nil {
				t.Error("it ended by itself")
			}
			responder = start(t, args...)
			kills++
		}
		run = newestRun(t, responder.url, anna)
		if run.Waits {
			body := fmt.Sprintf(`{"run":%q,"step":8,"approve":true,"note":"seen"}`, run.Run)
			if got := post(t, responder.url+"/approve", body); got.code != http.StatusUnauthorized {
				t.Errorf("somebody approves: %d %s", got.code, got.body)
			}
			if got := post(t, responder.url+"/approve", body, "Authorization", anna); got.code != http.StatusOK && got.code != http.StatusConflict {
				t.Errorf("approve: %d %s", got.code, got.body)
			}
		}
	}
	if run.Outcome != "done" || kills == 0 {
		t.Fatalf("after %d kills: %+v\n%s", kills, run, responder.said())
	}
	command(t, 0, "respond", "audit", "--audit.file="+audit)
	done := map[int]int{}
	for line := range strings.Lines(contents(t, audit)) {
		var e struct {
			Event string
			Step  int
		}
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatal(err)
		}
		if e.Event == "done" {
			done[e.Step]++
		}
	}
	for step := 1; step <= 8; step++ {
		if done[step] != 1 {
			t.Errorf("step %d was done %d times", step, done[step])
		}
	}
	if requests := matchingFiles(t, filepath.Join(dir, "raise-*.json")); len(requests) != 1 || requests[0] != filepath.Join(dir, "raise-"+run.Run+".json") {
		t.Errorf("requests to review more: %v", requests)
	}
	executed := strings.Fields(contents(t, filepath.Join(dir, "executed")))
	for _, key := range executed {
		if key != run.Run+"-3" {
			t.Errorf("the program ran for %s", key)
		}
	}
	_, after := predicted(t, predictor.url, rows, outcomes)
	if before > .65 || after < .85 {
		t.Errorf("accuracy is %.3f before and %.3f after", before, after)
	}
	_, health := fetch(t, predictor.url+"/health", "")
	if strings.Contains(health, `"model_version":"1"`) {
		t.Errorf("still the former version: %s", health)
	}
	t.Logf("%d kills, the program ran %d times, accuracy %.3f before and %.3f after", kills, len(executed), before, after)
}

func matchingFiles(t *testing.T, pattern string) []string {
	t.Helper()
	all, err := filepath.Glob(pattern)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// asCSV writes rows and their outcomes as a CSV.
func asCSV(t *testing.T, rows, outcomes []string) string {
	t.Helper()
	csv := "age,plan,bought\n"
	for i, row := range rows {
		var r struct {
			Age  int
			Plan string
		}
		if err := json.Unmarshal([]byte(row), &r); err != nil {
			t.Fatal(err)
		}
		csv += fmt.Sprintf("%d,%s,%s\n", r.Age, r.Plan, outcomes[i])
	}
	return csv
}

type respondRun struct {
	Run, Outcome, Text string
	Waits              bool
}

// newestRun asks a responder for its newest run.
func newestRun(t *testing.T, url, authorization string) (run respondRun) {
	t.Helper()
	got, err := send(t.Context(), http.MethodGet, url+"/api/v1/runs", "", "Authorization", authorization)
	if err != nil {
		t.Fatal(err)
	}
	var all struct{ Runs []respondRun }
	if err := json.Unmarshal([]byte(got.body), &all); err != nil {
		t.Fatalf("%d %s: %v", got.code, got.body, err)
	}
	if len(all.Runs) > 1 {
		t.Errorf("%d runs for one alert", len(all.Runs))
	}
	if len(all.Runs) == 1 {
		run = all.Runs[0]
	}
	return run
}

// alert has a real Alertmanager send an alert to a responder until the test ends.
func alert(t *testing.T, program, dir, url string) {
	t.Helper()
	address := runAlertmanager(t, program, dir, `
route: {receiver: respond, group_wait: 0s, group_interval: 1s, repeat_interval: 1s, group_by: [alertname]}
receivers: [{name: respond, webhook_configs: [{url: `+strconv.Quote(url+"/alerts")+`, http_config: {basic_auth: {username: anna, password: secret}}}]}]
`)
	body := `[{"labels":{"alertname":"ModelAccuracyDrop","model":"shop","version":"1","severity":"critical"}}]`
	for range 500 {
		if status, _, err := request(t.Context(), "http://"+address+"/api/v2/alerts", body, ""); err == nil && status == http.StatusOK {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatal("the Alertmanager took no alert")
}

// contents reads a whole file.
func contents(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
