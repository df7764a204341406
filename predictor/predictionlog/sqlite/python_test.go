package sqlite

import (
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
)

// worker is a Python process that writes the log like a service. Its arguments are the path of
// the log, its own name and the number of predictions.
const worker = `
import sys
sys.path.insert(0, "../../../testdata")
import log_writer
path, name, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
log, last = log_writer.open_log(path), 0
for i in range(count):
    id = log_writer.predicted(log, "python", "1", {"income": i, "name": name}, 0.25, i % 2, f"{name}-{i}")
    assert id > last, (id, last)
    last = id
    if i % 10 == 0:
        log_writer.observed(log, id, 1)
`

func python(t *testing.T) string {
	t.Helper()
	name, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("python3 is not installed, so the documented writer cannot be tried: apt-get install python3")
	}
	return name
}

func TestPythonWorkersWriteBesideThePredictor(t *testing.T) {
	t.Parallel()
	name := python(t)
	path := newPath(t)
	w := newWriter(t, path, WriterOptions{})
	const workers, each, own = 4, 150, 300
	var wg sync.WaitGroup
	for _, k := range []string{"a", "b", "c", "d"} {
		wg.Go(func() {
			if out, err := exec.CommandContext(t.Context(), name, "-c", worker, path, k, "150").CombinedOutput(); err != nil {
				t.Errorf("worker %s: %v\n%s", k, err, out)
			}
		})
	}
	for k := range 3 {
		wg.Go(func() {
			for i := range own / 3 {
				if _, err := w.Append(t.Context(), []predictionlog.Prediction{prediction(k*own + i)}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()

	first, second := newReader(t, path), newReader(t, path)
	rows := rowsOf(t, first)
	if len(rows) != workers*each+own {
		t.Fatalf("%d rows, want %d", len(rows), workers*each+own)
	}
	next := map[string]int{}
	for i, row := range rows {
		if i > 0 && (row.ID <= rows[i-1].ID || row.Time < rows[i-1].Time) {
			t.Errorf("row %d at %d follows row %d at %d", row.ID, row.Time, rows[i-1].ID, rows[i-1].Time)
		}
		next[row.Model]++
	}
	if want := map[string]int{"python": workers * each, "loan_refinance": own}; !reflect.DeepEqual(next, want) {
		t.Errorf("rows by model: %v, want %v", next, want)
	}
	if s := stateOf(t, first); s.HighWater.Feedback != workers*each/10 {
		t.Errorf("state %+v", s)
	}
	if !slices.EqualFunc(rows, rowsOf(t, second), func(a, b predictionlog.Row) bool { return reflect.DeepEqual(a, b) }) {
		t.Error("two readers disagree")
	}
	sound(t, path, 0)
}

func TestPythonWriterRunsAsItStands(t *testing.T) {
	t.Parallel()
	name := python(t)
	path := closedLog(t, 0)
	script, err := filepath.Abs("../../../testdata/log_writer.py")
	if err != nil {
		t.Fatal(err)
	}
	c := exec.CommandContext(t.Context(), name, script)
	c.Dir = filepath.Dir(path)
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	rows := rowsOf(t, newReader(t, path))
	if len(rows) != 1 || rows[0].ID != 1 || rows[0].Class != "1" || !strings.Contains(string(rows[0].Features), `"interest_rate": null`) {
		t.Errorf("rows %+v", rows)
	}
	c = exec.CommandContext(t.Context(), name, script)
	c.Dir = t.TempDir()
	if out, err := c.CombinedOutput(); err == nil {
		t.Errorf("without a log it ran: %s", out)
	}
}

func TestThePythonWriterGoesOnAfterAMigration(t *testing.T) {
	t.Parallel()
	name := python(t)
	for version, schema := range map[string]string{"1": schema1, "2": schema2} {
		path := logOf(t, schema, 50)
		if err := Migrate(t.Context(), path, Watch{}); err != nil {
			t.Fatal(err)
		}
		before := len(rowsOf(t, newReader(t, path)))
		if out, err := exec.CommandContext(t.Context(), name, "-c", worker, path, "after", "20").CombinedOutput(); err != nil {
			t.Errorf("version %s: %v\n%s", version, err, out)
		}
		rows := rowsOf(t, newReader(t, path))
		if len(rows) != before+20 || rows[before].ID != 51 {
			t.Errorf("version %s: %d rows after %d, the first new one %d, want 51: the newest rows were deleted", version, len(rows), before, rows[min(before, len(rows)-1)].ID)
		}
		sound(t, path, 0)
	}
}
