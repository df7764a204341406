package bigquery

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/drift-exporter/drift_exporter/collector/drift"
	"github.com/drift-exporter/drift_exporter/collector/reference"
)

// TestTablesOfAllKinds uses one dataset for all cases: a view, tables without rows, a number that
// now has too many values to be counted one by one, and too many rows.
func TestTablesOfAllKinds(t *testing.T) {
	t.Parallel()
	client, e := admin(t, "kinds")
	const values = drift.MaxFine + 100
	var rows []string
	for i := range 2 * values {
		rows = append(rows, fmt.Sprintf("(%d, 's%d', %d.5)", i/2, i%3, i%7))
	}
	for _, sql := range []string{
		"CREATE TABLE `test.kinds.rows` (many INT64, state STRING, few FLOAT64)",
		"CREATE TABLE `test.kinds.nothing` (many INT64, state STRING, few FLOAT64)",
		"INSERT INTO `test.kinds.rows` VALUES " + strings.Join(rows, ", "),
		"CREATE VIEW `test.kinds.seen` AS SELECT many, state, few FROM `test.kinds.rows`",
	} {
		job, err := client.Query(sql).Run(t.Context())
		if err == nil {
			err = job.LastStatus().Err()
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	c := New(Options{Project: project, ClientOptions: e.ClientOptions()})
	t.Cleanup(func() { _ = c.Close() })
	table := reference.Table{Dataset: "kinds", Name: "rows"}
	counted, err := c.Count(t.Context(), table, nil)
	if err != nil {
		t.Fatal(err)
	}

	t.Run("a view is counted as its table is, every time", func(t *testing.T) {
		view, err := c.Count(t.Context(), reference.Table{Dataset: "kinds", Name: "seen"}, nil)
		if err != nil {
			t.Fatal(err)
		}
		same(t, view.Reference, counted.Reference)
		if view.State != "" {
			t.Errorf("the view's state is %q: its table may change without it", view.State)
		}
		var ofTable, ofView bytes.Buffer
		if _, err := c.Rows(t.Context(), table, &ofTable); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Rows(t.Context(), reference.Table{Dataset: "kinds", Name: "seen"}, &ofView); err != nil {
			t.Fatal(err)
		}
		if ofTable.String() != ofView.String() || strings.Count(ofTable.String(), "\n") != 2*values+1 {
			t.Errorf("the table gives %d bytes, the view %d", ofTable.Len(), ofView.Len())
		}
	})
	t.Run("a table without rows is reported", func(t *testing.T) {
		for _, test := range []struct {
			table reference.Table
			want  string
		}{
			{reference.Table{Dataset: "kinds", Name: "nothing"}, "test.kinds.nothing has no rows: fill it first"},
			{reference.Table{Dataset: "kinds", Name: "rows", Where: "many < 0"}, "test.kinds.rows has no row where many < 0: mind the condition"},
		} {
			if _, err := c.Count(t.Context(), test.table, nil); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("Count() = %v, want %q in it", err, test.want)
			}
			var text bytes.Buffer
			if _, err := c.Rows(t.Context(), test.table, &text); err == nil || !strings.Contains(err.Error(), test.want) || text.Len() > 0 {
				t.Errorf("Rows() = %v after %q, want %q in it", err, text.String(), test.want)
			}
		}
	})
	t.Run("a number that had few values and has many gets edges", func(t *testing.T) {
		last := *counted.Reference
		last.Features = append([]reference.Feature(nil), last.Features...)
		last.Features[0].Values, last.Features[0].Edges = []float64{0, 1}, nil
		again, err := c.Count(t.Context(), table, &reference.Counted{Reference: &last})
		if err != nil {
			t.Fatal(err)
		}
		equal(t, again.Reference, counted.Reference)
		if f := &again.Reference.Features[0]; f.Values != nil || len(f.Edges) != drift.MaxFine-1 {
			t.Errorf("many has values %v and %d edges, want %d", f.Values, len(f.Edges), drift.MaxFine-1)
		}
	})
	t.Run("more rows than training takes are reported before they are read", func(t *testing.T) {
		bounded := New(Options{Project: project, ClientOptions: e.ClientOptions()})
		t.Cleanup(func() { _ = bounded.Close() })
		var text bytes.Buffer
		bounded.maximum = 2*values - 1
		_, err := bounded.Rows(t.Context(), table, &text)
		want := fmt.Sprintf("there are %d rows, and training takes at most %d: take fewer with --bigquery.where, such as RAND() < 0.1", 2*values, 2*values-1)
		if err == nil || !strings.Contains(err.Error(), want) || text.Len() > 0 {
			t.Errorf("Rows() = %v, want %q in it", err, want)
		}
		bounded.maximum = 2 * values
		if _, err := bounded.Rows(t.Context(), table, &text); err != nil {
			t.Errorf("as many as it takes: %v", err)
		}
	})
}
