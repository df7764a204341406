package e2e_test

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// binary is the program as it is shipped, built once for all tests.
var binary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "drift_exporter-test-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "drift_exporter")
	build := exec.CommandContext(context.Background(), "make", "build", "BINARY="+path) // #nosec G204 -- our own arguments
	build.Dir = "../../.."
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("make build: %w\n%s", err, out)
	}
	return path, nil
})

// atOnce is how many tests run at once, unless -parallel says otherwise: they wait for
// processes more than they use a processor.
const atOnce = "6"

func TestMain(m *testing.M) {
	if err := flag.Set("test.parallel", atOnce); err != nil {
		panic(err)
	}
	status := m.Run()
	numpy.close()
	if path, err := binary(); err == nil {
		_ = os.RemoveAll(filepath.Dir(path))
	}
	os.Exit(status)
}

// process is a running command of the binary.
type process struct {
	cmd *exec.Cmd
	url string

	mu  sync.Mutex
	log strings.Builder
	end chan error
}

// quick spares an exporter most of the work of its p-values, which are then
// multiples of 1/200.
const quick = "--drift.bootstrap-samples=199"

// start runs a command that serves, until the test ends, and waits until it
// listens.
func start(t *testing.T, args ...string) *process {
	t.Helper()
	return startAs(t, os.Geteuid(), args...)
}

// startAs does the same as another user, of this process's group.
func startAs(t *testing.T, user int, args ...string) *process {
	t.Helper()
	return startWith(t, user, nil, args...)
}

// startWith does the same with more variables in its environment.
func startWith(t *testing.T, user int, env []string, args ...string) *process {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	p := &process{cmd: exec.CommandContext(context.WithoutCancel(t.Context()), path, args...), end: make(chan error, 1)}
	p.cmd.Env = append(os.Environ(), env...)
	if user != os.Geteuid() {
		p.cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(user), Gid: uint32(os.Getegid())}}
	}
	stderr, err := p.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	address := make(chan string, 1)
	go func() {
		pattern := regexp.MustCompile(`Listening on.*address=(\S+)`)
		for lines := bufio.NewScanner(stderr); lines.Scan(); {
			p.mu.Lock()
			p.log.WriteString(lines.Text() + "\n")
			p.mu.Unlock()
			if m := pattern.FindStringSubmatch(lines.Text()); m != nil {
				select {
				case address <- m[1]:
				default:
				}
			}
		}
		close(address)
		p.end <- p.cmd.Wait()
	}()
	t.Cleanup(func() {
		_ = p.kill(syscall.SIGKILL)
		if t.Failed() {
			t.Logf("%s logged:\n%s", args[0], p.said())
		}
	})
	a, ok := <-address
	if !ok {
		t.Fatalf("%s ended before it listened:\n%s", args[0], p.said())
	}
	p.url = "http://" + a
	return p
}

// says reports whether the command logs all of these within some seconds: its
// lines come by a pipe, after its answers.
func (p *process) says(all ...string) bool {
	for range 250 {
		said := p.said()
		if !slices.ContainsFunc(all, func(one string) bool { return !strings.Contains(said, one) }) {
			return true
		}
		time.Sleep(20 * time.Millisecond)
	}
	return false
}

func (p *process) said() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.log.String()
}

// kill sends a signal and waits for the end, once.
func (p *process) kill(s syscall.Signal) error {
	if p.end == nil {
		return nil
	}
	_ = p.cmd.Process.Signal(s)
	err := <-p.end
	p.end = nil
	return err
}

// fetch makes one request; body "" is a GET.
func fetch(t *testing.T, url, body string) (int, string) {
	t.Helper()
	status, answer, err := request(t.Context(), url, body, "")
	if err != nil {
		t.Fatal(err)
	}
	return status, answer
}

func request(ctx context.Context, url, body, id string) (int, string, error) {
	return requestBy(ctx, http.DefaultClient, url, body, id)
}

func requestBy(ctx context.Context, client *http.Client, url, body, id string) (int, string, error) {
	method := http.MethodPost
	if body == "" {
		method = http.MethodGet
	}
	r, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if id != "" {
		r.Header.Set("X-Request-ID", id)
	}
	response, err := client.Do(r)
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = response.Body.Close() }()
	b, err := io.ReadAll(response.Body)
	return response.StatusCode, string(b), err
}

// loan is a request with the 12 features, a little different each time.
func loan() string {
	return fmt.Sprintf(`{"interest_rate":%.3f,"loan_amount":320000,"loan_balance":300000,"loan_to_value_ratio":0.75,
		"credit_score":%d,"debt_to_income_ratio":0.35,"income":%d,"loan_term":30,"loan_age":36,
		"home_value":400000,"current_rate":3.5,"rate_spread":1.0}`, 3+2*rand.Float64(), 600+rand.IntN(200), 1000*(40+rand.IntN(120)))
}

// until returns the first page that holds, or the last one after a minute:
// detection goes by ticks of 15 seconds.
func until(t *testing.T, url string, holds func(page string) bool) string {
	t.Helper()
	var page string
	for range 300 {
		if _, page = fetch(t, url, ""); holds(page) {
			return page
		}
		select {
		case <-t.Context().Done():
			return page
		case <-time.After(200 * time.Millisecond):
		}
	}
	return page
}
