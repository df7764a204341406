package bigquery

import (
	"fmt"
	"strings"

	"cloud.google.com/go/bigquery"
)

const (
	// fewValues is the maximum number of distinct values for which a number is counted value by
	// value. APPROX_COUNT_DISTINCT estimates how many there are.
	fewValues = 10_000
	// samples is the number of quantiles of a column with more values. The bins of a number, and
	// the type of a number or text, are chosen from them.
	samples = 400
	// largest is the largest number whose square is added up. Larger squares would overflow,
	// which is an error in BigQuery.
	largest = "1e150"
)

// query is the text of a query and its parameters. Parameters carry all values. The text only
// contains quoted column names from the schema, and the condition that the operator wrote.
type query struct {
	text       string
	parameters []bigquery.QueryParameter
}

// source returns the beginning of every query: the rows with their features as f0, f1 ..., read
// once. The condition has its own lines, so that a comment at its end does no harm.
func (p *plan) source() string {
	var b strings.Builder
	b.WriteString("WITH source AS (\n  SELECT\n")
	for i := range p.features {
		fmt.Fprintf(&b, "    %s AS f%d,\n", p.features[i].expression, i)
	}
	if p.truth != "" {
		fmt.Fprintf(&b, "    %s AS truth,\n", p.truth)
	}
	fmt.Fprintf(&b, "    %s AS score,\n    %s AS predicted,\n    %s AS actual\n", orNull(p.score, "FLOAT64"), orNull(p.predicted, "STRING"), orNull(p.actual, "STRING"))
	fmt.Fprintf(&b, "  FROM %s AS t\n", quote(fullName(p.table)))
	if p.table.Where != "" {
		fmt.Fprintf(&b, "  WHERE (\n%s\n  )\n", p.table.Where)
	}
	b.WriteString(")")
	return b.String()
}

func orNull(expression, kind string) string {
	if expression == "" {
		return "CAST(NULL AS " + kind + ")"
	}
	return expression
}

// query returns a query with the given parameters and the other parameters that its text needs.
func (p *plan) query(text string, parameters ...bigquery.QueryParameter) query {
	if strings.Contains(text, "@threshold") {
		parameters = append(parameters, bigquery.QueryParameter{Name: "threshold", Value: p.threshold})
	}
	if strings.Contains(text, "@missing") {
		parameters = append(parameters, bigquery.QueryParameter{Name: "missing", Value: p.missing.Numbers()})
	}
	return query{text, parameters}
}

// profile asks for the number of distinct values, the number of rows with a value, and the
// quantiles. It asks for the features with these indices, and for the score. The result has three
// columns for each. Quantiles of texts are computed from the beginnings of the texts.
func (p *plan) profile(features []int, score bool) query {
	var selected []string
	add := func(name, sampled string) {
		selected = append(selected, fmt.Sprintf("  APPROX_COUNT_DISTINCT(%s), COUNT(%s), APPROX_QUANTILES(%s, %d)", name, name, sampled, samples))
	}
	for _, i := range features {
		name := fmt.Sprintf("f%d", i)
		if p.features[i].number {
			add(name, name)
		} else {
			add(name, fmt.Sprintf("SUBSTR(%s, 1, %d)", name, longestSample))
		}
	}
	if score {
		add("score", "score")
	}
	return p.query(p.source() + "\nSELECT\n" + strings.Join(selected, ",\n") + "\nFROM source")
}

// longestSample is the number of characters of a text that are used to guess a type.
const longestSample = 64

// Cells of the count that are not features.
const (
	scoreCell = -1
	classCell = -2
)

// count asks for everything that is counted, and reads the table once for all columns. Every row
// becomes a cell for each column. The result has a row for each bin or value that occurs, split
// by predicted and actual class:
//
//	cell       index of the feature, or one of the constants above
//	bin        of a number that is counted by bin
//	number     of one that is counted value by value
//	text       of any other column
//	predicted, actual
//	n, total, squares, low, high, huge
//
// If the value is missing, bin, number and text are all NULL. huge counts the numbers beyond
// largest, whose squares are left out.
func (p *plan) count() query {
	var parameters []bigquery.QueryParameter
	var cells []string
	add := func(cell int, bin, number, text, x string) {
		cells = append(cells, fmt.Sprintf("STRUCT(%d AS cell, %s AS bin, %s AS number, %s AS text, %s AS x)",
			cell, orNull(bin, "INT64"), orNull(number, "FLOAT64"), orNull(text, "STRING"), orNull(x, "FLOAT64")))
	}
	number := func(cell int, name, edges string, bounds []float64) {
		switch {
		case bounds == nil:
			add(cell, "", name, "", "")
		case len(bounds) == 0:
			add(cell, fmt.Sprintf("IF(%s IS NULL, NULL, 0)", name), "", "", name)
		default:
			add(cell, fmt.Sprintf("RANGE_BUCKET(%s, @%s)", name, edges), "", "", name)
			parameters = append(parameters, bigquery.QueryParameter{Name: edges, Value: bounds})
		}
	}
	for i := range p.features {
		name := fmt.Sprintf("f%d", i)
		if p.features[i].number {
			number(i, name, fmt.Sprintf("edges%d", i), p.features[i].edges)
		} else {
			add(i, "", "", name, "")
		}
	}
	if p.score != "" {
		number(scoreCell, "score", "edges_score", p.scoreEdges)
	}
	if p.predicted != "" {
		add(classCell, "", "", "", "")
	}
	return p.query(p.source()+`
SELECT u.cell, u.bin, u.number, u.text, predicted, actual, COUNT(*) AS n,
  SUM(IF(ABS(u.x) > `+largest+`, NULL, u.x)) AS total, SUM(IF(ABS(u.x) > `+largest+`, NULL, u.x * u.x)) AS squares,
  MIN(u.x) AS low, MAX(u.x) AS high, COUNTIF(ABS(u.x) > `+largest+`) AS huge
FROM source, UNNEST([
  `+strings.Join(cells, ",\n  ")+`
]) AS u
GROUP BY u.cell, u.bin, u.number, u.text, predicted, actual`, parameters...)
}
