package exporter

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/drift-exporter/drift_exporter/predictor/serve/servetest"
)

func TestAPageIsNotKeptForAClientThatDoesNotRead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := &http.Server{Handler: mustNew(t, options(fake{})).Handler(), WriteTimeout: writeTimeout}
		pipes := servetest.NewPipes()
		servetest.Serve(t, server, pipes)
		c := pipes.Dial()
		servetest.Write(t, c, "GET /metrics HTTP/1.1\r\nHost: x\r\n"+timeoutHeader+": 10\r\n\r\n")
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
		pipes := servetest.NewPipes()
		servetest.Serve(t, server, pipes)
		c := pipes.Dial()
		go servetest.Write(t, c, "GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"+timeoutHeader+": 600\r\n\r\n")
		if page, err := io.ReadAll(c); err != nil || !strings.Contains(string(page), "drift_up 1") {
			t.Errorf("error %v, page:\n%s", err, page)
		}
		if err := server.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
	})
}
