package e2e_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// client follows the documents: it repeats a request with the same X-Request-ID until
// it is answered, through every restart.
type client struct {
	name        string
	predictor   *atomic.Pointer[string] // where it is now; nil: it has been killed
	answers     map[string]string       // first answers, by request id
	bodies      map[string]string       // what was sent
	outcomes    map[int64]string        // acknowledged, by prediction
	predictions *atomic.Int64
}

// run sends predictions, and an outcome for every third, until ctx ends.
func (c *client) run(ctx context.Context, t *testing.T, rows *loans) {
	for n := 0; ctx.Err() == nil; n++ {
		id := fmt.Sprintf("%s-%d", c.name, n)
		c.bodies[id] = rows.body()
		got, ok := c.insist(ctx, t, "/predict", c.bodies[id], "X-Request-ID", id)
		if !ok {
			return
		}
		c.answers[id] = got.body
		c.predictions.Add(1)
		var a answered
		if err := json.Unmarshal([]byte(got.body), &a); err != nil || a.ID == nil {
			t.Errorf("%s: %s: %v", id, got.body, err)
			return
		}
		if n%3 != 0 {
			continue
		}
		outcome := fmt.Sprint(n % 2)
		if _, ok := c.insist(ctx, t, "/feedback", fmt.Sprintf(`{"prediction_id":%d,"actual_outcome":%s,"source":%q}`, *a.ID, outcome, id)); !ok {
			return
		}
		c.outcomes[*a.ID] = outcome
	}
}

// insist repeats a request until it is answered; ok is false when ctx ends first.
func (c *client) insist(ctx context.Context, t *testing.T, path, body string, header ...string) (got answer, ok bool) {
	for {
		err := errors.New("the predictor was killed")
		if url := c.predictor.Load(); url != nil {
			got, err = send(ctx, http.MethodPost, *url+path, body, header...)
		}
		if err != nil {
			select {
			case <-ctx.Done():
				return answer{}, false
			case <-time.After(5 * time.Millisecond):
			}
			continue
		}
		if got.code != http.StatusOK {
			t.Errorf("%s: %d %s", path, got.code, got.body)
			return got, false
		}
		return got, true
	}
}

// TestRepeatedRequestsAreRecordedOnce kills predictor and exporter under load,
// while clients repeat what was not answered.
func TestRepeatedRequestsAreRecordedOnce(t *testing.T) {
	t.Parallel()
	kills := 10
	if testing.Short() {
		kills = 2
	}
	log := filepath.Join(t.TempDir(), "predictions.db")
	predictorArgs := []string{"predictor", "--web.listen-address=127.0.0.1:0", "--predictions.log=" + log}
	exporterArgs := []string{"exporter", "--web.listen-address=127.0.0.1:0", "--predictions.log=" + log, quick}
	var (
		where       atomic.Pointer[string]
		predictions atomic.Int64
		group       sync.WaitGroup
		clients     []*client
	)
	predictor, exporter := start(t, predictorArgs...), start(t, exporterArgs...)
	where.Store(&predictor.url)
	ctx, cancel := context.WithCancel(t.Context())
	for i := range 4 {
		c := &client{
			name: fmt.Sprintf("client-%d", i), predictor: &where, predictions: &predictions,
			answers: map[string]string{}, bodies: map[string]string{}, outcomes: map[int64]string{},
		}
		clients = append(clients, c)
		group.Go(func() { c.run(ctx, t, newLoans(uint64(i))) })
	}
	counters := map[string]float64{}
	for kill := range kills {
		enough := predictions.Load() + 20 + rand.Int64N(150)
		waitFor(t, "the clients are served", func() bool {
			_, page := fetch(t, exporter.url+"/metrics", "")
			neverFall(t, counters, page)
			if !strings.Contains(page, "\ndrift_up 1\n") {
				t.Error("drift_up is not 1 while predictors come and go")
			}
			return predictions.Load() >= enough || t.Failed()
		})
		where.Store(nil)
		_ = predictor.kill(syscall.SIGKILL)
		if kill%3 == 1 {
			_ = exporter.kill(syscall.SIGKILL)
			exporter = start(t, exporterArgs...)
		}
		predictor = start(t, predictorArgs...)
		where.Store(&predictor.url)
	}
	served := predictions.Load()
	waitFor(t, "the clients are served after the last kill", func() bool { return predictions.Load() > served || t.Failed() })
	cancel()
	group.Wait()

	answers, bodies, outcomes := map[string]string{}, map[string]string{}, map[int64]string{}
	for _, c := range clients {
		maps.Copy(answers, c.answers)
		maps.Copy(bodies, c.bodies)
		maps.Copy(outcomes, c.outcomes)
	}
	repeated := 0
	for id, first := range answers { // In no order; fifty are enough.
		if got := post(t, predictor.url+"/predict", bodies[id], "X-Request-ID", id); got.body != first {
			t.Errorf("%s was answered with %s, and now with %s", id, first, got.body)
		}
		if repeated++; repeated == 50 {
			break
		}
	}
	if err := predictor.kill(syscall.SIGTERM); err != nil {
		t.Error(err)
	}
	sound(t, "check", log)
	holdAgainst(t, log, answers, bodies, outcomes)
	page := scrape(t, exporter.url)
	db := database(t, log, "ro")
	if got, _ := page.value("model_success_total"); int64(got) != number(t, db, "SELECT count(*) FROM predictions") {
		t.Errorf("model_success_total is %v, the log has %d rows", got, number(t, db, "SELECT count(*) FROM predictions"))
	}
	if got := page.total("model_feedback_total"); int64(got) != number(t, db, "SELECT count(*) FROM feedback") {
		t.Errorf("model_feedback_total adds up to %v, the log has %d rows", got, number(t, db, "SELECT count(*) FROM feedback"))
	}
	t.Logf("%d predictions and %d outcomes through %d kills", predictions.Load(), len(outcomes), kills)
}

// holdAgainst compares a log with what was answered, and with what may have been
// recorded without an answer: nothing but requests that were sent.
func holdAgainst(t *testing.T, log string, answers, bodies map[string]string, outcomes map[int64]string) {
	t.Helper()
	db := database(t, log, "ro")
	rows, err := db.QueryContext(t.Context(), "SELECT id, time, request_id, features FROM predictions ORDER BY rowid")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	lastID, lastTime := int64(-1), int64(0)
	for rows.Next() {
		var (
			id, at            int64
			request, features string
		)
		if err := rows.Scan(&id, &at, &request, &features); err != nil {
			t.Fatal(err)
		}
		if id <= lastID || at < lastTime {
			t.Errorf("prediction %d of time %d follows %d of time %d", id, at, lastID, lastTime)
		}
		lastID, lastTime = id, at
		if bodies[request] != features {
			t.Errorf("prediction %d, %s, has features %s, sent was %s", id, request, features, bodies[request])
		}
		if first, ok := answers[request]; ok {
			if !strings.HasPrefix(first, fmt.Sprintf(`{"prediction_id":%d,"request_id":%q,`, id, request)) {
				t.Errorf("prediction %d, %s, was answered with %s", id, request, first)
			}
			delete(answers, request)
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	if len(answers) > 0 {
		t.Errorf("%d predictions were answered and are not in the log", len(answers))
	}
	for id, outcome := range outcomes {
		if n := number(t, db, "SELECT count(*) FROM feedback WHERE prediction_id = ? AND outcome = ?", id, outcome); n != 1 {
			t.Errorf("the outcome of prediction %d is in the log %d times, want once", id, n)
		}
	}
}
