package command

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
)

// absent stands for a key that a row of JSON does not have.
const absent = ""

// cell is one value as each door writes it.
type cell struct {
	csv  string
	json string // as JSON, or absent
	sql  any    // nil, a float64, an int64 or a string
}

// table is rows of features of every kind. flags are those that the command needs to
// read it.
type table struct {
	names []string
	rows  [][]cell
	flags []string
	*rand.Rand

	grouped bool // the amounts of the CSV have thousands separators
	// few says that the rows are so few that the bad cell makes the amounts categories,
	// of which nothing but the value may differ.
	few bool
}

// newTable makes a table of so many rows. Bits of options: NA is missing by name,
// amounts have thousands separators, codes are categories by name.
func newTable(seed uint64, rows int, options uint8) *table {
	made := &table{Rand: rand.New(rand.NewPCG(seed, uint64(rows))), few: rows < 20}
	if options&1 != 0 {
		made.flags = append(made.flags, "--missing=NA")
	}
	if made.grouped = options&2 != 0 && !made.few; made.grouped {
		made.flags = append(made.flags, "--numeric=amount")
	}
	if options&4 != 0 {
		made.flags = append(made.flags, "--categorical=code")
	}
	made.names = []string{"amount", "many zeros", "term's", "owner", `plan "b"`, "code", "mixed", "empty"}
	bad, names := made.IntN(rows), 1+made.IntN(600)
	for i := range rows {
		amount := made.amount()
		if i == bad {
			amount = text("n/a;")
		}
		zeros := made.number(math.Round(100*math.Exp(made.NormFloat64())) / 100)
		if made.IntN(5) > 0 {
			zeros = made.number(0)
		}
		row := []cell{
			amount, zeros,
			made.number([]float64{-12, 0, 36, 60.5, 1e6}[made.IntN(5)]),
			made.boolean(),
			text(fmt.Sprintf("name %d", made.IntN(1+made.IntN(names)))),
			text(fmt.Sprintf("%05d", made.IntN(1000))),
			made.word(), made.missing("", " "),
		}
		for j := range row {
			if made.IntN(12) == 0 && (j > 0 || i != bad) {
				row[j] = made.missing("", "  ")
				if j < 3 && !made.few {
					row[j] = made.missing("", "NA", "NaN", "null", "-inf", " N/A ")
				}
			}
		}
		made.rows = append(made.rows, row)
	}
	return made
}

// quoted is a text as JSON.
func quoted(text string) string {
	b, err := json.Marshal(text)
	if err != nil {
		panic(err) // a text always has a form
	}
	return string(b)
}

// text is the same text at every door.
func text(s string) cell { return cell{s, quoted(s), s} }

// padded is a text that each door has with other white space around it.
func (made *table) padded(s string) cell {
	around := func() string {
		return made.pick("", " ", "  ", "\t", "\u00a0") + s + made.pick("", " ", "\n", "\u3000")
	}
	return cell{around(), quoted(around()), around()}
}

// pick is one of these.
func (made *table) pick(texts ...string) string { return texts[made.IntN(len(texts))] }

// missing is no value, which a CSV and texts spell in one of these ways.
func (made *table) missing(spellings ...string) cell {
	c := cell{csv: made.pick(spellings...), json: absent}
	switch made.IntN(4) {
	case 0:
		c.json = "null"
	case 1:
		c.json, c.sql = quoted(made.pick(spellings...)), made.pick(spellings...)
	case 2:
		c.json = made.pick(absent, "NaN", "Infinity", "-Infinity")
	}
	return c
}

// number is a number in any spelling.
func (made *table) number(x float64) cell {
	spell := func() string {
		format := []byte{'f', 'e', 'g'}[made.IntN(3)]
		s := strconv.FormatFloat(x, format, -1, 64)
		if format == 'f' && !strings.Contains(s, ".") {
			s += made.pick("", ".0", ".00")
		}
		return s
	}
	c := cell{spell(), spell(), x}
	switch made.IntN(4) {
	case 0:
		c.json, c.sql = quoted(spell()), spell()
		if !made.few {
			c.csv, c.json = " "+c.csv, quoted(spell()+" ")
		}
	case 1:
		if x == math.Trunc(x) {
			c.sql = int64(x)
		}
	}
	return c
}

// amount is a number with cents, above a thousand.
func (made *table) amount() cell {
	c := made.number(math.Round(1e5*(1+made.Float64()*9)) / 100)
	if x, isFloat := c.sql.(float64); made.grouped && isFloat {
		s := strconv.FormatFloat(x, 'f', 2, 64)
		c.csv = s[:len(s)-6] + "," + s[len(s)-6:]
	}
	return c
}

// boolean is true or false; a database writes them as 1 and 0.
func (made *table) boolean() cell {
	if made.IntN(3) == 0 {
		return cell{made.pick("True", "true", "TRUE"), made.pick("true", "1", "1.0", `"True"`), int64(1)}
	}
	return cell{made.pick("False", "false", "FALSE"), made.pick("false", "0", "-0.0", `"0"`), int64(0)}
}

// word is a category, of which many look like something else.
func (made *table) word() cell {
	switch made.IntN(5) {
	case 0:
		return cell{made.pick("30.0", "30", "3e1"), made.pick("30", "30.00", `"30.0"`), 30.0}
	case 1:
		return cell{made.pick("True", "TRUE"), made.pick("true", `"true"`), made.pick("true", "True")}
	case 2:
		return made.padded(made.pick("NY", "New  York", "30", "t\u00e2che", "00501"))
	}
	return text(made.pick("NA", "None", "n/a", "00501", " NY", "+5", "1,234", "1e999", "\u00e9t\u00e9", `a "b"\c`, "__other__", "12345678901234567890", strings.Repeat("x", 200)))
}
