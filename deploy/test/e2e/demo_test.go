package e2e_test

import (
	"bytes"
	"fmt"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// output is what a program prints while it runs.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// TestTheDemoShowsTheResponder: one command tells the story up to the roll-back, and ends well when
// it is stopped. TestTheWholeLoop has the rest.
func TestTheDemoShowsTheResponder(t *testing.T) {
	t.Parallel()
	program, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	args := []string{"demo", "--respond", "--dir=" + t.TempDir()}
	for _, name := range []string{"predictor", "exporter", "outcomes", "respond"} {
		address := freeAddress(t)
		args = append(args, fmt.Sprintf("--%s.port=%s", name, address[strings.LastIndex(address, ":")+1:]))
	}
	cmd := exec.CommandContext(t.Context(), program, args...)
	said := &output{}
	cmd.Stdout, cmd.Stderr = said, said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for end := time.Now().Add(7 * time.Minute); !strings.Contains(said.String(), "The run is done: version 1 took the place of version"); {
		select {
		case err := <-ended:
			t.Fatalf("it ended: %v\n%s", err, said)
		case <-time.After(100 * time.Millisecond):
		}
		if time.Now().After(end) {
			t.Fatalf("not within seven minutes:\n%s", said)
		}
	}
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err != nil {
		t.Errorf("it ended with %v", err)
	}
	text := said.String()
	for _, want := range []string{
		"There is no Alertmanager here", "Drift of the income is detected.", "review_more  done: predictions of loans are drawn",
		"the candidate is better than the served model", "promote      done: version", "took the place of version 1", "roll_back    done: version 1 took the place of version",
	} {
		if _, after, found := strings.Cut(text, want); found {
			text = after
		} else {
			t.Fatalf("it does not say %q after what came before:\n%s", want, said)
		}
	}
}
