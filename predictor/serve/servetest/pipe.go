// Package servetest connects clients with servers in tests, by pipes within the process: these
// use the clock of testing/synctest.
package servetest

import (
	"errors"
	"io"
	"net"
	"net/http"
	"testing"
)

// Pipes is a listener for connections within the process.
type Pipes struct {
	conns  chan net.Conn
	closed chan struct{}
}

// NewPipes returns a listener without connections.
func NewPipes() *Pipes { return &Pipes{make(chan net.Conn), make(chan struct{})} }

// Dial connects with the server that accepts from p.
func (p *Pipes) Dial() net.Conn {
	ours, theirs := net.Pipe()
	p.conns <- theirs
	return ours
}

// Accept implements net.Listener.
func (p *Pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener.
func (p *Pipes) Close() error {
	close(p.closed)
	return nil
}

// Addr implements net.Listener.
func (p *Pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }

// Serve has a server serve a listener, in another goroutine, until it is shut down.
func Serve(t *testing.T, server *http.Server, l net.Listener) {
	t.Helper()
	go func() {
		if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	}()
}

// Write sends a text.
func Write(t *testing.T, c net.Conn, text string) {
	t.Helper()
	if _, err := io.WriteString(c, text); err != nil {
		t.Error(err)
	}
}
