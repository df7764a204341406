package bigquery

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/drift-exporter/drift_exporter/collector/reference"
)

// single is the number of distinct values up to which a number is a few values
// and not a range: that of reference.Build.
const single = 20

// build makes a reference of what was counted. again are the indices of features
// that turned out to have too many values to be counted one by one.
func (p *plan) build(cells map[int][]cell, scoreEdges []float64) (r *reference.Reference, again []int, err error) {
	t := p.table
	r = &reference.Reference{Model: t.Model, Version: t.Version, Positive: t.Positive, Source: "bigquery:" + fullName(t)}
	if t.Base != nil {
		r.Model, r.Version, r.Positive = t.Base.Model, t.Base.Version, t.Base.Positive
		r.Score, r.Classes = t.Base.Score, t.Base.Classes
	}
	if !p.verbatim && p.score != "" {
		r.Positive = "1"
	}
	judged := p.actual != ""
	for i := range p.features {
		c := &p.features[i]
		if c.kind == reference.Categorical {
			r.Features = append(r.Features, categories(c.name, cells[i], judged))
			continue
		}
		f, ok := numbers(c.name, cells[i], c.edges, single, judged)
		if !ok {
			again = append(again, i)
		}
		r.Features = append(r.Features, f)
	}
	for _, c := range cells[0] {
		r.Rows += c.n
	}
	if r.Rows == 0 {
		return nil, nil, errors.New(p.nothing())
	}
	if len(again) > 0 {
		return nil, again, nil
	}
	if p.score != "" {
		// Rows without a score were not held out.
		scored := slices.DeleteFunc(slices.Clone(cells[scoreCell]), func(c cell) bool { return c.missing() && c.bin < 0 })
		if len(scored) == 0 {
			return nil, nil, fmt.Errorf("no row of %s has a finite score in %q: name another column, or leave score out", fullName(t), t.Score)
		}
		score, _ := numbers("score", scored, notNil(scoreEdges), 0, judged)
		r.Score = &score
	}
	if p.predicted != "" {
		if r.Classes, err = p.classes(cells, r.Positive); err != nil {
			return nil, nil, err
		}
	}
	return r, nil, reference.Complete(r)
}

func (p *plan) nothing() string {
	if p.table.Where != "" {
		return fmt.Sprintf("%s has no row where %s: mind the condition", fullName(p.table), strings.TrimSpace(p.table.Where))
	}
	return fullName(p.table) + " has no rows: fill it first"
}

// classes counts the predicted classes, by name; the positive one, and those that
// only happened, are listed too.
func (p *plan) classes(cells map[int][]cell, positive string) ([]reference.Class, error) {
	if positive == "" {
		positive = "1"
	}
	at := map[string]*reference.Class{positive: {Class: positive}}
	var beyond int64
	for _, of := range []int{predictedCell, actualCell} {
		for _, c := range cells[of] {
			if c.other() {
				beyond += c.n
			}
			if !c.hasText {
				continue
			}
			if of == actualCell && !p.verbatim && c.text != "0" && c.text != "1" {
				return nil, fmt.Errorf("outcome %q has the value %q: say with positive which value is the positive class", p.table.Outcome, c.text)
			}
			if at[c.text] == nil {
				at[c.text] = &reference.Class{Class: c.text}
			}
			if of == predictedCell {
				class := at[c.text]
				class.Count, class.Labelled, class.Correct = c.n, c.labelled, c.correct
			}
		}
	}
	if beyond > 0 || len(at) > fineBins {
		return nil, fmt.Errorf("prediction %q has more than %d values, or one beyond %d bytes: name the column of the predicted class", p.table.Prediction, fineBins, longestText)
	}
	all := make([]reference.Class, 0, len(at))
	for _, c := range at {
		all = append(all, *c)
	}
	slices.SortFunc(all, func(a, b reference.Class) int { return strings.Compare(a.Class, b.Class) })
	return all, nil
}
