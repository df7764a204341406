package e2e_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// TestNothingAcknowledgedIsLost kills a predictor under load, again and again.
func TestNothingAcknowledgedIsLost(t *testing.T) {
	t.Parallel()
	trials := 20
	if testing.Short() {
		trials = 3
	}
	log := filepath.Join(t.TempDir(), "predictions.db")
	exporter := start(t, "exporter", "--web.listen-address=127.0.0.1:0", "--predictions.log="+log, quick)
	acknowledged := map[int64]string{} // request ids by prediction
	sent := map[int64]string{}
	labelled := map[int64]bool{}
	var mu sync.Mutex
	counters := map[string]float64{}
	for trial := range trials {
		predictor := start(t, "predictor", "--web.listen-address=127.0.0.1:0", "--predictions.log="+log)
		ctx, cancel := context.WithCancel(t.Context())
		var clients sync.WaitGroup
		for client := range 8 {
			clients.Go(func() {
				for n := 0; ctx.Err() == nil; n++ {
					id := fmt.Sprintf("trial-%d-client-%d-%d", trial, client, n)
					features := loan()
					status, answer, err := request(ctx, predictor.url+"/predict", features, id)
					if err != nil || status != 200 {
						return
					}
					var a struct {
						ID int64 `json:"prediction_id"`
					}
					if err := json.Unmarshal([]byte(answer), &a); err != nil {
						t.Errorf("%s: %v", answer, err)
						return
					}
					mu.Lock()
					if other, taken := acknowledged[a.ID]; taken {
						t.Errorf("prediction %d is both %s and %s", a.ID, other, id)
					}
					acknowledged[a.ID], sent[a.ID] = id, features
					mu.Unlock()
					if n%3 == 0 {
						body := fmt.Sprintf(`{"prediction_id":%d,"actual_outcome":1}`, a.ID)
						if status, _, err := request(ctx, predictor.url+"/feedback", body, ""); err == nil && status == 200 {
							mu.Lock()
							labelled[a.ID] = true
							mu.Unlock()
						}
					}
				}
			})
		}
		enough := len(acknowledged) + 50 + rand.IntN(200)
		for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); {
			mu.Lock()
			n := len(acknowledged)
			mu.Unlock()
			if n >= enough {
				break
			}
			_, page := fetch(t, exporter.url+"/metrics", "")
			neverFall(t, counters, page)
		}
		_ = predictor.kill(syscall.SIGKILL)
		cancel()
		clients.Wait()
	}
	predictor := start(t, "predictor", "--web.listen-address=127.0.0.1:0", "--predictions.log="+log)
	_, page := fetch(t, exporter.url+"/metrics", "")
	neverFall(t, counters, page)
	for prediction, id := range acknowledged {
		if _, answer, err := request(t.Context(), predictor.url+"/predict", sent[prediction], id); err != nil || !strings.Contains(answer, fmt.Sprintf(`{"prediction_id":%d,`, prediction)) {
			t.Errorf("request %s again: %v %s, want prediction %d", id, err, answer, prediction)
		}
		break // one of them, at random
	}
	if err := predictor.kill(syscall.SIGTERM); err != nil {
		t.Error(err)
	}
	checkLog(t, log, acknowledged, labelled)
	t.Logf("%d trials, %d predictions and %d outcomes were acknowledged", trials, len(acknowledged), len(labelled))
}

var counter = regexp.MustCompile(`(?m)^(model_\w+(?:_total|_count|_sum|_bucket)\{[^}]*\}) (\S+)$`)

// neverFall holds the counters of a page against those of the page before.
func neverFall(t *testing.T, before map[string]float64, page string) {
	t.Helper()
	for _, m := range counter.FindAllStringSubmatch(page, -1) {
		now, err := strconv.ParseFloat(m[2], 64)
		if err != nil || now < before[m[1]] {
			t.Errorf("%s fell from %v to %s", m[1], before[m[1]], m[2])
		}
		before[m[1]] = now
	}
}

// checkLog holds the log against what was acknowledged.
func checkLog(t *testing.T, path string, acknowledged map[int64]string, labelled map[int64]bool) {
	t.Helper()
	db, err := sql.Open("sqlite3", "file:"+path+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	rows, err := db.QueryContext(t.Context(), `SELECT id, request_id, EXISTS (SELECT 1 FROM feedback WHERE prediction_id = id) FROM predictions ORDER BY id`)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	found, outcomes := 0, 0
	for rows.Next() {
		var id int64
		var request string
		var outcome bool
		if err := rows.Scan(&id, &request, &outcome); err != nil {
			t.Fatal(err)
		}
		if want, ok := acknowledged[id]; ok {
			found++
			if request != want {
				t.Errorf("prediction %d has request id %s, answered was %s", id, request, want)
			}
		}
		if outcome && labelled[id] {
			outcomes++
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	if found != len(acknowledged) || outcomes != len(labelled) {
		t.Errorf("the log has %d of %d acknowledged predictions and %d of %d outcomes", found, len(acknowledged), outcomes, len(labelled))
	}
	program, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), program, "log", "check", "--predictions.log="+path).CombinedOutput(); err != nil {
		t.Errorf("log check: %v\n%s", err, out)
	}
}
