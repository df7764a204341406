package sqlite

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"testing"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
)

// Some behaviour can only be tested in a separate process: what it syncs, what is left when it is
// killed, what another user may do. The test binary then starts itself, with the name of one of
// these functions in its environment.
var children = map[string]func(path string) error{
	"append": childAppend,
	"load":   childLoad,
	"read":   childRead,
	"write":  childWrite,
	"open":   childOpen,

	"migrate": childMigrate,
}

const (
	childVariable = "PREDICTIONLOG_TEST_CHILD"
	countVariable = "PREDICTIONLOG_TEST_COUNT"
)

func TestMain(m *testing.M) {
	name := os.Getenv(childVariable)
	if name == "" {
		os.Exit(m.Run())
	}
	if err := children[name](logName); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// child returns a command that runs one of children on the log at path, whose name must be
// logName. Another user can also run the binary by this name.
func child(ctx context.Context, name, path string, count int) *exec.Cmd {
	return childUnder(ctx, name, path, count, "/proc/self/exe")
}

// childUnder is child under another program, whose arguments end with the binary.
func childUnder(ctx context.Context, name, path string, count int, line ...string) *exec.Cmd {
	c := exec.CommandContext(ctx, line[0], line[1:]...)
	c.Dir = filepath.Dir(path)
	c.Env = append(os.Environ(), childVariable+"="+name, countVariable+"="+strconv.Itoa(count))
	return c
}

// childAppend appends rows one by one, each in a separate transaction.
func childAppend(path string) error {
	count, err := strconv.Atoi(os.Getenv(countVariable))
	if err != nil {
		return err
	}
	w, err := OpenWriter(context.Background(), path, WriterOptions{})
	if err != nil {
		return err
	}
	if os.Getenv("PREDICTIONLOG_TEST_SYNCHRONOUS") != "" {
		if err := w.conn.Exec("PRAGMA synchronous = NORMAL"); err != nil {
			return err
		}
	}
	for i := range count {
		if _, err := w.Append(context.Background(), []predictionlog.Prediction{prediction(i)}); err != nil {
			return err
		}
	}
	return w.Close()
}

// childLoad appends from many goroutines until it is killed, and prints what was
// acknowledged: "p REQUEST ID" and "f ID SEQ".
func childLoad(path string) error {
	w, err := OpenWriter(context.Background(), path, WriterOptions{})
	if err != nil {
		return err
	}
	var mu sync.Mutex
	say := func(format string, args ...any) {
		mu.Lock()
		defer mu.Unlock()
		fmt.Printf(format, args...)
	}
	var wg sync.WaitGroup
	for k := range 16 {
		wg.Go(func() {
			for i := 0; ; i++ {
				p := prediction(0)
				p.RequestID = fmt.Sprintf("%d-%d-%d", os.Getpid(), k, i)
				records, err := w.Append(context.Background(), []predictionlog.Prediction{p})
				if err != nil {
					say("error %v\n", err)
					return
				}
				say("p %s %d\n", p.RequestID, records[0].ID)
				accepted, err := w.AppendFeedback(context.Background(), predictionlog.Feedback{PredictionID: &records[0].ID, Outcome: "1"})
				if err != nil {
					say("error %v\n", err)
					return
				}
				say("f %d %d\n", records[0].ID, accepted.Seq)
				if i%8 == 0 {
					w.Refuse("m", "1", predictionlog.Reasons[0])
				}
			}
		})
	}
	wg.Wait()
	return nil
}

// childRead reads a whole log and prints how many predictions it has.
func childRead(path string) error {
	r := NewReader(path)
	s, err := r.State(context.Background())
	if err != nil {
		return err
	}
	rows := 0
	err = r.Predictions(context.Background(), -1, s.HighWater.Predictions, func(*predictionlog.Row) error {
		rows++
		return nil
	})
	if err != nil {
		return err
	}
	fmt.Println(rows)
	return r.Close()
}

// childOpen opens a log to write it and closes it.
func childOpen(path string) error {
	w, err := OpenWriter(context.Background(), path, WriterOptions{})
	if err != nil {
		return err
	}
	return w.Close()
}

// childWrite acts as a foreign service: it inserts one row, and is the last to close the log.
func childWrite(path string) error {
	c, err := dial(path, "rw", map[string][]string{})
	if err != nil {
		return err
	}
	if err := c.Exec("INSERT INTO predictions (model, features, class) VALUES ('m', '{}', '1')"); err != nil {
		return err
	}
	return c.Close()
}

// childMigrate migrates a log.
func childMigrate(path string) error {
	return Migrate(context.Background(), path, Watch{Step: func(step string) { fmt.Println(step) }})
}
