package value

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Guess is the guessed type of a column, with notes for a person.
type Guess struct {
	// Type is Numeric, Categorical or Boolean; empty: the column is left out.
	Type string
	// Notes are sentences that name the column, examples, and the flag to overrule the
	// guess.
	Notes []string
}

// Survey reads the texts of a column to guess its type. The rules, in this order:
//
//   - a flag names the type: that type;
//   - no values: categorical, and always missing;
//   - only true and false, and perhaps 0 and 1: boolean;
//   - dates: left out;
//   - plain numbers in nine of ten texts that are not missing: numeric, and the other
//     texts are invalid; but digits of one width with leading zeros are categorical, and
//     whole numbers that are identifiers are left out;
//   - all others: categorical; but with nearly as many values as rows it is left out.
//
// A note says so when a categorical column looks like numbers in another spelling.
//
// A number with a thousands separator is not a plain number here.
type Survey struct {
	census

	name, asked string
	isID        bool
	missing     *MissingTexts
	notes       []string
}

// NewSurvey returns a survey of a column. Asked is the type that a flag gives it, empty
// without one; missing lists texts that stand for a missing value.
func NewSurvey(name, asked string, missing *MissingTexts) *Survey {
	s := &Survey{name: name, asked: asked, isID: isIDName(name), missing: missing}
	s.last, s.distinct.hashes = math.NaN(), map[uint64]struct{}{}
	return s
}

// Add adds a text with the number of its rows. 15 ns for a number in its usual form;
// a text that could be a date takes up to 2 us.
func (s *Survey) Add(text string, rows int) {
	s.rows += rows
	if text == "" || s.missing == nil && s.addPlain(text, rows) {
		return
	}
	trimmed := strings.TrimSpace(text)
	canonical := Category(text)
	if canonical == "" || s.missing.HasCategory(canonical) || len(trimmed) < len(text) && s.missing.HasCategory(Category(trimmed)) {
		return
	}
	s.present += rows
	s.add(trimmed, rows)
	s.note(canonical)
}

// note counts the values, in canonical form, of a column that may be left out for having
// another one in nearly every row.
func (s *Survey) note(canonical string) {
	if s.isNoted() {
		s.distinct.add(canonical)
	}
}

func (s *Survey) isNoted() bool {
	return s.asked == Categorical || s.plain.rows < s.present || s.integers.rows == s.plain.rows && s.isID
}

// Guess returns the type of the column by all its texts. A column that a flag makes numeric
// must have numbers, without decimal commas; anything else is an error.
func (s *Survey) Guess() (Guess, error) {
	kind := s.asked
	switch s.asked {
	case Categorical:
		if s.isDistinct() {
			s.sayf("nearly every row has another text, as in an identifier; all of a window will be unseen, and nothing will show as drift; to leave it out: --ignore=%s", shellWord(s.name))
		}
	case Numeric:
		if err := s.checkNumbers(); err != nil {
			return Guess{}, err
		}
		s.noteNumbers()
	default:
		kind = s.guess()
	}
	return Guess{kind, s.notes}, nil
}

// guess returns the type of a column that no flag names, empty when it is left out.
func (s *Survey) guess() string {
	switch {
	case s.present == 0:
		s.sayf("no row has a value; it is kept as always missing")
		return Categorical
	case s.truths.rows > 0 && s.truths.rows+s.zeroOrOne.rows == s.present:
		return Boolean
	case s.most(s.dates.rows):
		return s.leave("dates", s.dates, Categorical)
	case s.most(s.plain.rows):
		return s.guessNumber()
	}
	return s.guessCategory()
}

func (s *Survey) guessNumber() string {
	switch {
	case s.dateNumbers.rows == s.plain.rows, isTimeName(s.name) && s.epochs.rows == s.plain.rows:
		return s.leave("dates or times", s.plain, Numeric)
	case s.leadingZeros.rows == s.plain.rows, s.leadingZeros.rows > 0 && s.width > 0:
		s.sayf("taken as categorical, for zeros in front, such as %s; for numbers: %s", s.leadingZeros, s.flag(Numeric))
		return Categorical
	case s.integers.rows == s.plain.rows && (s.steps+1 >= s.plain.rows && s.present >= 20 || isIDName(s.name) && s.isDistinct()):
		return s.leave("a number for each row", s.plain, Numeric)
	}
	s.noteNumbers()
	switch {
	case s.leadingZeros.rows > 0:
		s.sayf("taken as numeric, though some numbers have zeros in front, such as %s; for categories: %s", s.leadingZeros, s.flag(Categorical))
	case isCodeName(s.name):
		s.sayf("taken as numeric, though its name is that of a code; for categories: %s", s.flag(Categorical))
	}
	return Numeric
}

