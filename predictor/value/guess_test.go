package value

import (
	"fmt"
	"iter"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// texts is a column of each text in turn, repeated to so many rows.
func texts(rows int, each ...string) iter.Seq2[string, int] {
	return func(yield func(string, int) bool) {
		for i := range rows {
			if !yield(each[i%len(each)], 1) {
				return
			}
		}
	}
}

// made is a column whose rows a function makes.
func made(rows int, row func(i int) string) iter.Seq2[string, int] {
	return func(yield func(string, int) bool) {
		for i := range rows {
			if !yield(row(i), 1) {
				return
			}
		}
	}
}

func guessed(name, asked string, texts iter.Seq2[string, int], missing *MissingTexts) (Guess, error) {
	s := NewSurvey(name, asked, missing)
	for text, rows := range texts {
		s.Add(text, rows)
	}
	return s.Guess()
}

func TestTheTypeOfAColumnIsGuessedFromItsTexts(t *testing.T) {
	t.Parallel()
	const left = ""
	for _, test := range []struct {
		what, name, asked string
		texts             iter.Seq2[string, int]
		missing           []string
		want              string
		notes             []string // what each note holds
	}{
		{what: "numbers", name: "income", texts: made(100, func(i int) string { return strconv.Itoa(i * 997 % 1000) }), want: Numeric},
		{what: "fractions, all different", name: "rate", texts: made(100, func(i int) string { return fmt.Sprint(float64(i) / 7) }), want: Numeric},
		{what: "numbers and gaps of every spelling", name: "x", texts: texts(90, "1.5", "", "NA", "nan", "None", "2", "inf", "#N/A", "1e999"), want: Numeric},
		{what: "0 and 1", name: "flag", texts: texts(100, "0", "1"), want: Numeric},
		{what: "few different numbers", name: "term", texts: texts(100, "15", "20.0", "30"), want: Numeric},
		{what: "pandas' booleans", name: "owner", texts: texts(100, "True", "False"), want: Boolean},
		{what: "booleans in several spellings, and gaps", name: "owner", texts: texts(100, "TRUE", "false", "", "1"), want: Boolean},
		{what: "one boolean", name: "owner", texts: texts(3, "true"), want: Boolean},
		{what: "an identifier that is asked for", name: "key", asked: Categorical, texts: made(100, func(i int) string { return fmt.Sprint("k", i) }), want: Categorical, notes: []string{`column "key": nearly every row has another text, as in an identifier`}},
		{what: "digits that are asked for", name: "key", asked: Categorical, texts: made(100, func(i int) string { return fmt.Sprint(7 * i) }), want: Categorical, notes: []string{`--ignore=key`}},
		{what: "categories that are asked for", name: "key", asked: Categorical, texts: made(100, func(i int) string { return fmt.Sprint(i % 60) }), want: Categorical},
		{what: "a few names that are asked for", name: "key", asked: Categorical, texts: made(15, func(i int) string { return fmt.Sprint("k", i) }), want: Categorical},
		{what: "R's booleans with NA", name: "owner", texts: texts(99, "TRUE", "FALSE", "NA"), want: Categorical, notes: []string{`"NA" in 33 rows is a category of its own; if it stands for no value: --missing=NA`}},
		{what: "the same with the flag", name: "owner", texts: texts(99, "TRUE", "FALSE", "NA"), missing: []string{"NA"}, want: Boolean},
		{what: "words", name: "state", texts: texts(100, "NY", "CA"), want: Categorical},
		{what: "a country called NA", name: "country", texts: texts(100, "NA", "DE", "FR"), want: Categorical, notes: []string{"--missing=NA"}},
		{what: "mostly booleans", name: "x", texts: texts(100, "true", "false", "true", "maybe"), want: Categorical},
		{what: "no value", name: "empty", texts: texts(10, "", " "), want: Categorical, notes: []string{"no row has a value; it is kept as always missing"}},
		{what: "no rows", name: "empty", texts: texts(0), want: Categorical, notes: []string{"always missing"}},
		{what: "nothing but listed texts", name: "empty", texts: texts(10, "-"), missing: []string{"-"}, want: Categorical, notes: []string{"always missing"}},
		{what: "one bad cell", name: "x", texts: made(20000, func(i int) string {
			if i == 77 {
				return "n/a;"
			}
			return strconv.Itoa(i % 3000)
		}), want: Numeric, notes: []string{`1 of 20000 rows are no numbers and count as invalid: "n/a;"`}},
		{what: "a tenth of bad cells", name: "x", texts: texts(100, "1", "2", "3", "4", "5", "6", "7", "8", "9", "ten"), want: Numeric, notes: []string{`10 of 100 rows`}},
		{what: "more than a tenth", name: "x", texts: texts(90, "1", "2", "3", "4", "5", "6", "7", "8", "nine"), want: Categorical, notes: []string{`80 of 90 rows are numbers, the others are such as "nine"; to read it as numbers: --numeric=x`}},
		{what: "the same, asked for", name: "x", asked: Numeric, texts: texts(90, "1", "2", "3", "4", "5", "6", "7", "8", "nine"), want: Numeric, notes: []string{`10 of 90 rows are no numbers`}},
		{what: "thousands", name: "loan amount", texts: texts(100, "1,234.56", "12,000.00", "999.10"), want: Categorical, notes: []string{`thousands separators, such as "1,234.56", "12,000.00"; to read them as numbers: --numeric='loan amount'`}},
		{what: "thousands, asked for", name: "x", asked: Numeric, texts: texts(100, "1,234.56", "12,000.00", "999.10"), want: Numeric},
		{what: "seldom thousands", name: "x", texts: made(100, func(i int) string { return []string{"1,000", strconv.Itoa(i % 7)}[min(i, 1)] }), want: Numeric, notes: []string{`thousands separators, such as in "1,000", are read`}},
		{what: "decimal commas", name: "x", texts: texts(100, "12,5", "0,25", "1,125"), want: Categorical, notes: []string{`decimal commas, such as "12,5", "0,25"; write decimal points`}},
		{what: "leading zeros in every value", name: "x", texts: texts(100, "00501", "07030", "01001"), want: Categorical, notes: []string{`zeros in front, such as "00501", "07030", "01001"; for numbers: --numeric=x`}},
		{what: "the same, asked for", name: "x", asked: Numeric, texts: texts(100, "00501", "07030"), want: Numeric},
		{what: "codes of one width, some with zeros in front", name: "x", texts: texts(100, "00501", "10001", "94105"), want: Categorical, notes: []string{"zeros in front"}},
		{what: "numbers, some with zeros in front", name: "x", texts: texts(100, "007", "10001", "94105"), want: Numeric, notes: []string{`taken as numeric, though some`}},
		{what: "a code's name", name: "zip", texts: texts(100, "10001", "94105"), want: Numeric, notes: []string{`though its name is that of a code; for categories: --categorical=zip`}},
		{what: "a code's name, of words", name: "postcode", texts: texts(100, "N1 9GU", "EC1A 1BB"), want: Categorical, notes: []string{"taken as categorical"}},
		{what: "a name that only ends like one", name: "paid", texts: texts(100, "10", "20"), want: Numeric},
		{what: "dates", name: "day", texts: texts(100, "2026-01-31", "2026-02-28"), want: left, notes: []string{`left out: it holds dates, such as "2026-01-31"`}},
		{what: "months", name: "issued", texts: texts(100, "Dec-2015", "Jan-2016"), want: left, notes: []string{"left out"}},
		{what: "German dates", name: "day", texts: texts(100, "31.01.2026", "28.2.2026"), want: left, notes: []string{"left out"}},
		{what: "American dates", name: "day", texts: texts(100, "01/31/2026", "2/28/2026 12:30"), want: left, notes: []string{"left out"}},
		{what: "times", name: "at", texts: texts(100, "2026-01-31T12:00:00Z", "2026-01-31 12:00:00.123"), want: left, notes: []string{"left out"}},
		{what: "dates as numbers", name: "day", texts: texts(100, "20260131", "20260228"), want: left, notes: []string{"dates or times"}},
		{what: "dates and times of day as numbers", name: "day", texts: texts(100, "20260131123000", "20260228235959"), want: left, notes: []string{"dates or times"}},
		{what: "fourteen digits that are no dates", name: "x", texts: texts(100, "20260131123000", "20260131126000"), want: Numeric},
		{what: "the same, asked for", name: "day", asked: Numeric, texts: texts(100, "20260131", "20260228"), want: Numeric},
		{what: "eight digits that are no dates", name: "x", texts: texts(100, "20260131", "20260140"), want: Numeric},
		{what: "seconds since 1970", name: "created_at", texts: texts(100, "1767225600", "1767225601"), want: left, notes: []string{"dates or times"}},
		{what: "large numbers that are no times", name: "revenue", texts: texts(100, "1767225600", "1767225601"), want: Numeric},
		{what: "dates, asked for", name: "day", asked: Categorical, texts: texts(100, "2026-01-31"), want: Categorical},
		{what: "identifiers", name: "x", texts: made(1000, func(i int) string { return fmt.Sprintf("c%05d", i) }), want: left, notes: []string{`another text in nearly every row, such as "c00000"`}},
		{what: "identifiers, some twice", name: "x", texts: made(1000, func(i int) string { return fmt.Sprintf("c%05d", i*95/100) }), want: left, notes: []string{"left out"}},
		{what: "many categories", name: "merchant", texts: made(1000, func(i int) string { return fmt.Sprintf("c%05d", i/2) }), want: Categorical},
		{what: "few rows, all different", name: "x", texts: made(19, func(i int) string { return fmt.Sprintf("c%05d", i) }), want: Categorical},
		{what: "numbers of the rows", name: "index", texts: made(1000, func(i int) string { return strconv.Itoa(i) }), want: left, notes: []string{"a number for each row"}},
		{what: "numbers called id", name: "customer_id", texts: made(1000, func(i int) string { return strconv.Itoa(i * 7919 % 100003) }), want: left, notes: []string{"a number for each row"}},
		{what: "numbers with one value each", name: "amount", texts: made(1000, func(i int) string { return strconv.Itoa(i * 7919 % 100003) }), want: Numeric},
		{what: "a name for a shell", name: "it's", texts: texts(10, ""), asked: Numeric, want: Numeric},
	} {
		g, err := guessed(test.name, test.asked, test.texts, NewMissingTexts(test.missing))
		if err != nil || g.Type != test.want || len(g.Notes) != len(test.notes) {
			t.Errorf("%s: %+v, %v; want %q and %d notes", test.what, g, err, test.want, len(test.notes))
			continue
		}
		for i, note := range test.notes {
			if !strings.Contains(g.Notes[i], note) || !strings.HasPrefix(g.Notes[i], fmt.Sprintf("column %q: ", test.name)) {
				t.Errorf("%s: note %q, want %q in it", test.what, g.Notes[i], note)
			}
		}
	}
}

func TestAColumnThatCannotBeNumbersIsAnError(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		texts []string
		want  string
	}{
		{[]string{"12,5", "0,25", "1,125"}, `--numeric=x: the column has decimal commas, such as "12,5", "0,25": write decimal points instead`},
		{[]string{"1.234,50", "12,00"}, "decimal commas"},
		{[]string{"1,234", "1,234", "1,234", "1,234", "1,234", "1,234", "1,234", "1,234", "1,234", "1,234", "1,234", "0,5"}, "decimal commas"},
		{[]string{"a", "b"}, `--numeric=x: no value of the column is a number: it holds "a", "b"`},
	} {
		if _, err := guessed("x", Numeric, texts(100, test.texts...), nil); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%q: error %v, want %q in it", test.texts, err, test.want)
		}
	}
}

