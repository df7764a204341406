package ticks

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/api/option"

	"github.com/drift-exporter/drift_exporter/predictor/tick"
)

// updateGolden rewrites the golden files.
var updateGolden = flag.Bool("update", false, "rewrite the golden files")

// TestQueryTexts compares the texts that are sent to BigQuery with golden files. The other tests
// run them in the emulator, which is not BigQuery.
func TestQueryTexts(t *testing.T) {
	t.Parallel()
	r, err := New(Options{Project: "my-project", Dataset: "predictions"})
	if err != nil {
		t.Fatal(err)
	}
	entries, err := files.ReadDir("sql")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		text, path := r.text(strings.TrimSuffix(e.Name(), ".sql")), "testdata/"+e.Name()
		if *updateGolden {
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if text != string(want) {
			t.Errorf("%s differs; look at it and run the test with -update:\n%s", path, text)
		}
		// A table is read by the hours of shipped_at. The counters of all time are the exception.
		if n, pruned := strings.Count(text, "FROM `"), strings.Count(text, "WHERE shipped_at >= ")+strings.Count(text, "WHERE time >= "); n != pruned && e.Name() != "totals.sql" {
			t.Errorf("%s reads %d tables, and prunes partitions of %d", path, n, pruned)
		}
	}
}

// fake is a server in the place of BigQuery.
type fake struct {
	mu      sync.Mutex
	queries []string // bodies of the jobs that were run
	checks  int
	bytes   int64 // what a query would process
	answer  func(r *http.Request, body string) (code int, text string)
}

func (f *fake) reader(t *testing.T, o Options) *Reader {
	t.Helper()
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	o.Project, o.Dataset = "test-project", "d"
	o.ClientOptions = []option.ClientOption{option.WithEndpoint(server.URL + "/bigquery/v2/"), option.WithoutAuthentication()}
	if o.Timeout == 0 {
		o.Timeout = 20 * time.Second
	}
	r, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r
}

// ServeHTTP accepts dry runs, and answers the rest as it is told.
func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	text, _ := io.ReadAll(r.Body)
	body := string(text)
	code, answer := http.StatusOK, ""
	switch {
	case strings.Contains(body, `"dryRun":true`):
		f.checks++
		answer = fmt.Sprintf(`{"jobReference": {"projectId": "test-project", "jobId": "dry"}, "configuration": {"query": {"query": "SELECT 1"}}, "status": {"state": "DONE"}, "statistics": {"totalBytesProcessed": "%d", "query": {}}}`, f.bytes)
	default:
		if r.Method == http.MethodPost {
			f.queries = append(f.queries, body)
		}
		code, answer = f.answer(r, body)
	}
	w.Header().Set("Content-Type", "application/json")
	if code == 0 { // Promised more than is sent.
		w.Header().Set("Content-Length", fmt.Sprint(len(answer)+100))
		code = http.StatusOK
	}
	w.WriteHeader(code)
	_, _ = io.WriteString(w, answer)
}

func problem(code int, reason string) func(*http.Request, string) (int, string) {
	return func(*http.Request, string) (int, string) {
		return code, fmt.Sprintf(`{"error": {"code": %d, "message": "as configured", "errors": [{"reason": %q, "message": "as configured"}]}}`, code, reason)
	}
}

// rows answers a query with a schema and rows, both as JSON.
func rows(schema, values string) func(*http.Request, string) (int, string) {
	return func(r *http.Request, _ string) (int, string) {
		job := `"jobReference": {"projectId": "test-project", "jobId": "j"}`
		statistics := `"statistics": {"totalBytesProcessed": "1000", "query": {"totalBytesBilled": "10485760", "statementType": "SELECT"}}`
		configuration := `"configuration": {"query": {"query": "SELECT 1", "destinationTable": {"projectId": "test-project", "datasetId": "d", "tableId": "t"}}}`
		switch {
		case r.Method == http.MethodPost: // BigQuery says what a query costs when it is done.
			return 200, fmt.Sprintf(`{%s, %s, "status": {"state": "RUNNING"}, "statistics": {"query": {"statementType": "SELECT"}}}`, job, configuration)
		case strings.HasSuffix(r.URL.Path, "/jobs/j"):
			return 200, fmt.Sprintf(`{%s, %s, "status": {"state": "DONE"}, %s}`, job, configuration, statistics)
		}
		return 200, fmt.Sprintf(`{%s, "jobComplete": true, "schema": {"fields": [%s]}, "rows": [%s], "totalRows": "1"}`, job, schema, values)
	}
}

const recordsSchema = `{"name": "effective", "type": "TIMESTAMP"}, {"name": "records", "type": "INTEGER"}`

