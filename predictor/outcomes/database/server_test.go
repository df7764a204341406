package database

import (
	"context"
	"database/sql"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// server is a database that a test has started.
type server struct {
	driver string
	dsn    string // as the configuration takes it
	db     *sql.DB
}

// program finds a program of a server. It also looks where Debian installs it outside the path.
func program(t *testing.T, names ...string) string {
	t.Helper()
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
		for _, pattern := range []string{"/usr/lib/postgresql/*/bin/", "/usr/sbin/"} {
			if found, _ := filepath.Glob(pattern + name); len(found) > 0 {
				return found[len(found)-1]
			}
		}
	}
	t.Skipf("%s is not installed", names[0])
	return ""
}

// as says which user runs a server. Servers refuse to run as root.
func as(t *testing.T, folder string) *syscall.SysProcAttr {
	t.Helper()
	attributes := &syscall.SysProcAttr{}
	if os.Geteuid() != 0 {
		return attributes
	}
	nobody, err := user.Lookup("nobody")
	if err != nil {
		t.Skip(err)
	}
	uid, _ := strconv.Atoi(nobody.Uid)
	gid, _ := strconv.Atoi(nobody.Gid)
	attributes.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	if err := os.Chown(folder, uid, gid); err != nil {
		t.Fatal(err)
	}
	return attributes
}

// folder returns a folder that the server's user can access.
func folder(t *testing.T) string {
	t.Helper()
	path, err := os.MkdirTemp("/tmp", "outcomes-database-") //nolint:usetesting // t.TempDir is closed to the user that the server runs as
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(path) })
	return path
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().(*net.TCPAddr).Port
}

// launch runs a server until the test ends, and waits until it answers.
func launch(t *testing.T, s *server, attributes *syscall.SysProcAttr, driver, dsn string, line ...string) {
	t.Helper()
	c := exec.CommandContext(context.WithoutCancel(t.Context()), line[0], line[1:]...) // the clean-up ends it
	c.SysProcAttr = attributes
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = c.Process.Signal(syscall.SIGQUIT)
		_ = c.Process.Kill()
		_ = c.Wait()
	})
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	s.db = db
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		err := db.PingContext(ctx)
		cancel()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
}

func prepare(t *testing.T, attributes *syscall.SysProcAttr, line ...string) {
	t.Helper()
	c := exec.CommandContext(t.Context(), line[0], line[1:]...)
	c.SysProcAttr = &syscall.SysProcAttr{Credential: attributes.Credential}
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", line, err, out)
	}
}

func startPostgres(t *testing.T) *server {
	t.Helper()
	initdb, run := program(t, "initdb"), program(t, "postgres")
	dir, port := folder(t), freePort(t)
	attributes := as(t, dir)
	prepare(t, attributes, initdb, "-D", dir, "-U", "test", "-A", "trust", "--no-sync", "-E", "UTF8", "--no-locale")
	s := &server{driver: postgres, dsn: fmt.Sprintf("postgres://test@127.0.0.1:%d/postgres?sslmode=disable", port)}
	launch(t, s, attributes, "pgx", s.dsn, run, "-D", dir, "-h", "127.0.0.1", "-p", strconv.Itoa(port), "-k", "", "-F", "-c", "max_wal_size=100MB")
	return s
}

func startMariaDB(t *testing.T) *server {
	t.Helper()
	install, run := program(t, "mariadb-install-db"), program(t, "mariadbd")
	dir, port := folder(t), freePort(t)
	attributes := as(t, dir)
	data := filepath.Join(dir, "data")
	prepare(t, attributes, install, "--no-defaults", "--datadir="+data, "--auth-root-authentication-method=normal", "--skip-test-db")
	s := &server{driver: mysql, dsn: fmt.Sprintf("root@tcp(127.0.0.1:%d)/mysql", port)}
	launch(t, s, attributes, "mysql", s.dsn, run, "--no-defaults", "--datadir="+data, "--bind-address=127.0.0.1", "--port="+strconv.Itoa(port),
		"--socket="+filepath.Join(dir, "s"), "--pid-file="+filepath.Join(dir, "pid"), "--innodb-buffer-pool-size=16M", "--innodb-flush-log-at-trx-commit=0", "--default-time-zone=+03:00")
	return s
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
