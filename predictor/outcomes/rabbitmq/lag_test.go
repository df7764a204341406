package rabbitmq

import (
	"context"
	"database/sql"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	_ "github.com/mattn/go-sqlite3" // holds the lock of the log
	"github.com/prometheus/exporter-toolkit/web"

	"github.com/drift-exporter/drift_exporter/predictor/outcomes"
	"github.com/drift-exporter/drift_exporter/predictor/outcomes/sourcetest/servers"
)

// TestMessagesThatAreDeliveredCountAsLeft holds the lock of the log, so that messages are delivered
// and not acknowledged. The broker counts 5 that are left. They are 15.
func TestMessagesThatAreDeliveredCountAsLeft(t *testing.T) {
	t.Parallel()
	url := servers.For(t, servers.RabbitMQ).URL
	p := newPlace(t, url)
	p.connect(t, url)
	if _, err := p.channel.QueueDeclare("outcomes", true, false, false, false, nil); err != nil {
		t.Fatal(err)
	}
	metric := p.start(t)
	metric("drift_outcomes_lag_records", "0")
	metric("drift_outcomes_source_up", "1")

	db, err := sql.Open("sqlite3", p.log)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	lock, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := lock.ExecContext(t.Context(), "BEGIN IMMEDIATE"); err != nil {
		t.Fatal(err)
	}
	if err := p.channel.Tx(); err != nil {
		t.Fatal(err)
	}
	for i := range 15 {
		p.send(t, "", value(i, 1))
	}
	if err := p.channel.TxCommit(); err != nil { // they come at once
		t.Fatal(err)
	}
	p.ready(t, 5)
	metric("drift_outcomes_lag_records", "15")
	metric("drift_outcomes_source_failures_total", "0") // the source still waits for the lock
	p.ready(t, 5)
	if _, err := lock.ExecContext(t.Context(), "ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	metric("drift_outcomes_lag_records", "0")
	metric("drift_outcomes_accepted_total", "15")
	p.ready(t, 0)
}

// start starts a process that reads the queue. It returns a function that waits until a metric of
// the source has a value.
func (p *place) start(t *testing.T) func(name, want string) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	bound, ended := make(chan net.Addr, 1), make(chan error, 1)
	addresses, systemd, file := []string{"127.0.0.1:0"}, false, ""
	go func() {
		ended <- outcomes.Run(ctx, outcomes.Options{
			LogPath: p.log, TelemetryPath: "/metrics",
			Load: func() (*outcomes.Config, error) {
				return outcomes.Parse([]byte(config), filepath.Join(p.folder, "outcomes.yml"), []outcomes.Kind{Kind})
			},
			Web:       &web.FlagConfig{WebListenAddresses: &addresses, WebSystemdSocket: &systemd, WebConfigFile: &file},
			Listening: func(a net.Addr) { bound <- a },
		})
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	address := (<-bound).String()
	return func(name, want string) {
		t.Helper()
		line := "\n" + name + `{source="bureau"} ` + want + "\n"
		page := ""
		for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
			request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+address+"/metrics", nil)
			if err != nil {
				t.Fatal(err)
			}
			answer, err := http.DefaultClient.Do(request)
			if err != nil {
				t.Fatal(err)
			}
			text, err := io.ReadAll(answer.Body)
			_ = answer.Body.Close()
			if page = string(text); err == nil && strings.Contains(page, line) {
				return
			}
		}
		t.Fatalf("no %q in\n%s", line, page)
	}
}
