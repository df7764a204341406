package value

import (
	"fmt"
	"iter"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Guess is what a column is taken for, and what a person should know about that.
type Guess struct {
	// Type is Numeric, Categorical or Boolean; empty: the column is left out.
	Type string
	// Notes are sentences that name the column, examples, and the flag that says
	// otherwise.
	Notes []string
}

// GuessType decides what a column is, from all its texts, each with the number of its
// rows; it goes over them up to three times. Asked is the type that a flag gave the
// column, empty without one. The rules, in this order:
//
//   - as it was asked for;
//   - without any value: categorical, and always missing;
//   - true and false only, 0 and 1 among them: boolean;
//   - dates: left out;
//   - plain numbers in nine of ten texts that are not missing: numeric, the rest is
//     invalid; but digits of one width with zeros in front are categories, and whole
//     numbers that are an identifier are left out;
//   - else categorical; but with nearly as many values as rows it is left out.
//
// A number with a thousands separator is no plain number here. It is an error when the
// column was asked to be numeric and has no number, or decimal commas. 0.1 us a number.
func GuessType(name, asked string, texts iter.Seq2[string, int], missing *MissingTexts) (Guess, error) {
	g := guesser{name: name, texts: texts, census: countTexts(texts, missing)}
	switch asked {
	case Categorical:
		g.Type = Categorical
	case Numeric:
		if err := g.checkNumbers(); err != nil {
			return Guess{}, err
		}
		g.numeric()
	default:
		g.guess()
	}
	return g.Guess, nil
}

type guesser struct {
	Guess
	*census

	name  string
	texts iter.Seq2[string, int]
}

func (g *guesser) note(format string, args ...any) {
	g.Notes = append(g.Notes, fmt.Sprintf("column %q: ", g.name)+fmt.Sprintf(format, args...))
}

// flag is a flag with the column's name, as a shell takes it.
func (g *guesser) flag(flag string) string { return flag + "=" + shellWord(g.name) }

func (g *guesser) guess() {
	switch {
	case g.present == 0:
		g.Type = Categorical
		g.note("no row has a value; it is kept as always missing")
	case g.truths.rows > 0 && g.truths.rows+g.zeroOrOne.rows == g.present:
		g.Type = Boolean
	case g.most(g.dates.rows):
		g.leave("dates", g.dates)
	case g.most(g.plain.rows):
		g.guessNumber()
	default:
		g.guessCategory()
	}
}

func (g *guesser) leave(what string, of group) {
	g.note("left out: it holds %s, such as %s; to watch it: %s", what, list(of), g.flag("--categorical"))
}

func (g *guesser) guessNumber() {
	whole := g.integers.rows == g.plain.rows
	switch {
	case g.dateNumbers.rows == g.plain.rows, isTimeName(g.name) && g.epochs.rows == g.plain.rows:
		g.note("left out: it holds dates or times, such as %s; to watch it: %s", list(g.plain), g.flag("--numeric"))
	case g.leadingZeros.rows == g.plain.rows, g.leadingZeros.rows > 0 && g.width > 0:
		g.Type = Categorical
		g.note("taken as categorical, for zeros in front, such as %s; for numbers: %s", list(g.leadingZeros), g.flag("--numeric"))
	case whole && g.isIdentifier():
		g.note("left out: it holds a number for nearly every row, such as %s; to watch it: %s", list(g.plain), g.flag("--numeric"))
	default:
		g.numeric()
		if g.thousands.rows > 0 {
			g.note("thousands separators, such as in %s, are read as part of numbers", list(g.thousands))
		}
		if g.leadingZeros.rows > 0 {
			g.note("taken as numeric, though some numbers have zeros in front, such as %s; for categories: %s", list(g.leadingZeros), g.flag("--categorical"))
		} else if isCodeName(g.name) {
			g.note("taken as numeric, though its name is that of a code; for categories: %s", g.flag("--categorical"))
		}
	}
}

// checkNumbers reports why a column cannot be read as numbers.
func (g *guesser) checkNumbers() error {
	switch {
	case g.valued() > 0 && g.plain.rows+g.thousands.rows+g.truths.rows == 0 && g.commas.rows == 0:
		return fmt.Errorf("%s: no value of the column is a number: it holds %s", g.flag("--numeric"), list(g.invalid()))
	case g.commas.rows > 0 && (g.thousands.rows > 0 || 10*g.commas.rows > g.valued()):
		return fmt.Errorf("%s: the column has decimal commas, such as %s: write decimal points instead", g.flag("--numeric"), list(g.commas))
	}
	return nil
}

// numeric takes the column as numbers and says what that leaves out.
func (g *guesser) numeric() {
	g.Type = Numeric
	if bad := g.invalid(); bad.rows > 0 {
		g.note("%s of %s are no numbers and count as invalid: %s; where a text stands for no value: --missing=TEXT", count(bad.rows), rows(g.rows), list(bad))
	}
	if g.thousands.rows > 0 && g.commas.rows > 0 {
		g.note("has thousands separators, such as %s, and decimal commas, such as %s: write all numbers one way", list(g.thousands), list(g.commas))
	}
}

func (g *guesser) guessCategory() {
	g.Type = Categorical
	switch {
	case g.thousands.rows > 0 && g.most(g.plain.rows+g.thousands.rows):
		g.note("taken as categorical: it holds numbers with thousands separators, such as %s; to read them as numbers: %s", list(g.thousands), g.flag("--numeric"))
		return
	case g.commas.rows > 0 && g.most(g.plain.rows+g.thousands.rows+g.commas.rows):
		g.note("taken as categorical: it holds numbers with decimal commas, such as %s; write decimal points, and read them with %s", list(g.commas), g.flag("--numeric"))
		return
	case g.isIdentifier():
		g.Type = ""
		all := group{examples: append(g.others.examples, g.plain.examples...)}
		g.note("left out: it holds another text in nearly every row, such as %s; to watch it: %s", list(all), g.flag("--categorical"))
		return
	case 2*g.plain.rows >= g.valued() && g.plain.rows > 0:
		rest := g.invalid()
		rest.rows += g.truths.rows
		rest.examples = append(rest.examples, g.truths.examples...)
		g.note("taken as categorical: %s of %s are numbers, the others are such as %s; to read it as numbers: %s", count(g.plain.rows), rows(g.rows), list(rest), g.flag("--numeric"))
	case isCodeName(g.name):
		g.note("taken as categorical")
	}
	if g.absents.rows > 0 {
		text := g.absents.examples[0]
		g.note("%s in %s is a category of its own; if it stands for no value: --missing=%s", list(g.absents), rows(g.absents.rows), shellWord(text))
	}
}

// isIdentifier reports whether there are nearly as many values as rows: nine in ten,
// of at least 20. A column of whole numbers is one only when its name says so, or
// they follow each other.
func (g *guesser) isIdentifier() bool {
	if g.present < 20 {
		return false
	}
	if g.plain.rows == g.valued() && !isIDName(g.name) && g.high-g.low+1 > 1.01*float64(g.plain.rows) {
		return false
	}
	distinct := map[string]struct{}{}
	for text := range g.texts {
		if c := Category(text); c != "" {
			distinct[c] = struct{}{}
		}
	}
	return 10*len(distinct) >= 9*g.present
}

// list shows up to three examples.
func list(of group) string {
	var quoted []string
	for _, text := range of.examples[:min(len(of.examples), 3)] {
		if utf8.RuneCountInString(text) > 30 {
			text = string([]rune(text)[:30]) + "..."
		}
		quoted = append(quoted, strconv.Quote(text))
	}
	return strings.Join(quoted, ", ")
}

func count(n int) string { return strconv.Itoa(n) }

func rows(n int) string {
	if n == 1 {
		return "1 row"
	}
	return strconv.Itoa(n) + " rows"
}

// shellWord quotes a word for a shell where it must be.
func shellWord(word string) string {
	if strings.ContainsFunc(word, func(r rune) bool {
		return r < utf8.RuneSelf && !strings.ContainsRune("_-.,:/+@%", r) && (r < '0' || r > '9') && (r|0x20 < 'a' || r|0x20 > 'z')
	}) || word == "" {
		return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
	}
	return word
}
