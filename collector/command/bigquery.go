package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/alecthomas/kingpin/v2"
	"github.com/alecthomas/units"

	"github.com/drift-exporter/drift_exporter/collector/reference"
	"github.com/drift-exporter/drift_exporter/predictor/ship"
)

// BigQuery makes clients of BigQuery.
type BigQuery interface {
	// Warehouse returns what reads tables. It connects when it is first used.
	Warehouse(WarehouseOptions) Warehouse
	// Sink returns a dataset as what a prediction log is shipped to.
	Sink(ctx context.Context, project, dataset string, logger *slog.Logger) (Sink, error)
	// Shipped returns what was shipped to a dataset. It connects when it is first used.
	Shipped(ShippedOptions) (Shipped, error)
}

// WarehouseOptions say how tables are read.
type WarehouseOptions struct {
	// Project runs and pays the queries. Location is where; "": that of the dataset.
	Project, Location string
	// MaximumBytes bounds what a query may process; 0: no bound.
	MaximumBytes int64
	Logger       *slog.Logger
}

// Warehouse reads tables of rows.
type Warehouse interface {
	// Count counts the rows of a table where they are.
	Count(ctx context.Context, t reference.Table, last *reference.Counted) (*reference.Counted, error)
	// Rows writes the rows of a table as a CSV and returns when they were changed.
	Rows(ctx context.Context, t reference.Table, w io.Writer) (time.Time, error)
	Close() error
}

// Sink is where a prediction log is shipped to.
type Sink interface {
	ship.Destination
	// Name names it, in the log and in messages.
	Name() string
	// Ticks sets where in the dataset counts and outcomes go.
	Ticks(*ship.Ticks)
	Close() error
}

// errNoBigQuery is the error of what needs BigQuery in a build without it.
var errNoBigQuery = errors.New("this drift_exporter was built without BigQuery (TAGS=nobigquery): use a build with it, or a file")

// tables are the flags for tables of BigQuery.
type tables struct {
	reference.Table
	Location     string
	MaximumBytes units.Base2Bytes
	given        []*given
}

// given says whether a flag was on the command line.
type given struct {
	flag  string
	given bool
}

// newTables adds the flags that name a table of BigQuery and bound the cost of queries. They
// have their values once the flags are parsed.
func newTables(cmd flagged) *tables {
	t := &tables{}
	mark := func(c *kingpin.FlagClause) *kingpin.FlagClause {
		g := &given{flag: c.Model().Name}
		t.given = append(t.given, g)
		return c.IsSetByUser(&g.given)
	}
	project, dataset := datasetFlags(cmd, "Dataset of the table.")
	mark(project).StringVar(&t.Project)
	mark(dataset).StringVar(&t.Dataset)
	mark(cmd.Flag("bigquery.table", "Table or view in BigQuery with the rows of the reference.").Envar("BIGQUERY_TABLE")).StringVar(&t.Name)
	mark(cmd.Flag("bigquery.location", "Location of the queries, such as EU; without it, that of the dataset.")).StringVar(&t.Location)
	mark(maximumBytes(cmd)).BytesVar(&t.MaximumBytes)
	return t
}

// maximumBytes adds the flag that bounds the cost of a query.
func maximumBytes(cmd flagged) *kingpin.FlagClause {
	return cmd.Flag("bigquery.maximum-bytes-billed", "A query that would process more is not run; 0: no bound.").Default("10GiB")
}

// datasetFlags adds the flags that name a project and a dataset of BigQuery.
func datasetFlags(cmd flagged, use string) (project, dataset *kingpin.FlagClause) {
	return cmd.Flag("bigquery.project", "Google Cloud project of the dataset; it also pays for the queries.").Envar("GOOGLE_CLOUD_PROJECT"),
		cmd.Flag("bigquery.dataset", use).Envar("BIGQUERY_DATASET")
}

// reaches returns an error when the flags ask for BigQuery in a build without it.
// Project and dataset from the environment alone do not: other programs read
// these variables too.
func (e *Environment) reaches(t *tables) error {
	if e.BigQuery != nil {
		return nil
	}
	for _, g := range t.given {
		if g.given {
			return fmt.Errorf("--%s: %w", g.flag, errNoBigQuery)
		}
	}
	if t.Name != "" {
		return fmt.Errorf("BIGQUERY_TABLE=%s: %w", t.Name, errNoBigQuery)
	}
	return nil
}

// warehouse returns what reads the tables that the flags name; nil in a build
// without BigQuery, when none is named.
func (e *Environment) warehouse(t *tables) (Warehouse, error) {
	if err := e.reaches(t); err != nil || e.BigQuery == nil {
		return nil, err
	}
	return e.BigQuery.Warehouse(WarehouseOptions{Project: t.Project, Location: t.Location, MaximumBytes: int64(t.MaximumBytes), Logger: e.Logger}), nil
}
