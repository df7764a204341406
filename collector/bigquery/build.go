package bigquery

import (
	"errors"
	"fmt"
	"strings"

	"github.com/drift-exporter/drift_exporter/collector/reference"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// build makes a reference from the counts, as Build makes one from rows.
func (p *plan) build(all *cells, o reference.BuildOptions) (*reference.Reference, error) {
	t := p.table
	o.Model, o.Version, o.Positive, o.Missing = t.Model, t.Version, t.Positive, p.missing.Texts()
	if t.Base != nil {
		o.Model, o.Version, o.Type, o.Positive = t.Base.Model, t.Base.Version, t.Base.Type, t.Base.Positive
		o.Threshold, o.Counted = t.Base.Threshold, t.Base.Classes
	}
	o.Type = p.predicts
	if p.predicts == "" && p.verbatim && p.positive() == "" && predictedClasses(all.of[classCell]) > 2 {
		o.Type = value.Multiclass
		p.notes = append(p.notes, fmt.Sprintf("prediction column %q has more than two classes: the model is taken for one of many classes, and a score for the probability of the predicted class; if a score is the probability of one class, name it as positive", t.Prediction))
	}
	rows := int64(0)
	for _, c := range all.of[0] {
		rows += c.n
	}
	if rows == 0 {
		return nil, errors.New(p.nothing())
	}
	classes, err := p.newClassTable(all.of[classCell], &o)
	if err != nil {
		return nil, err
	}
	var tallies []reference.Tally
	for i := range p.features {
		tally, err := p.tally(&p.features[i], all.of[i], classes)
		if err != nil {
			return nil, err
		}
		if tally != nil {
			tallies = append(tallies, *tally)
		}
	}
	if len(tallies) == 0 {
		return nil, fmt.Errorf("no column is a feature: %s", strings.Join(p.notes, "; "))
	}
	var score *reference.Tally
	switch {
	case p.score != "":
		if score, err = p.scoreTally(all.of[scoreCell], classes); err != nil {
			return nil, err
		}
	case t.Base != nil && t.Base.Score != nil:
		score = &reference.Tally{Name: "score", Type: reference.Numeric, Binned: t.Base.Score}
	}
	r, err := reference.BuildTallies(rows, tallies, score, classes.heldOut, o)
	if err != nil {
		return nil, err
	}
	if r.Type == value.Multiclass && p.score != "" {
		if err := classesByScore(r, all.of[scoreCell], classes); err != nil {
			return nil, err
		}
	}
	r.Source = "bigquery:" + fullName(t)
	return r, nil
}

// predictedClasses returns the number of different texts of predicted classes.
func predictedClasses(cells []cell) int {
	seen := map[string]bool{}
	for i := range cells {
		seen[cells[i].classes.predicted] = true
	}
	delete(seen, "")
	return len(seen)
}

func (p *plan) nothing() string {
	if p.table.Where != "" {
		return fmt.Sprintf("%s has no row where %s: mind the condition", fullName(p.table), strings.TrimSpace(p.table.Where))
	}
	return fullName(p.table) + " has no rows: fill it first"
}
