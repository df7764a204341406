package bigquery

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/drift-exporter/drift_exporter/collector/drift"
	"github.com/drift-exporter/drift_exporter/collector/reference"
)

// TestNumbersOfManyValuesAreBinnedByQuantiles counts 30,000 rows: a number in which one value has
// three of ten rows, and columns that are no features.
func TestNumbersOfManyValuesAreBinnedByQuantiles(t *testing.T) {
	t.Parallel()
	client, e := admin(t, "many")
	job, err := client.Query("CREATE TABLE `test.many.rows` AS SELECT IF(MOD(i, 10) < 3, 0.0, i / 8) AS x, i AS loan_id, CONCAT('key ', CAST(i AS STRING)) AS name FROM UNNEST(GENERATE_ARRAY(1, 30000)) AS i").Run(t.Context())
	if err == nil {
		err = job.LastStatus().Err()
	}
	if err != nil {
		t.Fatal(err)
	}
	c := New(Options{Project: project, ClientOptions: e.ClientOptions()})
	t.Cleanup(func() { _ = c.Close() })
	table := reference.Table{Dataset: "many", Name: "rows"}
	got, err := c.Count(t.Context(), table, nil)
	if err != nil {
		t.Fatal(err)
	}
	if notes := strings.Join(got.Notes, "\n"); len(got.Reference.Features) != 1 || len(got.Notes) != 2 ||
		!strings.Contains(notes, `column "loan_id": left out`) || !strings.Contains(notes, `column "name": left out`) {
		t.Errorf("%d features, and notes\n%s", len(got.Reference.Features), notes)
	}
	f := &got.Reference.Features[0]
	at := slices.Index(f.Edges, math.Nextafter(0, 1))
	if at < 0 || f.Count[at] != 9000 || f.Rows() != 30_000 || len(f.Edges) < drift.MaxFine/2 {
		t.Fatalf("0 is not apart: edges %v, counts %v", f.Edges, f.Count)
	}
	for b, n := range f.Count {
		if b != at && n > 300+150 { // A bin of 1 %, and an error of half of it.
			t.Errorf("bin %d has %d rows", b, n)
		}
	}
	again, err := c.Count(t.Context(), table, &reference.Counted{Reference: got.Reference})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, again.Reference, got.Reference)
}
