package bigquery

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"math"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"cloud.google.com/go/bigquery"

	"github.com/drift-exporter/drift_exporter/collector/drift"
	"github.com/drift-exporter/drift_exporter/collector/reference"
)

func statement(t *testing.T, client *bigquery.Client, sql string) {
	t.Helper()
	job, err := client.Query(sql).Run(t.Context())
	if err == nil {
		err = job.LastStatus().Err()
	}
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// anew is a condition that makes Count count the table again even if its metadata have not
// changed.
const anew = "CURRENT_DATE() IS NOT NULL"

// TestFiveThousandCategoriesAreCountedAsThoseOfTheCSV counts 20,000 rows of 5,000 names. Some
// names occur in two spellings.
func TestFiveThousandCategoriesAreCountedAsThoseOfTheCSV(t *testing.T) {
	t.Parallel()
	client, e := admin(t, "merchants")
	statement(t, client, "CREATE TABLE `test.merchants.rows` AS SELECT "+
		"CONCAT('m', CAST(MOD(i * 7919, 5000) AS STRING)) AS even, "+
		"CONCAT('m', CAST(MOD(i * i, 9973) AS STRING)) AS uneven, "+
		"CASE MOD(i, 4) WHEN 0 THEN CONCAT(CAST(MOD(i, 4999) AS STRING), '.0') WHEN 1 THEN CONCAT('x', CAST(MOD(i, 4999) AS STRING)) ELSE CAST(MOD(i, 4999) AS STRING) END AS spelled "+
		"FROM UNNEST(GENERATE_ARRAY(1, 20000)) AS i")
	c := New(Options{Project: project, ClientOptions: e.ClientOptions()})
	t.Cleanup(func() { _ = c.Close() })
	table := reference.Table{Dataset: "merchants", Name: "rows", Model: "m", Version: "1", Categorical: []string{"spelled"}}
	var text bytes.Buffer
	text.WriteString("even,uneven,spelled\n")
	for i := 1; i <= 20_000; i++ {
		spelled := []string{"%d.0", "x%d", "%d", "%d"}[i%4]
		fmt.Fprintf(&text, "m%d,m%d,"+spelled+"\n", i*7919%5000, i*i%9973, i%4999)
	}
	want, _, err := ofCSV(text.Bytes(), table)
	if err != nil {
		t.Fatal(err)
	}
	got, err := c.Count(t.Context(), table, nil)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, got.Reference, want)
	for _, f := range want.Features {
		if f.Rare == nil || len(f.Categories)+len(f.Rare.Names) < 2000 {
			t.Errorf("column %s has %d categories", f.Name, len(f.Categories))
		}
	}
}

// TestTooManyDistinctValuesAreRefused checks the limit: a column with exactly this many values is
// counted.
func TestTooManyDistinctValuesAreRefused(t *testing.T) {
	t.Parallel()
	if mostValues != 1_000_000 {
		t.Errorf("the bound is %d, and the documents say 1,000,000", mostValues)
	}
	client, e := admin(t, "distinct")
	statement(t, client, "CREATE TABLE `test.distinct.rows` AS SELECT CONCAT('name ', CAST(MOD(i, 700) AS STRING)) AS name, CAST(MOD(i, 5) AS STRING) AS stars FROM UNNEST(GENERATE_ARRAY(1, 2100)) AS i")
	for _, test := range []struct {
		table   reference.Table
		most    int
		refused string
	}{
		{reference.Table{}, 700, ""},
		{reference.Table{}, 699, `column "name" has more than 699 distinct values`},
		{reference.Table{Ignore: []string{"name"}}, 699, ""},
		{reference.Table{Features: []string{"stars"}}, 699, ""},
		// The result has a row for each value and class. Each name occurs with three of the five
		// classes.
		{reference.Table{Prediction: "stars"}, 700, ""},
		{reference.Table{Prediction: "stars"}, 699, `column "name" has more than 699 distinct values`},
	} {
		c := New(Options{Project: project, ClientOptions: e.ClientOptions()})
		t.Cleanup(func() { _ = c.Close() })
		c.distinct = test.most
		test.table.Dataset, test.table.Name = "distinct", "rows"
		_, err := c.Count(t.Context(), test.table, nil)
		if test.refused == "" && err != nil || test.refused != "" && (err == nil || !strings.Contains(err.Error(), test.refused) || !strings.Contains(err.Error(), "leave the column out")) {
			t.Errorf("%+v, at most %d: %v, want %q", test.table, test.most, err, test.refused)
		}
	}
}

