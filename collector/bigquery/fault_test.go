package bigquery

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/api/option"

	"github.com/drift-exporter/drift_exporter/collector/reference"
)

const metadata = `{"kind": "bigquery#table", "type": "TABLE", "etag": "%s", "lastModifiedTime": "1700000000000", "numRows": "10",
	"schema": {"fields": [{"name": "income", "type": "FLOAT"}, {"name": "state", "type": "STRING"}, {"name": "day", "type": "DATE"}, {"name": "tags", "type": "STRING", "mode": "REPEATED"}, {"name": "p", "type": "FLOAT"}]}}`

func problem(code int, reason string) (int, string) {
	return code, fmt.Sprintf(`{"error": {"code": %d, "message": "as configured", "errors": [{"reason": %q, "message": "as configured"}]}}`, code, reason)
}

// fake starts a server that replaces BigQuery. requests counts the requests.
func fake(t *testing.T, o Options, answer func(r *http.Request, body string) (int, string)) (c *Client, requests *atomic.Int64) {
	t.Helper()
	requests = new(atomic.Int64)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		body, _ := io.ReadAll(r.Body)
		code, text := answer(r, string(body))
		w.Header().Set("Content-Type", "application/json")
		if code == 0 { // Promised more than is sent.
			w.Header().Set("Content-Length", fmt.Sprint(len(text)+100))
			code = http.StatusOK
		}
		w.WriteHeader(code)
		_, _ = io.WriteString(w, text)
	}))
	t.Cleanup(server.Close)
	o.Project = project
	o.ClientOptions = []option.ClientOption{option.WithEndpoint(server.URL + "/bigquery/v2/"), option.WithoutAuthentication()}
	if o.Timeout == 0 {
		o.Timeout = 20 * time.Second
	}
	c = New(o)
	t.Cleanup(func() { _ = c.Close() })
	return c, requests
}

var fakeTable = reference.Table{Dataset: "d", Name: "loans", Features: []string{"income", "state"}}

func TestFaultsSayWhatToDo(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		table   reference.Table
		options Options
		answer  func(query bool) (int, string)
		want    []string
	}{
		{"403", fakeTable, Options{}, func(bool) (int, string) { return problem(403, "accessDenied") },
			[]string{"count test.d.loans: grant the account of this process roles/bigquery.jobUser on project test and roles/bigquery.dataViewer on dataset test.d"}},
		{"404", fakeTable, Options{}, func(bool) (int, string) { return problem(404, "notFound") },
			[]string{"check the names of project, dataset and table (test.d.loans), and whether --bigquery.location is that of the dataset"}},
		{"429", fakeTable, Options{}, func(bool) (int, string) { return problem(429, "quotaExceeded") }, []string{"a quota of project test is used up: raise it"}},
		{"quota of the query", fakeTable, Options{}, func(query bool) (int, string) {
			if query {
				return problem(403, "quotaExceeded")
			}
			return 200, fmt.Sprintf(metadata, "a")
		}, []string{"a quota of project test is used up"}},
		{"quota of the job", fakeTable, Options{}, jobFails("quotaExceeded", "Quota exceeded: Your project exceeded quota for free query bytes scanned."), []string{"a quota of project test is used up: raise it"}},
		{"response too large", fakeTable, Options{}, queryFails(403, "responseTooLarge", "Response too large to return."), []string{"the answer is larger than BigQuery returns: name fewer features, or take fewer rows with where"}},
		{"response of the job too large", fakeTable, Options{}, jobFails("responseTooLarge", "Response too large to return."), []string{"the answer is larger than BigQuery returns"}},
		{"partition filter required", fakeTable, Options{}, queryFails(400, "invalidQuery", "Cannot query over table 'd.loans' without a filter over column(s) 'day' that can be used for partition elimination"),
			[]string{"test.d.loans takes only queries with a condition on the column that it is partitioned by: set where (--bigquery.where) on that column", "column(s) 'day'"}},
		{"no column to count", reference.Table{Dataset: "d", Name: "loans"}, Options{}, func(bool) (int, string) {
			return 200, `{"type": "TABLE", "schema": {"fields": [{"name": "day", "type": "DATE"}, {"name": "place", "type": "GEOGRAPHY"}]}}`
		}, []string{"test.d.loans has no column that can be a feature: besides score, prediction and outcome it needs numbers, STRING or BOOL"}},
		{"401", fakeTable, Options{}, func(bool) (int, string) { return problem(401, "authError") }, []string{"the credentials are refused"}},
		{"503 until the end", fakeTable, Options{Timeout: time.Second}, func(bool) (int, string) { return problem(503, "backendError") }, []string{"BigQuery returned a server error; the next refresh asks again"}},
		{"truncated", fakeTable, Options{Timeout: time.Second}, func(bool) (int, string) { return 0, `{"schema"` }, []string{"count test.d.loans: "}},
		{"where", fakeTable, Options{}, func(query bool) (int, string) {
			if query {
				return problem(400, "invalidQuery")
			}
			return 200, fmt.Sprintf(metadata, "a")
		}, []string{"BigQuery refuses the query: check where"}},
		{"too dear", fakeTable, Options{MaximumBytes: 10 << 30}, func(query bool) (int, string) {
			if query {
				return 200, `{"jobReference": {"projectId": "test", "jobId": "dry"}, "configuration": {"query": {"query": "SELECT 1"}}, "status": {"state": "DONE"}, "statistics": {"totalBytesProcessed": "12884901888", "query": {}}}`
			}
			return 200, fmt.Sprintf(metadata, "a")
		}, []string{"would process 12GiB, more than --bigquery.maximum-bytes-billed=10GiB allows: name fewer features, narrow it with where"}},
		{"unknown column", reference.Table{Dataset: "d", Name: "loans", Features: []string{"incom"}}, Options{}, schemaOnly,
			[]string{`feature "incom" is not a column of the table, which has income, state, day, tags, p`}},
		{"wrong type", reference.Table{Dataset: "d", Name: "loans", Features: []string{"day"}}, Options{}, schemaOnly, []string{`column "day" is of type DATE, which is neither a number nor a category`}},
		{"list", reference.Table{Dataset: "d", Name: "loans", Features: []string{"tags"}}, Options{}, schemaOnly, []string{`column "tags" is of type ARRAY<STRING>`}},
		{"score that is a text", reference.Table{Dataset: "d", Name: "loans", Score: "state"}, Options{}, schemaOnly, []string{`score "state" is of type STRING: it must be a number`}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c, _ := fake(t, test.options, func(r *http.Request, _ string) (int, string) { return test.answer(r.Method == http.MethodPost) })
			_, err := c.Count(t.Context(), test.table, nil)
			for _, want := range test.want {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("Count() = %v, want %q in it", err, want)
				}
			}
		})
	}
}

