package predictor

import (
	"database/sql/driver"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/drift-exporter/drift_exporter/predictor/model"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite/file"
	"github.com/drift-exporter/drift_exporter/predictor/rows"
)

// trained returns the toy model as a file can hold it.
func trained(version string, change func(*model.Model)) *model.Model {
	m := toy()
	m.Version = version
	if change != nil {
		change(m)
	}
	return m
}

func put(t *testing.T, path string, m *model.Model) {
	t.Helper()
	if err := rows.WriteFile(path, m.Encode); err != nil {
		t.Fatal(err)
	}
}

// eventually waits for a condition.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !holds(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
	}
}

const oneToy = `{"income":60,"grade":"A","age":40}`

func TestAModelIsReplacedWhileItServes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path, log := filepath.Join(dir, "model.json"), filepath.Join(dir, "log.db")
	put(t, path, trained("v1", nil))
	hangup := make(chan os.Signal, 1)
	r := start(t, log, func(o *RunOptions) {
		m, err := model.Load(path)
		if err != nil {
			t.Fatal(err)
		}
		o.Model, o.ModelPath, o.EnableLifecycle, o.Hangup = m, path, true, hangup
	})
	defer r.end()
	version := func() string {
		_, after, _ := strings.Cut(r.must(http.StatusOK, "/predict", oneToy, "").body, `"model_version":"`)
		text, _, _ := strings.Cut(after, `"`)
		return text
	}
	// Requests under way during every change are answered by one version or the other.
	var clients sync.WaitGroup
	ended := make(chan struct{})
	for range 4 {
		clients.Go(func() {
			for {
				select {
				case <-ended:
					return
				default:
				}
				if got, err := r.post("/predict", oneToy, ""); err != nil || got.code != http.StatusOK {
					t.Errorf("during a change: %d %s %v", got.code, got.body, err)
					return
				}
			}
		})
	}
	for _, version := range []string{"a", "b", "c"} {
		put(t, path, trained(version, func(m *model.Model) { m.Intercept = 1 }))
		r.must(http.StatusOK, "/-/reload", "", "")
	}
	close(ended)
	clients.Wait()
	put(t, path, trained("v2", func(m *model.Model) { m.Features = m.Features[:2] }))
	r.must(http.StatusOK, "/-/reload", "", "")
	got, err := r.post("/predict", oneToy, "")
	if err != nil || got.code != http.StatusBadRequest || !strings.Contains(got.body, "age") {
		t.Errorf("a feature that the new version does not have: %d %s", got.code, got.body)
	}
	put(t, path, trained("v3", nil))
	hangup <- os.Interrupt
	eventually(t, "v3", func() bool {
		return strings.Contains(r.get("/metrics").body, `predictor_model_info{model="toy",version="v3"} 1`)
	})
	if got := version(); got != "v3" {
		t.Errorf("version %s", got)
	}
	for name, test := range map[string]struct {
		m    *model.Model
		says string
	}{
		"another model": {trained("v4", func(m *model.Model) { m.Name = "other" }), `it is the model \"other\", and \"toy\" is served`},
		"same version":  {trained("v3", func(m *model.Model) { m.Intercept = 3 }), `has the same version \"v3\"`},
		"other classes": {trained("v4", func(m *model.Model) { m.Negative, m.Positive = "no", "yes" }), "its classes are others"},
	} {
		put(t, path, test.m)
		if got, err := r.post("/-/reload", "", ""); err != nil || got.code != http.StatusInternalServerError || !strings.Contains(got.body, test.says) {
			t.Errorf("%s: %d %s", name, got.code, got.body)
		}
	}
	if err := os.WriteFile(path, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	r.must(http.StatusInternalServerError, "/-/reload", "", "")
	if got := version(); got != "v3" || !strings.Contains(r.get("/metrics").body, "predictor_model_last_reload_successful 0") {
		t.Errorf("after broken files: version %s", got)
	}
	put(t, path, trained("v3", nil))
	r.must(http.StatusOK, "/-/reload", "", "")
	if !strings.Contains(r.get("/metrics").body, "predictor_model_last_reload_successful 1") {
		t.Error("the file is right again, and the metric does not say so")
	}
}

func TestWithoutAFileThereIsNothingToReload(t *testing.T) {
	t.Parallel()
	r := start(t, filepath.Join(t.TempDir(), "log.db"), func(o *RunOptions) { o.EnableLifecycle = true })
	defer r.end()
	if got := r.must(http.StatusNotFound, "/-/reload", "", ""); !strings.Contains(got.body, "--model.file") {
		t.Errorf("it says %s", got.body)
	}
}

