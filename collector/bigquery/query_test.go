package bigquery

import (
	"flag"
	"os"
	"testing"

	"cloud.google.com/go/bigquery"

	"github.com/drift-exporter/drift_exporter/collector/reference"
)

// updateGolden rewrites the golden files.
var updateGolden = flag.Bool("update", false, "rewrite the golden files")

// TestQueryTexts compares the texts that are sent to BigQuery with golden files. The other tests
// run them in the emulator, which is not BigQuery.
func TestQueryTexts(t *testing.T) {
	t.Parallel()
	schema := bigquery.Schema{
		{Name: "income", Type: bigquery.FloatFieldType}, {Name: "term", Type: bigquery.IntegerFieldType}, {Name: "rate", Type: bigquery.NumericFieldType},
		{Name: "state", Type: bigquery.StringFieldType}, {Name: "open", Type: bigquery.BooleanFieldType}, {Name: "day", Type: bigquery.DateFieldType},
		{Name: "p", Type: bigquery.FloatFieldType}, {Name: "paid", Type: bigquery.StringFieldType},
	}
	p, err := planOf(reference.Table{Project: "p", Dataset: "d", Name: "loans", Where: "day >= '2026-01-01' -- this year", Score: "p", Outcome: "paid", Positive: "yes", Missing: []string{"-999"}}, schema)
	if err != nil {
		t.Fatal(err)
	}
	p.features[0].edges, p.scoreEdges = []float64{1, 2}, []float64{0.5}
	for name, text := range map[string]string{"profile.sql": p.profile([]int{1, 3}, true).text, "count.sql": p.count().text} {
		path := "testdata/" + name
		if *updateGolden {
			if err := os.WriteFile(path, []byte(text+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if text+"\n" != string(want) {
			t.Errorf("%s differs; look at it and run the test with -update:\n%s", path, text)
		}
	}
}