func TestFaultsAreCountedAndSayWhatToDo(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		options Options
		bytes   int64
		answer  func(*http.Request, string) (int, string)
		reason  string
		want    string
	}{
		{"403", Options{}, 0, problem(403, "accessDenied"), Permission, "roles/bigquery.dataViewer on dataset test-project.d"},
		{"401", Options{}, 0, problem(401, "authError"), Permission, "application-default credentials"},
		{"404", Options{}, 0, problem(404, "notFound"), NotFound, "drift_exporter ship --ship.ticks"},
		{"429", Options{}, 0, problem(429, "quotaExceeded"), Quota, "a quota of project test-project is used up"},
		{"bytes billed", Options{}, 0, problem(400, "bytesBilledLimitExceeded"), Budget, "raise --bigquery.maximum-bytes-billed"},
		{"503 until the end", Options{Timeout: 700 * time.Millisecond}, 0, problem(503, "backendError"), Unavailable, "the next reading asks again"},
		{"no answer", Options{Timeout: 300 * time.Millisecond}, 0, func(r *http.Request, _ string) (int, string) { <-r.Context().Done(); return 200, "" }, Unavailable, "there was no answer in time"},
		{"cut body", Options{Timeout: 700 * time.Millisecond}, 0, func(*http.Request, string) (int, string) { return 0, `{"jobReference"` }, "", ""},
		{"not JSON", Options{}, 0, func(*http.Request, string) (int, string) { return 200, `<html>` }, Other, ""},
		{"text for a number", Options{}, 0, rows(`{"name": "effective", "type": "TIMESTAMP"}, {"name": "records", "type": "STRING"}`, `{"f": [{"v": "15000000"}, {"v": "3"}]}`), Other, "column 2 is a string"},
		{"too few columns", Options{}, 0, rows(`{"name": "effective", "type": "TIMESTAMP"}`, `{"f": [{"v": "15000000"}]}`), Other, "it has 1 columns"},
		{"too expensive", Options{MaximumBytes: 999}, 1000, rows(recordsSchema, ""), Budget, "would process 1000 bytes, more than --bigquery.maximum-bytes-billed=999 allows"},
		{"too expensive today", Options{DailyBytes: 999}, 1000, rows(recordsSchema, ""), Budget, "more than --bigquery.daily-bytes=999 allows"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := &fake{bytes: test.bytes, answer: test.answer}
			r := f.reader(t, test.options)
			_, err := r.Records(t.Context(), 0, 15e9)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("Records() = %v, want %q in it", err, test.want)
			}
			var failures int64
			for _, n := range r.Stats().Failures {
				failures += n
			}
			if failures != 1 || test.reason != "" && r.Stats().Failures[test.reason] != 1 {
				t.Errorf("failures %v, want one of %q", r.Stats().Failures, test.reason)
			}
		})
	}
}

func TestBytesAreMeteredAndBoundedADay(t *testing.T) {
	t.Parallel()
	f := &fake{bytes: 1000, answer: rows(recordsSchema, `{"f": [{"v": "15000000"}, {"v": "3"}]}`)}
	r := f.reader(t, Options{DailyBytes: 15 << 20, MaximumBytes: 1 << 30})
	got, err := r.Records(t.Context(), 0, 30e9)
	if err != nil || len(got) != 1 || got[15e9] != 3 {
		t.Fatalf("Records() = %v, %v", got, err)
	}
	if s := r.Stats(); s.Queries != 1 || s.Bytes != 1000 || s.Billed != 10<<20 || s.Today != s.Billed {
		t.Errorf("stats %+v", s)
	}
	if !strings.Contains(f.queries[0], `"maximumBytesBilled":"1073741824"`) || !strings.Contains(f.queries[0], `"purpose":"fleet_records"`) || f.checks != 1 {
		t.Errorf("%d checks, query %s", f.checks, f.queries[0])
	}
	// The second would cost 10 MiB again, of which only 1000 bytes are foreseen.
	if _, err := r.Records(t.Context(), 0, 30e9); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Records(t.Context(), 0, 30e9); err == nil || !strings.Contains(err.Error(), "the queries of today have cost 20971520 bytes") {
		t.Errorf("a query above the bound: %v", err)
	}
	if len(f.queries) != 2 {
		t.Errorf("%d queries were run", len(f.queries))
	}
}

func TestAQueryWhoseCostIsNotSaidCountsAsForeseen(t *testing.T) {
	t.Parallel()
	answer := rows(recordsSchema, `{"f": [{"v": "15000000"}, {"v": "3"}]}`)
	f := &fake{bytes: 20 << 20, answer: func(r *http.Request, body string) (int, string) {
		if strings.HasSuffix(r.URL.Path, "/jobs/j") {
			return 404, "{}"
		}
		return answer(r, body)
	}}
	r := f.reader(t, Options{})
	if got, err := r.Records(t.Context(), 0, 30e9); err != nil || got[15e9] != 3 {
		t.Fatalf("Records() = %v, %v", got, err)
	}
	if s := r.Stats(); s.Bytes != 20<<20 || s.Billed != 20<<20 || s.Today != s.Billed {
		t.Errorf("stats %+v", s)
	}
}

// The emulator does not say how many bytes a query would process, so this looks at the range of
// partitions: it grows with the hours that are asked, and with nothing else.
func TestAQueryReadsTheHoursThatItIsAskedFor(t *testing.T) {
	t.Parallel()
	f := &fake{answer: rows(recordsSchema, "")}
	r := f.reader(t, Options{Lateness: 2 * time.Minute})
	until := time.Date(2026, 11, 29, 10, 0, 0, 0, time.UTC)
	for _, hours := range []time.Duration{1, 5, 24} {
		f.queries = nil
		if _, err := r.Records(t.Context(), until.Add(-hours*time.Hour).UnixNano(), until.UnixNano()); err != nil {
			t.Fatal(err)
		}
		var job struct {
			Configuration struct {
				Query struct {
					QueryParameters []struct {
						Name           string
						ParameterValue struct{ Value string }
					}
				}
			}
		}
		if err := json.Unmarshal([]byte(f.queries[0]), &job); err != nil {
			t.Fatal(err)
		}
		at := map[string]time.Time{}
		for _, p := range job.Configuration.Query.QueryParameters {
			at[p.Name], _ = time.Parse("2006-01-02 15:04:05.999999Z07:00", p.ParameterValue.Value)
		}
		if got, want := at["shipped_until"].Sub(at["shipped_from"]), hours*time.Hour+tick.Ahead+2*time.Minute; got != want || !at["until"].Equal(until) {
			t.Errorf("%d hours: rows shipped within %v are read, want %v", hours, got, want)
		}
	}
}