// queryFails answers a query with an error. The first request is the dry run.
func queryFails(code int, reason, message string) func(bool) (int, string) {
	return func(query bool) (int, string) {
		if !query {
			return schemaOnly(false)
		}
		return code, fmt.Sprintf(`{"error": {"code": %d, "message": %q, "errors": [{"reason": %q, "message": %q}]}}`, code, message, reason, message)
	}
}

// jobFails answers a query with a job that is done and has failed.
func jobFails(reason, message string) func(bool) (int, string) {
	return func(query bool) (int, string) {
		if !query {
			return schemaOnly(false)
		}
		return 200, fmt.Sprintf(`{"jobReference": {"projectId": "test", "jobId": "j"}, "configuration": {"query": {"query": "SELECT 1"}},
			"status": {"state": "DONE", "errorResult": {"reason": %q, "message": %q}}, "statistics": {"query": {}}}`, reason, message)
	}
}

func schemaOnly(bool) (int, string) { return 200, fmt.Sprintf(metadata, "a") }

func TestSlownessEndsAtTheTimeout(t *testing.T) {
	t.Parallel()
	c, _ := fake(t, Options{Timeout: 200 * time.Millisecond}, func(r *http.Request, _ string) (int, string) {
		<-r.Context().Done()
		return 200, ""
	})
	if _, err := c.Count(t.Context(), fakeTable, nil); err == nil || !strings.Contains(err.Error(), "there was no answer in time: is BigQuery within reach") {
		t.Errorf("Count() = %v", err)
	}
}

func TestOnlyWhatPassesIsTriedAgain(t *testing.T) {
	t.Parallel()
	for reason, want := range map[string]int64{"backendError": 3, "accessDenied": 1} {
		code := map[string]int{"backendError": 503, "accessDenied": 403}[reason]
		times := 0
		c, requests := fake(t, Options{}, func(*http.Request, string) (int, string) {
			if times++; times < 3 {
				return problem(code, reason)
			}
			return problem(404, "notFound")
		})
		if _, err := c.Count(t.Context(), fakeTable, nil); err == nil {
			t.Error("Count() succeeded")
		}
		if got := requests.Load(); got != want {
			t.Errorf("%s: asked %d times, want %d", reason, got, want)
		}
	}
}

