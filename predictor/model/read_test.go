package model

import (
	"bytes"
	"compress/gzip"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/drift-exporter/drift_exporter/predictor/survey"
)

func TestReadCSVTellsTypesAndMissing(t *testing.T) {
	t.Parallel()
	const text = "\ufeffincome, state ,zip,owner,approved\n" +
		"1e3,NY,07030,True,1\n" +
		" 2.5 ,\"a, \"\"b\"\"\",NA,false,0\n" +
		"NA,,x,,\n" +
		"NaN,TX,null,1,1.0\n"
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	if _, err := z.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{"plain": []byte(text), "gzip": zipped.Bytes(), "CRLF": []byte(strings.ReplaceAll(text, "\n", "\r\n"))} {
		d, err := ReadCSV(bytes.NewReader(data), survey.Options{Outcome: "approved"})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if d.Rows != 4 || d.Outcome != "approved" || d.Coding.Positive != "1" || len(d.Columns) != 4 {
			t.Errorf("%s: %d rows, outcome %q, positive %q, %d columns", name, d.Rows, d.Outcome, d.Coding.Positive, len(d.Columns))
		}
		if y := d.Outcomes; y[0] != 1 || y[1] != 0 || !math.IsNaN(y[2]) || y[3] != 1 {
			t.Errorf("%s: outcomes %v", name, y)
		}
		if x := d.Columns[0].Numbers; d.Columns[0].Type != Numeric || x[0] != 1000 || x[1] != 2.5 || !math.IsNaN(x[2]) || !math.IsNaN(x[3]) {
			t.Errorf("%s: income %v", name, x)
		}
		want := Column{Name: "state", Type: Categorical, Texts: []string{"NY", `a, "b"`, "", "TX"}}
		if !reflect.DeepEqual(d.Columns[1], want) {
			t.Errorf("%s: %+v, want %+v", name, d.Columns[1], want)
		}
		if zip := d.Columns[2]; zip.Type != Categorical || zip.Texts[0] != "07030" || zip.Texts[1] != "NA" {
			t.Errorf("%s: a column with text keeps its numbers as written, and NA: %+v", name, zip)
		}
		if owner := d.Columns[3]; owner.Type != Boolean || !slices.Equal(owner.Texts, []string{"true", "false", "", "true"}) {
			t.Errorf("%s: booleans are true and false: %+v", name, owner)
		}
		values := []Value{{Number: 1000}, {Text: "NY"}, {Text: "07030"}, {Text: "true"}}
		if got := d.Values(0); !reflect.DeepEqual(got, values) {
			t.Errorf("%s: values %v, want %v", name, got, values)
		}
		if got := d.Values(2); !got[0].Missing || !got[1].Missing || got[2].Missing {
			t.Errorf("%s: values %v, want the first two missing", name, got)
		}
	}
}

func TestReadCSVWithoutOutcome(t *testing.T) {
	t.Parallel()
	d, err := ReadCSV(strings.NewReader("a,b\n1,2\n"), survey.Options{})
	if err != nil || d.Outcomes != nil || len(d.Columns) != 2 {
		t.Errorf("%+v, %v", d, err)
	}
}

func TestReadCSVSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, text, outcome, positive, want string }{
		{"empty", "", "", "", "the CSV is empty"},
		{"header only", "a,y\n", "y", "", "a header but no rows"},
		{"ragged row", "a,y\n1,0\n1,2,3\n", "y", "", "line 3: has 3 columns, the header has 2"},
		{"short row", "a,b\n1,0\n1\n", "", "", "line 3: has 1 columns, the header has 2"},
		{"open quote", "a,y\n\"1,0\n", "y", "", "read CSV row: "},
		{"semicolons", "a;y\n1;0\n", "y", "", "not separated by commas"},
		{"repeated column", "a,b, a\n1,2,3\n", "", "", `columns 1 and 3 are both named "a"`},
		{"nameless column", ",a\n0,1\n", "", "", "column 1 has no name"},
		{"no outcome column", "a,b\n1,2\n", "y", "", `there is no column "y": the columns are a, b`},
		{"nothing but the outcome", "y\n1\n", "y", "", "no column is a feature"},
		{"outcome is empty", "a,y\n1,\n", "y", "", `outcome column "y" has no value in any row`},
		{"three outcomes", "a,y\n1,good\n2,bad\n3,open\n", "y", "bad", `outcome column "y" has more than two values ("good", "bad", "open")`},
		{"a number as outcome", "a,y\n" + manyLines, "y", "1", "..."},
		{"positive unsaid", "a,y\n1,good\n2,bad\n", "y", "", `has the values "good", "bad": say with --positive`},
		{"positive unknown", "a,y\n1,good\n2,bad\n", "y", "Bad", `never has the value "Bad": its values are "good", "bad"`},
		{"not UTF-8", "a,b\n1,\xfc\n", "", "", `line 2, column "b": "\xfc" is not UTF-8`},
		{"broken gzip", "\x1f\x8b\x00", "", "", "read gzip"},
		{"cut-off gzip", "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x4a", "", "", "read CSV: "},
	} {
		_, err := ReadCSV(strings.NewReader(test.text), survey.Options{Outcome: test.outcome, Positive: test.positive})
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error %v, want %q in it", test.name, err, test.want)
		}
	}
}

