package serve

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/exporter-toolkit/web"

	"github.com/drift-exporter/drift_exporter/predictor/serve/servetest"
)

// running is a server that Run runs.
type running struct {
	addresses []string
	stop      context.CancelFunc
	done      chan error
}

// run serves handler on as many ports of the loopback interface.
func run(t *testing.T, handler http.Handler, config string, ports int) *running {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	r := &running{stop: stop, done: make(chan error, 1)}
	addresses, systemd := make([]string, ports), false
	for i := range addresses {
		addresses[i] = "127.0.0.1:0"
	}
	listening := make(chan net.Addr)
	o := Options{
		Web:          &web.FlagConfig{WebListenAddresses: &addresses, WebSystemdSocket: &systemd, WebConfigFile: &config},
		WriteTimeout: time.Minute, IdleTimeout: time.Minute, Grace: 10 * time.Second,
		Listening: func(a net.Addr) { listening <- a },
		Logger:    slog.New(slog.DiscardHandler),
	}
	go func() { r.done <- Run(ctx, handler, o) }()
	for range addresses {
		select {
		case a := <-listening:
			r.addresses = append(r.addresses, a.String())
		case err := <-r.done:
			t.Fatal(err)
		}
	}
	return r
}

// end stops the server and checks that it stops without an error.
func (r *running) end(t *testing.T) {
	t.Helper()
	r.stop()
	if err := <-r.done; err != nil {
		t.Errorf("Run: %v", err)
	}
}

// get asks for / and returns the status.
func get(t *testing.T, address, password string) int {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+address+"/", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	if password != "" {
		r.SetBasicAuth("prometheus", password)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	_, err = io.Copy(io.Discard, answer.Body)
	if err != nil {
		t.Error(err)
	}
	return answer.StatusCode
}

// Each address checks the password and counts a request once for the rate limit, however many
// addresses there are.
func TestEachAddressHasItsOwnGate(t *testing.T) {
	t.Parallel()
	config := filepath.Join(t.TempDir(), "web.yml")
	const text = `
basic_auth_users:
  prometheus: $2a$04$N6ROpo.HO675/3jCcvmsZ.vT4HXhCe9PvPgRYmXXY46jZt/DSPHVS
rate_limit:
  interval: 1h
  burst: 6
`
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	r := run(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}), config, 4)
	for _, address := range r.addresses {
		for i, test := range []struct {
			password string
			want     int
		}{
			{"", 401}, {"wrong", 401}, {"a scrape's password", 200}, {"a scrape's password", 200}, {"", 401}, {"a scrape's password", 200}, {"a scrape's password", 429},
		} {
			if got := get(t, address, test.password); got != test.want {
				t.Errorf("%s, request %d: status %d, want %d", address, i, got, test.want)
			}
		}
	}
	r.end(t)
	if _, err := new(net.Dialer).DialContext(t.Context(), "tcp", r.addresses[0]); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("still listening after Run: %v", err)
	}
}

func TestAPageIsAskedForOnceTheBodyHasArrived(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		sends, then string
		calls       int32
		status      string
	}{
		{"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 8\r\n\r\nhalf", "half", 1, "200 OK"},
		{"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n8\r\nhalf", "half\r\n0\r\n\r\n", 1, "200 OK"},
		{"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\nhalf", strings.Repeat("x", wholeBytes), 0, "413 Request Entity Too Large"},
	} {
		synctest.Test(t, func(t *testing.T) {
			var calls atomic.Int32
			server := newServer(Whole(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				calls.Add(1)
				if body, err := io.ReadAll(r.Body); err != nil || string(body) != "halfhalf" {
					t.Errorf("the body is %q, %v", body, err)
				}
			})), quiet)
			c := servePipes(t, server, newConnections(0, quiet.Logger))()
			servetest.Write(t, c, test.sends)
			synctest.Wait()
			if n := calls.Load(); n > 0 {
				t.Errorf("%q: the page was asked for before", test.sends)
			}
			answer := make(chan string)
			go func() {
				line := make([]byte, len("HTTP/1.1 ")+len(test.status))
				_, _ = io.ReadFull(c, line)
				_ = c.Close()
				answer <- string(line)
			}()
			servetest.Write(t, c, test.then)
			if got := <-answer; got != "HTTP/1.1 "+test.status || calls.Load() != test.calls {
				t.Errorf("%q: got %q after %d calls", test.sends, got, calls.Load())
			}
			if err := server.Shutdown(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestWhatCannotBeServedIsAnError(t *testing.T) {
	t.Parallel()
	none, systemd, port := "", true, []string{"127.0.0.1:0", "vsock://here"}
	for want, o := range map[string]Options{
		"missing required flag":                     {},
		"--web.max-connections=-1":                  {Web: &web.FlagConfig{WebListenAddresses: &port, WebConfigFile: &none}, MaxConnections: -1},
		"no web listen address":                     {Web: &web.FlagConfig{WebConfigFile: &none}},
		"--web.listen-address=vsock://here: write":  {Web: &web.FlagConfig{WebListenAddresses: &port, WebConfigFile: &none}},
		"--web.systemd-socket: systemd handed over": {Web: &web.FlagConfig{WebSystemdSocket: &systemd, WebConfigFile: &none}},
	} {
		if err := Run(t.Context(), http.NotFoundHandler(), o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want an error with %q", err, want)
		}
	}
}
