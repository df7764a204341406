package serve

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// spareFiles is the number of open files that connections leave for other uses.
const spareFiles = 64

// heldBytes is the maximum total size of answers that wait for clients to read them.
const heldBytes = 64 << 20

// complaint is the minimum time between two log messages about closed connections.
const complaint = time.Minute

// connections limits the number of connections. A connection is either busy or waits for its
// client: it is new or idle, or a request has not arrived in full. Above the limit, the
// connection that has waited longest is closed, so clients that send slowly or nothing do not
// keep others out. A connection whose client does not read its answer also waits. Above 64 MiB of
// waiting answers, the one that has waited longest is closed.
type connections struct {
	limit  int
	logger *slog.Logger
	held   atomic.Int64 // bytes of answers that are being sent

	mu         sync.Mutex
	all        map[*connection]struct{}
	cut        int       // since complained
	complained time.Time // when it was last logged
}

// newConnections limits connections by limit and by the limit of open files. If limit is 0, only
// the latter applies.
func newConnections(limit int, logger *slog.Logger) *connections {
	var files unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &files); err == nil && files.Cur < 1<<31 {
		if room := int(files.Cur) - spareFiles; room > 0 && (limit == 0 || room < limit) {
			limit = room
		}
	}
	return &connections{limit: limit, logger: logger, all: map[*connection]struct{}{}}
}

// listener returns l with a limited number of connections.
func (s *connections) listener(l net.Listener) net.Listener { return boundListener{l, s} }

type boundListener struct {
	net.Listener
	all *connections
}

// Accept implements net.Listener.
func (l boundListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return l.all.add(conn), nil
}

// add accepts a new connection. If there are too many, it closes another one, or this one. Only
// then does its cost grow with the number of connections: 0.1 ms at 4,096.
func (s *connections) add(conn net.Conn) *connection {
	c := &connection{Conn: conn, all: s, since: time.Now()}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all[c] = struct{}{}
	if s.limit == 0 || len(s.all) <= s.limit {
		return c
	}
	s.cutLongest(c, (*connection).waits)
	return c
}

// cutLongest closes the connection that has waited longest according to waits. If there is none,
// it closes the given one, which may be nil.
func (s *connections) cutLongest(longest *connection, waits func(*connection) (bool, time.Time)) {
	since := time.Now()
	for other := range s.all {
		if yes, when := waits(other); yes && when.Before(since) {
			longest, since = other, when
		}
	}
	if longest == nil {
		return
	}
	longest.expire()
	delete(s.all, longest) // It closes soon; meanwhile it counts no more.
	s.cut++
	if now := time.Now(); now.Sub(s.complained) >= complaint {
		s.logger.Warn("too many connections (--web.max-connections), or too much sent that nobody reads: closing those that have waited longest for their client", "limit", s.limit, "closed", s.cut)
		s.cut, s.complained = 0, now
	}
}

// send notes that this many bytes are about to be sent. If too many bytes wait for their clients,
// it closes the connection that has waited longest. The bytes of that connection are released
// when its write has ended.
func (s *connections) send(bytes int) {
	if s.held.Add(int64(bytes)) <= heldBytes {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cutLongest(nil, (*connection).sends)
}

// expireWaiting ends the reads of all connections that wait for their client.
func (s *connections) expireWaiting() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.all {
		if waits, _ := c.waits(); waits {
			c.expire()
		}
	}
}

func (s *connections) remove(c *connection) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.all, c)
}

// handler returns next, and marks the connection of a request as busy while next has the whole
// request.
func (s *connections) handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, ok := r.Context().Value(connectionKey{}).(*connection)
		if !ok {
			next.ServeHTTP(w, r)
			return
		}
		if r.Body != nil && r.Body != http.NoBody {
			body := &arriving{ReadCloser: r.Body, connection: c}
			defer body.leave()
			with := *r // The server looks at the body of its own.
			with.Body = body
			r = &with
		} else {
			if !c.begin() {
				http.Error(w, "too many connections; repeat the request on a new one", http.StatusServiceUnavailable)
				return
			}
			defer c.end()
		}
		next.ServeHTTP(w, r)
	})
}

// connectionKey is the key of the connection in the context of its requests.
type connectionKey struct{}

// remember is the ConnContext of a server.
func remember(ctx context.Context, conn net.Conn) context.Context {
	if secure, ok := conn.(*tls.Conn); ok {
		conn = secure.NetConn()
	}
	return context.WithValue(ctx, connectionKey{}, conn)
}
