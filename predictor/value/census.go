package value

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// census counts what the texts of a column look like.
type census struct {
	rows    int // of all texts
	present int // neither blank nor listed as missing

	plain, thousands, commas, others group
	ornate                           group // numbers written with other signs: "$5"
	beyond                           group // whole numbers that a float64 does not tell apart
	truths, zeroOrOne                group
	dates, dateNumbers, epochs       group
	leadingZeros, integers           group

	absents group // would be missing in a numeric column: NA, nan, 1e999

	width    int     // of all plain numbers with only digits; -1: not the same
	last     float64 // whole number
	steps    int     // rows with a whole number that is one more than the last
	form     int     // that the last date had
	distinct distinct
}

// isDistinct reports whether there are nearly as many values as rows: nine in ten, of
// at least 20.
func (c *census) isDistinct() bool { return c.present >= 20 && 10*c.distinct.count() >= 9*c.present }

func (c *census) add(text string, rows int) {
	switch {
	case isDecimal(text):
		x, kind := float(text)
		if kind == Missing {
			c.absents.add(text, rows)
			return
		}
		c.number(text, x, rows)
	case isMissingNumber(text):
		c.absents.add(text, rows)
	case IsBoolean(text):
		c.truths.add(text, rows)
	case HasThousands(text):
		c.thousands.add(text, rows)
	case HasDecimalComma(text):
		c.commas.add(text, rows)
	case c.others.rows < 1000+c.dates.rows && c.isDate(text): // else the column is none of dates
		c.dates.add(text, rows)
	case c.others.rows < 1000+c.ornate.rows && isOrnate(text): // else it is none of numbers
		c.ornate.add(text, rows)
	default:
		c.others.add(text, rows)
	}
}

// isDate tries the form of the last date first: 0.2 us instead of 2.
func (c *census) isDate(text string) (is bool) {
	if _, err := time.Parse(dates[c.form], text); err == nil && len(text) >= shortestDate {
		return true
	}
	form, is := dateForm(text)
	if is {
		c.form = form
	}
	return is
}

func (c *census) number(text string, x float64, rows int) {
	c.plain.add(text, rows)
	if b := Truth(text); b == "true" || b == "false" {
		c.zeroOrOne.add(text, rows)
	}
	if x == math.Trunc(x) {
		c.integer(text, x, rows)
	}
	if isDateNumber(text) {
		c.dateNumbers.add(text, rows)
	}
	if isEpoch(x) {
		c.epochs.add(text, rows)
	}
	if len(text) > 1 && text[0] == '0' && text[1]-'0' <= 9 {
		c.leadingZeros.add(text, rows)
	}
	c.digits(countDigits(text, 0) == len(text), len(text))
}

// integer notes a whole number.
func (c *census) integer(text string, x float64, rows int) {
	c.integers.add(text, rows)
	if x == c.last+1 && math.Abs(x) < 1<<53 {
		c.steps += rows
	}
	if from := afterSign(text); len(text)-from >= len("9007199254740993") && math.Abs(x) >= 1<<53 && countDigits(text, from) == len(text)-from {
		c.beyond.add(text, rows)
	}
	c.last = x
}

// digits notes how many characters a plain number has, and whether all are digits.
func (c *census) digits(all bool, width int) {
	if !all || c.width != 0 && c.width != width {
		width = -1
	}
	c.width = width
}

// valued is the number of rows that would not be missing in a numeric column.
func (c *census) valued() int { return c.present - c.absents.rows }

// most reports whether so many rows are at least nine in ten of those.
func (c *census) most(rows int) bool { return Most(rows, c.valued()) }

// Most reports whether so many of the texts of a column, which are not missing, are enough
// to decide its type: at least nine in ten.
func Most(rows, texts int) bool { return rows > 0 && 10*rows >= 9*texts }

// invalid are the texts that a numeric column could not read.
func (c *census) invalid() group { return c.others.and(c.commas).and(c.dates).and(c.ornate) }

// group is some of the texts of a column.
type group struct {
	rows     int
	examples []string // at most three that differ
}

func (g *group) add(text string, rows int) {
	g.rows += rows
	if len(g.examples) < 3 && !slices.Contains(g.examples, text) {
		g.examples = append(g.examples, strings.Clone(text))
	}
}

// and is both groups.
func (g group) and(other group) group {
	all := slices.Concat(g.examples, other.examples)
	return group{g.rows + other.rows, all[:min(len(all), 3)]}
}

// String shows the examples.
func (g group) String() string {
	var quoted []string
	for _, text := range g.examples {
		if utf8.RuneCountInString(text) > 30 {
			text = string([]rune(text)[:30]) + "..."
		}
		quoted = append(quoted, strconv.Quote(text))
	}
	return strings.Join(quoted, ", ")
}
