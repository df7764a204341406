package load

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strconv"
)

// Conn is one kept-alive HTTP/1.1 connection to a server on this machine. It does as little as
// possible. The client of net/http needs more time for a request than the server does. On the
// same cores, that would hide how fast the server is. Only one goroutine may use a Conn at a
// time.
type Conn struct {
	conn net.Conn
	in   *bufio.Reader
	body []byte
}

// Dial connects to ADDRESS:PORT, which must be on the loopback interface.
func Dial(ctx context.Context, address string) (*Conn, error) {
	to, err := netip.ParseAddrPort(address)
	if err != nil || !to.Addr().IsLoopback() {
		return nil, fmt.Errorf("connect to %q: load goes to a port of the loopback interface only, such as 127.0.0.1:5000", address)
	}
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	return &Conn{conn: conn, in: bufio.NewReaderSize(conn, 16<<10)}, nil
}

// Close closes the connection.
func (c *Conn) Close() error { return c.conn.Close() }

// Post returns a request that posts JSON, ready to be sent.
func Post(path string, body []byte) []byte {
	return fmt.Appendf(nil, "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", path, len(body), body)
}

// Get returns a request for a page. encoding is the encoding that it accepts, if not empty.
func Get(path, encoding string) []byte {
	if encoding != "" {
		encoding = "Accept-Encoding: " + encoding + "\r\n"
	}
	return fmt.Appendf(nil, "GET %s HTTP/1.1\r\nHost: localhost\r\n%s\r\n", path, encoding)
}

var errAnswer = errors.New("the answer is not HTTP/1.1 with a length or in chunks")

// Ask sends a request from Post or Get, and waits for the answer. The body is valid until the
// next call. It allocates nothing.
func (c *Conn) Ask(request []byte) (status int, body []byte, err error) {
	if _, err := c.conn.Write(request); err != nil {
		return 0, nil, err
	}
	line, err := c.in.ReadSlice('\n')
	if err != nil {
		return 0, nil, err
	}
	if len(line) < len("HTTP/1.1 200") || !bytes.HasPrefix(line, []byte("HTTP/1.1 ")) {
		return 0, nil, errAnswer
	}
	if status, err = strconv.Atoi(string(line[9:12])); err != nil {
		return 0, nil, errAnswer
	}
	length, err := c.header()
	if err != nil {
		return 0, nil, err
	}
	c.body = c.body[:0]
	if length >= 0 {
		err := c.take(length)
		return status, c.body, err
	}
	for {
		line, err := c.in.ReadSlice('\n')
		if err != nil {
			return 0, nil, err
		}
		n, err := strconv.ParseUint(string(bytes.TrimSpace(line)), 16, 31)
		if err != nil {
			return 0, nil, errAnswer
		}
		if err := c.take(int(n)); err != nil {
			return 0, nil, err
		}
		if _, err := c.in.Discard(len("\r\n")); err != nil {
			return 0, nil, err
		}
		if n == 0 {
			return status, c.body, nil
		}
	}
}

// header reads to the end of the header and returns the body's length, or -1 if the body comes in
// chunks.
func (c *Conn) header() (length int, err error) {
	length = -2
	for {
		line, err := c.in.ReadSlice('\n')
		if err != nil {
			return 0, err
		}
		name, value, _ := bytes.Cut(bytes.TrimRight(line, "\r\n"), []byte(":"))
		switch {
		case len(name) == 0 && length == -2:
			return 0, errAnswer
		case len(name) == 0:
			return length, nil
		case bytes.EqualFold(name, []byte("Content-Length")):
			if length, err = strconv.Atoi(string(bytes.TrimSpace(value))); err != nil || length < 0 {
				return 0, errAnswer
			}
		case bytes.EqualFold(name, []byte("Transfer-Encoding")):
			length = -1
		}
	}
}

// take adds n bytes to the body.
func (c *Conn) take(n int) error {
	have := len(c.body)
	c.body = append(c.body, make([]byte, n)...)
	_, err := io.ReadFull(c.in, c.body[have:])
	return err
}
