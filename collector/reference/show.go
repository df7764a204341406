package reference

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// width is the maximum width of Show in columns.
const width = 100

// Show prints the reference as a table for people, 100 columns wide. For each feature and the
// score it shows the bins, the share without a value, the minimum, the median, the maximum, and
// the shape or the most frequent values. Then it shows the classes. The median is as exact as the
// bins are fine. The shape leaves out the two outer bins: with 200 quantile bins it shows the
// middle 99 %.
func (r *Reference) Show(w io.Writer) error {
	s := &shown{}
	s.head(r)
	name := nameWidth(r)
	s.line("%-*s  %-11s  %4s  %7s  %8s %8s %8s  %s", name, "FEATURE", "TYPE", "BINS", "MISSING", "MIN", "MEDIAN", "MAX", "SHAPE")
	for i := range r.Features {
		s.feature(&r.Features[i], r.Features[i].Name, name)
	}
	if r.Score != nil || len(r.Classes) > 0 {
		s.line("")
		s.line("Answers of the model on rows that it was not fitted on:")
		s.line("")
	}
	if r.Score != nil {
		s.feature(r.Score, "score", name)
	}
	if len(r.Classes) > 0 {
		s.classes(r, name)
	}
	if e := r.Errors; e != nil {
		s.line("%-*s  %-11s  %14s with an outcome, wrong by %s on average", name, "error", "", grouped(e.Rows()), short(e.MeanAbsolute(), 6))
	}
	s.notes(r)
	_, err := io.WriteString(w, s.out.String())
	return err
}

type shown struct{ out strings.Builder }

func (s *shown) line(format string, args ...any) {
	s.out.WriteString(strings.TrimRight(fmt.Sprintf(format, args...), " ") + "\n")
}

// notes prints what does not fit into the columns of the table.
func (s *shown) notes(r *Reference) {
	var all []string
	for i := range r.Features {
		f := &r.Features[i]
		if f.Invalid > 0 {
			all = append(all, fmt.Sprintf("%s: %s of the rows are invalid", printable(f.Name), share(f.Invalid, f.Rows())))
		}
		if f.Rare != nil {
			all = append(all, fmt.Sprintf("%s: %s of the rows have one of %s", printable(f.Name), share(f.Unlisted(), f.Rows()), f.rareNames()))
		}
	}
	if len(r.Missing) > 0 {
		all = append(all, fmt.Sprintf("texts that stand for a missing value: %q", r.Missing))
	}
	if r.Threshold != 0 {
		all = append(all, fmt.Sprintf("the predicted class is %s from a score of %v", printable(r.Positive), r.Threshold))
	}
	for _, lack := range r.Lacks() {
		all = append(all, "note: "+lack)
	}
	if all != nil {
		s.line("")
	}
	for _, note := range all {
		s.paragraph(note)
	}
}

// paragraph breaks a text between words. All lines after the first are indented.
func (s *shown) paragraph(text string) {
	line, columns := "", width
	for word := range strings.FieldsSeq(text) {
		switch {
		case line == "":
			line = clip(word, columns)
		case utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > columns:
			s.line("%s", line)
			line = "  " + clip(word, columns-2)
		default:
			line += " " + word
		}
	}
	s.line("%s", line)
}

// rareNames says how many categories there are that are not listed.
func (f *Feature) rareNames() string {
	switch {
	case f.Rare.Names == nil && f.Rare.Filter == nil:
		return "the categories that are not listed"
	case f.Rare.Filter != nil:
		return "more than " + grouped(int64(len(f.Rare.Names))) + " rare categories"
	}
	return grouped(int64(len(f.Rare.Names))) + " rare categories"
}

func (s *shown) head(r *Reference) {
	title := printable(r.Model)
	if r.Model == "" {
		title = "any model"
	}
	if r.Version == "" {
		title += ", every version"
	} else {
		title += ", version " + printable(r.Version)
	}
	s.line("%-*s%s", width-len("hash ")-len(r.Hash), clip(title, width-len("  hash ")-len(r.Hash)), "hash "+r.Hash)
	about := grouped(r.Rows) + " rows"
	if !r.Created.IsZero() {
		about += " as of " + r.Created.UTC().Format(time.DateOnly+" 15:04 UTC")
	}
	s.line("%s", about)
	if r.Origin != "" {
		s.line("%s", clip("counted from "+printable(r.Origin), width))
	}
	if r.Source != "" {
		s.line("%s", clip("read from "+printable(r.Source), width))
	}
	s.line("")
}

// nameWidth returns the width of the first column, from 12 to 26.
func nameWidth(r *Reference) int {
	name := 12
	for i := range r.Features {
		name = max(name, utf8.RuneCountInString(printable(r.Features[i].Name)))
	}
	return min(name, 26)
}

func (s *shown) feature(f *Feature, called string, name int) {
	kind := f.Type
	if f.Values != nil {
		kind = "discrete"
	}
	left := fmt.Sprintf("%-*s  %-11s  %4d  %7s  ", name, clip(printable(called), name), kind, len(f.Count), share(f.Missing, f.Rows()))
	if f.Type == Numeric && f.Values == nil {
		lo, median, hi := f.quantiles()
		s.line("%s%8s %8s %8s  %s", left, short(lo, 6), short(median, 6), short(hi, 6), f.shape())
		return
	}
	s.line("%s%s", left, f.frequent(width-utf8.RuneCountInString(left)))
}

// frequent lists the most frequent values with their shares, in at most this many columns.
func (f *Feature) frequent(columns int) string {
	order := make([]int, len(f.Count))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return int(min(max(f.Count[b]-f.Count[a], -1), 1)) })
	text := ""
	for n, i := range order {
		label := ""
		if f.Values != nil {
			label = short(f.Values[i], 6)
		} else {
			label = clip(printable(f.Categories[i]), 24)
		}
		next := label + " " + share(f.Count[i], f.Rows())
		if n > 0 {
			next = text + ", " + next
		}
		more := fmt.Sprintf(" and %d more", len(order)-n-1)
		if n == len(order)-1 {
			more = ""
		}
		if n > 0 && utf8.RuneCountInString(next)+len(more) > columns {
			return text + fmt.Sprintf(" and %d more", len(order)-n)
		}
		text = next
	}
	return clip(text, columns)
}

func (s *shown) classes(r *Reference, name int) {
	var all, correct, labelled int64
	for _, c := range r.Classes {
		all, correct, labelled = all+c.Count, correct+c.Correct, labelled+c.Labelled
	}
	for _, c := range r.Classes {
		called := "class " + printable(c.Class)
		if c.Name != "" {
			called += " (" + printable(c.Name) + ")"
		}
		kind := ""
		if c.Class == r.Positive {
			kind = "positive"
		}
		line := fmt.Sprintf("%-*s  %-11s  %14s predicted, %s", name, clip(called, name), kind, grouped(c.Count), share(c.Count, all))
		if c.Labelled > 0 {
			line += fmt.Sprintf("; %s of them right", share(c.Correct, c.Labelled))
		}
		s.line("%s", line)
	}
	if labelled > 0 {
		s.line("%-*s  %-11s  %14s with an outcome, %s right", name, "accuracy", "", grouped(labelled), share(correct, labelled))
	}
}
