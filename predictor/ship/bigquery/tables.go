package bigquery

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"cloud.google.com/go/bigquery"
	"github.com/drift-exporter/drift_exporter/predictor/google"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/ship"
)

// prepare is called before the first rows of a table. It makes a missing table, and adds missing
// columns to an existing one.
func (s *Sink) prepare(ctx context.Context, t predictionlog.Table) error {
	needed := []predictionlog.Table{t}
	if s.views != nil && slices.Contains(viewed, t) {
		needed = viewed
	}
	for _, t := range needed {
		if s.ready[t] {
			continue
		}
		if err := s.ensureTable(ctx, t); err != nil {
			return s.explain(fmt.Errorf("prepare the table %s: %w", s.targets[t].name, err))
		}
		s.ready[t] = true
	}
	return nil
}

func (s *Sink) ensureTable(ctx context.Context, t predictionlog.Table) error {
	ctx, cancel := context.WithTimeout(ctx, s.patience)
	defer cancel()
	to := s.targets[t]
	table, columns := s.dataset.Table(to.name), to.columns
	have, err := table.Metadata(ctx)
	if google.HasStatus(err, http.StatusNotFound) {
		// First check that the dataset exists. When a table is created in a missing dataset, the
		// emulator answers 500, which Google's client retries.
		if _, err := s.dataset.Metadata(ctx); google.HasStatus(err, http.StatusNotFound) {
			return err
		}
		err = table.Create(ctx, &bigquery.TableMetadata{
			Description:      "Shipped from prediction logs by drift_exporter.",
			Schema:           schemaOf(columns),
			TimePartitioning: to.partitions(),
			Clustering:       to.clusters(),
		})
		if err == nil {
			s.logger.Info("made a table", "table", s.id(t))
		}
		if !google.HasStatus(err, http.StatusConflict) {
			return err
		}
		have, err = table.Metadata(ctx) // another made it at the same moment
	}
	if err != nil {
		return err
	}
	missing, err := missingColumns(have.Schema, columns)
	if err != nil {
		return &ship.Failure{Reason: ship.Schema, Err: fmt.Errorf("%s: %w; give `drift_exporter ship` a dataset of its own, or move that table away", s.id(t), err)}
	}
	if len(missing) == 0 {
		return nil
	}
	_, err = table.Update(ctx, bigquery.TableMetadataToUpdate{Schema: append(have.Schema, schemaOf(missing)...)}, have.ETag)
	if err == nil {
		s.logger.Info("added columns to a table", "table", s.id(t), "columns", len(missing))
	}
	return err
}

// missingColumns returns the columns that a table lacks. A table is not ours if it lacks the key,
// if a column has another type, or if it has a required column of its own.
func missingColumns(have bigquery.Schema, columns []column) ([]column, error) {
	found := map[string]*bigquery.FieldSchema{}
	for _, f := range have {
		found[f.Name] = f
	}
	var missing []column
	for _, c := range columns {
		f := found[c.name]
		delete(found, c.name)
		switch {
		case f == nil && c.required:
			return nil, fmt.Errorf("it has no column %s, so it is another table", c.name)
		case f == nil:
			missing = append(missing, c)
		case f.Type != c.kind || f.Repeated != c.repeated:
			return nil, fmt.Errorf("its column %s is of type %s where %s is needed", c.name, f.Type, c.kind)
		}
	}
	for name, f := range found {
		if f.Required {
			return nil, fmt.Errorf("its column %s is required, and no row of a log has it", name)
		}
	}
	return missing, nil
}