// FuzzGuess: a type is one of the types; whatever is called numeric reads as numbers,
// and what is called boolean has nothing but booleans.
func FuzzGuess(f *testing.F) {
	f.Add("income", "1\n2\n3,000\nx")
	f.Add("zip", "00501\n10001")
	f.Add("flag", "True\nFALSE\n0")
	f.Fuzz(func(t *testing.T, name, text string) {
		lines := strings.Split(text, "\n")
		for _, asked := range []string{"", Numeric, Categorical} {
			g, err := guessed(name, asked, texts(len(lines), lines...), nil)
			if err != nil {
				if asked != Numeric {
					t.Errorf("%q: %v", lines, err)
				}
				continue
			}
			if !slices.Contains([]string{"", Numeric, Categorical, Boolean}, g.Type) || asked != "" && g.Type != asked {
				t.Errorf("%q: type %q", lines, g.Type)
			}
			numbers, invalid := 0, 0
			for _, line := range lines {
				switch _, kind := Number(line); kind {
				case Known:
					numbers++
				case Invalid:
					invalid++
				}
				if b := Truth(line); g.Type == Boolean && b != "true" && b != "false" && b != "" {
					t.Errorf("%q is taken for booleans", lines)
				}
			}
			if g.Type == Numeric && asked == "" && numbers < 9*invalid {
				t.Errorf("%q is taken for numbers", lines)
			}
			if asked == "" && (g.Type == "" || g.Type == Numeric && invalid > 0) && len(g.Notes) == 0 {
				t.Errorf("%q is %q without a word", lines, g.Type)
			}
		}
	})
}

