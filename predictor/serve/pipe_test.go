package serve

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/drift-exporter/drift_exporter/predictor/serve/servetest"
)

// servePipes serves the connections that dial makes, until the server is shut down.
func servePipes(t *testing.T, server *http.Server, bound *connections) (dial func() net.Conn) {
	t.Helper()
	pipes := servetest.NewPipes()
	servetest.Serve(t, server, bound.listener(pipes))
	return pipes.Dial
}

// quiet are options that log nothing.
var quiet = Options{WriteTimeout: time.Minute, IdleTimeout: 2 * time.Minute, Logger: slog.New(slog.DiscardHandler)}

func TestSlowClientsAreCutOff(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		sends string
		want  time.Duration
	}{
		"nothing":       {"", readHeaderTimeout},
		"half a header": {"GET / HTTP/1.1\r\nHost:", readHeaderTimeout},
		"half a body":   {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf", readTimeout},
		"one request":   {"GET / HTTP/1.1\r\nHost: x\r\n\r\n", quiet.IdleTimeout},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				server := newServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if _, err := io.Copy(io.Discard, r.Body); err != nil {
						http.Error(w, err.Error(), http.StatusRequestTimeout)
					}
				}), quiet)
				dial := servePipes(t, server, newConnections(0, quiet.Logger))
				began := time.Now()
				c := dial()
				servetest.Write(t, c, test.sends)
				if _, err := io.ReadAll(c); err != nil {
					t.Error(err)
				}
				if got := time.Since(began); got != test.want {
					t.Errorf("it was waited for %v, want %v", got, test.want)
				}
				if err := server.Shutdown(t.Context()); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

func TestAStopEndsContextsThenCuts(t *testing.T) {
	t.Parallel()
	o := quiet
	o.Grace, o.Cut = 10*time.Second, 5*time.Second
	whole := "GET / HTTP/1.1\r\nHost: x\r\n\r\n"
	for name, test := range map[string]struct {
		sends  string
		answer func(*http.Request)
		want   time.Duration
		cut    bool
	}{
		"nothing under way":                  {"", nil, 0, false},
		"half a header":                      {"GET / HTTP/1.1\r\nHost:", nil, o.Grace / 2, false},
		"half a body":                        {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf", func(r *http.Request) { _, _ = io.ReadAll(r.Body) }, o.Grace / 2, false},
		"a request that heeds its context":   {whole, func(r *http.Request) { <-r.Context().Done() }, o.Grace, false},
		"a request that ignores its context": {whole, func(*http.Request) { time.Sleep(time.Minute) }, o.Grace + o.Cut, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				requests, end := context.WithCancel(t.Context())
				defer end()
				bound := newConnections(0, quiet.Logger)
				server := newServer(bound.handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { test.answer(r) })), o)
				server.BaseContext = func(net.Listener) context.Context { return requests }
				dial := servePipes(t, server, bound)
				if test.sends != "" {
					c := dial()
					go func() { _, _ = io.Copy(io.Discard, c) }()
					servetest.Write(t, c, test.sends)
				}
				synctest.Wait()
				began := time.Now()
				if err := shutdown([]*http.Server{server}, bound, end, o); errors.Is(err, ErrCut) != test.cut {
					t.Errorf("error %v", err)
				}
				// Shutdown checks for idle connections every half second.
				if got := time.Since(began); got < test.want || got > test.want+time.Second {
					t.Errorf("stopped after %v, want %v", got, test.want)
				}
				time.Sleep(time.Minute) // For the request that cannot be stopped.
			})
		})
	}
}

func TestAboveTheBoundTheLongestWaitingConnectionIsClosed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		bound := newConnections(4, quiet.Logger)
		server := newServer(bound.handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if _, err := io.Copy(io.Discard, r.Body); err != nil {
				http.Error(w, "too slow", http.StatusRequestTimeout)
				return
			}
			if r.URL.Path == "/long" {
				<-release
			}
			_, _ = io.WriteString(w, "answered")
		})), quiet)
		dial := servePipes(t, server, bound)
		open := func(sends string) (net.Conn, chan string) {
			c, answer := dial(), make(chan string, 1)
			servetest.Write(t, c, sends)
			go func() {
				text, _ := io.ReadAll(c)
				answer <- string(text)
			}()
			synctest.Wait()
			time.Sleep(time.Millisecond)
			return c, answer
		}
		const last = "Host: x\r\nConnection: close\r\n"
		_, busy := open("POST /long HTTP/1.1\r\n" + last + "Content-Length: 1\r\n\r\nx")
		_, body := open("POST / HTTP/1.1\r\n" + last + "Content-Length: 2\r\n\r\nx")
		_, header := open("GET / HTTP/1.1\r\nHost:")
		idler, idle := open("GET / HTTP/1.1\r\nHost: x\r\n\r\n")

		_, first := open("GET / HTTP/1.1\r\n" + last + "\r\n")
		if got := <-body; !strings.Contains(got, "408 Request Timeout") || !strings.HasSuffix(got, "too slow\n") {
			t.Errorf("half a body, the first to wait, got %q", got)
		}
		_, second := open("GET /long HTTP/1.1\r\n" + last + "\r\n")
		_, third := open("GET /long HTTP/1.1\r\n" + last + "\r\n")
		if got := <-header; got != "" {
			t.Errorf("half a header, the second, got %q", got)
		}
		synctest.Wait()
		servetest.Write(t, idler, "GET / HTTP/1.1\r\n"+last+"\r\n")
		if got := <-idle; strings.Count(got, "answered") != 2 {
			t.Errorf("the idle connection, for which there was room, got %q", got)
		}
		close(release)
		for name, answer := range map[string]chan string{"busy": busy, "new": first, "newer": second, "newest": third} {
			if got := <-answer; !strings.HasSuffix(got, "answered") {
				t.Errorf("the %s one got %q", name, got)
			}
		}
		if err := server.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		if n := len(bound.all); n > 0 {
			t.Errorf("%d connections are still counted", n)
		}
	})
}
