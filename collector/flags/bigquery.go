package flags

import (
	"github.com/alecthomas/kingpin/v2"
	"github.com/alecthomas/units"

	"github.com/drift-exporter/drift_exporter/collector/reference"
)

// BigQuery is what the flags of BigQuery say.
type BigQuery struct {
	Table        reference.Table
	Location     string
	MaximumBytes units.Base2Bytes
}

// Warehouse adds the flags that name a table of BigQuery and bound what it costs.
// What they hold is known once the flags are parsed.
func Warehouse(cmd *kingpin.CmdClause) *BigQuery {
	b := &BigQuery{}
	cmd.Flag("bigquery.project", "Project of the table, which also pays the queries.").Envar("GOOGLE_CLOUD_PROJECT").StringVar(&b.Table.Project)
	cmd.Flag("bigquery.dataset", "Dataset of the table.").Envar("BIGQUERY_DATASET").StringVar(&b.Table.Dataset)
	cmd.Flag("bigquery.table", "Table or view in BigQuery with the rows that are normal.").Envar("BIGQUERY_TABLE").StringVar(&b.Table.Name)
	cmd.Flag("bigquery.location", "Location of the queries, such as EU; without it, that of the dataset.").StringVar(&b.Location)
	cmd.Flag("bigquery.maximum-bytes-billed", "A query that would process more is not run; 0: no bound.").Default("10GiB").BytesVar(&b.MaximumBytes)
	return b
}
