package e2e_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// slowClients is how many clients send slowly at once. It is above the usual
// --web.max-requests of both services.
const slowClients = 2000

// heldAtMost is the resident memory, in bytes, that a service may have while it
// waits for them: 64 MiB of bodies, about 30 KB a connection, and garbage as large.
const heldAtMost = 512 << 20

// Clients that send a byte a second, or nothing any more, turn no other client
// away, whatever they have sent before, and do not fill the memory.
func TestSlowClientsTurnNobodyAway(t *testing.T) {
	log := filepath.Join(t.TempDir(), "predictions.db")
	predictor := start(t, "predictor", "--web.listen-address=127.0.0.1:0", "--predictions.log="+log)
	exporter := start(t, "exporter", "--web.listen-address=127.0.0.1:0", "--predictions.log="+log, "--web.enable-lifecycle", quick)
	if status, answer := fetch(t, predictor.url+"/predict", loan()); status != http.StatusOK {
		t.Fatalf("a prediction before: %d %s", status, answer)
	}
	const header = "Host: x\r\nContent-Type: application/json\r\nContent-Length: 8388608\r\n\r\n["
	const outcome = `{"prediction_id":0,"actual_outcome":1}`
	for _, test := range []struct {
		name  string
		to    *process
		sends string
		path  string // of the good clients
		body  string
	}{
		{"half a header", predictor, "POST /predict HTTP/1.1\r\nHost:", "/predict", loan()},
		{"half a prediction", predictor, "POST /predict HTTP/1.1\r\n" + header, "/predict", loan()},
		{"half an outcome", predictor, "POST /feedback HTTP/1.1\r\n" + strings.Replace(header, "8388608", "1048576", 1), "/feedback", outcome},
		{"much of an array", predictor, "POST /predict HTTP/1.1\r\n" + header + strings.Repeat(" ", 400_000), "/predict", loan()},
		{"half a header for the exporter", exporter, "GET /metrics HTTP/1.1\r\nHost:", "/metrics", ""},
		{"a scrape with half a body", exporter, "GET /metrics HTTP/1.1\r\n" + header, "/metrics", ""},
		{"a scrape with half a small body", exporter, "GET /metrics HTTP/1.1\r\n" + strings.Replace(header, "8388608", "1000", 1), "/metrics", ""},
		{"half a reload", exporter, "POST /-/reload HTTP/1.1\r\n" + header, "/metrics", ""},
		{"nothing", exporter, "", "/-/ready", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			stop := trickle(t, test.to.url, test.sends)
			defer stop()
			own := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
			for i := range 60 {
				client := http.DefaultClient
				if i%2 == 0 {
					client = own // a connection for each request
				}
				if status, answer, err := requestBy(t.Context(), client, test.to.url+test.path, test.body, ""); err != nil || status != http.StatusOK {
					t.Fatalf("good client %d got %d %.200s %v", i, status, answer, err)
				}
			}
			held := resident(t, test.to.cmd.Process.Pid)
			t.Logf("%d MiB resident", held>>20)
			if held > heldAtMost {
				t.Errorf("%d MiB are resident, want at most %d", held>>20, heldAtMost>>20)
			}
		})
	}
}

// Clients that do not read their answers turn no other client away, though there are
// more of them than requests, or connections, may be under way.
func TestClientsThatDoNotReadTurnNobodyAway(t *testing.T) {
	t.Parallel()
	log := filepath.Join(t.TempDir(), "predictions.db")
	array := newLoans(5).array(1000)
	for _, test := range []struct {
		name  string
		flags []string
		sends string // 200 times
		path  string // of the good clients
		body  string
	}{
		{"predictor", []string{"predictor", "--web.max-requests=2", "--predictions.log=" + log},
			fmt.Sprintf("POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(array), array), "/predict", loan()},
		{"predictor, connections", []string{"predictor", "--web.max-connections=3", "--predictions.log=" + log + "2"},
			fmt.Sprintf("POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(array), array), "/predict", loan()},
		{"exporter", []string{"exporter", "--web.max-requests=2", "--predictions.log=" + log, quick}, "GET /metrics HTTP/1.1\r\nHost: x\r\nX-Prometheus-Scrape-Timeout-Seconds: 3600\r\n\r\n", "/metrics", ""},
		{"exporter, connections", []string{"exporter", "--web.max-connections=3", "--predictions.log=" + log, quick}, "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n", "/metrics", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := start(t, append(test.flags, "--web.listen-address=127.0.0.1:0")...)
			const clients = 3
			for range clients {
				conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", strings.TrimPrefix(p.url, "http://"))
				if err != nil {
					t.Fatal(err)
				}
				_ = conn.(*net.TCPConn).SetReadBuffer(4096)
				sent := make(chan struct{})
				go func() { // Until the other side takes no more, for it cannot get rid of its answers.
					defer close(sent)
					for range 200 {
						if _, err := io.WriteString(conn, test.sends); err != nil {
							return
						}
					}
				}()
				t.Cleanup(func() {
					_ = conn.Close()
					<-sent
				})
			}
			good := func() (int, string, error) {
				client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 10 * time.Second}
				return requestBy(t.Context(), client, p.url+test.path, test.body, "")
			}
			// As long as they are answered, they count; then they wait. Without us their answers
			// are given up after 60 s, and those of the exporter after an hour.
			inARow, last := 0, ""
			for begun := time.Now(); inARow < 20; {
				status, answer, err := good()
				if inARow++; err != nil || status != http.StatusOK {
					inARow, last = 0, fmt.Sprintf("%d %.200s %v", status, answer, err)
				}
				if time.Since(begun) > 45*time.Second {
					t.Fatalf("good clients still get %s", last)
				}
			}
		})
	}
}

// trickle has slowClients send the beginning of a request, and then a byte a second
// until stop is called.
func trickle(t *testing.T, url, beginning string) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var senders, begun sync.WaitGroup
	for range slowClients {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", strings.TrimPrefix(url, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		begun.Add(1)
		senders.Go(func() {
			defer func() { _ = conn.Close() }()
			_, err := io.WriteString(conn, beginning) // It fails when the server has had enough of us.
			begun.Done()
			for tick := time.Tick(time.Second); err == nil; {
				select {
				case <-tick:
					_, err = io.WriteString(conn, " ")
				case <-ctx.Done():
					return
				}
			}
		})
	}
	begun.Wait()
	return func() {
		cancel()
		senders.Wait()
	}
}

// resident returns the resident memory of a process, in bytes.
func resident(t *testing.T, pid int) int64 {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		if text, found := strings.CutPrefix(line, "VmRSS:"); found {
			kilobytes, err := strconv.ParseInt(strings.Fields(text)[0], 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			return kilobytes << 10
		}
	}
	t.Fatal("no VmRSS in /proc/PID/status")
	return 0
}
