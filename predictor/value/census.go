package value

import (
	"iter"
	"math"
	"slices"
	"strings"
)

// census counts what the texts of a column look like.
type census struct {
	rows    int // of all texts
	present int // neither blank nor listed as missing

	plain, thousands, commas, others group
	truths, zeroOrOne                group
	dates, dateNumbers, epochs       group
	leadingZeros, integers           group

	low, high float64 // of the plain numbers
	width     int     // of all texts with only digits; -1: not the same
	absents   group
}

// group is some of the texts of a column.
type group struct {
	rows     int
	examples []string // the first three that differ
}

func (g *group) add(text string, rows int) {
	g.rows += rows
	if len(g.examples) < 3 && !slices.Contains(g.examples, text) {
		g.examples = append(g.examples, strings.Clone(text))
	}
}

// countTexts goes over all texts once, each with the number of its rows.
func countTexts(texts iter.Seq2[string, int], missing *MissingTexts) *census {
	c := &census{low: math.Inf(1), high: math.Inf(-1)}
	for text, rows := range texts {
		c.rows += rows
		trimmed := strings.TrimSpace(text)
		canonical := Category(text)
		if canonical == "" || missing.HasCategory(canonical) || missing.HasCategory(Category(trimmed)) {
			continue
		}
		c.present += rows
		c.add(trimmed, rows)
	}
	return c
}

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
	case c.others.rows < 1000+c.dates.rows && isDate(text): // else the column is none of dates
		c.dates.add(text, rows)
	default:
		c.others.add(text, rows)
	}
}

func (c *census) number(text string, x float64, rows int) {
	c.plain.add(text, rows)
	c.low, c.high = min(c.low, x), max(c.high, x)
	if b := Truth(text); b == "true" || b == "false" {
		c.zeroOrOne.add(text, rows)
	}
	if x == math.Trunc(x) {
		c.integers.add(text, rows)
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
	switch {
	case countDigits(text, 0) != len(text) || c.width != 0 && c.width != len(text):
		c.width = -1
	default:
		c.width = len(text)
	}
}

// valued is the number of rows that would not be missing in a numeric column.
func (c *census) valued() int { return c.present - c.absents.rows }

// most reports whether so many rows are at least nine in ten of those.
func (c *census) most(rows int) bool { return rows > 0 && 10*rows >= 9*c.valued() }

// invalid are the texts that a numeric column could not read.
func (c *census) invalid() group {
	all := group{rows: c.commas.rows + c.dates.rows + c.others.rows}
	for _, g := range []group{c.others, c.commas, c.dates} {
		all.examples = append(all.examples, g.examples...)
	}
	all.examples = all.examples[:min(len(all.examples), 3)]
	return all
}
