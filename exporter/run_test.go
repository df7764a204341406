package exporter

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/exporter-toolkit/web"
)

// flags returns what the command line would hold.
func flags(config string, addresses ...string) *web.FlagConfig {
	return &web.FlagConfig{WebListenAddresses: &addresses, WebSystemdSocket: new(bool), WebConfigFile: &config}
}

// running is an exporter that Run serves.
type running struct {
	addresses []string
	cancel    context.CancelFunc
	done      chan error
}

// run starts Run and returns once it listens everywhere. Without o.Web it
// listens on one port of the loopback interface.
func run(t *testing.T, o Options) *running {
	t.Helper()
	if o.Web == nil {
		o.Web = flags("", "127.0.0.1:0")
	}
	ctx, cancel := context.WithCancel(t.Context())
	r := &running{cancel: cancel, done: make(chan error, 1)}
	listening := make(chan net.Addr)
	o.Listening = func(a net.Addr) { listening <- a }
	go func() {
		r.done <- Run(ctx, o)
	}()
	for range *o.Web.WebListenAddresses {
		select {
		case a := <-listening:
			r.addresses = append(r.addresses, a.String())
		case err := <-r.done:
			t.Fatal(err)
		}
	}
	return r
}

// stop ends Run and checks that it ends well.
func (r *running) stop(t *testing.T) {
	t.Helper()
	r.cancel()
	if err := <-r.done; err != nil {
		t.Errorf("Run: %v", err)
	}
}

// get returns status, header and body; user is empty or name:password.
func get(t *testing.T, client *http.Client, url, user string, headers ...string) (int, http.Header, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	if name, password, found := strings.Cut(user, ":"); found {
		r.SetBasicAuth(name, password)
	}
	for pair := range slices.Chunk(headers, 2) {
		r.Header.Set(pair[0], pair[1])
	}
	answer, err := client.Do(r)
	if err != nil {
		t.Error(err)
		return 0, nil, ""
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Error(err)
	}
	return answer.StatusCode, answer.Header, string(body)
}

func TestRunListensOnEveryAddress(t *testing.T) {
	t.Parallel()
	o := options(fake{collect: func(_ context.Context, _ []string, ch chan<- prometheus.Metric) { ch <- gauge("drift_up", 1) }})
	o.Web = flags("", "127.0.0.1:0", "127.0.0.1:0")
	r := run(t, o)
	if r.addresses[0] == r.addresses[1] {
		t.Errorf("called with %q twice", r.addresses[0])
	}
	for _, address := range r.addresses {
		if strings.HasSuffix(address, ":0") {
			t.Errorf("called with %q, not the bound port", address)
		}
		if status, _, body := get(t, http.DefaultClient, "http://"+address+"/metrics", ""); status != 200 || !strings.Contains(body, "drift_up 1") {
			t.Errorf("status %d, body:\n%s", status, body)
		}
	}
	r.stop(t)
	if _, err := new(net.Dialer).DialContext(t.Context(), "tcp", r.addresses[0]); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("still listening after Run: %v", err)
	}
}

func TestRunReturnsWhatItCannotServe(t *testing.T) {
	t.Parallel()
	taken, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = taken.Close() }) // After the parallel parts.
	config := filepath.Join(t.TempDir(), "web.yml")
	if err := os.WriteFile(config, []byte("basic_auth_users: {prometheus: not a hash}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		web  *web.FlagConfig
		want string
	}{
		"no flags":                  {nil, "missing required flag"},
		"no address":                {flags(""), "no web listen address"},
		"address in use":            {flags("", taken.Addr().String()), "address already in use"},
		"one of two in use":         {flags("", "127.0.0.1:0", taken.Addr().String()), "address already in use"},
		"no port":                   {flags("", "127.0.0.1"), "missing port"},
		"web configuration missing": {flags("/does/not/exist", "127.0.0.1:0"), "--web.config.file=/does/not/exist"},
		"web configuration wrong":   {flags(config, "127.0.0.1:0"), "--web.config.file=" + config},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := options(fake{})
			o.Web = test.web
			if err := Run(t.Context(), o); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want one with %q", err, test.want)
			}
		})
	}
	o := options(fake{})
	o.TelemetryPath = "metrics"
	if err := Run(t.Context(), o); err == nil {
		t.Error("ran with a wrong option")
	}
}

func TestHangupReloads(t *testing.T) {
	t.Parallel()
	reloads, hangup := make(chan struct{}), make(chan os.Signal)
	o := options(fake{reload: func() error {
		reloads <- struct{}{}
		return errors.New("wrong file")
	}})
	o.Hangup = hangup
	r := run(t, o)
	for range 3 {
		hangup <- syscall.SIGHUP
		<-reloads
	}
	close(hangup)
	if status, _, body := get(t, http.DefaultClient, "http://"+r.addresses[0]+"/-/healthy", ""); status != 200 {
		t.Errorf("status %d after reloads, body %s", status, body)
	}
	r.stop(t)
}

func TestScrapeInFlightOutlivesTheEndOfRun(t *testing.T) {
	t.Parallel()
	entered, release := make(chan struct{}), make(chan struct{})
	r := run(t, options(fake{collect: func(ctx context.Context, _ []string, ch chan<- prometheus.Metric) {
		close(entered)
		select {
		case <-release:
			ch <- gauge("drift_up", 1)
		case <-ctx.Done():
		}
	}}))
	answered := make(chan struct{})
	go func() {
		defer close(answered)
		if status, _, body := get(t, http.DefaultClient, "http://"+r.addresses[0]+"/metrics", ""); status != 200 || !strings.Contains(body, "drift_up 1") {
			t.Errorf("status %d, body:\n%s", status, body)
		}
	}()
	<-entered
	r.cancel()
	for { // Until no connection is accepted any more.
		c, err := new(net.Dialer).DialContext(t.Context(), "tcp", r.addresses[0])
		if err != nil {
			break
		}
		_ = c.Close()
	}
	select {
	case err := <-r.done:
		t.Fatalf("Run returned before the scrape: %v", err)
	default:
	}
	close(release)
	<-answered
	r.stop(t)
}

func TestScrapeEndsWhenTheClientHangsUp(t *testing.T) {
	t.Parallel()
	entered, left := make(chan struct{}), make(chan struct{})
	r := run(t, options(fake{collect: func(ctx context.Context, _ []string, _ chan<- prometheus.Metric) {
		close(entered)
		<-ctx.Done()
		close(left)
	}}))
	c, err := new(net.Dialer).DialContext(t.Context(), "tcp", r.addresses[0])
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(c, "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	<-entered
	_ = c.Close()
	<-left
	r.stop(t)
}
