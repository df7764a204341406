package bigquery

import (
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"testing"

	"cloud.google.com/go/bigquery"

	"github.com/drift-exporter/drift_exporter/predictor/google/emulator"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/care"
	"github.com/drift-exporter/drift_exporter/predictor/ship"
)

// addEvidence adds two pieces of evidence, a review and a shadow for each of n predictions in a
// log.
func addEvidence(t *testing.T, path string, n int) {
	t.Helper()
	db, err := sql.Open("sqlite3", "file:"+path+"?_busy_timeout=5000&_txlock=immediate")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, query := range []string{
		"INSERT INTO outcomes (prediction_id, request_id, source, outcome, confidence, observed_at, accepted) SELECT id, request_id, 'bank', '1', 0.9, time + 1000, 1 FROM predictions WHERE id < ?",
		"INSERT INTO outcomes (request_id, source, outcome, accepted, reason) SELECT request_id, 'bureau', '0', 0, 'overruled' FROM predictions WHERE id < ?",
		"INSERT INTO reviews (time, prediction_id, reviewer, outcome, probability, note, previous, hash) SELECT time, id, 'officer', '1', 0.05, 'note ' || id, '', hex(zeroblob(32)) FROM predictions WHERE id < ?",
		"INSERT INTO predictions (model, version, request_id, features, score, class, shadow_of) SELECT model, 'next', request_id, features, score, class, id FROM predictions WHERE id < ? ORDER BY id",
	} {
		if _, err := tx.ExecContext(t.Context(), query, n); err != nil {
			t.Fatalf("%s: %v", query, err)
		}
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
}

func testEvidenceIsShippedAndErased(t *testing.T, e *emulator.Emulator) {
	const dataset = "evidence"
	client := emulatorDataset(t, e, dataset)
	path := writeLog(t, 20)
	addEvidence(t, path, 10)
	again := func() {
		t.Helper()
		if err := shipOnce(t.Context(), path, newSink(t, e, dataset), 1000); err != nil {
			t.Fatal(err)
		}
	}
	holds := func(want map[string]string) {
		t.Helper()
		for query, rows := range want {
			if got := fmt.Sprint(queryRows(t, client, strings.ReplaceAll(query, "DATASET", "test-project."+dataset))); got != rows {
				t.Errorf("%s:\n%s, want\n%s", query, got, rows)
			}
		}
	}
	again()
	holds(map[string]string{
		"SELECT COUNT(*), COUNT(shadow_of), COUNT(DISTINCT shadow_of) FROM `DATASET.predictions`":                                                   "[[30 10 10]]",
		"SELECT COUNT(*), COUNT(DISTINCT seq), COUNT(prediction_id), COUNTIF(accepted), COUNT(reason), COUNT(observed_at) FROM `DATASET.evidence`":  "[[20 20 10 10 10 10]]",
		"SELECT prediction_id, request_id, source, outcome, confidence, accepted, reason FROM `DATASET.evidence` WHERE seq IN (4, 14) ORDER BY seq": "[[3 request-3 bank 1 0.9 true <nil>] [<nil> request-3 bureau 0 1 false overruled]]",
		"SELECT COUNT(*), COUNT(DISTINCT seq), MIN(probability), MIN(LENGTH(hash)) FROM `DATASET.reviews`":                                          "[[10 10 0.05 64]]",
	})
	// Predictions are erased while the log still has them, and again after retention has deleted
	// another one.
	if erased, err := care.Erase(t.Context(), path, "request-3"); err != nil || len(erased.Destinations) != 1 {
		t.Fatalf("erased %+v, %v", erased, err)
	}
	db, err := sql.Open("sqlite3", path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	for _, query := range []string{"DELETE FROM predictions WHERE request_id = 'request-0'", "DELETE FROM feedback WHERE prediction_id = 0", "DELETE FROM outcomes WHERE request_id = 'request-0'"} {
		if _, err := db.ExecContext(t.Context(), query); err != nil {
			t.Fatal(err)
		}
	}
	if erased, err := care.Erase(t.Context(), path, "request-0"); err != nil || erased.Rows != 0 || !strings.Contains(erased.String(), "bigquery:test-project.evidence") {
		t.Fatalf("erased %+v, %v", erased, err)
	}
	for range 2 {
		again()
		holds(map[string]string{
			"SELECT COUNT(*), COUNT(shadow_of), COUNTIF(request_id IN ('request-0', 'request-3')) FROM `DATASET.predictions`": "[[26 8 0]]",
			"SELECT COUNT(*), COUNTIF(prediction_id = 0) FROM `DATASET.feedback`":                                             "[[1 0]]",
			"SELECT COUNT(*), COUNTIF(request_id IN ('request-0', 'request-3')) FROM `DATASET.evidence`":                      "[[16 0]]",
			"SELECT COUNT(*), COUNT(reviewer), COUNT(outcome), COUNT(note), COUNT(hash) FROM `DATASET.reviews`":               "[[10 8 8 8 10]]",
			"SELECT COUNT(*), COUNT(prediction_id) FROM `DATASET.erasures`":                                                   "[[3 2]]",
		})
	}
}

// These are the columns that release 0.2.0 made. They stay, together with the owner's columns,
// and the new columns are added.
var columnsOf020 = bigquery.Schema{
	{Name: "log_id", Type: bigquery.StringFieldType, Required: true}, {Name: "id", Type: bigquery.IntegerFieldType, Required: true},
	{Name: "time", Type: bigquery.TimestampFieldType}, {Name: "model", Type: bigquery.StringFieldType}, {Name: "version", Type: bigquery.StringFieldType},
	{Name: "request_id", Type: bigquery.StringFieldType}, {Name: "features", Type: bigquery.JSONFieldType}, {Name: "features_text", Type: bigquery.StringFieldType},
	{Name: "score", Type: bigquery.FloatFieldType}, {Name: "class", Type: bigquery.StringFieldType}, {Name: "latency", Type: bigquery.IntegerFieldType},
	{Name: "altered", Type: bigquery.StringFieldType},
}

func TestATableOf020GetsNewColumnsAndLosesNone(t *testing.T) {
	t.Parallel()
	owners := &bigquery.FieldSchema{Name: "owners", Type: bigquery.StringFieldType}
	missing, err := missingColumns(append(slices.Clip(columnsOf020), owners), tableColumns[predictionlog.TablePredictions])
	if err != nil || len(missing) != 3 || missing[0].name != "shadow_of" || missing[0].required || missing[1].name != "answered" || missing[2].name != "answered_probability" {
		t.Errorf("missing %+v, %v", missing, err)
	}
	for i, f := range columnsOf020 {
		if c := tableColumns[predictionlog.TablePredictions][i]; c.name != f.Name || c.kind != f.Type || c.required != f.Required {
			t.Errorf("column %d of release 0.2.0 was %s %s, and is %s %s: it must stay", i, f.Name, f.Type, c.name, c.kind)
		}
	}
}

func TestEveryTableOfTheLogIsShipped(t *testing.T) {
	t.Parallel()
	for _, table := range predictionlog.Tables {
		if columns := tableColumns[table]; len(columns) < 4 || columns[1].name != table.Number() || columns[2].name != "time" {
			t.Errorf("table %s: columns %+v", table, columns)
		}
	}
	b := ship.Batch{Evidence: make([]predictionlog.EvidenceRow, 1), Reviews: make([]predictionlog.ReviewRow, 2), Erasures: make([]predictionlog.ErasureRow, 3)}
	if b.Len() != 6 {
		t.Errorf("the batch has %d rows", b.Len())
	}
}
