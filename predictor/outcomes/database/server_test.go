package database

import (
	"database/sql"
	"path/filepath"
	"testing"

	"github.com/drift-exporter/drift_exporter/predictor/outcomes/sourcetest/servers"
)

// server is a database that a test has started.
type server struct {
	driver string
	dsn    string // as the configuration takes it
	db     *sql.DB
}

// connect opens a database until the test ends.
func (s *server) connect(t *testing.T, driver string) *server {
	t.Helper()
	db, err := sql.Open(driver, s.dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	s.db = db
	return s
}

func startPostgres(t *testing.T) *server {
	t.Helper()
	return (&server{driver: postgres, dsn: servers.For(t, servers.Postgres).URL}).connect(t, "pgx")
}

func startMariaDB(t *testing.T) *server {
	t.Helper()
	return (&server{driver: mysql, dsn: servers.For(t, servers.MariaDB).URL}).connect(t, "mysql")
}

func startSQLite(t *testing.T) *server {
	t.Helper()
	s := &server{driver: sqlite, dsn: filepath.Join(t.TempDir(), "other.db")}
	db, err := sql.Open("sqlite3", s.dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	s.db = db
	return s
}

func (s *server) exec(t *testing.T, text string, args ...any) {
	t.Helper()
	if _, err := s.db.ExecContext(t.Context(), text, args...); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
}
