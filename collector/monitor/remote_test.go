package monitor

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/drift-exporter/drift_exporter/collector/reference"
)

var errDown = errors.New("BigQuery is down")

// warehouse is a Remote of which the answer can be set.
type warehouse struct {
	mu     sync.Mutex
	answer *reference.Counted
	err    error
	asked  []reference.Table
	last   []*reference.Counted
}

func (w *warehouse) Count(_ context.Context, t reference.Table, last *reference.Counted) (*reference.Counted, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked, w.last = append(w.asked, t), append(w.last, last)
	return w.answer, w.err
}

func (w *warehouse) set(c *reference.Counted, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.answer, w.err = c, err
}

func countedAs(t *testing.T, job, json string) *reference.Counted {
	t.Helper()
	r, err := reference.Parse([]byte(json), "bigquery:p.d.t")
	if err != nil {
		t.Fatal(err)
	}
	return &reference.Counted{Reference: r, Table: "p.d.t", Job: job, At: now, Bytes: 1234, State: job}
}

// fromTable watches model m of a table, and model other of a file.
func fromTable(t *testing.T, w *warehouse) Options {
	t.Helper()
	o := options(t)
	dir := t.TempDir()
	write(t, dir, "other.json", referenceJSON("other", ""))
	o.ConfigFile = write(t, dir, "config.yml", "models: [{name: m, reference: {bigquery: {table: t, where: day > 1}}}, {name: other, reference: {file: other.json}}]")
	o.Remote, o.CacheDir = w, dir+"/cache"
	o.Table = reference.Table{Project: "p", Dataset: "d"}
	return o
}

const referenceCollector = "reference"

// now is the clock of counts in the tests.
var now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func TestAReferenceIsCountedInTheBackground(t *testing.T) {
	t.Parallel()
	w := &warehouse{err: errDown}
	o := fromTable(t, w)
	predict(t, o.Log, 60)
	synctest.Test(t, func(t *testing.T) {
		m := monitor(t, o)
		page := func() string {
			return scraped(t.Context(), t, m, []string{referenceCollector, "feature_drift", "traffic"})
		}
		contains(t, page(),
			`model_reference_load_success{model="m",version="1"} 0`,
			`model_requests_total{model="m",version="1"} 60`,
			`model_reference_load_failures_total{model="m",source="bigquery:p.d.t"} 0`)
		lacks(t, page(), "model_reference_checked_timestamp_seconds{")
		if err := m.Ready(); err == nil || !strings.Contains(err.Error(), `model "m" has not been counted yet in bigquery:p.d.t`) {
			t.Errorf("Ready() = %v without a reference", err)
		}

		defer m.Refresh(time.Hour)()
		synctest.Wait()
		contains(t, page(),
			`model_reference_load_success{model="m",version="1"} 0`,
			`model_reference_load_success{model="other",version=""} 1`,
			`model_reference_load_failures_total{model="m",source="bigquery:p.d.t"} 1`)

		first := countedAs(t, "job1", referenceJSON("m", ""))
		w.set(first, nil)
		time.Sleep(firstRetry + time.Second)
		synctest.Wait()
		contains(t, page(),
			`model_reference_load_success{model="m",version="1"} 1`,
			`model_reference_info{hash="`+first.Reference.Hash+`",model="m",source="bigquery:p.d.t",version="1"} 1`,
			`feature_drift_detected{feature="kind",model="m",version="1"} 1`)
		if err := m.Ready(); err != nil {
			t.Errorf("Ready() = %v with a reference", err)
		}
		if got := w.asked[0]; got.Where != "day > 1" || got.Project != "p" || got.Dataset != "d" || got.Name != "t" || got.Model != "m" {
			t.Errorf("asked for %+v", got)
		}

		// The same content counted again keeps the windows; other content does not.
		before := m.current
		w.set(countedAs(t, "job2", referenceJSON("m", "")), nil)
		time.Sleep(time.Hour)
		synctest.Wait()
		if m.current != before {
			t.Error("the windows were made again for the same content")
		}
		if last := w.last[len(w.last)-1]; last == nil || last.Job != "job1" {
			t.Errorf("the last count handed over is %v", last)
		}
		w.set(nil, errDown)
		time.Sleep(time.Hour)
		synctest.Wait()
		contains(t, page(), `model_reference_load_success{model="m",version="1"} 1`)
		changed := countedAs(t, "job3", strings.ReplaceAll(referenceJSON("m", ""), "[100, 200, 100]", "[100, 100, 200]"))
		w.set(changed, nil)
		time.Sleep(time.Hour)
		synctest.Wait()
		contains(t, page(), `model_reference_info{hash="`+changed.Reference.Hash+`",model="m",source="bigquery:p.d.t",version="1"} 1`)
	})
}

func TestACachedReferenceServesWhileBigQueryIsDown(t *testing.T) {
	t.Parallel()
	w := &warehouse{}
	o := fromTable(t, w)
	predict(t, o.Log, 60)
	first := countedAs(t, "job1", referenceJSON("m", ""))
	w.set(first, nil)
	m := monitor(t, o)
	if changed, failed := m.remotes.count(t.Context(), false); !changed || failed {
		t.Fatalf("count() = %v, %v", changed, failed)
	}

	w.set(nil, errDown)
	m = monitor(t, o)
	if err := m.Ready(); err != nil {
		t.Errorf("Ready() = %v with a cached reference", err)
	}
	contains(t, scraped(t.Context(), t, m, nil),
		`model_reference_load_success{model="m",version="1"} 1`,
		`model_reference_info{hash="`+first.Reference.Hash+`",model="m",source="bigquery:p.d.t",version="1"} 1`)
	if _, failed := m.remotes.count(t.Context(), false); !failed {
		t.Error("a count of BigQuery that is down did not fail")
	}
	contains(t, scraped(t.Context(), t, m, nil), `model_reference_load_success{model="m",version="1"} 1`)
	last := w.last[len(w.last)-1]
	if last == nil || last.Job != "job1" || last.State != "job1" || last.Bytes != 1234 || !last.At.Equal(now) {
		t.Errorf("the cache kept %+v", last)
	}
}

func TestATableWithoutConfigurationTakesModelAndScoreOfTheFile(t *testing.T) {
	t.Parallel()
	w := &warehouse{err: errDown}
	o := options(t)
	o.ConfigFile, o.Remote, o.Table = "", w, reference.Table{Project: "p", Dataset: "d", Name: "t"}
	m := monitor(t, o)
	m.remotes.count(t.Context(), false)
	if len(w.asked) != 1 || w.asked[0].Base != reference.Default() || w.asked[0].Name != "t" {
		t.Errorf("asked for %+v", w.asked)
	}
	o.Table.Dataset = ""
	if _, err := New(o); err == nil || !strings.Contains(err.Error(), "table t has no dataset: name it with --bigquery.dataset or BIGQUERY_DATASET") {
		t.Errorf("New() = %v without a dataset", err)
	}
}
