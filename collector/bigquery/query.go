package bigquery

import (
	"fmt"
	"strings"

	"cloud.google.com/go/bigquery"

	"github.com/drift-exporter/drift_exporter/collector/reference"
)

const (
	// fineBins is how finely numbers are counted, and the number of categories
	// and single values kept: what reference.Build and its check allow.
	fineBins = 200
	// fewValues is the number of distinct values up to which a number is counted
	// value by value, by the estimate of APPROX_COUNT_DISTINCT.
	fewValues = fineBins
	// longestText is the longest category in bytes; longer ones count as other.
	longestText = 128
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

// values are the parameters that source needs.
func (p *plan) values() []bigquery.QueryParameter {
	if strings.Contains(p.actual, "@positive") {
		return []bigquery.QueryParameter{{Name: "positive", Value: p.table.Positive}}
	}
	return nil
}

// profile asks for the quantiles of each of the columns, given by their
// expressions over source, and how many distinct values they have: two columns
// of the result for each.
func (p *plan) profile(columns []string) query {
	var selected []string
	for _, c := range columns {
		selected = append(selected, fmt.Sprintf("  APPROX_QUANTILES(%s, %d), APPROX_COUNT_DISTINCT(%s)", c, fineBins, c))
	}
	return query{p.source() + "\nSELECT\n" + strings.Join(selected, ",\n") + "\nFROM source", p.values()}
}

// Cells of the count that are not features.
const (
	scoreCell     = -1
	predictedCell = -2
	actualCell    = -3
)

// count asks for everything that is counted, of all columns in one reading of the
// table: every row becomes a cell for each column. The result has a row for each
// bin, value or category that occurs:
//
//	cell       index of the feature, or one of the constants above
//	bin        of a number, or for a category 1 when it is none of those kept
//	value      of a number that is counted value by value
//	text       of a category
//	n, sum, squares, low, high, huge, labelled, correct
//
// bin, value and text are all NULL, or bin 0 for a category, where the value is
// missing. huge counts the numbers beyond largest, whose squares are left out.
func (p *plan) count(scoreEdges []float64) query {
	q := query{parameters: p.values()}
	var cells []string
	number := func(cell int, name, edges string, bounds []float64) {
		if bounds == nil {
			cells = append(cells, fmt.Sprintf("STRUCT(%d AS cell, CAST(NULL AS INT64) AS bin, %s AS value, %s AS x, CAST(NULL AS STRING) AS text)", cell, name, name))
			return
		}
		if len(bounds) == 0 { // One bin.
			cells = append(cells, fmt.Sprintf("STRUCT(%d AS cell, IF(%s IS NULL, NULL, 0) AS bin, CAST(NULL AS FLOAT64) AS value, %s AS x, CAST(NULL AS STRING) AS text)", cell, name, name))
			return
		}
		cells = append(cells, fmt.Sprintf("STRUCT(%d AS cell, RANGE_BUCKET(%s, @%s) AS bin, CAST(NULL AS FLOAT64) AS value, %s AS x, CAST(NULL AS STRING) AS text)", cell, name, edges, name))
		q.parameters = append(q.parameters, bigquery.QueryParameter{Name: edges, Value: bounds})
	}
	category := func(cell int, name string) {
		cells = append(cells, fmt.Sprintf("STRUCT(%d AS cell, IF(BYTE_LENGTH(%s) > %d, 1, 0) AS bin, CAST(NULL AS FLOAT64) AS value, CAST(NULL AS FLOAT64) AS x, IF(BYTE_LENGTH(%s) > %d, NULL, %s) AS text)",
			cell, name, longestText, name, longestText, name))
	}
	for i := range p.features {
		name := fmt.Sprintf("f%d", i)
		if p.features[i].kind == reference.Categorical {
			category(i, name)
		} else {
			number(i, name, fmt.Sprintf("edges%d", i), p.features[i].edges)
		}
	}
	if p.score != "" {
		number(scoreCell, "score", "edges_score", notNil(scoreEdges))
	}
	if p.predicted != "" {
		category(predictedCell, "predicted")
		category(actualCell, "IF(predicted IS NULL, NULL, actual)")
	}
	q.text = p.source() + ",\ncells AS (\n  SELECT u.cell, u.bin, u.value, u.x, u.text, predicted, actual\n  FROM source, UNNEST([\n    " + strings.Join(cells, ",\n    ") + "\n  ]) AS u\n)," + `
grouped AS (
  SELECT cell, bin, value, text, COUNT(*) AS n,
    SUM(IF(ABS(x) > ` + largest + `, NULL, x)) AS total, SUM(IF(ABS(x) > ` + largest + `, NULL, x * x)) AS squares,
    MIN(x) AS low, MAX(x) AS high, COUNTIF(ABS(x) > ` + largest + `) AS huge,
    COUNTIF(predicted IS NOT NULL AND actual IS NOT NULL) AS labelled, COUNTIF(predicted = actual) AS correct
  FROM cells
  GROUP BY cell, bin, value, text
),
placed AS (
  SELECT *, ROW_NUMBER() OVER (PARTITION BY cell ORDER BY IF(value IS NULL AND text IS NULL, 0, 1), n DESC, value, text) AS place
  FROM grouped
)
SELECT cell, IF(place > ` + fmt.Sprint(fineBins+2) + `, 1, bin) AS bin,
  IF(place > ` + fmt.Sprint(fineBins+2) + `, NULL, value) AS value, IF(place > ` + fmt.Sprint(fineBins+2) + `, NULL, text) AS text,
  SUM(n) AS n, SUM(total) AS total, SUM(squares) AS squares, MIN(low) AS low, MAX(high) AS high, SUM(huge) AS huge,
  SUM(labelled) AS labelled, SUM(correct) AS correct
FROM placed
GROUP BY 1, 2, 3, 4`
	return q
}

// notNil makes a list of no edges one bin.
func notNil(edges []float64) []float64 {
	if edges == nil {
		return []float64{}
	}
	return edges
}
