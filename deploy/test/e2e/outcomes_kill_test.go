package e2e_test

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/drift-exporter/drift_exporter/predictor/outcomes/sourcetest"
)

// said is one record of a source, by its number. Every tenth prediction is stated twice, with a
// change of mind. One record in a hundred cannot be understood.
type said struct {
	prediction int
	status     string
	at         time.Time
}

// statement returns the record with a number.
func statement(k int) said {
	s := said{prediction: k, status: []string{"paid", "default"}[k/10%2], at: firstStatement.Add(time.Duration(k) * time.Second)}
	switch {
	case k%100 == 7:
		s.status = fmt.Sprintf("unclear %d", k)
	case k%10 == 9:
		s.prediction = k - 5
		s.status = []string{"default", "paid"}[k/10%2]
	}
	return s
}

// firstStatement is later than the predictions of a test's log.
var firstStatement = time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)

// origin is a place with records that the outcomes process reads.
type origin interface {
	// entry returns the source's entry in the configuration, without its name and outcome.
	entry() string
	// send makes the records from one number to another available.
	send(ctx context.Context, from, to int) error
	// kill ends the server as kill -9 does, and starts it again.
	kill(ctx context.Context) error
	// env returns variables for the outcomes process.
	env() []string
}

// killTest says how much one test does: 5000 records, 3 kills of our process and 1 of the server.
// OUTCOMES_TEST_RECORDS=100000 makes it the long form, with 10 kills and 3 of the server.
func killTest() (records, kills, serverKills int) {
	records, kills, serverKills = 5000, 3, 1
	if n, err := strconv.Atoi(os.Getenv("OUTCOMES_TEST_RECORDS")); err == nil {
		records, kills, serverKills = n, 10, 3
	}
	return records, kills, serverKills
}

// TestOutcomesArriveOnceWhoeverIsKilled kills the outcomes process, and the server that it reads
// from, at random moments of the work. The log must have each outcome once.
func TestOutcomesArriveOnceWhoeverIsKilled(t *testing.T) {
	t.Parallel()
	for _, one := range []struct {
		name  string
		start func(*testing.T) origin
	}{
		{"postgres", fromPostgres}, {"mariadb", fromMariaDB}, {"sqlite", fromSQLite}, {"kafka", fromKafka},
		{"rabbitmq", fromRabbitMQ}, {"files", fromFiles}, {"bigquery", fromBigQuery}, {"api", fromAPI},
	} {
		t.Run(one.name, func(t *testing.T) {
			t.Parallel()
			killOutcomes(t, one.start(t))
		})
	}
}

func killOutcomes(t *testing.T, from origin) {
	t.Helper()
	records, kills, serverKills := killTest()
	log, config := logWith(t, records), configOf(t, from.entry())
	var sending sync.WaitGroup
	sending.Go(func() { // while they are read
		step := max(records/20, 1)
		for k := 0; k < records; k += step {
			if err := from.send(t.Context(), k, min(k+step, records)); err != nil {
				t.Errorf("send %d: %v", k, err)
				return
			}
		}
	})
	kind := make([]bool, kills+serverKills) // true: the server is killed
	for i := range serverKills {
		kind[i] = true
	}
	rand.Shuffle(len(kind), func(i, j int) { kind[i], kind[j] = kind[j], kind[i] })
	moments := make([]int, len(kind))
	for i := range moments {
		moments[i] = rand.IntN(records * 9 / 10)
	}
	slices.Sort(moments)
	process := startOutcomes(t, log, config, from.env())
	for i, moment := range moments {
		evidenceOf(t, log, moment, process)
		if kind[i] {
			if err := from.kill(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if !kind[i] || len(from.env()) > 0 { // a server that came back at another address
			_ = process.kill(syscall.SIGKILL)
			process = startOutcomes(t, log, config, from.env())
		}
	}
	sending.Wait()
	evidenceOf(t, log, records, process)
	if err := process.kill(syscall.SIGTERM); err != nil {
		t.Errorf("the process did not end in an orderly way: %v", err)
	}
	checkOutcomes(t, log, records)
}

// startOutcomes starts the outcomes process.
func startOutcomes(t *testing.T, log, config string, env []string) *process {
	t.Helper()
	return startWith(t, os.Geteuid(), env, "outcomes", "--config.file="+config, "--predictions.log="+log, "--web.listen-address=127.0.0.1:0")
}

// logWith makes a log with n predictions that are older than their outcomes.
func logWith(t *testing.T, n int) string {
	t.Helper()
	return sourcetest.Log(t, n, func() time.Time { return firstStatement.AddDate(0, -1, 0) })
}

// evidenceOf waits until the log has evidence of n records.
func evidenceOf(t *testing.T, log string, n int, p *process) {
	t.Helper()
	db := openLog(t, log)
	defer func() { _ = db.Close() }()
	got, last := -1, time.Now()
	for {
		var now int
		if err := db.QueryRowContext(t.Context(), "SELECT (SELECT count(*) FROM outcomes) + (SELECT count(*) FROM outcomes_rejected)").Scan(&now); err != nil {
			t.Fatal(err)
		}
		if now >= n {
			return
		}
		if now > got {
			got, last = now, time.Now()
		}
		if time.Since(last) > 5*time.Minute {
			t.Fatalf("%d records of %d, and no more are coming:\n%s", now, n, p.said())
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func openLog(t *testing.T, path string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite3", "file:"+path+"?mode=ro&_busy_timeout=10000")
	if err != nil {
		t.Fatal(err)
	}
	return db
}

// checkOutcomes compares the log with all records.
func checkOutcomes(t *testing.T, log string, records int) {
	t.Helper()
	evidence, feedback, rejected := map[string]int{}, map[string]int{}, map[string]int{}
	for k := range records {
		s := statement(k)
		if strings.HasPrefix(s.status, "unclear") {
			rejected[s.status]++
			continue
		}
		outcome := map[string]string{"paid": "1", "default": "0"}[s.status]
		evidence[fmt.Sprint(s.prediction, " ", outcome, " ", s.at.UnixNano())]++
		feedback[fmt.Sprint(s.prediction, " ", outcome)]++
	}
	db := openLog(t, log)
	defer func() { _ = db.Close() }()
	compare(t, db, "evidence", "SELECT prediction_id || ' ' || outcome || ' ' || observed_at FROM outcomes", evidence)
	compare(t, db, "feedback", "SELECT prediction_id || ' ' || outcome FROM feedback", feedback)
	compare(t, db, "rejected records", "SELECT 'unclear ' || CAST(substr(record, instr(record, 'unclear ') + 8) AS INTEGER) FROM outcomes_rejected WHERE reason = 'unmapped'", rejected)
	program, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), program, "log", "check", "--predictions.log="+log).CombinedOutput(); err != nil {
		t.Errorf("log check: %v\n%s", err, out)
	}
}

// compare holds the rows of a query, which are texts, against how often each should be there.
func compare(t *testing.T, db *sql.DB, what, query string, want map[string]int) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	got, n := map[string]int{}, 0
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			t.Fatal(err)
		}
		got[text]++
		n++
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	wrong := 0
	for text, times := range want {
		if got[text] != times {
			if wrong++; wrong < 5 {
				t.Errorf("%s: %q is there %d times, want %d", what, text, got[text], times)
			}
		}
	}
	for text := range got {
		if want[text] == 0 {
			if wrong++; wrong < 5 {
				t.Errorf("%s: %q should not be there", what, text)
			}
		}
	}
	t.Logf("%s: %d rows, %d wrong", what, n, wrong)
}