// TestBinsStayWhenTheTableChanges checks that the listed categories, the groups of the others,
// edges and atoms stay as in the first count, whatever rows come and go.
func TestBinsStayWhenTheTableChanges(t *testing.T) {
	t.Parallel()
	client, e := admin(t, "changes")
	statement(t, client, "CREATE TABLE `test.changes.rows` AS SELECT CONCAT('n', CAST(CAST(FLOOR(600 * POW(MOD(i * 7919, 9973) / 9973, 2)) AS INT64) AS STRING)) AS name, "+
		"IF(MOD(i, 10) < 3, 0.0, i / 8) AS x, MOD(i, 3) AS few FROM UNNEST(GENERATE_ARRAY(1, 8000)) AS i")
	c := New(Options{Project: project, ClientOptions: e.ClientOptions()})
	t.Cleanup(func() { _ = c.Close() })
	table := reference.Table{Dataset: "changes", Name: "rows", Where: anew}
	first, err := c.Count(t.Context(), table, nil)
	if err != nil {
		t.Fatal(err)
	}
	was := first.Reference.Features[0]
	if was.Name != "name" || len(was.Categories) != drift.MaxFine || was.Rare == nil || len(was.Rare.Cuts) == 0 {
		t.Fatalf("%d categories, %+v", len(was.Categories), was.Rare)
	}
	rare, listed := was.Rare.Names[0], was.Categories[0]
	last := first
	for _, change := range []string{
		"INSERT INTO `test.changes.rows` SELECT '" + rare + "', 1e6, 7 FROM UNNEST(GENERATE_ARRAY(1, 3000)) AS i",
		"DELETE FROM `test.changes.rows` WHERE name = '" + listed + "'",
		"INSERT INTO `test.changes.rows` SELECT CONCAT('new ', CAST(i AS STRING)), -i, 0 FROM UNNEST(GENERATE_ARRAY(1, 50)) AS i",
	} {
		statement(t, client, change)
		next, err := c.Count(t.Context(), table, last)
		if err != nil {
			t.Fatal(err)
		}
		last = next
		name, x, few := &next.Reference.Features[0], &next.Reference.Features[1], &next.Reference.Features[2]
		if !slices.Equal(name.Categories, was.Categories) || !slices.Equal(name.Rare.Cuts, was.Rare.Cuts) {
			t.Errorf("%s: the listed categories or the groups changed", change)
		}
		if !slices.Equal(x.Edges, first.Reference.Features[1].Edges) {
			t.Errorf("%s: the edges changed", change)
		}
		if !slices.Equal(few.Values, []float64{0, 1, 2, 7}) {
			t.Errorf("%s: the single values are %v", change, few.Values)
		}
	}
	name := &last.Reference.Features[0]
	if name.Count[0] != 0 || !slices.Contains(name.Rare.Names, "new 7") || !slices.Contains(name.Rare.Names, rare) || name.Unlisted() < 3000 {
		t.Errorf("%q has %d rows, and %d are beyond the listed", listed, name.Count[0], name.Unlisted())
	}
	if want := int64(8000+3000+50) - was.Count[0]; last.Reference.Rows != want {
		t.Errorf("%d rows, want %d", last.Reference.Rows, want)
	}
}

// meanwhile calls change before the query that counts, but not before the query that profiles.
type meanwhile struct {
	slog.Handler

	change func()
	done   *atomic.Bool
}

// Enabled implements slog.Handler.
func (m meanwhile) Enabled(context.Context, slog.Level) bool { return true }

// Handle implements slog.Handler.
func (m meanwhile) Handle(ctx context.Context, r slog.Record) error {
	r.Attrs(func(a slog.Attr) bool {
		if r.Message == "query of BigQuery checked" && a.Key == "purpose" && a.Value.String() == "reference" && !m.done.Swap(true) {
			m.change()
		}
		return true
	})
	return m.Handler.Handle(ctx, r)
}