var manyLines = func() string {
	var b strings.Builder
	for i := range 100 {
		b.WriteString("1," + strings.Repeat("7", i+1) + "\n")
	}
	return b.String()
}()

func TestReadCSVFollowsTheFlags(t *testing.T) {
	t.Parallel()
	const text = "code,amount,country,note,p,predicted,happened\n" +
		"1,\"1,000\",NA,x,.5,yes,no\n" +
		"2,\"2,500.5\",DE,y,,no,no\n" +
		"-,n/a;,-,z,1e0, yes ,-\n"
	d, err := ReadCSV(strings.NewReader(text), survey.Options{
		Outcome: "happened", Score: "p", Class: "predicted",
		Categorical: []string{"code"}, Numeric: []string{"amount"}, Ignore: []string{"note"}, Missing: []string{"-"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(d.Columns) != 3 || d.Outcomes != nil || !slices.Equal(d.Missing, []string{"-"}) {
		t.Fatalf("%+v", d)
	}
	code, amount, country := d.Columns[0], d.Columns[1], d.Columns[2]
	if code.Type != Categorical || !slices.Equal(code.Texts, []string{"1", "2", ""}) {
		t.Errorf("code %+v", code)
	}
	if x := amount.Numbers; amount.Type != Numeric || x[0] != 1000 || x[1] != 2500.5 || !math.IsNaN(x[2]) || amount.Invalid != 1 {
		t.Errorf("amount %+v", amount)
	}
	if country.Type != Categorical || !slices.Equal(country.Texts, []string{"NA", "DE", ""}) {
		t.Errorf("country %+v", country)
	}
	if x := d.Scores; x[0] != .5 || !math.IsNaN(x[1]) || x[2] != 1 {
		t.Errorf("scores %v", x)
	}
	if !slices.Equal(d.Predicted, []string{"yes", "no", "yes"}) || !slices.Equal(d.Actual, []string{"no", "no", ""}) {
		t.Errorf("predicted %q, actual %q", d.Predicted, d.Actual)
	}
	if notes := strings.Join(d.Notes, "\n"); !strings.Contains(notes, `column "amount": 1 of 3 rows are no numbers`) || !strings.Contains(notes, `column "country": "NA" in 1 row is a category`) {
		t.Errorf("notes %s", notes)
	}
}

func TestReadCSVRefusesFlagsThatDoNotFit(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		o    survey.Options
		want string
	}{
		{survey.Options{Numeric: []string{"c"}}, `--numeric: there is no column "c": the columns are a, b`},
		{survey.Options{Ignore: []string{"c"}}, `--ignore: there is no column "c"`},
		{survey.Options{Numeric: []string{"a"}, Categorical: []string{"a"}}, `column "a" is named by --numeric and by --categorical`},
		{survey.Options{Outcome: "a", Ignore: []string{"a"}}, `column "a" is named by --outcome and by --ignore`},
		{survey.Options{Numeric: []string{"b"}}, "no value of the column is a number"},
		{survey.Options{Score: "b"}, "no value of the column is a number"},
		{survey.Options{Ignore: []string{"a", "b"}}, "no column is a feature"},
	} {
		if _, err := ReadCSV(strings.NewReader("a,b\n1,x\n2,y\n"), test.o); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%+v: error %v, want %q in it", test.o, err, test.want)
		}
	}
}

func TestAColumnWithoutValuesDoesNotStopTheOthers(t *testing.T) {
	t.Parallel()
	d, err := ReadCSV(strings.NewReader("a,b\n1,\n2, \n"), survey.Options{})
	if err != nil || len(d.Columns) != 2 || d.Columns[1].Type != Categorical || !slices.Equal(d.Columns[1].Texts, []string{"", ""}) || len(d.Notes) != 1 {
		t.Errorf("%+v, %v", d, err)
	}
}

func BenchmarkReadCSV(b *testing.B) {
	rows := "1.5,20000,0.75,NY,1\n"
	text := "a,b,c,d,y\n" + strings.Repeat(rows, 1000)
	for b.Loop() {
		if _, err := ReadCSV(strings.NewReader(text), survey.Options{Outcome: "y"}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/1000, "ns/row")
}
