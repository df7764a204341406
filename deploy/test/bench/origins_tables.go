package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"cloud.google.com/go/bigquery"
	"google.golang.org/api/iterator"

	"github.com/drift-exporter/drift_exporter/predictor/google"
	"github.com/drift-exporter/drift_exporter/predictor/google/emulator"
	"github.com/drift-exporter/drift_exporter/predictor/outcomes/sourcetest/servers"
)

const saidSince = "SELECT prediction_id, outcome, updated_at FROM said WHERE updated_at >= %s ORDER BY updated_at"

// sqlTable is a table of a database with one row for each record.
type sqlTable struct {
	db     *sql.DB
	source string          // driver and name, as the source's entry has them
	server *servers.Server // nil: SQLite
}

func fromPostgres(ctx context.Context, dir string, n int) (origin, error) {
	s, err := servers.Postgres(ctx)
	if err != nil {
		return nil, err
	}
	return fromServer(ctx, s, "postgres", "pgx", dir, n,
		"CREATE TABLE said AS SELECT i AS prediction_id, (i % 2)::text AS outcome, now() + i * interval '1 ms' AS updated_at FROM generate_series(0, LAST) AS i")
}

func fromMariaDB(ctx context.Context, dir string, n int) (origin, error) {
	s, err := servers.MariaDB(ctx)
	if err != nil {
		return nil, err
	}
	return fromServer(ctx, s, "mysql", "mysql", dir, n,
		"CREATE TABLE said AS SELECT seq AS prediction_id, CAST(seq % 2 AS char) AS outcome, utc_timestamp(3) + INTERVAL seq * 1000 MICROSECOND AS updated_at FROM seq_0_to_LAST")
}

func fromServer(ctx context.Context, s *servers.Server, name, driver, dir string, n int, statement string) (origin, error) {
	dsn := filepath.Join(dir, name+".dsn")
	o := &sqlTable{source: "driver: " + name + ", dsn_file: " + dsn, server: s}
	return o, errors.Join(os.WriteFile(dsn, []byte(s.URL), 0o600), o.make(ctx, driver, s.URL, n, statement))
}

func fromSQLite(ctx context.Context, dir string, n int) (origin, error) {
	path := filepath.Join(dir, "said.db")
	o := &sqlTable{source: "driver: sqlite, dsn: " + path}
	return o, o.make(ctx, "sqlite3", path, n, `CREATE TABLE said AS WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < LAST)
		SELECT i AS prediction_id, i % 2 AS outcome, strftime('%Y-%m-%d %H:%M:%f', 'now', (i / 1000.0) || ' seconds') AS updated_at FROM n`)
}

// make makes the table by a statement, in which LAST is the last record.
func (o *sqlTable) make(ctx context.Context, driver, dsn string, n int, statement string) (err error) {
	if o.db, err = sql.Open(driver, dsn); err != nil {
		return err
	}
	for _, statement := range []string{strings.ReplaceAll(statement, "LAST", strconv.Itoa(n-1)), "CREATE INDEX said_at ON said (updated_at)"} {
		if _, err := o.db.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}

func (o *sqlTable) entry() string {
	return "sql: {" + o.source + ", query: \"" + fmt.Sprintf(saidSince, ":since") + "\"}"
}

func (*sqlTable) fill(context.Context) error { return nil }

func (o *sqlTable) read(ctx context.Context) error {
	rows, err := o.db.QueryContext(ctx, fmt.Sprintf(saidSince, "'1970-01-01'"))
	if err != nil {
		return err
	}
	for rows.Next() {
		var id, outcome, at any
		if err := rows.Scan(&id, &outcome, &at); err != nil {
			return errors.Join(err, rows.Close())
		}
	}
	return errors.Join(rows.Err(), rows.Close())
}

func (o *sqlTable) close() {
	_ = o.db.Close()
	if o.server != nil {
		o.server.Stop()
	}
}

// warehouse is a table of an emulator of BigQuery.
type warehouse struct {
	emulator *emulator.Emulator
	client   *bigquery.Client
}

const warehouseSince = "SELECT prediction_id, outcome, updated_at FROM `test-project.truth.said` WHERE updated_at >= @since ORDER BY updated_at"

func fromBigQuery(ctx context.Context, _ string, n int) (origin, error) {
	e, err := emulator.Run(ctx)
	if err != nil {
		return nil, err
	}
	o := &warehouse{emulator: e}
	if err := os.Setenv(google.RESTEmulator, e.REST); err != nil { // for the outcomes process
		return nil, err
	}
	if o.client, err = bigquery.NewClient(ctx, "test-project", e.ClientOptions()...); err != nil {
		return nil, err
	}
	if err := o.client.Dataset("truth").Create(ctx, nil); err != nil {
		return nil, err
	}
	job, err := o.client.Query(fmt.Sprintf("CREATE TABLE `test-project.truth.said` AS SELECT i AS prediction_id, CAST(MOD(i, 2) AS STRING) AS outcome, "+
		"TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL i MILLISECOND) AS updated_at FROM UNNEST(GENERATE_ARRAY(0, %d)) AS i", n-1)).Run(ctx)
	if err != nil {
		return nil, err
	}
	status, err := job.Wait(ctx)
	if err == nil {
		err = status.Err()
	}
	return o, err
}

func (*warehouse) entry() string {
	return "bigquery: {project: test-project, query: \"" + warehouseSince + "\"}"
}

func (*warehouse) fill(context.Context) error { return nil }

func (o *warehouse) read(ctx context.Context) error {
	q := o.client.Query(strings.ReplaceAll(warehouseSince, "@since", "TIMESTAMP '1970-01-01'"))
	rows, err := q.Read(ctx)
	for err == nil {
		var values []bigquery.Value
		err = rows.Next(&values)
	}
	if errors.Is(err, iterator.Done) {
		return nil
	}
	return err
}

func (o *warehouse) close() {
	_ = o.client.Close()
	o.emulator.Kill()
}
