package count

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/drift-exporter/drift_exporter/collector/reference"
	"github.com/drift-exporter/drift_exporter/predictor/model"
	"github.com/drift-exporter/drift_exporter/predictor/rows"
)

// FuzzCountingIsBuilding compares two references of a random table. The first is counted with so
// little memory that all values go to the temporary file, the second is built from the rows in
// memory. Both must have the same bytes.
func FuzzCountingIsBuilding(f *testing.F) {
	for i, n := range []uint16{1, 30, 700, 3000, 12000, 21000} {
		f.Add(uint64(i), n, uint8(i))
	}
	f.Fuzz(func(t *testing.T, seed uint64, n uint16, answers uint8) {
		text := randomTable(rand.New(rand.NewPCG(seed, 1)), int(n%40000)+1)
		o := Options{Threshold: .4, Folder: t.TempDir(), Memory: 1 << 14}
		o.Missing, o.Categorical, o.Numeric = []string{"NA", "-999"}, []string{"code"}, []string{"term"}
		switch answers % 5 {
		case 1:
			o.Score = "p"
		case 2:
			o.Score, o.Outcome, o.Positive = "p", "paid", "yes"
		case 3:
			o.Class, o.Outcome = "answer", "became"
		case 4:
			o.Class, o.Score, o.Outcome = "answer", "p", "became"
		}
		want, wantErr := build(t.Context(), text, o)
		table, err := rows.NewCSVTable(bytes.NewReader(text), int64(len(text)))
		if err != nil {
			t.Fatal(err)
		}
		got, _, err := Rows(t.Context(), table, o, reference.BuildOptions{Model: "m"})
		if fmt.Sprint(err) != fmt.Sprint(wantErr) {
			t.Fatalf("error %v, want %v", err, wantErr)
		}
		if err == nil && encoded(t, got) != encoded(t, want) {
			t.Errorf("counted\n%.3000s\nbuilt\n%.3000s", encoded(t, got), encoded(t, want))
		}
	})
}

func encoded(t *testing.T, r *reference.Reference) string {
	t.Helper()
	var b bytes.Buffer
	if err := r.Encode(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// build makes the reference in memory.
func build(ctx context.Context, text []byte, o Options) (*reference.Reference, error) {
	table, err := rows.NewCSVTable(bytes.NewReader(text), int64(len(text)))
	if err != nil {
		return nil, err
	}
	d, err := model.Read(ctx, table, &o.Options)
	if err != nil {
		return nil, err
	}
	b := reference.BuildOptions{Model: "m", Missing: d.Missing}
	a := reference.Answers{Scores: d.Scores, Predicted: d.Predicted, Actual: d.Actual, Outcomes: d.Outcomes, Coding: d.Coding, Outcome: d.Outcome}
	labels, err := a.HeldOut(o.Positive, o.Threshold, &b)
	if err != nil {
		return nil, err
	}
	columns := make([]reference.Column, len(d.Columns))
	for i, c := range d.Columns {
		columns[i] = reference.Column(c)
	}
	return reference.Build(columns, labels, b)
}

// randomTable returns a CSV with a column of every kind.
func randomTable(r *rand.Rand, n int) []byte {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	names := []string{"amount", "zeros", "capped", "term", "code", "owner", "merchant", "word", "user_id", "day", "empty", "p", "answer", "paid", "became"}
	_ = w.Write(names)
	merchants := 1 + r.IntN(2*n)
	pick := func(texts ...string) string { return texts[r.IntN(len(texts))] }
	number := func(x float64) string { return strconv.FormatFloat(x, pick("f", "e", "g")[0], -1, 64) }
	for i := range n {
		zero, capped := 0., min(r.ExpFloat64(), 2)
		if r.IntN(4) == 0 {
			zero = r.ExpFloat64()
		}
		row := []string{
			number(r.NormFloat64()), number(zero), number(capped), pick("15", "20", "30.0", "3e1"), fmt.Sprintf("%05d", r.IntN(1000)),
			pick("True", "false", "TRUE"), fmt.Sprint("merchant ", r.IntN(merchants)), pick("a", "b\"c", "d, e", "NA", "x\r\ny", "été"),
			strconv.Itoa(i), fmt.Sprintf("2026-01-%02d", 1+r.IntN(28)), "",
			number(r.Float64()), pick("good", "bad", "good"), pick("yes", "no", ""), pick("good", "bad", "NA", ""),
		}
		for j := range row {
			switch r.IntN(40) {
			case 0:
				row[j] = pick("", " ", "-999")
			case 1:
				if j < 4 {
					row[j] = pick("NaN", "null", "1e999", "n/a;", "-0", "1,234.5")
				}
			}
		}
		_ = w.Write(row)
	}
	w.Flush()
	return b.Bytes()
}
