package exporter

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// pipes is a listener for connections within the process, which obey the clock
// of testing/synctest.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
}

func (p pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p pipes) Close() error {
	close(p.closed)
	return nil
}

func (p pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }

// servePipes serves connections that dial makes, until the server is shut down.
func servePipes(t *testing.T, server *http.Server) (dial func() net.Conn) {
	t.Helper()
	p := pipes{make(chan net.Conn), make(chan struct{})}
	go func() {
		if err := server.Serve(p); !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	}()
	return func() net.Conn {
		ours, theirs := net.Pipe()
		p.conns <- theirs
		return ours
	}
}

func write(t *testing.T, c net.Conn, text string) {
	t.Helper()
	if _, err := io.WriteString(c, text); err != nil {
		t.Error(err)
	}
}

func TestAPageIsNotKeptForAClientThatDoesNotRead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := &http.Server{Handler: mustNew(t, options(fake{})).Handler(), WriteTimeout: writeTimeout}
		dial := servePipes(t, server)
		c := dial()
		write(t, c, "GET /metrics HTTP/1.1\r\nHost: x\r\n"+timeoutHeader+": 10\r\n\r\n")
		time.Sleep(9500*time.Millisecond + writeTimeout + time.Second) // Without reading a byte.
		if page, err := io.ReadAll(c); err != nil || strings.HasSuffix(string(page), "0\r\n\r\n") {
			t.Errorf("the whole page was kept for a client that does not read; error %v", err)
		}
		if err := server.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestLongScrapeIsNotCutByTheWriteTimeout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := mustNew(t, options(fake{collect: func(ctx context.Context, _ []string, ch chan<- prometheus.Metric) {
			<-ctx.Done()
			ch <- gauge("drift_up", 1)
		}}))
		server := &http.Server{Handler: s.Handler(), WriteTimeout: writeTimeout}
		c := servePipes(t, server)()
		go write(t, c, "GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"+timeoutHeader+": 600\r\n\r\n")
		if page, err := io.ReadAll(c); err != nil || !strings.Contains(string(page), "drift_up 1") {
			t.Errorf("error %v, page:\n%s", err, page)
		}
		if err := server.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
	})
}
