package bigquery

import (
	"fmt"
	"strings"

	"cloud.google.com/go/bigquery"
)

const (
	// fewValues is the number of distinct values up to which a number is counted
	// value by value, by the estimate of APPROX_COUNT_DISTINCT.
	fewValues = 10_000
	// samples is the number of quantiles that a number with more values is binned by,
	// and that its type, or that of a text, is guessed of.
	samples = 400
	// largest is the number beyond which squares are not added up: they would
	// overflow, which is an error in BigQuery.
	largest = "1e150"
)

// query is the text of a query and its parameters, which carry every value: only
// names of columns that the schema has, quoted, and the condition that the
// operator wrote stand in the text.
type query struct {
	text       string
	parameters []bigquery.QueryParameter
}

// source is the beginning of every query: the rows with their features as f0,
// f1 ..., read once. The condition stands on lines of its own, so that a comment
// at its end does no harm.
func (p *plan) source() string {
	var b strings.Builder
	b.WriteString("WITH source AS (\n  SELECT\n")
	for i := range p.features {
		fmt.Fprintf(&b, "    %s AS f%d,\n", p.features[i].expression, i)
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

// query is a query with the parameters that its text needs besides those given.
func (p *plan) query(text string, parameters ...bigquery.QueryParameter) query {
	if strings.Contains(text, "@threshold") {
		parameters = append(parameters, bigquery.QueryParameter{Name: "threshold", Value: p.threshold})
	}
	if strings.Contains(text, "@missing") {
		parameters = append(parameters, bigquery.QueryParameter{Name: "missing", Value: p.missing.Numbers()})
	}
	return query{text, parameters}
}

// profile asks of each of the features, given by their indices, and of the score, how
// many distinct values there are, in how many rows, and their quantiles: three columns
// of the result for each. Quantiles of texts are those of their beginnings.
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

// longestSample is how many characters of a text are looked at to guess a type.
const longestSample = 64

// Cells of the count that are not features.
const (
	scoreCell = -1
	classCell = -2
)

// count asks for everything that is counted, of all columns in one reading of the
// table: every row becomes a cell for each column. The result has a row for each
// bin or value that occurs, by the classes that were predicted and that came to be:
//
//	cell       index of the feature, or one of the constants above
//	bin        of a number that is counted by bin
//	number     of one that is counted value by value
//	text       of any other column
//	predicted, actual
//	n, total, squares, low, high, huge
//
// bin, number and text are all NULL where the value is missing. huge counts the
// numbers beyond largest, whose squares are left out.
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
