package bigquery

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	_ "github.com/mattn/go-sqlite3" // the log, as any service sees it

	"github.com/drift-exporter/drift_exporter/predictor/google/emulator"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/ship"
	"github.com/drift-exporter/drift_exporter/predictor/tick"
)

// childVariable turns the test binary into a shipper. Its value is a child as JSON.
const childVariable = "BIGQUERY_TEST_SHIPPER"

// child is a shipper in a separate process, which can be killed.
type child struct {
	Log, Dataset, REST, GRPC string
	BatchRows                int
}

// An init function runs before any test.
func init() {
	text := os.Getenv(childVariable)
	if text == "" {
		return
	}
	if err := runChild(text); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

func runChild(text string) error {
	var c child
	if err := json.Unmarshal([]byte(text), &c); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	e := emulator.Emulator{REST: c.REST, GRPC: c.GRPC}
	logger := slog.New(slog.NewTextHandler(os.Stderr, nil))
	s, err := NewSink(ctx, SinkOptions{Project: "test-project", Dataset: c.Dataset, REST: e.ClientOptions(), GRPC: e.WriterOptions(), Logger: logger})
	if err != nil {
		return err
	}
	counts := s.Ticks()
	return ship.Run(ctx, ship.Options{LogPath: c.Log, Name: s.Name(), Destination: s, BatchRows: c.BatchRows,
		Ticks: &ship.Ticks{
			Name: counts.Name(), OutcomesName: counts.Outcomes.Name(), Counts: counts, Outcomes: counts.Outcomes, BatchRows: c.BatchRows,
			Coder: func(predictionlog.Key) tick.Coder { return tenths{} },
			// The ticks of the rows, which were just written, have ended.
			Now: func() time.Time { return time.Now().Add(20 * time.Second) },
		},
		Interval: 20 * time.Millisecond, Logger: logger,
		Pause: func(ctx context.Context, _ time.Duration) { time.Sleep(50 * time.Millisecond) }})
}

// relay is an address that stays the same while the server behind it is replaced.
type relay struct {
	listener net.Listener
	target   atomic.Pointer[string]
	mu       sync.Mutex
	open     []net.Conn
}

func newRelay(t *testing.T) *relay {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	r := &relay{listener: l}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go r.serve(c)
		}
	}()
	return r
}

func (r *relay) serve(c net.Conn) {
	defer func() { _ = c.Close() }()
	target := r.target.Load()
	if target == nil {
		return
	}
	there, err := new(net.Dialer).DialContext(context.Background(), "tcp", *target)
	if err != nil {
		return
	}
	defer func() { _ = there.Close() }()
	r.mu.Lock()
	r.open = append(r.open, c, there)
	r.mu.Unlock()
	go func() {
		_, _ = io.Copy(there, c)
		_ = there.Close()
	}()
	_, _ = io.Copy(c, there)
}

// point sends new connections to another server and closes the open ones.
func (r *relay) point(target string) {
	r.target.Store(&target)
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range r.open {
		_ = c.Close()
	}
	r.open = nil
}

// output collects what the shippers log.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *output) count(s string) int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return bytes.Count(o.b.Bytes(), []byte(s))
}

// rowsVariable is the number of predictions that the test below ships. `make kill` sets it to
// 100,000.
const rowsVariable = "BIGQUERY_TEST_ROWS"

