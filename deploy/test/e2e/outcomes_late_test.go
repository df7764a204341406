package e2e_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/twmb/franz-go/pkg/kadm"
)

// configOf writes a configuration with one source.
func configOf(t *testing.T, entry string) string {
	t.Helper()
	config := filepath.Join(t.TempDir(), "outcomes.yml")
	text := "sources:\n- name: truth\n  outcome: {field: status, map: {paid: 1, default: 0}}\n  record: {prediction_id: loan, observed_at: updated_at}\n  " + entry + "\n"
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return config
}

// TestATransactionThatCommitsLateIsNotLost holds a transaction with the oldest rows open until all
// later ones have been read, and kills the process and the server before it commits.
func TestATransactionThatCommitsLateIsNotLost(t *testing.T) {
	t.Parallel()
	const records, held = 2000, 100
	for name, start := range map[string]func(*testing.T) origin{"postgres": fromPostgres, "mariadb": fromMariaDB} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o, ok := start(t).(*table)
			if !ok {
				t.Fatal("not a table")
			}
			log := logWith(t, records)
			config := configOf(t, strings.Replace(o.entry(), "interval: 1s", "interval: 1s, overlap: 2h", 1))
			process := startOutcomes(t, log, config, nil)
			late, err := o.db.BeginTx(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			for k := range held {
				if _, err := late.ExecContext(t.Context(), fmt.Sprintf("INSERT INTO said VALUES %s", o.row(k))); err != nil {
					t.Fatal(err)
				}
			}
			if err := o.send(t.Context(), held, records); err != nil {
				t.Fatal(err)
			}
			evidenceOf(t, log, records-held, process) // the watermark is behind the held rows
			_ = process.kill(syscall.SIGKILL)
			process = startOutcomes(t, log, config, nil)
			if err := late.Commit(); err != nil {
				t.Fatal(err)
			}
			evidenceOf(t, log, records-held/2, process)
			if err := o.kill(t.Context()); err != nil {
				t.Fatal(err)
			}
			evidenceOf(t, log, records, process)
			if err := process.kill(syscall.SIGTERM); err != nil {
				t.Errorf("the process did not end in an orderly way: %v", err)
			}
			checkOutcomes(t, log, records)
		})
	}
}

// TestTwoProcessesReadATopicOnce runs two processes with one configuration and one log. One of them
// reads. When it is killed, the other takes over, also partitions that were added meanwhile.
func TestTwoProcessesReadATopicOnce(t *testing.T) {
	t.Parallel()
	const records = 3000
	o, ok := fromKafka(t).(*topic)
	if !ok {
		t.Fatal("not a topic")
	}
	log, config := logWith(t, records), configOf(t, o.entry())
	pair := []*process{startOutcomes(t, log, config, nil), startOutcomes(t, log, config, nil)}
	for i := range 4 {
		if i == 2 {
			if _, err := kadm.NewClient(o.client).CreatePartitions(t.Context(), 2, "said"); err != nil {
				t.Fatal(err)
			}
		}
		if err := o.send(t.Context(), i*records/4, (i+1)*records/4); err != nil {
			t.Fatal(err)
		}
		evidenceOf(t, log, i*records/4+1+records/8, pair[1])
		_ = pair[0].kill(syscall.SIGKILL)
		pair = []*process{pair[1], startOutcomes(t, log, config, nil)}
	}
	evidenceOf(t, log, records, pair[0])
	for _, p := range pair {
		if err := p.kill(syscall.SIGTERM); err != nil {
			t.Errorf("a process did not end in an orderly way: %v", err)
		}
	}
	checkOutcomes(t, log, records)
}
