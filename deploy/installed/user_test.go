package installed_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// nobody is a user without rights, in the group of the log.
const nobody = 65534

// The exporter reads without any right to write, as another user where this one
// is root: while the predictor runs and when it has ended, because the files
// beside the log stay. Where somebody else's program removed them, the exporter
// says what to do.
func TestExporterReadsWithoutWriting(t *testing.T) {
	t.Parallel()
	program, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	log := filepath.Join(dir, "predictions.db")
	user := os.Geteuid()
	if user == 0 {
		user = nobody
		for _, d := range []string{filepath.Dir(program), filepath.Dir(dir)} {
			allow(t, d, 0o755) // Test folders are their owner's only.
		}
	}
	t.Cleanup(func() { allow(t, dir, 0o755) }) // So that it can be removed.
	read := func() *process {
		t.Helper()
		allow(t, dir, 0o555)
		return startAs(t, user, "exporter", "--web.listen-address=127.0.0.1:0", "--predictions.log="+log, quick)
	}
	record := func() *process {
		t.Helper()
		allow(t, dir, 0o755)
		predictor := start(t, "predictor", "--web.listen-address=127.0.0.1:0", "--predictions.log="+log)
		if status, answer := fetch(t, predictor.url+"/predict", newLoans(8).array(60)); status != 200 {
			t.Fatalf("%d %s", status, answer)
		}
		return predictor
	}
	reads := func(exporter *process, when string, rows float64) {
		t.Helper()
		if p := scrape(t, exporter.url); !p.is(1, "drift_up") || !p.is(rows, "model_success_total") {
			t.Errorf("%s: the log is not read\n%s", when, exporter.said())
		}
	}
	predictor, exporter := record(), read()
	reads(exporter, "while the predictor runs", 60)
	if err := predictor.kill(syscall.SIGTERM); err != nil {
		t.Error(err)
	}
	reads(exporter, "after the predictor has ended", 60)
	_ = exporter.kill(syscall.SIGTERM)
	exporter = read()
	reads(exporter, "started after the predictor has ended", 60)
	_ = exporter.kill(syscall.SIGTERM)

	allow(t, dir, 0o755)
	for _, suffix := range files[1:] {
		if err := os.Remove(log + suffix); err != nil {
			t.Error(err)
		}
	}
	exporter = read()
	blind(t, scrape(t, exporter.url))
	if !exporter.says("-wal", "Start the predictor") {
		t.Errorf("the exporter does not say what to do:\n%s", exporter.said())
	}
	record()
	reads(exporter, "after the predictor has started again", 120)
}

func allow(t *testing.T, dir string, mode os.FileMode) {
	t.Helper()
	if err := os.Chmod(dir, mode); err != nil {
		t.Error(err)
	}
}
