package bigquery

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/bigquery"
	"google.golang.org/api/option"

	"github.com/drift-exporter/drift_exporter/predictor/google"
	"github.com/drift-exporter/drift_exporter/predictor/google/emulator"
	"github.com/drift-exporter/drift_exporter/predictor/outcomes"
	"github.com/drift-exporter/drift_exporter/predictor/outcomes/sourcetest"
)

func TestChangedRowsAreReadOnce(t *testing.T) {
	e := emulator.Shared(t)
	t.Setenv(google.RESTEmulator, e.REST)
	client, err := bigquery.NewClient(t.Context(), "test-project", option.WithEndpoint(e.REST+"/bigquery/v2/"), option.WithoutAuthentication())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Close() }()
	run := func(text string) {
		t.Helper()
		job, err := client.Query(text).Run(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		status, err := job.Wait(t.Context())
		if err != nil || status.Err() != nil {
			t.Fatal(err, status.Err())
		}
	}
	if err := client.Dataset("outcomes").Create(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	schema := bigquery.Schema{{Name: "loan", Type: bigquery.IntegerFieldType}, {Name: "status", Type: bigquery.StringFieldType}, {Name: "updated_at", Type: bigquery.TimestampFieldType}}
	if err := client.Dataset("outcomes").Table("loans").Create(t.Context(), &bigquery.TableMetadata{Schema: schema}); err != nil {
		t.Fatal(err)
	}
	insert := func(loan int, status string, minutes int) {
		t.Helper()
		run(fmt.Sprintf("INSERT INTO `test-project.outcomes.loans` (loan, status, updated_at) VALUES (%d, '%s', TIMESTAMP '%s')", loan, status,
			time.Date(2026, 4, 1, 0, minutes, 0, 0, time.UTC).Format("2006-01-02 15:04:05+00:00")))
	}
	log := newLog(t)
	says := func(want string) {
		t.Helper()
		if got, err := pass(t, log, "SELECT loan, status, updated_at FROM `test-project.outcomes.loans` WHERE updated_at >= @since ORDER BY updated_at"); err != nil || !strings.HasPrefix(got, want) {
			t.Errorf("%q, %v, want %q", got, err, want)
		}
	}
	says("0 records")
	insert(1, "paid", 0)
	insert(2, "default", 30)
	insert(3, "current", 31)
	says("3 records: 2 accepted, 0 unchanged, 0 overruled, 0 wait for their prediction, 1 set aside")
	insert(2, "paid", 40)
	insert(4, "paid", 25) // late
	says("4 records: 2 accepted, 2 unchanged, 0 overruled, 0 wait for their prediction, 1 came late")
	if _, err := pass(t, log, "SELECT x FROM `test-project.outcomes.nothing` WHERE updated_at >= @since"); err == nil || !strings.Contains(err.Error(), "BigQuery: ") {
		t.Errorf("without the table: %v", err)
	}
}

func newLog(t *testing.T) string {
	t.Helper()
	return sourcetest.Log(t, 10, sourcetest.March)
}

func pass(t *testing.T, log, query string) (string, error) {
	t.Helper()
	return sourcetest.Reading{Log: log, Kind: Kind, Config: "sources:\n- name: warehouse\n  outcome: {field: status, map: {paid: 1, default: 0}}\n  record: {prediction_id: loan}\n" +
		"  bigquery: {project: test-project, query: \"" + query + "\"}\n", Pending: 10}.Run(t)
}

func TestWrongConfigurationsAreRefusedInWords(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"{}":                                   "project is missing",
		"{project: X, query: \"@since\"}":      "is not the id of a Google Cloud project",
		"{project: my-project, query: SELECT}": "the query has no @since",
		"{project: my-project, query: \"@since\", maximum_bytes_billed: much}": "not a size such as 10GiB",
	} {
		_, err := outcomes.Parse([]byte("sources:\n- name: a\n  bigquery: "+text), "outcomes.yml", []outcomes.Kind{Kind})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", text, err, want)
		}
	}
}
