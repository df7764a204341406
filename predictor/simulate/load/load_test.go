package load

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestCountBoundsALoad(t *testing.T) {
	t.Parallel()
	var asked, flying, most atomic.Int64
	err := Run(t.Context(), Options{Clients: 4, Count: 1000}, func(context.Context, int) error {
		most.Store(max(most.Load(), flying.Add(1)))
		asked.Add(1)
		flying.Add(-1)
		return nil
	})
	if err != nil || asked.Load() != 1000 || most.Load() > 4 {
		t.Errorf("%v: %d requests, %d at once; want 1000, at most 4", err, asked.Load(), most.Load())
	}
}

func TestTimeBoundsALoad(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var asked atomic.Int64
		start := time.Now()
		err := Run(t.Context(), Options{Clients: 3, Time: time.Second}, func(context.Context, int) error {
			asked.Add(1)
			time.Sleep(100 * time.Millisecond)
			return nil
		})
		if err != nil || asked.Load() != 30 || time.Since(start) != time.Second {
			t.Errorf("%v: %d requests in %v, want 30 in a second", err, asked.Load(), time.Since(start))
		}
	})
}

func TestLoadEndsWithItsSourceOrWithAnError(t *testing.T) {
	t.Parallel()
	var asked atomic.Int64
	until := func(end error) func(context.Context, int) error {
		return func(context.Context, int) error {
			if asked.Add(1) >= 10 {
				return end
			}
			return nil
		}
	}
	if err := Run(t.Context(), Options{Clients: 2}, until(io.EOF)); err != nil {
		t.Errorf("the source ended: %v", err)
	}
	broken := errors.New("broken")
	if err := Run(t.Context(), Options{Clients: 2}, until(broken)); !errors.Is(err, broken) {
		t.Errorf("%v, want %v", err, broken)
	}
	if err := Run(t.Context(), Options{}, until(io.EOF)); err == nil {
		t.Error("no clients are no error")
	}
}

func TestConnReadsAnswersOfAnyLength(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || r.Method == http.MethodGet {
			http.NotFound(w, r)
			return
		}
		if len(body) > 100 {
			w.(http.Flusher).Flush() // from here on in chunks
		}
		for range 3 {
			_, _ = w.Write(body)
		}
	}))
	t.Cleanup(server.Close)
	c, err := Dial(t.Context(), server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	for _, size := range []int{0, 1, 100, 101, 100_000, 1} {
		text := strings.Repeat("x", size)
		status, body, err := c.Ask(Post("/", []byte(text)))
		if err != nil || status != http.StatusOK || string(body) != strings.Repeat(text, 3) {
			t.Errorf("%d bytes: status %d, %d bytes, %v", size, status, len(body), err)
		}
	}
	if status, _, err := c.Ask(Get("/", "gzip")); err != nil || status != http.StatusNotFound {
		t.Errorf("a page that is not there: %d %v", status, err)
	}
}

func TestLoadGoesToThisMachineOnly(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"192.0.2.1:80", "localhost:80", "example.org:80", "127.0.0.1", ""} {
		if _, err := Dial(t.Context(), address); err == nil || !strings.Contains(err.Error(), "loopback") {
			t.Errorf("%q: %v", address, err)
		}
	}
}
