package bigquery

import (
	"bytes"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/drift-exporter/drift_exporter/collector/count"
	"github.com/drift-exporter/drift_exporter/collector/reference"
	"github.com/drift-exporter/drift_exporter/predictor/rows"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// TestTablesOfEveryTypeGiveTheFileOfTheCSV counts the same 3,000 rows in a table and in a CSV: the
// answers of a multiclass model and of a regression.
func TestTablesOfEveryTypeGiveTheFileOfTheCSV(t *testing.T) {
	t.Parallel()
	client, e := admin(t, "types")
	var csv strings.Builder
	csv.WriteString("x,class,p,became,worth,price\n")
	var sql []string
	for i := range 3000 {
		x, class, actual := float64(i*7%400)/8, []string{"ash", "elm", "oak"}[i%3], []string{"ash", "elm", "oak", "fir", ""}[i*i%7%5]
		p, worth := float64(i%97)/128+.125, float64(i*13%701)/4
		price := worth + float64(i%9) - 3.5
		fmt.Fprintf(&csv, "%v,%s,%v,%s,%v,", x, class, p, actual, worth)
		cell := "NULL"
		if i%10 > 0 {
			cell = fmt.Sprint(price)
			fmt.Fprint(&csv, price)
		}
		csv.WriteString("\n")
		sql = append(sql, fmt.Sprintf("(%v,'%s',%v,%s,%v,%s)", x, class, p, map[bool]string{true: "NULL", false: "'" + actual + "'"}[actual == ""], worth, cell))
	}
	statement(t, client, "CREATE TABLE `test.types.rows` (x FLOAT64, class STRING, p FLOAT64, became STRING, worth FLOAT64, price FLOAT64)")
	for len(sql) > 0 {
		n := min(len(sql), 1000)
		statement(t, client, "INSERT INTO `test.types.rows` VALUES "+strings.Join(sql[:n], ","))
		sql = sql[n:]
	}
	c := New(Options{Project: project, ClientOptions: e.ClientOptions()})
	t.Cleanup(func() { _ = c.Close() })
	for of, table := range map[value.Prediction]reference.Table{
		value.Multiclass: {Score: "p", Prediction: "class", Outcome: "became", Ignore: []string{"worth", "price"}},
		value.Regression: {Type: value.Regression, Score: "worth", Outcome: "price", Ignore: []string{"p", "class", "became"}},
	} {
		table.Dataset, table.Name, table.Model = "types", "rows", "m"
		got, err := c.Count(t.Context(), table, nil)
		if err != nil {
			t.Fatal(err)
		}
		text := []byte(csv.String())
		rowsOf, err := rows.NewCSVTable(bytes.NewReader(text), int64(len(text)))
		if err != nil {
			t.Fatal(err)
		}
		var o count.Options
		o.Type, o.Score, o.Class, o.Outcome, o.Ignore, o.Threshold = of, table.Score, table.Prediction, table.Outcome, table.Ignore, .5
		want, _, err := count.Rows(t.Context(), rowsOf, o, reference.BuildOptions{Model: "m"})
		if err != nil {
			t.Fatal(err)
		}
		r := got.Reference
		if r.Type != of || !reflect.DeepEqual(r.Classes, want.Classes) || !reflect.DeepEqual(r.Score.Edges, want.Score.Edges) || !reflect.DeepEqual(r.Score.Count, want.Score.Count) {
			t.Errorf("%s: type %s, classes %+v\nwant %+v", of, r.Type, r.Classes, want.Classes)
		}
		if of == value.Multiclass {
			if !strings.Contains(strings.Join(got.Notes, "\n"), "is taken for one of many classes") {
				t.Errorf("the guess is not said: %q", got.Notes)
			}
			continue
		}
		if !reflect.DeepEqual(r.Errors.Labelled, want.Errors.Labelled) {
			t.Errorf("errors of %v rows, want %v", r.Errors.Labelled, want.Errors.Labelled)
		}
		for b := range want.Errors.Sum {
			for _, pair := range [][2]float64{{r.Errors.Sum[b], want.Errors.Sum[b]}, {r.Errors.Absolute[b], want.Errors.Absolute[b]}, {r.Errors.Squares[b], want.Errors.Squares[b]}} {
				if math.Abs(pair[0]-pair[1]) > 1e-9*(1+math.Abs(pair[1])) {
					t.Errorf("bin %d: %v, want %v", b, pair[0], pair[1])
				}
			}
		}
	}
	for says, table := range map[string]reference.Table{
		"needs the column with the predicted class":        {Type: value.Multiclass, Score: "p", Outcome: "became"},
		"a regression predicts no class":                   {Type: value.Regression, Score: "worth", Prediction: "class"},
		"the outcome of a regression must be a number":     {Type: value.Regression, Score: "worth", Outcome: "became"},
		"a regression needs the distribution of its predi": {Type: value.Regression, Outcome: "price"},
	} {
		table.Dataset, table.Name = "types", "rows"
		if _, err := c.Count(t.Context(), table, nil); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("got %v, want %s", err, says)
		}
	}
}
