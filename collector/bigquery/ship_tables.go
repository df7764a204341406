package bigquery

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	bq "cloud.google.com/go/bigquery"
	"google.golang.org/api/googleapi"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/ship"
)

// prepare makes the tables that are missing and adds the columns that an existing
// one lacks.
func (s *Sink) prepare(ctx context.Context) error {
	for _, t := range predictionlog.Tables {
		if err := s.ensureTable(ctx, t); err != nil {
			return s.explain(fmt.Errorf("prepare the table %s: %w", t, err))
		}
	}
	return nil
}

func (s *Sink) ensureTable(ctx context.Context, t predictionlog.Table) error {
	ctx, cancel := context.WithTimeout(ctx, s.patience)
	defer cancel()
	table, columns := s.dataset.Table(string(t)), shipColumns[t]
	have, err := table.Metadata(ctx)
	if hasCode(err, http.StatusNotFound) {
		// Whether it is the dataset that lacks is asked before a table is made in
		// it: the emulator answers that with 500, which Google's client repeats.
		if _, err := s.dataset.Metadata(ctx); hasCode(err, http.StatusNotFound) {
			return err
		}
		err = table.Create(ctx, &bq.TableMetadata{
			Description:      "Rows of prediction logs, shipped by drift_exporter.",
			Schema:           shipSchema(columns),
			TimePartitioning: &bq.TimePartitioning{Type: bq.DayPartitioningType, Field: "time"},
			Clustering:       &bq.Clustering{Fields: []string{"model", "version"}},
		})
		if err == nil {
			s.logger.Info("made a table", "table", s.id(t))
		}
		if !hasCode(err, http.StatusConflict) {
			return err
		}
		have, err = table.Metadata(ctx) // another made it at the same moment
	}
	if err != nil {
		return err
	}
	lacks, err := lacking(have.Schema, columns)
	if err != nil {
		return &ship.Failure{Reason: ship.Schema, Err: fmt.Errorf("%s: %w; give `drift_exporter ship` a dataset of its own, or move that table away", s.id(t), err)}
	}
	if len(lacks) == 0 {
		return nil
	}
	_, err = table.Update(ctx, bq.TableMetadataToUpdate{Schema: append(have.Schema, shipSchema(lacks)...)}, have.ETag)
	if err == nil {
		s.logger.Info("added columns to a table", "table", s.id(t), "columns", len(lacks))
	}
	return err
}

// lacking returns the columns that a table lacks. A table without the key, with
// another type of a column, or with a required column of its own is not ours.
func lacking(have bq.Schema, columns []shipColumn) ([]shipColumn, error) {
	found := map[string]*bq.FieldSchema{}
	for _, f := range have {
		found[f.Name] = f
	}
	var lacks []shipColumn
	for _, c := range columns {
		f := found[c.name]
		delete(found, c.name)
		switch {
		case f == nil && c.required:
			return nil, fmt.Errorf("it has no column %s, so it is another table", c.name)
		case f == nil:
			lacks = append(lacks, c)
		case f.Type != c.kind || f.Repeated:
			return nil, fmt.Errorf("its column %s is of type %s where %s is needed", c.name, f.Type, c.kind)
		}
	}
	for name, f := range found {
		if f.Required {
			return nil, fmt.Errorf("its column %s is required, and no row of a log has it", name)
		}
	}
	return lacks, nil
}

// hasCode reports whether an error is an answer of the REST interface with that
// status.
func hasCode(err error, code int) bool {
	var answer *googleapi.Error
	return errors.As(err, &answer) && answer.Code == code
}
