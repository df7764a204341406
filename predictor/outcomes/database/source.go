package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/drift-exporter/drift_exporter/predictor/outcomes"
	"github.com/drift-exporter/drift_exporter/predictor/outcomes/watermark"
)

// Run implements outcomes.Source.
func (s *source) Run(ctx context.Context, sink *outcomes.Sink) (err error) {
	db, err := s.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return watermark.Run(ctx, sink, s.options, &asked{source: s, db: db})
}

// asked is the query, with the open database.
type asked struct {
	*source
	db *sql.DB
}

// Fetch implements watermark.Query. All its rows come from one snapshot.
func (a *asked) Fetch(ctx context.Context, from watermark.Mark, row func(columns []string, values []any) error) (horizon int64, err error) {
	options := &sql.TxOptions{ReadOnly: true, Isolation: sql.LevelRepeatableRead}
	if a.driver == sqlite {
		options = nil // one read is one snapshot there
	}
	tx, err := a.db.BeginTx(ctx, options)
	if err != nil {
		return 0, fmt.Errorf("begin to read: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // it was only read
	if a.query.snapshot {
		if err := tx.QueryRowContext(ctx, "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint").Scan(&horizon); err != nil {
			return 0, fmt.Errorf("ask for the oldest transaction: %w", err)
		}
	}
	args := make([]any, len(a.query.uses))
	for i, name := range a.query.uses {
		if args[i] = any(horizon); name == since {
			args[i] = a.parameter(from)
		}
	}
	result, err := tx.QueryContext(ctx, a.query.text, args...)
	if err != nil {
		return 0, fmt.Errorf("run the query: %w", err)
	}
	defer func() { err = errors.Join(err, result.Close()) }()
	return horizon, scan(result, row)
}

// scan passes on the rows of a result.
func scan(result *sql.Rows, row func(columns []string, values []any) error) error {
	columns, err := result.Columns()
	if err != nil {
		return fmt.Errorf("run the query: %w", err)
	}
	types, err := result.ColumnTypes()
	if err != nil {
		return fmt.Errorf("run the query: %w", err)
	}
	values, places := make([]any, len(columns)), make([]any, len(columns))
	var bits []int // columns of bits, which come as bytes
	for i := range values {
		places[i] = &values[i]
		if types[i].DatabaseTypeName() == "BIT" {
			bits = append(bits, i)
		}
	}
	for result.Next() {
		if err := result.Scan(places...); err != nil {
			return fmt.Errorf("read a row: %w", err)
		}
		for _, i := range bits {
			values[i] = number(values[i])
		}
		if err := row(columns, values); err != nil {
			return err
		}
	}
	if err := result.Err(); err != nil {
		return fmt.Errorf("read the rows: %w", err)
	}
	return nil
}

// number returns the number that the bits of MySQL are.
func number(v any) any {
	bytes, ok := v.([]byte)
	if !ok {
		return v
	}
	n := uint64(0)
	for _, b := range bytes {
		n = n<<8 | uint64(b)
	}
	return n
}

// textForm is the format of times in SQLite.
const textForm = "2006-01-02 15:04:05.999999999"

// parameter returns the mark in a form that the driver can compare. Times in SQLite are texts.
// The form without a time zone sorts before all other forms of the same time.
func (s *source) parameter(m watermark.Mark) any {
	switch {
	case s.options.Numbers:
		return m.Number
	case s.driver == sqlite:
		return m.Time.UTC().Format(textForm)
	}
	return m.Time.UTC()
}