func TestTheJobIsBoundedLabelledAndDryFirst(t *testing.T) {
	t.Parallel()
	type job struct {
		Configuration struct {
			DryRun       bool
			JobTimeoutMs string
			Labels       map[string]string
			Query        struct{ MaximumBytesBilled string }
		}
		JobReference struct{ Location string }
	}
	var jobs []job
	c, _ := fake(t, Options{MaximumBytes: 1 << 30, Location: "EU"}, func(r *http.Request, body string) (int, string) {
		if r.Method != http.MethodPost {
			return schemaOnly(false)
		}
		var j job
		if err := json.Unmarshal([]byte(body), &j); err != nil {
			t.Error(err)
		}
		jobs = append(jobs, j)
		if !j.Configuration.DryRun {
			return problem(403, "accessDenied")
		}
		return 200, `{"jobReference": {"projectId": "test", "jobId": "dry"}, "configuration": {"query": {"query": "SELECT 1"}}, "status": {"state": "DONE"}, "statistics": {"totalBytesProcessed": "5", "query": {}}}`
	})
	_, err := c.Count(t.Context(), fakeTable, nil)
	if err == nil || len(jobs) != 2 {
		t.Fatalf("%d jobs, %v", len(jobs), err)
	}
	for i, j := range jobs {
		if j.Configuration.DryRun != (i == 0) || j.Configuration.Query.MaximumBytesBilled != "1073741824" || j.Configuration.Labels["application"] != "drift_exporter" ||
			j.JobReference.Location != "EU" || j.Configuration.JobTimeoutMs != "20000" {
			t.Errorf("job %d: %+v", i, j)
		}
	}
}

func TestAnUnchangedTableIsNotQueriedAgain(t *testing.T) {
	t.Parallel()
	etag := "a"
	queries := 0
	c, _ := fake(t, Options{}, func(r *http.Request, _ string) (int, string) {
		if r.Method == http.MethodPost {
			queries++
			return problem(403, "accessDenied")
		}
		return 200, fmt.Sprintf(metadata, etag)
	})
	table := fakeTable
	table.Project = project
	client, err := c.connect()
	if err != nil {
		t.Fatal(err)
	}
	m, err := client.Dataset("d").Table("loans").Metadata(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	p, err := planOf(table, m.Schema)
	if err != nil {
		t.Fatal(err)
	}
	last := &reference.Counted{State: p.state(m), Reference: reference.Default()}
	got, err := c.Count(t.Context(), table, last)
	if err != nil || got != last || queries != 0 {
		t.Errorf("Count() = %v, %v after %d queries, want what was there", got, err, queries)
	}
	volatile := table
	volatile.Where = "day > current_date() - 30"
	for _, change := range []struct {
		what  string
		table reference.Table
		etag  string
	}{{"the table", table, "b"}, {"the condition", func() reference.Table { x := table; x.Where = "income > 1"; return x }(), "a"}, {"the day", volatile, "a"}} {
		before := queries
		etag = change.etag
		if _, err := c.Count(t.Context(), change.table, last); err == nil || queries == before {
			t.Errorf("%s changed, and nothing was asked", change.what)
		}
	}
}

func TestNamesCannotInject(t *testing.T) {
	t.Parallel()
	c, requests := fake(t, Options{}, func(*http.Request, string) (int, string) { return problem(500, "") })
	for _, table := range []reference.Table{
		{Dataset: "d", Name: "t`; DROP TABLE x; --"}, {Dataset: "d` AS t", Name: "t"}, {Project: "p`.d", Dataset: "d", Name: "t"},
		{Dataset: "d", Name: "t\\"}, {Dataset: "d", Name: "t\nx"}, {Dataset: "d.e", Name: "t"}, {Dataset: "d", Name: "events_*"}, {Dataset: "d", Name: "a.b"}, {Dataset: "d"},
	} {
		if _, err := c.Count(t.Context(), table, nil); err == nil {
			t.Errorf("%+v was asked for", table)
		}
	}
	if n := requests.Load(); n != 0 {
		t.Errorf("%d requests for names that cannot be", n)
	}
	c, _ = fake(t, Options{}, func(r *http.Request, _ string) (int, string) {
		if r.Method == http.MethodPost {
			t.Error("a query ran")
		}
		return schemaOnly(false)
	})
	for _, column := range []string{"income` FROM x; --", "income, state", "", "income\\", "(SELECT 1)", "@x"} {
		if _, err := c.Count(t.Context(), reference.Table{Dataset: "d", Name: "t", Features: []string{column}}, nil); err == nil {
			t.Errorf("column %q was asked for", column)
		}
		if column == "" {
			continue
		}
		if _, err := c.Count(t.Context(), reference.Table{Dataset: "d", Name: "t", Score: column}, nil); err == nil {
			t.Errorf("score %q was asked for", column)
		}
	}
}
