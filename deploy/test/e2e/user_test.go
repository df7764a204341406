package e2e_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// nobody is a user without rights, in the group of the log.
const nobody = 65534

// The exporter reads as another user, in a directory that it may not write,
// whether the predictor runs or has ended: the files beside the log stay. Where
// somebody else's program removed them, the exporter says what to do.
func TestExporterReadsWithoutWriting(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root can run the exporter as another user")
	}
	program, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, d := range []string{filepath.Dir(program), filepath.Dir(dir), dir} {
		if err := os.Chmod(d, 0o755); err != nil { // Test folders are their owner's only.
			t.Fatal(err)
		}
	}
	log := filepath.Join(dir, "predictions.db")
	record := func() *process {
		t.Helper()
		predictor := start(t, "predictor", "--web.listen-address=127.0.0.1:0", "--predictions.log="+log)
		if status, answer := fetch(t, predictor.url+"/predict", newLoans(8).array(60)); status != 200 {
			t.Fatalf("%d %s", status, answer)
		}
		return predictor
	}
	predictor := record()
	exporter := startAs(t, nobody, "exporter", "--web.listen-address=127.0.0.1:0", "--predictions.log="+log, quick)
	reads := func(when string, rows float64) {
		t.Helper()
		if p := scrape(t, exporter.url); !p.is(1, "drift_up") || !p.is(rows, "model_success_total") {
			t.Errorf("%s: the log is not read\n%s", when, exporter.said())
		}
	}
	reads("while the predictor runs", 60)
	if err := predictor.kill(syscall.SIGTERM); err != nil {
		t.Error(err)
	}
	reads("after the predictor has ended", 60)
	_ = exporter.kill(syscall.SIGTERM)
	exporter = startAs(t, nobody, "exporter", "--web.listen-address=127.0.0.1:0", "--predictions.log="+log, quick)
	reads("started after the predictor has ended", 60)

	_ = exporter.kill(syscall.SIGTERM)
	for _, suffix := range files[1:] {
		if err := os.Remove(log + suffix); err != nil {
			t.Error(err)
		}
	}
	exporter = startAs(t, nobody, "exporter", "--web.listen-address=127.0.0.1:0", "--predictions.log="+log, quick)
	blind(t, scrape(t, exporter.url))
	if !exporter.says("-wal", "Start the predictor") {
		t.Errorf("the exporter does not say what to do:\n%s", exporter.said())
	}
	record()
	reads("after the predictor has started again", 120)
	if _, err := os.Stat(log + "-wal"); err != nil {
		t.Error(err)
	}
}
