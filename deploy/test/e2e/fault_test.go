package e2e_test

import (
	"os"
	"strings"
	"sync"
	"testing"
	"time"
)

// fault is one way in which a log can fail an exporter that reads it, or comes
// to read it.
type fault struct {
	name string
	// harm breaks the log at a path, and mend makes it sound again.
	harm, mend func(t *testing.T, log string)
	// early says to start the exporter after harm.
	early bool
	// says is part of the reason in the exporter's log.
	says string
}

var faults = []fault{
	{
		name: "moved away",
		harm: func(t *testing.T, log string) { move(t, log, log+".away") },
		mend: func(t *testing.T, log string) { move(t, log+".away", log) },
		says: "does not exist",
	},
	{
		name: "replaced by an empty file",
		harm: func(t *testing.T, log string) { move(t, log, log+".away"); write(t, log, nil) },
		mend: func(t *testing.T, log string) { move(t, log+".away", log) },
		says: "log init",
	},
	{
		name: "replaced by a database of something else",
		harm: func(t *testing.T, log string) {
			move(t, log, log+".away")
			execute(t, database(t, log, "rwc"), "CREATE TABLE accounts (id INTEGER PRIMARY KEY)")
		},
		mend: func(t *testing.T, log string) { move(t, log+".away", log) },
		says: "check --predictions.log",
	},
	{
		name: "made by another release",
		harm: func(t *testing.T, log string) { execute(t, database(t, log, "rw"), "PRAGMA user_version = 7") },
		mend: func(t *testing.T, log string) { execute(t, database(t, log, "rw"), "PRAGMA user_version = 3") },
		says: "use the release that made it",
	},
	{
		// An exporter that has read everything need not read these pages again.
		early: true,
		name:  "truncated",
		harm:  func(t *testing.T, log string) { copyOf(t, log); truncate(t, log, 3*4096) },
		mend:  restore,
		says:  "restore it from a copy",
	},
	{
		early: true,
		name:  "truncated in its first page",
		harm:  func(t *testing.T, log string) { copyOf(t, log); truncate(t, log, 700) },
		mend:  restore,
		says:  "move it",
	},
	{
		early: true,
		name:  "damaged pages",
		harm:  func(t *testing.T, log string) { copyOf(t, log); damage(t, log) },
		mend:  restore,
		says:  "restore it from a copy",
	},
	{
		// A reader of a log in WAL mode waits for nobody, except for a process
		// that wants the file for itself.
		name:  "locked",
		early: true,
		harm:  lockExclusively,
		mend:  func(t *testing.T, log string) { unlock(t, log) },
		says:  "lock",
	},
}

// TestFaultsOfTheLog shows what is on the page while the log is broken, and that
// the exporter reads it again by itself once it is not.
func TestFaultsOfTheLog(t *testing.T) {
	t.Parallel()
	for _, f := range faults {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			log := filledLog(t, 300)
			args := []string{"exporter", "--web.listen-address=127.0.0.1:0", "--predictions.log=" + log, quick}
			if f.early {
				f.harm(t, log)
			}
			exporter := start(t, args...)
			if !f.early {
				if p := scrape(t, exporter.url); !p.is(1, "drift_up") || !p.is(300, "model_success_total") {
					t.Fatal("the sound log is not read")
				}
				f.harm(t, log)
			}
			broken := scrape(t, exporter.url)
			blind(t, broken)
			if !exporter.says("cannot read the prediction log", f.says) {
				t.Errorf("the exporter's log does not say %q:\n%s", f.says, exporter.said())
			}
			blind(t, scrape(t, exporter.url))
			if n := strings.Count(exporter.said(), "cannot read the prediction log"); n > 2 {
				t.Errorf("two scrapes logged the same reason %d times:\n%s", n, exporter.said())
			}
			f.mend(t, log)
			mended := scrape(t, exporter.url)
			if !mended.is(1, "drift_up") || !mended.is(300, "model_success_total") || len(mended.failing()) > 0 {
				t.Errorf("the mended log is not read; failing: %v\n%s", mended.failing(), exporter.said())
			}
			for _, d := range differences(mended, scrape(t, start(t, args...).url), fromTheLog) {
				t.Errorf("after the fault an exporter and one just started differ in %s", d)
			}
		})
	}
}

// blind holds a page against what is known without the log.
func blind(t *testing.T, p page) {
	t.Helper()
	if !p.is(0, "drift_up") {
		t.Error("drift_up is not 0")
	}
	for _, m := range p["drift_scrape_collector_success"].GetMetric() {
		collector := m.Label[0].GetValue()
		want := 0.0
		if collector == "reference" {
			want = 1
		}
		if m.Gauge.GetValue() != want {
			t.Errorf("drift_scrape_collector_success of %s is %v, want %v", collector, m.Gauge.GetValue(), want)
		}
	}
	for _, metric := range []string{"model_reference_info", "drift_exporter_build_info", "drift_scrape_collector_duration_seconds", "go_goroutines"} {
		if p[metric] == nil {
			t.Errorf("the page has no %s", metric)
		}
	}
	for name := range p {
		if fromTheLog(name) && !strings.HasPrefix(name, "model_reference_") {
			t.Errorf("the page has %s, which only the log knows", name)
		}
	}
}

// filledLog makes a log with rows, closed and without a write-ahead log.
func filledLog(t *testing.T, rows int) string {
	t.Helper()
	log := emptyLog(t)
	db := database(t, log, "rw")
	newLoans(5).insert(t, db, rows, time.Now().Add(-time.Hour), time.Second)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return log
}

// The files that make a log.
var files = []string{"", "-wal", "-shm"}

func move(t *testing.T, from, to string) {
	t.Helper()
	for _, suffix := range files {
		if err := os.Rename(from+suffix, to+suffix); err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
	}
}

func write(t *testing.T, path string, content []byte) {
	t.Helper()
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

// copyOf keeps a copy for restore.
func copyOf(t *testing.T, log string) {
	t.Helper()
	content, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	write(t, log+".copy", content)
}

// restore puts the copy in the place of a log, as an operator does.
func restore(t *testing.T, log string) {
	t.Helper()
	for _, suffix := range files {
		_ = os.Remove(log + suffix) // They need not all be there.
	}
	move(t, log+".copy", log)
}

func truncate(t *testing.T, log string, size int64) {
	t.Helper()
	if err := os.Truncate(log, size); err != nil {
		t.Fatal(err)
	}
}

// damage overwrites all pages but the first.
func damage(t *testing.T, log string) {
	t.Helper()
	f, err := os.OpenFile(log, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // WriteAt has said what there is to say.
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	junk := make([]byte, info.Size()-4096)
	for i := range junk {
		junk[i] = byte(i*7 + 13)
	}
	if _, err := f.WriteAt(junk, 4096); err != nil {
		t.Fatal(err)
	}
}

// locks are the functions that release the logs which are locked, by path.
var locks sync.Map

// lockExclusively takes the log for this process until unlock.
func lockExclusively(t *testing.T, log string) {
	t.Helper()
	db := database(t, log, "rw")
	execute(t, db, "PRAGMA locking_mode = EXCLUSIVE")
	execute(t, db, "BEGIN EXCLUSIVE")
	locks.Store(log, db.Close)
}

func unlock(t *testing.T, log string) {
	t.Helper()
	release, ok := locks.LoadAndDelete(log)
	if !ok {
		t.Fatal("the log is not locked")
	}
	if err := release.(func() error)(); err != nil {
		t.Fatal(err)
	}
}