func BenchmarkSurvey(b *testing.B) {
	numbers := slices.Collect(func(yield func(string) bool) {
		for i := range 1000 {
			if !yield(strconv.Itoa(i*7919) + ".25") {
				return
			}
		}
	})
	for b.Loop() {
		if _, err := guessed("x", "", texts(1000, numbers...), nil); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/1000, "ns/row")
}

// TestALiteralIsSurveyedAsItsText compares surveys of the same texts, of numbers in every spelling,
// that were read as numbers before and that were not.
func TestALiteralIsSurveyedAsItsText(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(4, 2))
	for range 300 {
		missing := [][]string{nil, {"0.5"}}[r.IntN(2)]
		name, asked := []string{"x", "user_id", "event_time"}[r.IntN(3)], []string{"", Categorical, Numeric}[r.IntN(3)]
		plain, read := NewSurvey(name, asked, NewMissingTexts(missing)), NewSurvey(name, asked, NewMissingTexts(missing))
		scale := math.Pow(10, float64(r.IntN(12)))
		for range 200 {
			x := scale * r.NormFloat64()
			if r.IntN(10) == 0 {
				x = math.Round(x)
			}
			text := strconv.FormatFloat(x, "feg"[r.IntN(3)], -1+r.IntN(2)*4, 64)
			if r.IntN(20) == 0 {
				text = []string{"0.5", "-0.0", "1.50", "007.5", ".5", "1e999", "1e-3", "NA", "20260101", "1700000000.5", "1,234.5", "x"}[r.IntN(12)]
			}
			plain.Add(text, 1)
			if x, end, ok := Literal([]byte(text), 0); ok && end == len(text) {
				read.AddLiteral(text, x)
			} else {
				read.Add(text, 1)
			}
		}
		if !reflect.DeepEqual(plain, read) {
			t.Fatalf("as texts %+v, as numbers %+v", plain, read)
		}
	}
}
