package bigquery

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/api/iterator"

	"cloud.google.com/go/bigquery"

	"github.com/drift-exporter/drift_exporter/predictor/google/emulator"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite"
	"github.com/drift-exporter/drift_exporter/predictor/ship"
)

// emulatorDataset makes an empty dataset in an emulator and returns a client for it.
func emulatorDataset(t *testing.T, e *emulator.Emulator, name string) *bigquery.Client {
	t.Helper()
	client := emulatorClient(t, e)
	if err := client.Dataset(name).Create(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	return client
}

func emulatorClient(t *testing.T, e *emulator.Emulator) *bigquery.Client {
	t.Helper()
	client, err := bigquery.NewClient(t.Context(), "test-project", e.ClientOptions()...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client
}

func newSink(t *testing.T, e *emulator.Emulator, dataset string) *Sink {
	t.Helper()
	s, err := NewSink(t.Context(), SinkOptions{Project: "test-project", Dataset: dataset, REST: e.ClientOptions(), GRPC: e.WriterOptions(),
		Logger: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// queryRows returns the rows of a query.
func queryRows(t *testing.T, client *bigquery.Client, query string) [][]bigquery.Value {
	t.Helper()
	rows, err := client.Query(query).Read(t.Context())
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	var all [][]bigquery.Value
	for {
		var row []bigquery.Value
		switch err := rows.Next(&row); {
		case errors.Is(err, iterator.Done):
			return all
		case err != nil:
			t.Fatal(err)
		}
		all = append(all, row)
	}
}

// writeLog writes a log of n predictions, an outcome for every tenth and ten refusals, and
// returns its path.
func writeLog(t *testing.T, n int) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "predictions.db")
	w, err := sqlite.OpenWriter(t.Context(), path, sqlite.WriterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for from := 0; from < n; from += 5000 {
		batch := make([]predictionlog.Prediction, min(5000, n-from))
		for i := range batch {
			k := from + i
			batch[i] = predictionlog.Prediction{
				RequestID: fmt.Sprint("request-", k), Model: "m", Version: "1", Score: float64(k%100) / 100, Class: fmt.Sprint(k % 100 / 50),
				Features: json.RawMessage(fmt.Sprintf(`{"income":%d,"state":"s%d","empty":null}`, k, k%3)), Latency: time.Duration(k) * time.Microsecond,
			}
		}
		if _, err := w.Append(t.Context(), batch); err != nil {
			t.Fatal(err)
		}
	}
	for i := int64(0); i < int64(min(n, 2000)); i += 10 {
		if _, err := w.AppendFeedback(t.Context(), predictionlog.Feedback{PredictionID: &i, Outcome: fmt.Sprint(i / 10 % 2), Source: "test"}); err != nil {
			t.Fatal(err)
		}
	}
	for range 10 {
		w.Refuse("m", "1", predictionlog.Reasons[0])
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// shipOnce ships the current rows.
func shipOnce(ctx context.Context, path string, s *Sink, rows int) error {
	return ship.Run(ctx, ship.Options{LogPath: path, Name: s.Name(), Destination: s, BatchRows: rows, Once: true,
		Logger: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})),
		Pause:  func(ctx context.Context, _ time.Duration) { time.Sleep(50 * time.Millisecond) }})
}

// TestShip has a separate emulator, because the emulator cannot answer a query while another
// client writes.
func TestShip(t *testing.T) {
	t.Parallel()
	e := emulator.Start(t, t.TempDir())
	for name, test := range map[string]func(*testing.T, *emulator.Emulator){
		"shipped rows are in the tables and the views": testShippedRowsAreInTheTablesAndTheViews,
		"views have the errors of a regression":        testViewsHaveTheErrorsOfARegression,
		"existing tables get the missing columns":      testExistingTablesGetTheMissingColumns,
		"foreign table is refused and stays":           testForeignTableIsRefusedAndStays,
		"rows that are no JSON arrive as text":         testRowsThatAreNoJSONArriveAsText,
		"missing dataset is reported at once":          testMissingDatasetIsReportedAtOnce,
		"faults of REST cost and double no row":        testFaultsOfRESTCostAndDoubleNoRow,
		"evidence is shipped and erased":               testEvidenceIsShippedAndErased,
	} {
		t.Run(name, func(t *testing.T) { test(t, e) })
	}
}

func testShippedRowsAreInTheTablesAndTheViews(t *testing.T, e *emulator.Emulator) {
	client := emulatorDataset(t, e, "shipped")
	path := writeLog(t, 3000)
	if err := shipOnce(t.Context(), path, newSink(t, e, "shipped"), 1000); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ query, want string }{
		{"SELECT COUNT(*), COUNT(DISTINCT id), MIN(id), MAX(id), SUM(latency), COUNT(request_id), COUNT(altered) FROM `DATASET.predictions`", "[[3000 3000 0 2999 4498500000 3000 0]]"},
		{"SELECT COUNT(*), COUNT(DISTINCT seq), COUNT(predicted_at), COUNT(score) FROM `DATASET.feedback`", "[[200 200 200 200]]"},
		{"SELECT COUNT(*), COUNT(DISTINCT seq), MIN(reason) FROM `DATASET.errors`", "[[10 10 " + predictionlog.Reasons[0] + "]]"},
		{"SELECT id, model, version, request_id, score, class, latency, features FROM `DATASET.predictions` WHERE id = 7", `[[7 m 1 request-7 0.07 0 7000 {"income":7,"state":"s1","empty":null}]]`},
		// Every tenth of the scores 0, 0.1 to 0.9 has the outcomes 0 and 1 in turn, twenty of
		// each.
		{"SELECT predictions, outcomes, correct, accuracy, ROUND(accuracy_lower, 3), ROUND(accuracy_upper, 3), ROUND(brier_score, 6) FROM `DATASET.performance_by_day`", "[[3000 200 120 0.6 0.531 0.665 0.285]]"},
		{"SELECT predicted, actual, predictions FROM `DATASET.confusion_by_day` ORDER BY predicted, actual", "[[0 0 60] [0 1 40] [1 0 40] [1 1 60]]"},
		{"SELECT predictions, refused, ROUND(score_mean, 6), positive, positive_ratio FROM `DATASET.scores_by_day`", "[[3000 10 0.495 1500 0.5]]"},
		{"SELECT id, income, state FROM `DATASET.model_m` WHERE id = 7", "[[7 7 s1]]"},
		{"SELECT feature, predictions, missing, mean, minimum, maximum, distinct_values FROM `DATASET.features_by_day` ORDER BY feature", "[[income 3000 0 1499.5 0 2999 3000] [state 3000 0 <nil> <nil> <nil> 3]]"},
		{"SELECT deciles FROM `DATASET.features_by_day` WHERE feature = 'income'", "[[[0 299 599 899 1199 1499 1799 2099 2399 2699 2999]]]"},
	} {
		if got := fmt.Sprint(queryRows(t, client, strings.ReplaceAll(test.query, "DATASET", "test-project.shipped"))); got != test.want {
			t.Errorf("%s:\n%s, want\n%s", test.query, got, test.want)
		}
	}
}

func testViewsHaveTheErrorsOfARegression(t *testing.T, e *emulator.Emulator) {
	client := emulatorDataset(t, e, "numbers")
	path := filepath.Join(t.TempDir(), "predictions.db")
	w, err := sqlite.OpenWriter(t.Context(), path, sqlite.WriterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var batch []predictionlog.Prediction
	for i := range 40 {
		batch = append(batch, predictionlog.Prediction{Model: "price", Version: "1", Features: []byte(`{"x": 1}`), Score: 100 + float64(i)})
	}
	records, err := w.Append(t.Context(), batch)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 20 { // Errors of 3 and -1 in turn.
		if _, err := w.AppendFeedback(t.Context(), predictionlog.Feedback{PredictionID: &records[i].ID, Outcome: fmt.Sprint(batch[i].Score - []float64{3, -1}[i%2])}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := shipOnce(t.Context(), path, newSink(t, e, "numbers"), 1000); err != nil {
		t.Fatal(err)
	}
	for query, want := range map[string]string{
		"SELECT predictions, outcomes, correct, accuracy, accuracy_upper, brier_score, mean_absolute_error, ROUND(root_mean_squared_error, 6), mean_error FROM `DATASET.performance_by_day`": "[[40 20 <nil> <nil> <nil> <nil> 2 2.236068 1]]",
		"SELECT COUNT(*) FROM `DATASET.confusion_by_day`":                           "[[0]]",
		"SELECT predictions, positive, positive_ratio FROM `DATASET.scores_by_day`": "[[40 <nil> <nil>]]",
	} {
		if got := fmt.Sprint(queryRows(t, client, strings.ReplaceAll(query, "DATASET", "test-project.numbers"))); got != want {
			t.Errorf("%s:\n%s, want\n%s", query, got, want)
		}
	}
}

func testExistingTablesGetTheMissingColumns(t *testing.T, e *emulator.Emulator) {
	client := emulatorDataset(t, e, "older")
	// The table looks as if an earlier release had made it, with an additional column of the
	// owner.
	err := client.Dataset("older").Table("predictions").Create(t.Context(), &bigquery.TableMetadata{
		Schema: append(schemaOf(tableColumns[predictionlog.TablePredictions][:5]), &bigquery.FieldSchema{Name: "mine", Type: bigquery.StringFieldType})})
	if err != nil {
		t.Fatal(err)
	}
	// The emulator shows columns that are added through REST, but does not have them. It has
	// columns that are added by SQL, but does not show them.
	types := map[bigquery.FieldType]string{bigquery.StringFieldType: "STRING", bigquery.JSONFieldType: "JSON", bigquery.IntegerFieldType: "INT64", bigquery.FloatFieldType: "FLOAT64"}
	for _, c := range tableColumns[predictionlog.TablePredictions][5:] {
		queryRows(t, client, fmt.Sprintf("ALTER TABLE `test-project.older.predictions` ADD COLUMN %s %s", c.name, types[c.kind]))
	}
	if err := shipOnce(t.Context(), writeLog(t, 20), newSink(t, e, "older"), 10); err != nil {
		t.Fatal(err)
	}
	want := "[[20 20 20 0]]"
	if got := fmt.Sprint(queryRows(t, client, "SELECT COUNT(*), COUNT(features), COUNT(latency), COUNT(mine) FROM `test-project.older.predictions`")); got != want {
		t.Errorf("rows %s, want %s", got, want)
	}
}

func testForeignTableIsRefusedAndStays(t *testing.T, e *emulator.Emulator) {
	for _, test := range []struct {
		table  string
		schema bigquery.Schema
		want   string
	}{
		{"errors", bigquery.Schema{{Name: "message", Type: bigquery.StringFieldType}}, "foreign_errors.errors: it has no column log_id, so it is another table"},
		{"feedback", bigquery.Schema{{Name: "log_id", Type: bigquery.StringFieldType}, {Name: "seq", Type: bigquery.StringFieldType}}, "its column seq is of type STRING where INTEGER is needed"},
	} {
		dataset := "foreign_" + test.table
		client := emulatorDataset(t, e, dataset)
		if err := client.Dataset(dataset).Table(test.table).Create(t.Context(), &bigquery.TableMetadata{Schema: test.schema}); err != nil {
			t.Fatal(err)
		}
		err := shipOnce(t.Context(), writeLog(t, 20), newSink(t, e, dataset), 10)
		var f *ship.Failure
		if !errors.As(err, &f) || f.Reason != ship.Schema || f.Temporary || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), "dataset of its own") {
			t.Errorf("error %v", err)
		}
	}
}

func testRowsThatAreNoJSONArriveAsText(t *testing.T, e *emulator.Emulator) {
	client := emulatorDataset(t, e, "broken")
	path := writeLog(t, 0)
	db, err := sql.Open("sqlite3", path)
	if err != nil {
		t.Fatal(err)
	}
	for _, features := range []string{"no JSON", "{\"a\":\"\xff\"}", `{"a":1}`, "{" + strings.Repeat(" ", rowBytes) + "}", `{"a":NaN,"b":"NaN"}`} {
		if _, err := db.ExecContext(t.Context(), "INSERT INTO predictions (model, features, class) VALUES ('m', ?, '1')", features); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if err := shipOnce(t.Context(), path, newSink(t, e, "broken"), 10); err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf("[[1 <nil> no JSON features are not JSON] [2 <nil> {\"a\":\"\uFFFD\"} features are not UTF-8] [3 {\"a\":1} <nil> <nil>] [4 <nil> <nil> features have %d bytes, more than a request may] [5 {\"a\":null,\"b\":\"NaN\"} <nil> features have NaN or Infinity, which is null here]]", rowBytes+2)
	if got := fmt.Sprint(queryRows(t, client, "SELECT id, features, features_text, altered FROM `test-project.broken.predictions` ORDER BY id")); got != want {
		t.Errorf("rows %s, want %s", got, want)
	}
}

// updateGolden rewrites the golden files.
var updateGolden = flag.Bool("update", false, "rewrite the golden files")

func TestViewsAreThoseOfTheGoldenFile(t *testing.T) {
	t.Parallel()
	known := seen{"loan": {"income": true, "state": false, "o'dd": false, "Class": true, "ünit": true}, `m "2"`: {"a": true}}
	var text strings.Builder
	for _, v := range viewsOf("my-project.predictions", known) {
		fmt.Fprintf(&text, "-- %s\nCREATE OR REPLACE VIEW `my-project.predictions.%s` AS\n%s;\n\n", v.description, v.name, v.query)
	}
	path := filepath.Join("testdata", "views.sql")
	if *updateGolden {
		if err := os.WriteFile(path, []byte(text.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if text.String() != string(want) {
		t.Errorf("the views are not those of %s: go test ./collector/bigquery -run Views -update\n%s", path, text.String())
	}
}