func (s *Survey) guessCategory() string {
	switch {
	case s.thousands.rows > 0 && s.most(s.plain.rows+s.thousands.rows):
		s.sayf("taken as categorical: it holds numbers with thousands separators, such as %s; to read them as numbers: %s", s.thousands, s.flag(Numeric))
		return Categorical
	case s.commas.rows > 0 && s.most(s.plain.rows+s.thousands.rows+s.commas.rows):
		s.sayf("taken as categorical: it holds numbers with decimal commas, such as %s; write decimal points, and read them with %s", s.commas, s.flag(Numeric))
		return Categorical
	case s.ornate.rows > 0 && s.most(s.plain.rows+s.thousands.rows+s.commas.rows+s.ornate.rows):
		return s.guessOrnate()
	case s.isDistinct():
		return s.leave("another text in nearly every row", s.others.and(s.plain), Categorical)
	case s.plain.rows > 0 && 2*s.plain.rows >= s.valued():
		s.sayf("taken as categorical: %d of %d rows are numbers, the others are such as %s; to read it as numbers: %s",
			s.plain.rows, s.rows, s.invalid().and(s.truths), s.flag(Numeric))
	case isCodeName(s.name):
		s.sayf("taken as categorical")
	}
	if s.absents.rows > 0 {
		s.sayf("%s in %s is a category of its own; if it stands for no value: --missing=%s", s.absents, counted(s.absents.rows), shellWord(s.absents.examples[0]))
	}
	return Categorical
}

// guessOrnate says what to do about numbers that are written with other signs.
func (s *Survey) guessOrnate() string {
	kind, taken := Categorical, "taken as categorical"
	if s.isDistinct() {
		kind, taken = "", "left out"
	}
	plain, _ := unadorned(s.ornate.examples[0])
	s.sayf("%s: it holds numbers with signs that are not read, such as %s; write them as %s, here and in the predictions, and read them with %s", taken, s.ornate, plain, s.flag(Numeric))
	return kind
}

// leave leaves the column out.
func (s *Survey) leave(what string, of group, kind string) string {
	s.sayf("left out: it holds %s, such as %s; to watch it: %s", what, of, s.flag(kind))
	return ""
}

// checkNumbers reports why a column cannot be read as numbers.
func (s *Survey) checkNumbers() error {
	switch {
	case s.valued() > 0 && s.plain.rows+s.thousands.rows+s.truths.rows+s.commas.rows == 0:
		return fmt.Errorf("%s: no value of the column is a number: it holds %s", s.flag(Numeric), s.invalid())
	case s.commas.rows > 0 && (s.thousands.rows > 0 || 10*s.commas.rows > s.valued()):
		return fmt.Errorf("%s: the column has decimal commas, such as %s: write decimal points instead", s.flag(Numeric), s.commas)
	}
	return nil
}

// noteNumbers says what a numeric column makes of texts that are no plain numbers.
func (s *Survey) noteNumbers() {
	if bad := s.invalid(); bad.rows > 0 {
		s.sayf("%d of %s are no numbers and count as invalid: %s; where a text stands for no value: --missing=TEXT", bad.rows, counted(s.rows), bad)
	}
	switch {
	case s.thousands.rows > 0 && s.commas.rows > 0:
		s.sayf("thousands separators, such as in %s, are read as part of numbers, and decimal commas, as in %s, are not: write all numbers one way", s.thousands, s.commas)
	case s.thousands.rows > 0 && s.asked == "":
		s.sayf("thousands separators, such as in %s, are read as part of numbers", s.thousands)
	}
	if s.beyond.rows > 0 && s.asked == "" {
		s.sayf("whole numbers of 2^53 and more, such as %s, are rounded to the nearest float64, so that different ones can count as one value; for categories: %s", s.beyond, s.flag(Categorical))
	}
}

func (s *Survey) sayf(format string, args ...any) {
	s.notes = append(s.notes, fmt.Sprintf("column %q: ", s.name)+fmt.Sprintf(format, args...))
}

// flag is the flag that gives the column a type, as a shell takes it.
func (s *Survey) flag(kind string) string { return "--" + kind + "=" + shellWord(s.name) }

func counted(rows int) string {
	if rows == 1 {
		return "1 row"
	}
	return strconv.Itoa(rows) + " rows"
}

// shellWord quotes a word for a shell where it must be.
func shellWord(word string) string {
	if word == "" || strings.ContainsFunc(word, func(r rune) bool {
		return r < utf8.RuneSelf && !strings.ContainsRune("_-.,:/+@%", r) && (r < '0' || r > '9') && (r|0x20 < 'a' || r|0x20 > 'z')
	}) {
		return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
	}
	return word
}
