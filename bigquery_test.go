package main

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/bigquery"

	"github.com/drift-exporter/drift_exporter/collector/reference"
	"github.com/drift-exporter/drift_exporter/predictor/google"
	"github.com/drift-exporter/drift_exporter/predictor/google/emulator"
)

// TestTheReferenceComesFromBigQuery walks from rows in a table to a page: a file of
// the counts, a model trained on the rows, and an exporter that is started while
// BigQuery is there and once more when it is not.
func TestTheReferenceComesFromBigQuery(t *testing.T) {
	e := emulator.Start(t, "")
	t.Setenv(google.RESTEmulator, e.REST)
	t.Setenv("GOOGLE_CLOUD_PROJECT", "test")
	t.Setenv("BIGQUERY_DATASET", "d")
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	loansToBigQuery(t, e)
	do := func(args ...string) {
		t.Helper()
		if err := run(t.Context(), args, io.Discard, io.Discard); err != nil {
			t.Fatal(err)
		}
	}

	do("reference", "--bigquery.table=loans", "--outcome=Class", "--model.name=lending_club", "--reference.output="+path("table.json"))
	do("reference", "--csv=testdata/lending_club.csv.gz", "--outcome=Class", "--positive=good", "--model.name=lending_club", "--reference.output="+path("csv.json"))
	fromTable, err := reference.Load(path("table.json"))
	if err != nil {
		t.Fatal(err)
	}
	fromCSV, err := reference.Load(path("csv.json"))
	if err != nil {
		t.Fatal(err)
	}
	if fromTable.Rows != fromCSV.Rows || len(fromTable.Features) != len(fromCSV.Features) || !strings.HasPrefix(fromTable.Origin, "bigquery:test.d.loans job ") {
		t.Errorf("the table has %d rows of %d features from %q, the CSV %d of %d", fromTable.Rows, len(fromTable.Features), fromTable.Origin, fromCSV.Rows, len(fromCSV.Features))
	}

	do("train", "--bigquery.table=loans", "--outcome=Class", "--positive=good", "--model.name=lending_club", "--model.version=1",
		"--model.output="+path("model.json"), "--reference.output="+path("trained.json"))
	trained, err := reference.Load(path("trained.json"))
	if err != nil || trained.Rows != fromCSV.Rows || trained.Score == nil {
		t.Errorf("trained on %+v, %v", trained, err)
	}

	holdoutFromBigQuery(t, dir)

	// The file gives model, version and score, the table what is normal.
	t.Setenv("BIGQUERY_TABLE", "loans")
	arguments := []string{"exporter", "--web.listen-address=127.0.0.1:0", "--reference.file=" + path("trained.json"), "--reference.cache-dir=" + path("cache"), "--predictions.log=" + path("predictions.db")}
	do("log", "init", "--predictions.log="+path("predictions.db"))
	exporter := start(t, arguments...)
	const loaded = `model_reference_load_success{model="lending_club",version="1"} 1`
	page := waitFor(t, exporter.url, loaded)
	if !strings.Contains(page, `source="bigquery:test.d.loans"`) {
		t.Errorf("the page does not name the table:\n%s", page)
	}
	e.Kill()
	again := start(t, arguments...)
	waitFor(t, again.url, loaded)
	if status, body := get(t, again.url+"/-/ready"); status != 200 {
		t.Errorf("/-/ready with a cached reference and without BigQuery: %d %s", status, body)
	}
}

// holdoutFromBigQuery validates the model on the table.
func holdoutFromBigQuery(t *testing.T, dir string) {
	t.Helper()
	config := filepath.Join(dir, "respond.yml")
	err := os.WriteFile(config, []byte(`
dry_run: false
playbooks:
  - name: check
    alerts: [ModelAccuracyDrop]
    steps: [{validate: {model_file: `+filepath.Join(dir, "model.json")+`, holdout: {table: test.d.loans, where: "term IS NOT NULL", outcome: Class}}}]
`), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	responder := start(t, "respond", "--web.listen-address=127.0.0.1:0", "--config.file="+config, "--audit.file="+filepath.Join(dir, "audit.jsonl"), "--runs.dir="+filepath.Join(dir, "runs"))
	alert := `{"version":"4","alerts":[{"status":"firing","labels":{"alertname":"ModelAccuracyDrop","model":"lending_club","version":"1"},"startsAt":"2026-03-01T00:00:00Z","fingerprint":"a"}]}`
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, responder.url+"/alerts", strings.NewReader(alert))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	for end := time.Now().Add(2 * time.Minute); ; time.Sleep(50 * time.Millisecond) {
		_, runs := get(t, responder.url+"/api/v1/runs")
		if strings.Contains(runs, `"outcome":"stopped"`) && strings.Contains(runs, `"holdout":"test.d.loans"`) && strings.Contains(runs, "it fell by no more than 0.05") {
			return
		}
		if strings.Contains(runs, `"outcome"`) || time.Now().After(end) {
			t.Fatalf("the holdout was not read: %s", runs)
		}
	}
}

// waitFor asks for a page until it has a line.
func waitFor(t *testing.T, url, line string) string {
	t.Helper()
	end := time.Now().Add(2 * time.Minute)
	for {
		_, page := get(t, url+"/metrics")
		if strings.Contains(page, line+"\n") {
			return page
		}
		if time.Now().After(end) {
			t.Fatalf("%s is not on the page:\n%s", line, page)
		}
		select {
		case <-t.Context().Done():
			t.FailNow()
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// loansToBigQuery loads the CSV of LendingClub into the table d.loans.
func loansToBigQuery(t *testing.T, e *emulator.Emulator) {
	t.Helper()
	client, err := bigquery.NewClient(t.Context(), "test", e.ClientOptions()...)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Close() }()
	if err := client.Dataset("d").Create(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open("testdata/lending_club.csv.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	header, _, _ := strings.Cut(string(data), "\n")
	source := bigquery.NewReaderSource(bytes.NewReader(data))
	source.SkipLeadingRows, source.SourceFormat = 1, bigquery.CSV
	for name := range strings.SplitSeq(strings.ReplaceAll(strings.TrimSpace(header), `"`, ""), ",") {
		kind := bigquery.FloatFieldType
		switch name {
		case "term", "sub_grade", "addr_state", "verification_status", "emp_length", "Class":
			kind = bigquery.StringFieldType
		}
		source.Schema = append(source.Schema, &bigquery.FieldSchema{Name: name, Type: kind})
	}
	job, err := client.Dataset("d").Table("loans").LoaderFrom(source).Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	status, err := job.Wait(t.Context())
	if err == nil {
		err = status.Err()
	}
	if err != nil {
		t.Fatal(err)
	}
}
