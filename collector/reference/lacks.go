package reference

import (
	"fmt"
	"strings"
)

// fewRows is the number of rows below which a p-value says little.
const fewRows = 200

// Lacks returns one sentence for each thing that the reference lacks, and what to do about it.
// Such things are keys that a file of an older schema does not have, and questions that its
// counts cannot answer. The result is empty if the reference lacks nothing.
func (r *Reference) Lacks() []string {
	var lacks []string
	add := func(format string, args ...any) { lacks = append(lacks, fmt.Sprintf(format, args...)) }
	if r.Schema == 1 {
		add("the file has schema 1, of release 0.2: it says neither which texts stand for a missing value, nor how many rows are invalid; make it again with 'drift_exporter reference' or 'train'")
	}
	if r.Rows < fewRows {
		add("the reference has %d rows: with fewer than %d, tests find only large changes; count more rows", r.Rows, fewRows)
	}
	var nameless, short, blind []string
	for i := range r.Features {
		f := &r.Features[i]
		switch {
		case f.Rare != nil && f.Rare.Names == nil && f.Rare.Filter == nil:
			nameless = append(nameless, f.Name)
		case f.Rows() < r.Rows:
			short = append(short, f.Name)
		case f.checkOneBin() != nil:
			blind = append(blind, f.Name)
		}
	}
	if nameless != nil {
		add("it has rare categories without their names for %s: a category that it does not list counts as rare, and none as unseen", some(nameless))
	}
	if short != nil {
		add("it counts fewer rows than it has for %s: their shares are too large", some(short))
	}
	if blind != nil {
		add("it has one bin only for %s: no drift of theirs shows; where few values repeat, as with 0 and 1, list them in values, with a count for each", some(blind))
	}
	if r.Score != nil {
		if lo, hi := r.Score.extremes(); (lo < 0 || hi > 1) && r.Type.ScoreIsProbability() {
			add("its score goes from %v to %v, but a score is %s, from 0 to 1", lo, hi, r.probability())
		}
	}
	return append(lacks, r.lacksOfType()...)
}

// some lists up to five names.
func some(names []string) string {
	if len(names) > 5 {
		return strings.Join(names[:5], ", ") + fmt.Sprintf(" and %d more", len(names)-5)
	}
	return strings.Join(names, ", ")
}
