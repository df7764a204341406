package servers

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// startTime is how long a server may take until it answers, with other tests beside it.
const startTime = 2 * time.Minute

// MissingError says that a server is not installed.
type MissingError struct{ What string }

// Error implements error.
func (e *MissingError) Error() string { return "not installed: " + e.What }

// Server is a server that can be killed and started again.
type Server struct {
	// URL is how clients name it: the data source name of a database, or the address of a broker.
	URL string
	// Secure is the address of Kafka that takes TLS and a password.
	Secure string
	// Folder has its data, and what it was configured with.
	Folder string

	line       []string
	env        []string
	attributes *syscall.SysProcAttr
	answers    func(ctx context.Context) error // nil when it can be used
	forget     func()                          // stops what outlives the server; may be nil

	running *exec.Cmd
}

// Start runs the server and waits until it answers. It may be called again after Kill.
func (s *Server) Start(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	for attempts := 1; ; attempts++ {
		err := s.attempt(ctx)
		if err == nil {
			return nil
		}
		s.Kill()
		if ctx.Err() != nil || attempts == 30 {
			said, _ := os.ReadFile(s.logFile()) // empty if it has said nothing
			return fmt.Errorf("start %s: %w\n%s", s.line[0], err, said[max(0, len(said)-4096):])
		}
	}
}

// attempt runs the server once. It fails if the server ends, because the memory or the port of a
// killed one is still in use for a moment.
func (s *Server) attempt(ctx context.Context) error {
	c := exec.Command(s.line[0], s.line[1:]...) //nolint:gosec,noctx // the line is our own, and Kill ends it
	c.Env, c.SysProcAttr, c.Dir = append(os.Environ(), s.env...), s.attributes, s.Folder
	said, err := os.OpenFile(s.logFile(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	c.Stdout, c.Stderr = said, said
	if err := errors.Join(c.Start(), said.Close()); err != nil {
		return err
	}
	s.running = c
	ended := make(chan error, 1)
	go func() { ended <- c.Wait() }()
	for {
		one, cancel := context.WithTimeout(ctx, 5*time.Second)
		err := s.answers(one)
		cancel()
		if err == nil {
			return nil
		}
		select {
		case err := <-ended:
			return errors.Join(errors.New("it ended"), err)
		case <-ctx.Done():
			return err
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// logFile is where the server's output goes.
func (s *Server) logFile() string { return s.Folder + ".log" }

// Kill ends the server as kill -9 does.
func (s *Server) Kill() {
	if s.running != nil {
		_ = syscall.Kill(-s.running.Process.Pid, syscall.SIGKILL)
		s.running = nil
	}
}

// Stop kills the server and removes its data.
func (s *Server) Stop() {
	s.Kill()
	if s.forget != nil {
		s.forget()
	}
	_ = os.Remove(s.logFile())
	_ = os.RemoveAll(s.Folder) // a child of the server may write for a moment longer
}

// For starts a server for a test and stops it when the test ends. It skips the test if the server
// is not installed.
func For(t testing.TB, make func(ctx context.Context) (*Server, error)) *Server {
	t.Helper()
	s, err := make(t.Context())
	if missing, ok := errors.AsType[*MissingError](err); ok {
		t.Skip(missing)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Stop)
	return s
}

// newServer makes a server with a folder that the user it runs as can access. Databases refuse to
// run as root.
func newServer(ctx context.Context, name string) (s *Server, port int, err error) {
	s = &Server{attributes: &syscall.SysProcAttr{Setpgid: true}}
	if s.Folder, err = os.MkdirTemp("/tmp", "outcomes-"+name+"-"); err != nil {
		return nil, 0, err
	}
	port, err = FreePort(ctx)
	return s, port, err
}

// asNobody makes the server run as another user than root.
func (s *Server) asNobody() error {
	if os.Geteuid() != 0 {
		return nil
	}
	nobody, err := user.Lookup("nobody")
	if err != nil {
		return err
	}
	uid, err := strconv.ParseUint(nobody.Uid, 10, 32)
	if err != nil {
		return err
	}
	gid, err := strconv.ParseUint(nobody.Gid, 10, 32)
	if err != nil {
		return err
	}
	s.attributes.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return os.Chown(s.Folder, int(uid), int(gid))
}

// prepare runs a command before the server starts, as the server's user.
func (s *Server) prepare(ctx context.Context, line ...string) error {
	c := exec.CommandContext(ctx, line[0], line[1:]...) //nolint:gosec // the line is our own
	c.Dir = s.Folder
	c.SysProcAttr = &syscall.SysProcAttr{Credential: s.attributes.Credential}
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("%v: %w\n%s", line, err, out)
	}
	return nil
}

// freePorts returns two ports of the loopback interface that nothing listens on.
func freePorts(ctx context.Context) (ports [2]int, err error) {
	for i := range ports {
		if ports[i], err = FreePort(ctx); err != nil {
			return ports, err
		}
	}
	return ports, nil
}

// FreePort returns a port of the loopback interface that nothing listens on.
func FreePort(ctx context.Context) (int, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	port := l.Addr().(*net.TCPAddr).Port
	return port, l.Close()
}