// TestATableMayChangeBetweenTheQueriesOfACount checks that the rows at the time of the second
// query are counted.
func TestATableMayChangeBetweenTheQueriesOfACount(t *testing.T) {
	t.Parallel()
	client, e := admin(t, "between")
	for i, test := range []struct{ is, becomes string }{
		{"SELECT i / 8 AS x, 'a' AS s FROM UNNEST(GENERATE_ARRAY(1, 11000)) AS i", "INSERT INTO %s SELECT 1e9, 'b' FROM UNNEST(GENERATE_ARRAY(1, 5000)) AS i"},
		{"SELECT MOD(i, 3) / 1 AS x, 'a' AS s FROM UNNEST(GENERATE_ARRAY(1, 1000)) AS i", "INSERT INTO %s SELECT i / 8, CONCAT('s', CAST(i AS STRING)) FROM UNNEST(GENERATE_ARRAY(1, 3000)) AS i"},
		{"SELECT i / 8 AS x, 'a' AS s FROM UNNEST(GENERATE_ARRAY(1, 11000)) AS i", "UPDATE %s SET x = NULL, s = NULL WHERE x > 5"},
	} {
		name := fmt.Sprintf("`test.between.rows%d`", i)
		statement(t, client, "CREATE TABLE "+name+" AS "+test.is)
		done := &atomic.Bool{}
		logger := slog.New(meanwhile{slog.DiscardHandler, func() { statement(t, client, fmt.Sprintf(test.becomes, name)) }, done})
		c := New(Options{Project: project, ClientOptions: e.ClientOptions(), Logger: logger})
		t.Cleanup(func() { _ = c.Close() })
		table := reference.Table{Dataset: "between", Name: fmt.Sprint("rows", i), Where: anew, Categorical: []string{"s"}}
		got, err := c.Count(t.Context(), table, nil)
		if err != nil || !done.Load() {
			t.Fatalf("%s: %v (%t)", test.becomes, err, done.Load())
		}
		again, err := c.Count(t.Context(), table, got)
		if err != nil {
			t.Fatal(err)
		}
		same(t, again.Reference, got.Reference)
		for j := range got.Reference.Features {
			f := &got.Reference.Features[j]
			if f.Rows() != got.Reference.Rows {
				t.Errorf("%s: %s has %d of %d rows", test.becomes, f.Name, f.Rows(), got.Reference.Rows)
			}
			if _, err := f.Binning(drift.BinOptions{}); err != nil {
				t.Errorf("%s: %v", test.becomes, err)
			}
		}
	}
}

// TestAnAnswerThatIsNoneIsAnError uses a bin that the query does not have, and counts below 0.
func TestAnAnswerThatIsNoneIsAnError(t *testing.T) {
	t.Parallel()
	row := func(bin, n any) []bigquery.Value {
		return []bigquery.Value{int64(0), bin, nil, nil, nil, nil, n, 1.0, 1.0, 1.0, 1.0, int64(0)}
	}
	name := func(int) string { return "column" }
	for _, bad := range [][]bigquery.Value{row(int64(-1), int64(1)), row(int64(0), int64(-1)), row("x", int64(1)), row(int64(0), nil), {int64(1)}} {
		all := &cells{of: map[int][]cell{}, most: 10}
		if err := all.add(bad, name); err == nil {
			t.Errorf("%v is taken", bad)
		}
	}
	c := &column{name: "x", kind: "numeric", number: true, edges: []float64{1, 2}}
	p := &plan{}
	if _, err := p.tally(c, []cell{{bin: 3, n: 1}}, &classTable{}); err == nil || !strings.Contains(err.Error(), "bin 3 of 3") {
		t.Errorf("bin 3 of 3: %v", err)
	}
	tally, err := p.tally(c, []cell{{bin: 2, n: 1, total: math.Inf(1), squares: math.Inf(1)}}, &classTable{})
	if err != nil || tally.Binned.Sum != nil {
		t.Errorf("a sum that is infinite: %+v, %v", tally, err)
	}
}
