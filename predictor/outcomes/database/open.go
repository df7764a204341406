package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"time"

	mysqldriver "github.com/go-sql-driver/mysql"
	_ "github.com/jackc/pgx/v5/stdlib" // PostgreSQL
	_ "github.com/mattn/go-sqlite3"    // SQLite

	"github.com/drift-exporter/drift_exporter/predictor/outcomes"
)

// open opens the database and checks that it answers.
func (s *source) open(ctx context.Context) (*sql.DB, error) {
	name := s.dsn
	if s.dsnFile != "" {
		var err error
		if name, err = outcomes.Secret(s.dsnFile); err != nil {
			return nil, err
		}
	}
	db, err := s.connector(name)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	if err := db.PingContext(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("connect to the database: %w", err), db.Close())
	}
	return db, nil
}

func (s *source) connector(name string) (*sql.DB, error) {
	switch s.driver {
	case sqlite:
		if _, err := os.Stat(name); err != nil {
			return nil, fmt.Errorf("open the database: %w", err)
		}
		return sql.Open("sqlite3", "file:"+(&url.URL{Path: name}).EscapedPath()+"?mode=ro&_query_only=1&_busy_timeout=5000")
	case mysql:
		c, err := mysqldriver.ParseDSN(name)
		if err != nil {
			return nil, fmt.Errorf("the data source name in %s is not one such as user:password@tcp(host:3306)/database", s.dsnFile)
		}
		c.ParseTime = true
		if c.Params["time_zone"] == "" { // times are read and compared in UTC
			if c.Params == nil {
				c.Params = map[string]string{}
			}
			c.Params["time_zone"] = "'+00:00'"
		}
		connector, err := mysqldriver.NewConnector(c)
		if err != nil {
			return nil, fmt.Errorf("open the database: %w", err)
		}
		return sql.OpenDB(connector), nil
	}
	return sql.Open("pgx", name)
}
