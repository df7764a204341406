package command

import (
	"bytes"
	"database/sql/driver"
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kingpin/v2"
	"github.com/parquet-go/parquet-go"

	"github.com/drift-exporter/drift_exporter/collector/drift"
	"github.com/drift-exporter/drift_exporter/collector/reference"
	"github.com/drift-exporter/drift_exporter/collector/window"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/care"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite/file"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// FuzzEveryDoorCountsARowAlike writes one table as a CSV, as Parquet, as the JSON of a log
// and by SQL in another log. The command makes a reference of both files, which is the
// same, and the code of the
// windows counts both logs: the same counts by fine code, and nothing unseen.
func FuzzEveryDoorCountsARowAlike(f *testing.F) {
	for options, rows := range []uint16{0, 1, 18, 60, 400, 800, 1500, 2999} {
		f.Add(uint64(rows), rows, uint8(options))
		f.Add(uint64(1), rows, uint8(7-options))
	}
	f.Fuzz(func(t *testing.T, seed uint64, rows uint16, options uint8) {
		made := newTable(seed, int(rows%3000)+1, options)
		r := made.reference(t, "csv", made.asCSV(t))
		made.checkBadCell(t, r)
		checkSame(t, made.reference(t, "parquet", made.asParquet(t)), r)
		for door, log := range map[string]string{"JSON": made.asJSON(t), "SQL": made.asSQL(t)} {
			got := countLog(t, r, log)
			for i := range r.Features {
				feature := &r.Features[i]
				if want := expected(feature, len(got[i])); !slices.Equal(got[i], want) {
					t.Errorf("%s: feature %q (%s): counted\n%v, the reference has\n%v", door, feature.Name, feature.Type, got[i], want)
				}
			}
		}
	})
}

// checkSame holds a reference with the features in any order against another.
func checkSame(t *testing.T, got, want *reference.Reference) {
	t.Helper()
	if len(got.Features) != len(want.Features) {
		t.Errorf("Parquet: %d features, want %d", len(got.Features), len(want.Features))
	}
	for _, feature := range got.Features {
		at := slices.IndexFunc(want.Features, func(f reference.Feature) bool { return f.Name == feature.Name })
		if at < 0 {
			t.Errorf("Parquet: feature %q, which the CSV does not give", feature.Name)
			continue
		}
		rare, wantRare := feature.Rare, want.Features[at].Rare
		feature.Rare, want.Features[at].Rare = nil, nil
		same := fmt.Sprintf("%+v", feature) == fmt.Sprintf("%+v", want.Features[at])
		want.Features[at].Rare = wantRare
		if !same || !reflect.DeepEqual(rare, wantRare) {
			t.Errorf("Parquet: %+v, the CSV gives %+v", feature, want.Features[at])
		}
	}
}

// asCSV writes the table as a CSV.
func (made *table) asCSV(t *testing.T) (path string) {
	t.Helper()
	var text bytes.Buffer
	w := csv.NewWriter(&text)
	if err := w.Write(made.names); err != nil {
		t.Fatal(err)
	}
	for _, row := range made.rows {
		cells := make([]string, len(row))
		for i, c := range row {
			cells[i] = c.csv
		}
		if err := w.Write(cells); err != nil {
			t.Fatal(err)
		}
	}
	w.Flush()
	path = filepath.Join(t.TempDir(), "rows.csv")
	if err := os.WriteFile(path, text.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// asParquet writes the table as a Parquet file: two columns of numbers, one of booleans,
// and the others as texts.
func (made *table) asParquet(t *testing.T) (path string) {
	t.Helper()
	group := parquet.Group{}
	for i, name := range made.names {
		group[name] = parquet.Optional(parquet.String())
		switch i {
		case 1, 2:
			group[name] = parquet.Optional(parquet.Leaf(parquet.DoubleType))
		case 3:
			group[name] = parquet.Optional(parquet.Leaf(parquet.BooleanType))
		}
	}
	schema := parquet.NewSchema("loans", group)
	place := map[string]int{} // a schema sorts its columns
	for i, column := range schema.Columns() {
		place[column[0]] = i
	}
	var file bytes.Buffer
	w := parquet.NewWriter(&file, schema, parquet.Compression(&parquet.Snappy))
	for _, cells := range made.rows {
		row := make(parquet.Row, len(cells))
		for i, c := range cells {
			v := parquet.ValueOf(c.csv)
			switch x, kind := value.Number(c.csv); {
			case i == 0 || i > 3:
			case kind != value.Known:
				v = parquet.NullValue()
			case i == 3:
				v = parquet.ValueOf(x == 1)
			default:
				v = parquet.ValueOf(x)
			}
			depth := 1
			if v.IsNull() {
				depth = 0
			}
			at := place[made.names[i]]
			row[at] = v.Level(0, depth, at)
		}
		if _, err := w.WriteRows([]parquet.Row{row}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(t.TempDir(), "rows.parquet")
	if err := os.WriteFile(path, file.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// reference has the command read the table from a file, which a flag names.
func (made *table) reference(t *testing.T, flag, in string) *reference.Reference {
	t.Helper()
	out := filepath.Join(t.TempDir(), "reference.json")
	app := kingpin.New("test", "")
	e := &Environment{Stdout: io.Discard, Stderr: io.Discard}
	run := e.reference(app.Command("reference", ""))
	args := append([]string{"reference", "--" + flag + "=" + in, "--model.name=m", "--reference.output=" + out}, made.flags...)
	if _, err := app.Parse(args); err != nil {
		t.Fatal(err)
	}
	if err := run(t.Context()); err != nil {
		t.Fatal(err)
	}
	r, err := reference.Load(out)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// checkBadCell holds the reference against the one cell that is no number.
func (made *table) checkBadCell(t *testing.T, r *reference.Reference) {
	t.Helper()
	for i := range r.Features {
		f := &r.Features[i]
		switch {
		case f.Name != "amount" && f.Invalid > 0:
			t.Errorf("feature %q has %d invalid rows", f.Name, f.Invalid)
		case f.Name == "amount" && f.Type == reference.Numeric && f.Invalid != 1:
			t.Errorf("feature %q has %d invalid rows, want the one bad cell", f.Name, f.Invalid)
		case f.Name == "amount" && f.Type != reference.Numeric && len(made.rows) >= 100:
			t.Errorf("feature %q is %s", f.Name, f.Type)
		}
	}
}

// asJSON logs the rows as a predictor does.
func (made *table) asJSON(t *testing.T) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "predictions.db")
	w, err := sqlite.OpenWriter(t.Context(), path, sqlite.WriterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var all []predictionlog.Prediction
	for _, row := range made.rows {
		var fields []string
		for i, c := range row {
			if c.json != absent {
				fields = append(fields, quoted(made.names[i])+":"+c.json)
			}
		}
		all = append(all, predictionlog.Prediction{Model: "m", Features: []byte("{" + strings.Join(fields, ",") + "}"), Score: math.NaN(), Latency: -1})
	}
	for batch := range slices.Chunk(all, 500) {
		if _, err := w.Append(t.Context(), batch); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// asSQL logs the rows as a database does: from a table of its own, in one statement.
func (made *table) asSQL(t *testing.T) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "predictions.db")
	if err := care.Init(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	c, err := file.Dial(path, "rw", url.Values{"_busy_timeout": {"10000"}})
	if err != nil {
		t.Fatal(err)
	}
	do := func(query string, args ...any) {
		t.Helper()
		values := make([]driver.Value, len(args))
		for i, a := range args {
			values[i] = a
		}
		if err := c.Do(query, values...); err != nil {
			t.Fatalf("%s: %v", query, err)
		}
	}
	columns, pairs := make([]string, len(made.names)), make([]string, len(made.names))
	for i, name := range made.names {
		columns[i] = fmt.Sprintf("c%d", i)
		pairs[i] = fmt.Sprintf("'%s', c%d", strings.ReplaceAll(name, "'", "''"), i)
	}
	do("CREATE TEMP TABLE loans (" + strings.Join(columns, ", ") + ")")
	do("BEGIN")
	insert := "INSERT INTO loans VALUES (?" + strings.Repeat(", ?", len(columns)-1) + ")"
	for _, row := range made.rows {
		values := make([]any, len(row))
		for i, cell := range row {
			values[i] = cell.sql
		}
		do(insert, values...)
	}
	do(fmt.Sprintf("INSERT INTO predictions (time, model, features, class) SELECT %d + rowid, 'm', json_object(%s), '' FROM loans", time.Now().UnixNano(), strings.Join(pairs, ", ")))
	do("COMMIT")
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// countLog counts the rows of a log by the code of each feature.
func countLog(t *testing.T, r *reference.Reference, path string) [][]int64 {
	t.Helper()
	coder, err := window.NewCoder(&window.Spec{Name: "m", References: []*reference.Reference{r}}, r, drift.BinOptions{})
	if err != nil {
		t.Fatal(err)
	}
	counts := make([][]int64, len(r.Features))
	for i, codes := range coder.Codes() {
		counts[i] = make([]int64, codes)
	}
	log := sqlite.NewReader(path)
	err = log.Predictions(t.Context(), -1, math.MaxInt64, func(row *predictionlog.Row) error {
		codes, ok := coder.Code(row)
		if !ok {
			return fmt.Errorf("the features of row %d are no object: %s", row.ID, row.Features)
		}
		for i, code := range codes {
			counts[i][code]++
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	return counts
}

// expected are the counts of a reference by code: its bins, the groups of its rare
// categories, then nothing between values, unseen, below or above.
func expected(f *reference.Feature, codes int) []int64 {
	want := slices.Clone(f.Count)
	if f.Rare != nil {
		want = append(want, f.Rare.Count...)
	}
	want = append(want, make([]int64, codes-len(want))...)
	want[codes-4], want[codes-3] = f.Missing, f.Invalid
	return want
}
