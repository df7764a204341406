package servers

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strconv"

	_ "github.com/go-sql-driver/mysql" // the driver of MariaDB
	_ "github.com/jackc/pgx/v5/stdlib" // the driver of PostgreSQL
)

// program finds a program of a server. It also looks where Debian installs it outside the path.
func program(name, debian string) (string, error) {
	if path, err := exec.LookPath(name); err == nil {
		return path, nil
	}
	for _, pattern := range []string{"/usr/lib/postgresql/*/bin/", "/usr/sbin/", "/usr/lib/rabbitmq/lib/*/sbin/"} {
		if found, err := filepath.Glob(pattern + name); err == nil && len(found) > 0 {
			return found[len(found)-1], nil
		}
	}
	return "", &MissingError{name + " (Debian: " + debian + ")"}
}

// opened returns a function that asks a database whether it answers.
func opened(driver, dsn string) func(context.Context) error {
	return func(ctx context.Context) error {
		db, err := sql.Open(driver, dsn)
		if err != nil {
			return err
		}
		return errors.Join(db.PingContext(ctx), db.Close())
	}
}

// Postgres starts PostgreSQL. Its URL is for pgx and for the driver "postgres" of a source.
func Postgres(ctx context.Context) (*Server, error) {
	initdb, err := program("initdb", "postgresql")
	if err != nil {
		return nil, err
	}
	run, err := program("postgres", "postgresql")
	if err != nil {
		return nil, err
	}
	s, port, err := newServer(ctx, "postgres")
	if err != nil {
		return nil, err
	}
	data := filepath.Join(s.Folder, "data")
	err = s.asNobody()
	if err == nil {
		err = s.prepare(ctx, initdb, "-D", data, "-U", "test", "-A", "trust", "--no-sync", "-E", "UTF8", "--no-locale")
	}
	if err != nil {
		return nil, err
	}
	s.URL = fmt.Sprintf("postgres://test@127.0.0.1:%d/postgres?sslmode=disable", port)
	// Without fsync nothing is lost when the process is killed, only when the machine is.
	s.line = []string{run, "-D", data, "-h", "127.0.0.1", "-p", strconv.Itoa(port), "-k", "", "-F", "-c", "max_wal_size=100MB"}
	s.answers = opened("pgx", s.URL)
	return s, s.Start(ctx)
}

// MariaDB starts MariaDB. Its URL is for the driver "mysql".
func MariaDB(ctx context.Context) (*Server, error) {
	install, err := program("mariadb-install-db", "mariadb-server")
	if err != nil {
		return nil, err
	}
	run, err := program("mariadbd", "mariadb-server")
	if err != nil {
		return nil, err
	}
	s, port, err := newServer(ctx, "mariadb")
	if err != nil {
		return nil, err
	}
	// A MariaDB that starts removes the temporary tables of every other one that shares its tmpdir.
	data, temporary := "--datadir="+filepath.Join(s.Folder, "data"), "--tmpdir="+s.Folder
	err = s.asNobody()
	if err == nil {
		err = s.prepare(ctx, install, "--no-defaults", data, temporary, "--auth-root-authentication-method=normal", "--skip-test-db")
	}
	if err != nil {
		return nil, err
	}
	s.URL = fmt.Sprintf("root@tcp(127.0.0.1:%d)/mysql", port)
	s.line = []string{run, "--no-defaults", data, temporary, "--bind-address=127.0.0.1", "--port=" + strconv.Itoa(port),
		"--socket=" + filepath.Join(s.Folder, "socket"), "--innodb-flush-log-at-trx-commit=2", "--innodb-buffer-pool-size=32M", "--default-time-zone=+03:00"}
	s.answers = opened("mysql", s.URL)
	return s, s.Start(ctx)
}
