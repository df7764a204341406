package ticks

import (
	"net/http"
	"strings"
	"testing"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/tick"
)

// bare codes nothing, and has a scheme.
type bare struct{}

func (bare) Columns() []int                              { return nil }
func (bare) Scheme() []string                            { return []string{"present"} }
func (bare) Row(*predictionlog.Row) (tick.Counted, bool) { return tick.Counted{Kind: -1}, true }

const (
	ticksSchema = `{"name": "effective", "type": "TIMESTAMP"}, {"name": "model", "type": "STRING"}, {"name": "version", "type": "STRING"}, {"name": "scheme", "type": "STRING"},
		{"name": "piece", "type": "INTEGER"}, {"name": "records", "type": "INTEGER"}, {"name": "predictions", "type": "INTEGER"}, {"name": "oldest", "type": "INTEGER"}, {"name": "newest", "type": "INTEGER"},
		{"name": "names", "type": "STRING", "mode": "REPEATED"}, {"name": "sums", "type": "INTEGER", "mode": "REPEATED"}, {"name": "codes", "type": "INTEGER", "mode": "REPEATED"},
		{"name": "counts", "type": "INTEGER", "mode": "REPEATED"}, {"name": "last_feature", "type": "INTEGER", "mode": "REPEATED"}, {"name": "last_time", "type": "INTEGER", "mode": "REPEATED"},
		{"name": "last_value", "type": "FLOAT", "mode": "REPEATED"}`
	ticksRow = `{"f": [{"v": "15000000"}, {"v": "m"}, {"v": "1"}, {"v": "past"}, {"v": "0"}, {"v": "1"}, {"v": "9"}, {"v": "1"}, {"v": "2"},
		{"v": []}, {"v": []}, {"v": []}, {"v": []}, {"v": []}, {"v": []}, {"v": []}]}`
	schemesSchema = `{"name": "model", "type": "STRING"}, {"name": "version", "type": "STRING"}, {"name": "scheme", "type": "STRING"}`
	schemesRow    = `{"f": [{"v": "m"}, {"v": "1"}, {"v": "past"}]}`
)

// TestARecountAboveTheBudgetSaysHowToDoWithout lets all queries pass but that of the rows.
func TestARecountAboveTheBudgetSaysHowToDoWithout(t *testing.T) {
	t.Parallel()
	f := &fake{bytes: 1000}
	last := rows(ticksSchema, ticksRow)
	f.answer = func(r *http.Request, body string) (int, string) {
		switch {
		case strings.HasSuffix(r.URL.Path, "/tables/predictions"):
			return 200, `{"tableReference": {"projectId": "test-project", "datasetId": "d", "tableId": "predictions"}}`
		case strings.Contains(body, `"purpose":"fleet_schemes"`):
			last, f.bytes = rows(schemesSchema, schemesRow), 1001 // from now on
		}
		return last(r, body)
	}
	c := f.reader(t, Options{MaximumBytes: 1000}).Coded(func(predictionlog.Key) tick.Coder { return bare{} })
	err := c.Ticks(t.Context(), 0, 30e9, func(*tick.Sum) error { t.Error("a sum of the past counts"); return nil })
	for _, want := range []string{"--no-bigquery.recount", "would process 1001 bytes, more than --bigquery.maximum-bytes-billed=1000"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Ticks() = %v, want %q in it", err, want)
		}
	}
	if n := c.Stats().Failures[Budget]; n != 1 || len(f.queries) != 2 {
		t.Errorf("%d failures, %d queries", n, len(f.queries))
	}
}
