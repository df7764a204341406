package sqlite

import (
	"bufio"
	"context"
	_ "embed" // for the schemas of earlier releases
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite/file"
)

// schema2 is what release 0.2 made.
//
//go:embed testdata/schema_2.sql
var schema2 string

// logOf makes a log with an earlier schema. It has n predictions, an outcome for each, and a
// destination. Some of the oldest and the newest rows are deleted. It returns the path.
func logOf(t *testing.T, schema string, n int) string {
	t.Helper()
	path := newPath(t)
	if err := file.Touch(path); err != nil {
		t.Fatal(err)
	}
	c, err := dial(path, "rw", url.Values{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}()
	if err := c.Exec(schema); err != nil {
		t.Fatal(err)
	}
	must(t, c, "BEGIN IMMEDIATE")
	must(t, c, `INSERT INTO predictions (time, model, version, request_id, features, score, class)
		WITH RECURSIVE i (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM i WHERE n < ?1 - 1)
		SELECT 1000000000000000000 + n * 1000000000, 'm', n % 2, 'request-' || n, '{"x":' || n || '}', (n % 1001) / 1000.0, n % 2 FROM i`, int64(n))
	must(t, c, `INSERT INTO feedback (prediction_id, time, observed_at, outcome)
		SELECT id, time + 5000000000, time + 5000000000, id % 3 = 0 FROM predictions`)
	must(t, c, "INSERT INTO errors (model, reason) SELECT 'm', 'x' FROM predictions LIMIT 7")
	must(t, c, "DELETE FROM feedback WHERE prediction_id > ?1 - 3", int64(n))
	must(t, c, "DELETE FROM predictions WHERE id <= 10 OR id > ?1 - 3", int64(n))
	must(t, c, "COMMIT")
	return path
}

// picture returns what must not change: the counters and the rows, read with SQL.
func picture(t *testing.T, path string) (numbers [6]int64) {
	t.Helper()
	c, err := dial(path, "rw", url.Values{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }() // it was only read
	for i, query := range []string{
		"SELECT count(*) * 1000003 + sum(id) * 17 + sum(time / 1000000000) + sum(length(features)) + sum(CAST(score * 1000 + 0.5 AS INTEGER)) + coalesce(sum(length(request_id)), 0) FROM predictions",
		"SELECT count(*) * 1000003 + sum(prediction_id) + sum(outcome) + sum(observed_at / 1000000000) FROM feedback",
		"SELECT count(*) FROM errors",
		"SELECT (SELECT sum(predictions) FROM totals_predictions) + (SELECT count(*) FROM predictions WHERE id > up_to_id) FROM totals_up_to WHERE log = 'predictions'",
		"SELECT coalesce((SELECT sum(score) FROM totals_predictions), 0) + (SELECT coalesce(sum(score), 0) FROM counted_predictions WHERE id > up_to_id) FROM totals_up_to WHERE log = 'predictions'",
		"SELECT (SELECT coalesce(sum(feedback), 0) FROM totals_feedback) + (SELECT count(*) FROM feedback WHERE seq > up_to_id) FROM totals_up_to WHERE log = 'feedback'",
	} {
		numbers[i] = number(t, c, query)
	}
	return numbers
}

func TestAMigrationKeepsRowsAndCounters(t *testing.T) {
	t.Parallel()
	for version, schema := range map[string]string{"1": schema1, "2": schema2} {
		path := logOf(t, schema, 25_000)
		before := picture(t, path)
		plan, err := PlanMigration(t.Context(), path)
		if err != nil || strconv.FormatInt(plan.From, 10) != version || plan.To != schemaVersion || plan.Predictions != 24_987 || plan.Feedback != 24_997 {
			t.Errorf("version %s: plan %+v, %v", version, plan, err)
		}
		if picture(t, path) != before {
			t.Errorf("version %s: planning changed the log", version)
		}
		var said []string
		if err := Migrate(t.Context(), path, Watch{Step: func(step string) { said = append(said, step) }}); err != nil || len(said) != len(plan.Steps) {
			t.Fatalf("version %s: %v, steps %q", version, err, said)
		}
		if after := picture(t, path); after != before {
			t.Errorf("version %s: rows and counters were %v and are %v", version, before, after)
		}
		sound(t, path, 0)
		w := newWriter(t, path, WriterOptions{})
		if got := add(t, w, 0, 1); got[0].ID != 25_001 {
			t.Errorf("version %s: the next id is %d, want 25001: the newest rows were deleted", version, got[0].ID)
		}
		if plan, err := PlanMigration(t.Context(), path); err != nil || len(plan.Steps) > 0 {
			t.Errorf("version %s: once more: %+v, %v", version, plan, err)
		}
	}
}

func TestAMigrationWaitsForNoRunningPredictor(t *testing.T) {
	t.Parallel()
	path := logOf(t, schema2, 100)
	lock, err := file.TakeLock(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = lock.Close() }()
	if err := Migrate(t.Context(), path, Watch{}); err == nil {
		t.Error("a log was brought up under its predictor")
	}
}

// killsVariable is how often the long form of the test kills a migration.
const killsVariable = "PREDICTIONLOG_TEST_KILLS"

func TestAKilledMigrationHasDoneAllOrNothing(t *testing.T) {
	t.Parallel()
	kills := 4
	if n, err := strconv.Atoi(os.Getenv(killsVariable)); err == nil {
		kills = n
	}
	random := rand.New(rand.NewPCG(3, uint64(time.Now().UnixNano()))) //nolint:gosec // moments of a test
	killed := 0
	for k := range kills {
		path := logOf(t, []string{schema1, schema2}[k%2], 10_000)
		before := picture(t, path)
		ctx, kill := context.WithCancel(t.Context())
		c := child(ctx, "migrate", path, 0)
		out, err := c.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		// It is killed at a random moment of a random step.
		lines, last := bufio.NewScanner(out), random.IntN(6)
		for i := 0; i < last && lines.Scan(); i++ {
		}
		select {
		case <-time.After(time.Duration(random.IntN(40_000)) * time.Microsecond):
		case <-ctx.Done():
		}
		kill()
		if c.Wait() != nil {
			killed++
		}
		if after := picture(t, path); after != before {
			t.Errorf("killed: rows and counters were %v and are %v", before, after)
		}
		conn := foreign(t, path)
		if v := number(t, conn, "SELECT user_version FROM pragma_user_version"); v != int64(k%2+1) && v != schemaVersion {
			t.Errorf("killed: version %d", v)
		}
		if err := Migrate(t.Context(), path, Watch{}); err != nil {
			t.Fatal(err)
		}
		if after := picture(t, path); after != before {
			t.Errorf("brought up after it was killed: rows and counters were %v and are %v", before, after)
		}
		sound(t, path, 0)
	}
	t.Logf("%d of %d migrations were killed before they had ended", killed, kills)
}

// BenchmarkMigrate brings up copies of a log that PREDICTIONLOG_TEST_LOG names.
func BenchmarkMigrate(b *testing.B) {
	path := os.Getenv("PREDICTIONLOG_TEST_LOG")
	if path == "" {
		b.Skip("PREDICTIONLOG_TEST_LOG does not name a log of version 1 or 2, of which copies are brought up")
	}
	for b.Loop() {
		b.StopTimer()
		text, err := os.ReadFile(path) //nolint:gosec // who runs the benchmark names it
		if err != nil {
			b.Fatal(err)
		}
		copied := filepath.Join(b.TempDir(), logName)
		if err := os.WriteFile(copied, text, 0o600); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		if err := Migrate(b.Context(), copied, Watch{}); err != nil {
			b.Fatal(err)
		}
	}
}