func TestAChangedFileIsServed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "model.json")
	put(t, path, trained("v1", nil))
	r := start(t, filepath.Join(dir, "log.db"), func(o *RunOptions) {
		o.Model, o.ModelPath, o.RefreshInterval = trained("v1", nil), path, 5*time.Millisecond
	})
	defer r.end()
	r.must(http.StatusForbidden, "/-/reload", "", "")
	put(t, path, trained("v2", nil))
	eventually(t, "v2", func() bool { return strings.Contains(r.get("/health").body, `"model_version":"v2"`) })
}

func TestAShadowScoresEveryRequest(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path, shadow, log := filepath.Join(dir, "model.json"), filepath.Join(dir, "shadow.json"), filepath.Join(dir, "log.db")
	r := start(t, log, func(o *RunOptions) {
		o.Model, o.ModelPath, o.ShadowPath, o.RefreshInterval = trained("v1", nil), path, shadow, 5*time.Millisecond
	})
	r.must(http.StatusOK, "/predict", oneToy, "")
	put(t, shadow, trained("v2", func(m *model.Model) { m.Intercept = -9 }))
	eventually(t, "the shadow", func() bool {
		return strings.Contains(r.get("/metrics").body, `predictor_shadow_info{model="toy",version="v2"} 1`)
	})
	r.must(http.StatusOK, "/predict", oneToy, "loan-1")
	r.must(http.StatusOK, "/predict", oneToy, "loan-1") // a repetition has its shadow
	r.must(http.StatusOK, "/predict", "["+oneToy+","+oneToy+"]", "")
	eventually(t, "three predictions of the shadow", func() bool { return strings.Contains(r.get("/metrics").body, "predictor_shadow_predictions_total 3") })
	r.must(http.StatusOK, "/feedback", `{"request_id":"loan-1","actual_outcome":1}`, "")
	if err := os.Remove(shadow); err != nil {
		t.Fatal(err)
	}
	eventually(t, "no shadow", func() bool { return !strings.Contains(r.get("/metrics").body, "predictor_shadow_info{") })
	r.must(http.StatusOK, "/predict", oneToy, "")
	r.end()

	var got []string
	err := sqlite.NewReader(log).Use(t.Context(), func(c *file.Connection) error {
		return c.Query(t.Context(), "SELECT p.version || ' ' || p.class || ' ' || coalesce(a.version || a.class, '') FROM predictions p LEFT JOIN predictions a ON a.id = p.shadow_of ORDER BY p.id", func(columns []driver.Value) error {
			got = append(got, fmt.Sprint(columns[0]))
			return nil
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	counts := map[string]int{}
	for _, line := range got {
		counts[line]++
	}
	if len(got) != 8 || counts["v1 1 "] != 5 || counts["v2 0 v11"] != 3 {
		t.Errorf("the log has %v", counts)
	}
	_, outcomes, _ := logged(t, log)
	if len(outcomes) != 1 || outcomes[0].Version != "v1" {
		t.Errorf("feedback for %+v", outcomes)
	}
}

func TestAShadowMustBeAnotherVersionOfTheModel(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	shadow := filepath.Join(dir, "shadow.json")
	put(t, shadow, trained("v2", func(m *model.Model) { m.Name = "other" }))
	s := newShadow(&memory{}, NewMetrics(), shadow, nil)
	if err := s.load(toy()); err == nil || !strings.Contains(err.Error(), "a shadow is another version of the same model") {
		t.Errorf("another model: %v", err)
	}
	put(t, shadow, toy())
	if err := s.load(toy()); err != nil || s.scorer.Load() != nil {
		t.Errorf("the served version as its own shadow: %v", err)
	}
}

func TestAShadowThatIsRefusedIsSaid(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	shadow, stream := filepath.Join(dir, "shadow.json"), filepath.Join(dir, "stream")
	file, err := os.Create(stream)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }() // it was read by its name
	r := start(t, filepath.Join(dir, "log.db"), func(o *RunOptions) {
		o.ShadowPath, o.RefreshInterval, o.Logger = shadow, 5*time.Millisecond, slog.New(slog.NewTextHandler(file, nil))
	})
	defer r.end()
	if err := os.WriteFile(shadow, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the stream says so", func() bool {
		said, err := os.ReadFile(stream)
		return err == nil && strings.Contains(string(said), "the shadow was refused, the former one stays")
	})
	r.must(http.StatusOK, "/predict", oneToy, "")
}
