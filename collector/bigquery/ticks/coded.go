package ticks

import (
	"context"
	"fmt"
	"unicode/utf8"

	"cloud.google.com/go/bigquery"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/tick"
)

// Coded reads a dataset for one set of references. What was counted by another scheme than theirs it
// counts again, from the rows, if these were shipped. A record is counted again as a whole or not at
// all: only if every row that it counts is there as it was logged.
type Coded struct{ *Reader }

// Coded returns what reads the same dataset, by the same connection, for the references that coder
// knows. Its methods must not be called concurrently.
func (r *Reader) Coded(coder func(predictionlog.Key) tick.Coder) *Coded {
	o := r.options
	o.Coder = coder
	return &Coded{&Reader{o, r.shared}}
}

// own returns the scheme of the references, "" without one.
func (c *Coded) own(model, version string) string {
	return tick.Scheme(c.options.Coder(predictionlog.Key{Model: model, Version: version}).Scheme())
}

// isForeign reports whether another scheme than that of the references has counted something.
func (c *Coded) isForeign(model, version, scheme string) bool {
	own := c.own(model, version)
	return own != "" && own != scheme
}

// foreignKey names a scheme of a model and version. Schemes have no slash.
func foreignKey(model, version, scheme string) string {
	return fmt.Sprintf("%s/%d/%s/%s", scheme, utf8.RuneCountInString(model), model, version)
}

func foreignParameter(keys []string) bigquery.QueryParameter {
	return bigquery.QueryParameter{Name: "foreign", Value: keys}
}

// whyRecount says in errors what was tried and how to do without.
const whyRecount = "count shipped rows again for the present reference (--no-bigquery.recount begins anew instead): %w"

// Tallies is that of Reader. Sums of other schemes are counted again.
func (c *Coded) Tallies(ctx context.Context, from, until int64, yield func(*tick.Sum) error) error {
	return c.counting(ctx, from, until, c.Reader.Tallies, func(s *tick.Sum) error {
		s.Piece, s.At, s.N, s.LastFeature, s.LastTime, s.LastValue = 0, nil, nil, nil, nil, nil
		return yield(s)
	})
}

// Ticks is that of Reader. Sums of other schemes are counted again.
func (c *Coded) Ticks(ctx context.Context, from, until int64, yield func(*tick.Sum) error) error {
	return c.counting(ctx, from, until, c.Reader.Ticks, yield)
}

func (c *Coded) counting(ctx context.Context, from, until int64, read func(context.Context, int64, int64, func(*tick.Sum) error) error, yield func(*tick.Sum) error) error {
	r := &recounting{of: c, ctx: ctx, until: until, yield: yield}
	defer r.close()
	err := read(ctx, from, until, r.sum)
	if err == nil && r.err == nil {
		err = r.flush()
	}
	if r.err != nil {
		return r.err
	}
	return err
}

// Outcomes is that of Reader. Outcomes whose predictions were coded by other schemes are coded again.
func (c *Coded) Outcomes(ctx context.Context, from, until int64, yield func(*tick.Outcome) error) error {
	var foreign []tick.Outcome
	err := c.Reader.Outcomes(ctx, from, until, func(o *tick.Outcome) error {
		if o.PredictedAt >= 0 && c.isForeign(o.Model, o.Version, o.Scheme) {
			foreign = append(foreign, *o)
			return nil
		}
		return yield(o)
	})
	if err == nil && len(foreign) > 0 {
		err = c.recode(ctx, from, until, foreign)
	}
	for i := 0; i < len(foreign) && err == nil; i++ {
		err = yield(&foreign[i])
	}
	return err
}

// recode codes the predictions of outcomes again, of which the rows are there.
func (c *Coded) recode(ctx context.Context, from, until int64, all []tick.Outcome) error {
	if there, err := c.hasRows(ctx); err != nil || !there {
		return err
	}
	type key struct {
		log string
		seq int64
	}
	of, foreign := map[key]*tick.Outcome{}, map[string]bool{}
	first, last := all[0].PredictedAt, all[0].PredictedAt
	for i := range all {
		o := &all[i]
		of[key{o.LogID, o.Sequence}] = o
		foreign[foreignKey(o.Model, o.Version, o.Scheme)] = true
		first, last = min(first, o.PredictedAt), max(last, o.PredictedAt)
	}
	parameters := append(c.span(from, until), foreignParameter(sortedKeys(foreign)))
	parameters = append(parameters, rowsBetween(first, last+int64(tick.Length))...)
	err := c.ask(ctx, "recode", parameters, func(f *fields) error {
		o := of[key{f.text(), f.integer()}]
		row := f.prediction()
		row.Model, row.Version = f.text(), f.text()
		if o == nil || f.err != nil {
			return nil
		}
		coder := c.options.Coder(predictionlog.Key{Model: row.Model, Version: row.Version})
		o.Scheme, o.Codes = tick.Scheme(coder.Scheme()), nil
		if counted, ok := coder.Row(&row); ok && len(counted.Codes) > 0 {
			o.Codes = append([]byte(nil), counted.Codes...)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf(whyRecount, err)
	}
	return nil
}
