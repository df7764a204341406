package bigquery

import (
	"math"
	"strings"
	"testing"

	"github.com/drift-exporter/drift_exporter/collector/reference"
)

// TestBinsAreHalfOpenAsOurs counts ties, NULLs, NaN, infinities and -0, both with BigQuery's SQL
// and with reference.Build.
func TestBinsAreHalfOpenAsOurs(t *testing.T) {
	t.Parallel()
	client, e := admin(t, "semantics")
	run := func(sql string) {
		t.Helper()
		job, err := client.Query(sql).Run(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := job.LastStatus().Err(); err != nil {
			t.Fatal(err)
		}
	}
	run("CREATE TABLE `test.semantics.rows` (x FLOAT64, few INT64, kind STRING, flag BOOL, day DATE, p FLOAT64, outcome INT64)")
	const nan, inf = "CAST('nan' AS FLOAT64)", "CAST('inf' AS FLOAT64)"
	rows := []struct {
		sql     string
		x, few  float64
		kind    string
		flag    string
		p       float64
		outcome string
	}{
		{"1.5, 15, 'a', true, NULL, 0.2, 0", 1.5, 15, "a", "true", 0.2, "0"},
		{"1.5, 15, 'a', true, NULL, 0.5, 1", 1.5, 15, "a", "true", 0.5, "1"},
		{"1.4999999999999998, 20, 'A', false, NULL, 0.8, 1", 1.4999999999999998, 20, "A", "false", 0.8, "1"},
		{"0.0, 20, '', NULL, NULL, 0.8, 0", 0, 20, "", "", 0.8, "0"},
		{"-0.0, NULL, 'O\\'Neil\"`', true, NULL, NULL, 1", 0, math.NaN(), "O'Neil\"`", "true", math.NaN(), "1"},
		{nan + ", 30, NULL, true, NULL, 0.1, NULL", math.NaN(), 30, "\x00", "true", 0.1, ""},
		{inf + ", 30, 'ä', true, NULL, 0.1, 1", math.NaN(), 30, "ä", "true", 0.1, "1"},
		{"-" + inf + ", 30, '" + strings.Repeat("x", 129) + "', true, NULL, " + nan + ", 1", math.NaN(), 30, strings.Repeat("x", 129), "true", math.NaN(), "1"},
		{"NULL, 30, '" + strings.Repeat("y", 128) + "', true, NULL, 0.9, 1", math.NaN(), 30, strings.Repeat("y", 128), "true", 0.9, "1"},
		{"-3.25, 15, 'a', false, NULL, 0.9, 1", -3.25, 15, "a", "false", 0.9, "1"},
	}
	var values []string
	columns := []reference.Column{{Name: "x", Type: reference.Numeric}, {Name: "few", Type: reference.Numeric}, {Name: "kind", Type: reference.Categorical}, {Name: "flag", Type: reference.Boolean}}
	heldOut := &reference.HeldOut{}
	for i, r := range rows {
		values = append(values, "("+r.sql+")")
		columns[0].Numbers, columns[1].Numbers = append(columns[0].Numbers, r.x), append(columns[1].Numbers, r.few)
		columns[2].Texts = append(columns[2].Texts, strings.Trim(r.kind, "\x00"))
		columns[3].Texts = append(columns[3].Texts, r.flag)
		if math.IsNaN(r.p) {
			continue
		}
		predicted := "0"
		if r.p >= 0.5 {
			predicted = "1"
		}
		heldOut.Index, heldOut.Score = append(heldOut.Index, i), append(heldOut.Score, r.p)
		heldOut.Predicted, heldOut.Actual = append(heldOut.Predicted, predicted), append(heldOut.Actual, r.outcome)
	}
	run("INSERT INTO `test.semantics.rows` VALUES " + strings.Join(values, ", "))
	want, err := reference.Build(columns, heldOut, reference.BuildOptions{Threshold: 0.5})
	if err != nil {
		t.Fatal(err)
	}
	want.Features[0].Edges, want.Features[0].Values = []float64{-3.25, 0, 1.5}, nil
	got, err := New(Options{Project: project, ClientOptions: e.ClientOptions()}).Count(t.Context(),
		reference.Table{Dataset: "semantics", Name: "rows", Score: "p", Outcome: "outcome"}, &reference.Counted{Reference: want})
	if err != nil {
		t.Fatal(err)
	}
	x := &want.Features[0] // By hand: Build would take its five values as they are.
	x.Count, x.Sum, x.SumOfSquares = []int64{0, 1, 3, 2}, []float64{0, -3.25, 1.4999999999999998, 3}, []float64{0, 10.5625, 1.4999999999999998 * 1.4999999999999998, 4.5}
	x.Labelled, x.Correct = []int64{0, 1, 2, 2}, []int64{0, 1, 1, 2}
	same(t, got.Reference, want)
}
