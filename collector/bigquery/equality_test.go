package bigquery

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"cloud.google.com/go/bigquery"

	"github.com/drift-exporter/drift_exporter/collector/reference"
	"github.com/drift-exporter/drift_exporter/predictor/model"
	"github.com/drift-exporter/drift_exporter/predictor/survey"
)

// field makes the values of one column. nil is NULL.
type field struct {
	name string
	kind bigquery.FieldType
	of   func(r *rand.Rand, row int) any
}

func pick(r *rand.Rand, values ...any) any { return values[r.IntN(len(values))] }

var fields = []field{
	{"income", bigquery.FloatFieldType, func(r *rand.Rand, _ int) any { // Two atoms, in many values.
		switch r.IntN(20) {
		case 0, 1, 2, 3, 4, 5:
			return 0.0
		case 6:
			return 100_000.0
		case 7:
			return nil
		}
		return min(100_000, math.Round(4e5*math.Exp(r.NormFloat64()))/10)
	}},
	{"accidents", bigquery.IntegerFieldType, func(r *rand.Rand, _ int) any { return max(0, r.IntN(400)-300) }},
	{"term", bigquery.IntegerFieldType, func(r *rand.Rand, _ int) any { return pick(r, 15, 20, 30, -999, nil) }},
	{"rate", bigquery.NumericFieldType, func(r *rand.Rand, _ int) any { return fmt.Sprintf("%d.%02d", r.IntN(9), r.IntN(100)) }},
	{"grade", bigquery.IntegerFieldType, func(r *rand.Rand, _ int) any { return pick(r, 1, 2, 3, 4, 5) }},
	{"open", bigquery.BooleanFieldType, func(r *rand.Rand, _ int) any { return pick(r, true, false, true, nil) }},
	{"answer", bigquery.StringFieldType, func(r *rand.Rand, _ int) any { return pick(r, "True", "false", "TRUE", "0", nil) }},
	{"merchant", bigquery.StringFieldType, func(r *rand.Rand, _ int) any { return fmt.Sprint("merchant ", int(1200*r.ExpFloat64())) }},
	{"state", bigquery.StringFieldType, func(r *rand.Rand, _ int) any {
		return pick(r, "NY", "CA", "NA", "", " ", nil, " NY", "Köln", "O'Neil\"`\\", "30.0", "3e1")
	}},
	{"amount", bigquery.StringFieldType, func(r *rand.Rand, row int) any {
		if row == 17 {
			return "12 apples"
		}
		return pick(r, "NA", nil, "1,234.5", strconv.Itoa(r.IntN(3000)), strconv.Itoa(r.IntN(3000)), " 7.50 ", fmt.Sprint(r.IntN(100), ".0"), "-999.0",
			strconv.Itoa(r.IntN(3000)), strconv.Itoa(r.IntN(3000)), strconv.Itoa(r.IntN(3000)), strconv.Itoa(r.IntN(3000)), strconv.Itoa(r.IntN(3000)))
	}},
	{"zip", bigquery.StringFieldType, func(r *rand.Rand, _ int) any { return fmt.Sprintf("%05d", r.IntN(30_000)) }},
	{"empty", bigquery.FloatFieldType, func(*rand.Rand, int) any { return nil }},
	{"day", bigquery.StringFieldType, func(r *rand.Rand, _ int) any { return fmt.Sprintf("2026-01-%02d", 1+r.IntN(30)) }},
	{"month", bigquery.IntegerFieldType, func(r *rand.Rand, _ int) any { return 20260100 + 1 + r.IntN(30) }},
	{"key", bigquery.StringFieldType, func(r *rand.Rand, _ int) any { return fmt.Sprintf("%016x", r.Uint64()) }},
	{"loan_id", bigquery.IntegerFieldType, func(r *rand.Rand, _ int) any { return r.IntN(1 << 40) }},
	{"p", bigquery.FloatFieldType, func(r *rand.Rand, _ int) any {
		if r.IntN(10) == 0 {
			return nil
		}
		return r.Float64()
	}},
	{"decision", bigquery.StringFieldType, func(r *rand.Rand, _ int) any { return pick(r, "approved", "refused", " approved", nil, "") }},
	{"decided", bigquery.BooleanFieldType, func(r *rand.Rand, _ int) any { return pick(r, true, false, nil) }},
	{"paid", bigquery.StringFieldType, func(r *rand.Rand, _ int) any { return pick(r, "yes", "no", "no ", "NA", "", nil) }},
	{"paid_back", bigquery.IntegerFieldType, func(r *rand.Rand, _ int) any { return pick(r, 1, 0, nil) }},
}