// TestEveryRowArrivesOnceWhoeverIsKilled ships 10,000 predictions in 40 batches, their counts, and
// evidence. On the way, the shipper is killed five times and the emulator is killed five times.
func TestEveryRowArrivesOnceWhoeverIsKilled(t *testing.T) {
	t.Parallel()
	const shadows, kills = 100, 10
	rows := 10_000
	if n, err := strconv.Atoi(os.Getenv(rowsVariable)); err == nil {
		rows = n
	}
	dir := t.TempDir()
	e := emulator.Start(t, dir)
	path := writeLog(t, rows)
	addEvidence(t, path, shadows)
	rest, grpc := newRelay(t), newRelay(t)
	point := func() {
		rest.point(e.REST[len("http://"):])
		grpc.point(e.GRPC)
	}
	point()
	emulatorDataset(t, e, "killed")

	said := &output{}
	text, err := json.Marshal(child{Log: path, Dataset: "killed", REST: "http://" + rest.listener.Addr().String(), GRPC: grpc.listener.Addr().String(), BatchRows: rows / 40})
	if err != nil {
		t.Fatal(err)
	}
	start := func() *exec.Cmd {
		c := exec.CommandContext(t.Context(), "/proc/self/exe")
		c.Env, c.Stderr = append(os.Environ(), childVariable+"="+string(text)), said
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		return c
	}
	shipper := start()
	defer func() { _ = shipper.Process.Kill(); _ = shipper.Wait() }()

	db, err := sql.Open("sqlite3", "file:"+path+"?mode=ro&_busy_timeout=5000")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	wait := func(upTo int) {
		t.Helper()
		for end := time.Now().Add(2 * time.Minute); ; time.Sleep(2 * time.Millisecond) {
			at := -1
			_ = db.QueryRowContext(t.Context(), "SELECT min(up_to_id) FROM shipped WHERE log = 'predictions'").Scan(&at)
			if at >= upTo {
				return
			}
			if time.Now().After(end) {
				t.Fatalf("shipped up to %d, not %d; said %s", at, upTo, said.b.String())
			}
		}
	}
	random := rand.New(rand.NewPCG(1, 2))
	for k := range kills {
		wait((k + 1) * rows / (kills + 2))
		time.Sleep(time.Duration(random.IntN(60)) * time.Millisecond)
		if k%2 == 0 {
			_ = shipper.Process.Kill()
			_ = shipper.Wait()
			shipper = start()
			continue
		}
		e.Kill()
		e = emulator.Start(t, dir)
		point()
	}
	wait(rows + shadows - 1)
	for end, left := time.Now().Add(time.Minute), 1; left > 0 && time.Now().Before(end); time.Sleep(2 * time.Millisecond) {
		_ = db.QueryRowContext(t.Context(), "SELECT count(*) FROM shipped WHERE log = 'feedback' AND up_to_id < 200 OR log = 'errors' AND up_to_id < 10 OR log = 'outcomes' AND up_to_id < 200 OR log = 'reviews' AND up_to_id < 100").Scan(&left)
	}
	if err := shipper.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := shipper.Wait(); err != nil {
		t.Errorf("the shipper ended: %v", err)
	}
	client := emulatorClient(t, e)
	counts := queryRows(t, client, "SELECT COUNT(*), COUNT(DISTINCT id), MIN(id), MAX(id), SUM(latency), COUNT(DISTINCT log_id) FROM `test-project.killed.predictions`")
	if got, want := fmt.Sprint(counts[0]), fmt.Sprint([]int{rows + shadows, rows + shadows, 0, rows + shadows - 1, rows / 2 * (rows - 1) * 1000, 1}); got != want {
		t.Errorf("the table has rows, distinct ids, least, greatest, sum of latency, logs %s, want %s", got, want)
	}
	for table, want := range map[string]string{"feedback": "[200 200]", "errors": "[10 10]", "evidence": "[200 200]", "reviews": "[100 100]"} {
		if got := fmt.Sprint(queryRows(t, client, fmt.Sprintf("SELECT COUNT(*), COUNT(DISTINCT seq) FROM `test-project.killed.%s`", table))[0]); got != want {
			t.Errorf("%s has rows, distinct %s, want %s", table, got, want)
		}
	}
	counted := queryRows(t, client, "SELECT CAST(SUM(predictions) AS INT64), CAST(MAX(sequence) AS INT64) FROM `test-project.killed.ticks` WHERE source = 'predictions'")
	if got, want := fmt.Sprint(counted[0]), fmt.Sprint([]int{rows + shadows, rows + shadows - 1}); got != want {
		t.Errorf("the ticks have rows up to %s, want %s", got, want)
	}
	if got := fmt.Sprint(queryRows(t, client, "SELECT COUNT(*), COUNT(DISTINCT seq), MIN(BYTE_LENGTH(codes)) FROM `test-project.killed.tick_outcomes`")[0]); got != "[200 200 2]" {
		t.Errorf("tick_outcomes has rows, distinct, codes %s", got)
	}
	// One more run has nothing to ship.
	if err := shipOnce(t.Context(), path, newSink(t, e, "killed"), 1000); err != nil {
		t.Error(err)
	}
	if again := queryRows(t, client, "SELECT COUNT(*) FROM `test-project.killed.predictions`"); again[0][0] != int64(rows+shadows) {
		t.Errorf("%v rows after another run", again[0])
	}
	t.Logf("failures %d, batches whose answer was lost %d", said.count("rows were not shipped"), said.count("a batch had arrived"))
}
