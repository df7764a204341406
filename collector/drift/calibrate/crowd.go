package main

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"github.com/drift-exporter/drift_exporter/collector/drift"
)

var (
	crowdReferences = []int64{2000, 100_000}
	crowdWindows    = [...]int64{100, 1000, 10_000}
)

// invasion is a way in which the categories of a window may change.
type invasion int

const (
	allNew  invasion = iota // categories that were never seen
	oneRare                 // a single rare category
	someNew                 // a tenth of the rows are of new categories
	invasions
)

// Crowd is the result for the p-value of a categorical feature with many categories.
type Crowd struct {
	Names int
	Zipf  bool // the i-th category is 1/i as frequent as the first; else all alike
	Known int64
	// At05 are the shares of windows without drift whose p-value is at most .05. Power are these
	// shares for windows of 100 and of 1000 rows whose categories have changed.
	At05  [len(crowdWindows)]rate
	Power [invasions][2]float64
}

// crowds measures the type-I error and the power of the p-value for categories of which the
// reference contains only some.
func crowds(p pool, e effort) ([]Crowd, error) {
	all := crowdPortfolio(e)
	return all, p.run("many categories", len(all), func(i int, r *rand.Rand) error { return all[i].measure(r, e.crowds) })
}

// crowdPortfolio returns features with many categories, one of each kind.
func crowdPortfolio(e effort) []Crowd {
	var all []Crowd
	for _, known := range crowdReferences {
		for _, names := range e.names {
			for _, zipf := range []bool{false, true} {
				all = append(all, Crowd{Names: names, Zipf: zipf, Known: known})
			}
		}
	}
	return all
}

// measure draws references, each with its own windows. A null distribution of 99 draws has the
// same level as one of 9,999, see level.plan.
func (c *Crowd) measure(r *rand.Rand, references int) error {
	const each, draws = 25, 99
	truth := c.truth()
	table, named := newRows(truth), names(len(truth))
	var at05 [len(crowdWindows)]groups
	for range references {
		b, err := c.reference(r, table, named)
		if err != nil {
			return err
		}
		quiet := make(shares, b.Cells())
		for i, p := range truth {
			quiet[b.Cell(b.Category(named[i]))] += p
		}
		for w, n := range crowdWindows {
			test := c.test(r, b, n, draws)
			below := 0
			for range each {
				if test(counts(r, quiet, n)) <= .05 {
					below++
				}
			}
			at05[w].add(float64(below) / each)
			if n > 1000 {
				continue
			}
			for kind := range invasions {
				if test(counts(r, kind.of(b, quiet), n)) <= .05 {
					c.Power[kind][w] += 1 / float64(references)
				}
			}
		}
	}
	for w := range at05 {
		c.At05[w] = at05[w].mean()
	}
	return nil
}

// test returns the p-value of windows of n rows.
func (c *Crowd) test(r *rand.Rand, b *drift.Binning, n int64, draws int) func(window []int64) float64 {
	null := b.Novelty().NewNull(b.Reference(), n, draws, r.Uint64())
	return func(window []int64) float64 {
		return null.Test(drift.KL(b.Reference(), window), n, c.Known).PValue
	}
}

// truth returns the true shares of the categories.
func (c *Crowd) truth() shares {
	truth, sum := make(shares, c.Names), 0.0
	for i := range truth {
		if truth[i] = 1; c.Zipf {
			truth[i] = 1 / float64(i+1)
		}
		sum += truth[i]
	}
	for i := range truth {
		truth[i] /= sum
	}
	return truth
}

func names(n int) [][]byte {
	all := make([][]byte, n)
	for i := range all {
		all[i] = strconv.AppendInt([]byte("merchant "), int64(i), 10)
	}
	return all
}

// reference bins categories from a sample, as the command `reference` does.
func (c *Crowd) reference(r *rand.Rand, table rows, named [][]byte) (*drift.Binning, error) {
	times := make([]int64, len(named))
	for range c.Known {
		times[table.name(r)]++
	}
	order := make([]int, 0, len(named))
	for i, n := range times {
		if n > 0 {
			order = append(order, i)
		}
	}
	slices.SortFunc(order, func(i, j int) int { return cmp.Or(cmp.Compare(times[j], times[i]), cmp.Compare(i, j)) })
	categories, counts := make([]string, len(order)), make([]int64, len(order))
	for at, i := range order {
		categories[at], counts[at] = string(named[i]), times[i]
	}
	listed := min(len(order), drift.MaxFine)
	return drift.NewCategorical(categories[:listed], counts[:listed], drift.NewRare(categories, counts, listed, c.Known))
}

// of returns the shares of cells in a window whose categories have changed.
func (kind invasion) of(b *drift.Binning, quiet shares) shares {
	v := b.Novelty()
	s := make(shares, len(quiet))
	switch kind {
	case allNew:
		s[v.Unseen] = 1
	case oneRare:
		s[max(v.Unseen-1, 0)] = 1 // a category of the last group, or the last one kept
	default:
		for cell, p := range quiet {
			s[cell] = .9 * p
		}
		s[v.Unseen] += .1
	}
	return s
}

// Row returns the results as a row of Markdown.
func (c Crowd) Row() string {
	shape := "equal"
	if c.Zipf {
		shape = "Zipf"
	}
	row := []string{grouped(int64(c.Names)), shape, grouped(c.Known)}
	for _, at := range c.At05 {
		row = append(row, small(at.Share)+" +- "+small(at.Error))
	}
	for _, power := range c.Power {
		row = append(row, small(power[0])+" / "+small(power[1]))
	}
	return "| " + strings.Join(row, " | ") + " |"
}

// CrowdReferences returns the number of references for a feature with many categories.
func (r *report) CrowdReferences() int { return r.crowds }
