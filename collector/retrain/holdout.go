package retrain

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/drift-exporter/drift_exporter/predictor/model"
	"github.com/drift-exporter/drift_exporter/predictor/rows"
	"github.com/drift-exporter/drift_exporter/predictor/strictyaml"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// Table names a table of a warehouse.
type Table struct {
	Project, Dataset, Name string
	// Where is a condition in SQL, "" for all rows. Outcome is the column with the outcome.
	Where, Outcome string
}

// Tables reads the rows of a table.
type Tables func(ctx context.Context, t Table) (rows.Table, error)

// holdout is a set of rows with known outcomes, in a file or a table, on which models are compared.
type holdout struct {
	csv, parquet string
	table        Table
	outcome      string
	tables       Tables
}

var tableName = regexp.MustCompile(`^([^.]+)\.([^.]+)\.([^.]+)$`)

// mostHeldOut is the maximum number of rows of a holdout.
const mostHeldOut = 1_000_000

func parseHoldout(m *strictyaml.Map, n node, tables Tables) *holdout {
	if n == nil {
		return nil
	}
	v := m.Map(n, "holdout", "csv", "parquet", "table", "where", "outcome")
	v.Require("outcome", "name the column with the outcome")
	h := &holdout{csv: v.Text("csv", ""), parquet: v.Text("parquet", ""), outcome: v.Text("outcome", ""), tables: tables}
	places := 0
	for _, key := range []string{"csv", "parquet", "table"} {
		if v.Has(key) {
			places++
		}
	}
	name := v.Text("table", "")
	switch parts := tableName.FindStringSubmatch(name); {
	case v.Err != nil:
	case places != 1:
		v.Err = v.Errorf(n, "holdout must have one of csv, parquet and table, which say where its rows are")
	case name != "" && parts == nil:
		v.Wrong("table", "table is %q; write PROJECT.DATASET.TABLE of BigQuery", name)
	case name != "":
		h.table = Table{Project: parts[1], Dataset: parts[2], Name: parts[3], Where: v.Text("where", ""), Outcome: h.outcome}
	case v.Has("where"):
		v.Wrong("where", "where goes with table; remove it")
	}
	m.Err = cmp.Or(m.Err, v.Err)
	return h
}

// place says where the rows are.
func (h *holdout) place() string {
	return cmp.Or(h.csv, h.parquet, strings.Join([]string{h.table.Project, h.table.Dataset, h.table.Name}, "."))
}

// open opens the rows.
func (h *holdout) open(ctx context.Context) (_ rows.Table, closed func() error, err error) {
	format := rows.FormatCSV
	switch {
	case h.table.Name != "" && h.tables == nil:
		return nil, nil, errors.New("this program reads no tables of BigQuery; use csv or parquet")
	case h.table.Name != "":
		t, err := h.tables(ctx, h.table)
		return t, func() error { return nil }, err
	case h.parquet != "":
		format = rows.FormatParquet
	}
	file, err := rows.Open(ctx, h.place(), format)
	if err != nil {
		return nil, nil, err
	}
	return file, file.Close, nil
}

// read returns the rows whose outcome is known, as the features of a model, and how many others
// there are.
func (h *holdout) read(ctx context.Context, m *model.Model) (all []labelled, without int, err error) {
	table, closed, err := h.open(ctx)
	if err != nil {
		return nil, 0, fmt.Errorf("the holdout cannot be read: %w", err)
	}
	defer func() { err = errors.Join(err, closed()) }()
	pass, err := h.pass(table.Header(), m)
	if err != nil {
		return nil, 0, fmt.Errorf("the holdout %s: %w", h.place(), err)
	}
	total := 0
	pass.Then = func(p *rows.Piece) error {
		known := p.Made.([]labelled)
		total += p.Rows
		all = append(all, known...)
		if total > mostHeldOut {
			return fmt.Errorf("it has more than %d rows; take fewer", mostHeldOut)
		}
		return nil
	}
	if err := table.Scan(ctx, pass); err != nil {
		return nil, 0, fmt.Errorf("the holdout %s: %w", h.place(), err)
	}
	if len(all) == 0 {
		return nil, total, fmt.Errorf("the holdout %s has no labels: in none of its %d rows is the column %q %s", h.place(), total, h.outcome, wanted(m))
	}
	return all, total - len(all), nil
}

// wanted says what an outcome of a model is.
func wanted(m *model.Model) string {
	if kindOf(m) == value.Regression {
		return "a number"
	}
	var names []string
	for _, class := range m.Classes() {
		names = append(names, cmp.Or(class.Name, class.Text))
	}
	return "one of the classes " + strings.Join(names, ", ")
}

// pass makes labelled rows of a table. The last of the columns is the outcome.
func (h *holdout) pass(header rows.Header, m *model.Model) (*rows.Pass, error) {
	names, columns := m.FeatureNames(), m.Columns()
	p := &rows.Pass{}
	for _, name := range append(names, h.outcome) {
		i, err := header.Column(name)
		if err != nil {
			return nil, err
		}
		p.Together = append(p.Together, i)
	}
	keys := make([]string, len(columns))
	for i := range columns {
		keys[i] = value.JSON(names[i]) + ":"
	}
	read := outcomesOf(m)
	p.Rows = func(piece *rows.Piece) error {
		made := make([]labelled, 0, piece.Rows)
		actual := piece.Cells(len(columns))
		for row := range piece.Rows {
			outcome, ok := read.actual(actual.Text(row))
			if !ok {
				continue
			}
			text := []byte{'{'}
			for i := range columns {
				if i > 0 {
					text = append(text, ',')
				}
				text = piece.Cells(i).AppendJSON(append(text, keys[i]...), &columns[i], row)
			}
			made = append(made, labelled{Features: append(text, '}'), Outcome: outcome})
		}
		piece.Made = made
		return nil
	}
	return p, nil
}