// write writes rows into a table and as a CSV.
func write(t *testing.T, client *bigquery.Client, dataset, table string, rows int, r *rand.Rand) []byte {
	t.Helper()
	var text, lines bytes.Buffer
	out, encoder := csv.NewWriter(&text), json.NewEncoder(&lines)
	source := bigquery.NewReaderSource(&lines)
	source.SourceFormat = bigquery.JSON
	var header []string
	for _, f := range fields {
		header = append(header, f.name)
		source.Schema = append(source.Schema, &bigquery.FieldSchema{Name: f.name, Type: f.kind})
	}
	_ = out.Write(header)
	for row := range rows {
		record, object := make([]string, len(fields)), map[string]any{}
		for i, f := range fields {
			v := f.of(r, row)
			object[f.name] = v
			switch v := v.(type) {
			case nil:
			case float64:
				record[i] = strconv.FormatFloat(v, 'g', -1, 64)
			default:
				record[i] = fmt.Sprint(v)
			}
		}
		_ = out.Write(record)
		if err := encoder.Encode(object); err != nil {
			t.Fatal(err)
		}
	}
	out.Flush()
	job, err := client.Dataset(dataset).Table(table).LoaderFrom(source).Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	status, err := job.Wait(t.Context())
	if err == nil {
		err = status.Err()
	}
	if err != nil {
		t.Fatal(err)
	}
	return text.Bytes()
}

// ofCSV makes a reference of a CSV as the command does.
func ofCSV(text []byte, table reference.Table) (*reference.Reference, []string, error) {
	d, err := model.ReadCSV(bytes.NewReader(text), survey.Options{
		Outcome: table.Outcome, Positive: table.Positive, Score: table.Score, Class: table.Prediction,
		Numeric: table.Numeric, Categorical: table.Categorical, Ignore: table.Ignore, Missing: table.Missing,
	})
	if err != nil {
		return nil, nil, err
	}
	o := reference.BuildOptions{Model: table.Model, Version: table.Version, Missing: d.Missing}
	a := reference.Answers{Scores: d.Scores, Predicted: d.Predicted, Actual: d.Actual, Outcomes: d.Outcomes, Coding: d.Coding, Outcome: d.Outcome}
	heldOut, err := a.HeldOut(table.Positive, table.Threshold, &o)
	if err != nil {
		return nil, nil, err
	}
	r, err := reference.Build(columnsOf(d), heldOut, o)
	return r, d.Notes, err
}

// TestATableGivesTheFileOfTheCSVOfItsRows counts random tables in both ways. More of
// them: DRIFT_TEST_TABLES=20.
func TestATableGivesTheFileOfTheCSVOfItsRows(t *testing.T) {
	t.Parallel()
	client, e := admin(t, "equality")
	c := New(Options{Project: project, ClientOptions: e.ClientOptions()})
	t.Cleanup(func() { _ = c.Close() })
	sizes := []int{2500, 260}
	if n, err := strconv.Atoi(os.Getenv("DRIFT_TEST_TABLES")); err == nil {
		for i := range n {
			sizes = append(sizes, 200+37*i)
		}
	}
	for i, rows := range sizes {
		name := fmt.Sprint("rows", rows)
		text := write(t, client, "equality", name, rows, rand.New(rand.NewPCG(uint64(i), 1)))
		for what, table := range map[string]reference.Table{
			"score and outcome":  {Score: "p", Threshold: 0.3, Outcome: "paid", Positive: "yes", Missing: []string{"-999", "NA"}, Categorical: []string{"grade", "rate"}, Numeric: []string{"term"}, Ignore: []string{"key"}},
			"class of two words": {Prediction: "decision", Threshold: 0.5, Outcome: "paid_back", Positive: "approved", Numeric: []string{"month", "zip"}},
			"boolean as class":   {Prediction: "decided", Score: "p", Threshold: 0.5, Outcome: "paid_back"},
		} {
			table.Dataset, table.Name, table.Model, table.Version = "equality", name, "m", "1"
			t.Run(fmt.Sprint(what, " of ", rows), func(t *testing.T) {
				want, notes, err := ofCSV(text, table)
				if err != nil {
					t.Fatal(err)
				}
				got, err := c.Count(t.Context(), table, nil)
				if err != nil {
					t.Fatal(err)
				}
				equal(t, got.Reference, want)
				if a, b := openings(got.Notes), openings(notes); !slices.Equal(a, b) {
					t.Errorf("notes\n%s\nwant\n%s", strings.Join(a, "\n"), strings.Join(b, "\n"))
				}
				again, err := c.Count(t.Context(), table, got)
				if err != nil {
					t.Fatal(err)
				}
				same(t, again.Reference, want)
			})
		}
	}
}

var openingOf = regexp.MustCompile(`^column "\w+": \w+ \w+`)

// openings are the beginnings of notes, whose examples depend on the order of the rows.
func openings(notes []string) []string {
	all := make([]string, len(notes))
	for i, n := range notes {
		all[i] = openingOf.FindString(n)
	}
	return all
}
