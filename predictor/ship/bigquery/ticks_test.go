package bigquery

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"testing"
	"time"

	"cloud.google.com/go/bigquery"

	"github.com/drift-exporter/drift_exporter/predictor/google/emulator"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/care"
	"github.com/drift-exporter/drift_exporter/predictor/ship"
	"github.com/drift-exporter/drift_exporter/predictor/tick"
)

// tenths codes the score of a row by its tenth, and has one number.
type tenths struct{}

func (tenths) Columns() []int   { return []int{11, 2} }
func (tenths) Scheme() []string { return []string{"tenths"} }
func (tenths) Row(row *predictionlog.Row) (tick.Counted, bool) {
	return tick.Counted{Codes: []uint8{uint8(row.Score * 10), uint8(row.ID % 2)}, Numbers: []float64{row.Score}, Kind: int(row.ID % 2)}, true
}

// countOnce ships the counts of a log, and not its rows.
func countOnce(ctx context.Context, path string, s *Sink) error {
	counts := s.Ticks()
	defer counts.leaveAll()
	defer counts.Outcomes.leaveAll()
	return ship.Run(ctx, ship.Options{
		LogPath: path, BatchRows: 500, Once: true,
		Ticks: &ship.Ticks{
			Name: counts.Name(), OutcomesName: counts.Outcomes.Name(), Counts: counts, Outcomes: counts.Outcomes,
			Coder: func(predictionlog.Key) tick.Coder { return tenths{} },
		},
		Logger: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})),
		Pause:  func(context.Context, time.Duration) { time.Sleep(50 * time.Millisecond) },
	})
}

func TestCountsArriveInTheirTables(t *testing.T) {
	t.Parallel()
	e := emulator.Shared(t)
	client := emulatorDataset(t, e, "counts")
	s := newSink(t, e, "counts")
	path := writeLog(t, 1000)
	for range 2 {
		if err := countOnce(t.Context(), path, s); err != nil {
			t.Fatal(err)
		}
	}
	// A log that has forgotten the dataset counts nothing again.
	if err := care.Forget(t.Context(), path, s.Name()); err != nil {
		t.Fatal(err)
	}
	if err := countOnce(t.Context(), path, s); err != nil {
		t.Fatal(err)
	}
	check := func(query string, want ...bigquery.Value) {
		t.Helper()
		rows := queryRows(t, client, query)
		if len(rows) != 1 || fmt.Sprintf("%v", rows[0]) != fmt.Sprintf("%v", want) {
			t.Errorf("%s: got %v, want %v", query, rows, want)
		}
	}
	check("SELECT CAST(SUM(predictions) AS INT64) FROM counts.ticks WHERE source = 'predictions'", int64(1000))
	check("SELECT COUNT(*) > 1, COUNT(DISTINCT log_id), CAST(SUM(predictions) AS INT64), MAX(through) <= MAX(shipped_at) FROM counts.ticks WHERE source = 'heartbeats'", true, 1, int64(0), true)
	check("SELECT CAST(SUM(n) AS INT64) FROM counts.ticks, UNNEST(codes) AS code WITH OFFSET AS i JOIN UNNEST(counts) AS n WITH OFFSET AS j ON i = j WHERE code = 7", int64(100))
	check("SELECT CAST(SUM(n) AS INT64) FROM counts.ticks, UNNEST(names) AS name WITH OFFSET AS i JOIN UNNEST(sums) AS n WITH OFFSET AS j ON i = j WHERE name = 'class/1'", int64(500))
	check("SELECT CAST(SUM(n) AS INT64) FROM counts.ticks, UNNEST(names) AS name WITH OFFSET AS i JOIN UNNEST(sums) AS n WITH OFFSET AS j ON i = j WHERE STARTS_WITH(name, 'error/')", int64(10))
	check("SELECT COUNT(*), COUNT(DISTINCT seq), MIN(BYTE_LENGTH(codes)), COUNTIF(prediction_log = log_id AND predicted_at <= time) FROM counts.tick_outcomes", 100, 100, 2, 100)
	check("SELECT last_value[SAFE_OFFSET(0)] FROM counts.ticks WHERE sequence = 999 AND source = 'predictions' ORDER BY tick DESC LIMIT 1", 0.99)
	table, err := client.Dataset("counts").Table("ticks").Metadata(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if p := table.TimePartitioning; p == nil || p.Type != bigquery.HourPartitioningType || p.Field != "shipped_at" {
		t.Errorf("partitions %+v", p)
	}
}
