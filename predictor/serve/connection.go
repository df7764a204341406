package serve

import (
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// stuck is how long a write may take before its connection may be closed for the benefit of
// others. Sending 0.2 MB to a client that reads takes milliseconds.
const stuck = 2 * time.Second

// connection is a connection that is counted in connections.
type connection struct {
	net.Conn
	all *connections

	mu      sync.Mutex
	busy    int       // requests that have arrived in full and are not answered yet
	since   time.Time // when it began to wait for its client
	sending time.Time // when it began to send what its client has not taken yet; zero: nothing
	expired bool      // no deadline of a read is in the future any more
}

// Close implements net.Conn.
func (c *connection) Close() error {
	c.all.remove(c)
	return c.Conn.Close()
}

// SetReadDeadline implements net.Conn.
func (c *connection) SetReadDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.expired {
		return nil
	}
	return c.Conn.SetReadDeadline(t)
}

// SetDeadline implements net.Conn.
func (c *connection) SetDeadline(t time.Time) error {
	if err := c.SetWriteDeadline(t); err != nil {
		return err
	}
	return c.SetReadDeadline(t)
}

// expire ends every read, now and later, as if its deadline had passed. Then the server closes
// the connection. If a handler has an answer to a request that did not arrive in full, it is sent
// first. An answer that is being sent is cut off.
func (c *connection) expire() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.expired = true
	if !c.sending.IsZero() {
		_ = c.SetWriteDeadline(time.Unix(1, 0))
	}
	_ = c.Conn.SetReadDeadline(time.Unix(1, 0)) // It fails when the connection is closed.
}

// waits reports whether the connection waits for its client, and since when. It waits for a
// request, or for the client to read an answer.
func (c *connection) waits() (bool, time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.sending.IsZero() {
		return c.isStuck(), c.sending
	}
	return c.busy == 0, c.since
}

// sends reports whether the client does not read its answer, and since when.
func (c *connection) sends() (bool, time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.isStuck(), c.sending
}

// isStuck reports whether a write takes longer than it would for a client that reads.
func (c *connection) isStuck() bool { return !c.sending.IsZero() && time.Since(c.sending) > stuck }

// Write implements net.Conn. It returns when the kernel has taken all of p. The kernel takes
// nothing while the client reads nothing.
func (c *connection) Write(p []byte) (int, error) {
	c.mu.Lock()
	c.sending = time.Now()
	c.mu.Unlock()
	c.all.send(len(p))
	n, err := c.Conn.Write(p)
	c.all.held.Add(-int64(len(p)))
	c.mu.Lock()
	c.sending = time.Time{}
	c.mu.Unlock()
	return n, err
}

// begin notes that a request has arrived in full. It reports false if that was too late: the
// server is already closing the connection, so a slow answer would not reach the client.
func (c *connection) begin() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.expired {
		c.busy++
	}
	return !c.expired
}

// end notes that the request is answered.
func (c *connection) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.busy--; c.busy == 0 {
		c.since = time.Now()
	}
}

// arriving is the body of a request. Its connection is busy once the body has arrived in full.
type arriving struct {
	io.ReadCloser
	connection *connection
	arrived    bool
}

// Read implements io.Reader.
func (a *arriving) Read(p []byte) (int, error) {
	n, err := a.ReadCloser.Read(p)
	if err == io.EOF && !a.arrived { //nolint:errorlint // The contract of io.Reader: never wrapped.
		if !a.connection.begin() {
			return n, os.ErrDeadlineExceeded
		}
		a.arrived = true
	}
	return n, err
}

// leave notes that the request is answered.
func (a *arriving) leave() {
	if a.arrived {
		a.connection.end()
	}
}
