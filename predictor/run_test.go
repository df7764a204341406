package predictor

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/exporter-toolkit/web"
	"golang.org/x/sys/unix"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/care"
)

// Predictions, repeats, refusals and every rule of feedback, over the network
// and on a real log.
func TestPredictorEndToEnd(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "predictions.db")
	var commits atomic.Int64
	r := start(t, path, func(o *RunOptions) {
		o.LogOptions.OnCommit = func(int, time.Duration, error) { commits.Add(1) }
	})
	first := r.must(200, "/predict", `{"age":40,"grade":30.0,"income":60}`, "loan 7")
	again := r.must(200, "/predict", `{"income":6e1,"grade":"30","age":40.0}`, "loan 7")
	if again.body != first.body || !strings.HasPrefix(first.body, `{"prediction_id":0,"request_id":"loan 7",`) {
		t.Errorf("first %s, repeated %s", first.body, again.body)
	}
	r.must(200, "/predict", "["+goodRow+","+goodRow+"]", "batch")
	r.must(422, "/predict", "["+goodRow+","+goodRow+","+goodRow+"]", "batch")
	r.must(400, "/predict", `{"age":40}`, "")

	r.must(200, "/feedback", `{"prediction_id":0,"actual_outcome":1,"confidence":0.5,"source":"early"}`, "")
	r.must(200, "/feedback", `{"prediction_id":0,"actual_outcome":1,"confidence":0.5,"source":"early"}`, "") // Nothing new.
	r.must(200, "/feedback", `{"request_id":"loan 7","actual_outcome":0}`, "")
	for _, tt := range []struct {
		code         int
		body, advice string
	}{
		{409, `{"prediction_id":0,"actual_outcome":1,"confidence":0.9}`, "send an equal or higher confidence"},
		{409, `{"prediction_id":1,"request_id":"loan 7","actual_outcome":1}`, "send one of them"},
		{404, `{"prediction_id":99,"actual_outcome":1}`, "send the prediction_id or request_id"},
		{404, `{"request_id":"batch","actual_outcome":1}`, "send the prediction_id or request_id"},
		{400, `{"prediction_id":1,"actual_outcome":1,"observed_at":"2001-01-01T00:00:00Z"}`, "observed_at is before the prediction"},
	} {
		if got := r.must(tt.code, "/feedback", tt.body, ""); !strings.Contains(got.body, tt.advice) {
			t.Errorf("%s: %s does not say %q", tt.body, got.body, tt.advice)
		}
	}
	got := r.must(200, "/feedback", `{"request_id":"batch/1","prediction_id":2,"actual_outcome":0,"observed_at":"2199-01-01T00:00:00+02:00"}`, "")
	if !strings.HasPrefix(got.body, `{"prediction_id":2,"actual_outcome":0,"correct":true}`) {
		t.Errorf("feedback on a row of an array: %s", got.body)
	}
	if page := r.get("/metrics").body; !strings.Contains(page, "\npredictor_log_writable 1\n") || strings.Contains(page, "\npredictor_commit_rows_count 0\n") {
		t.Errorf("/metrics: %s", page)
	}
	r.end()

	rows, outcomes, reasons := logged(t, path)
	if len(rows) != 3 || len(outcomes) != 3 || fmt.Sprint(reasons) != "[missing_feature]" || commits.Load() == 0 {
		t.Errorf("%d rows, %d outcomes, refusals %q, %d commits", len(rows), len(outcomes), reasons, commits.Load())
	}
	if want := `{"income":60,"grade":"30","age":40}`; string(rows[0].Features) != want || rows[0].Latency <= 0 || rows[0].Model != "toy" {
		t.Errorf("the first row is %+v with %s, want %s", rows[0], rows[0].Features, want)
	}
}

func TestPrunedPredictionIsGone(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "predictions.db")
	r := start(t, path, nil)
	r.must(200, "/predict", goodRow, "first")
	r.must(200, "/predict", goodRow, "second")
	r.end()
	if e, err := care.Erase(t.Context(), path, "first"); err != nil || e.Rows != 1 {
		t.Fatalf("erased %d: %v", e.Rows, err)
	}
	r = start(t, path, nil)
	if got := r.must(410, "/feedback", `{"prediction_id":0,"actual_outcome":1}`, ""); !strings.Contains(got.body, "no longer in the log") {
		t.Errorf("got %s", got.body)
	}
	r.must(200, "/feedback", `{"prediction_id":1,"actual_outcome":1}`, "")
	r.end()
}

// What was answered is in the log, and what was under way is answered, when the
// predictor gets a signal to stop in the middle of traffic.
func TestShutdownLosesNothing(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "predictions.db")
	r := start(t, path, nil)
	var (
		group    sync.WaitGroup
		answered sync.Map
		count    atomic.Int64
		enough   = make(chan struct{})
	)
	for c := range 8 {
		group.Go(func() {
			for i := 0; ; i++ {
				id := fmt.Sprintf("%d-%d", c, i)
				got, err := r.post("/predict", goodRow, id)
				if err != nil {
					return // The predictor has stopped listening.
				}
				if got.code != http.StatusOK {
					t.Errorf("%s: got %d %s while stopping", id, got.code, got.body)
					return
				}
				var p predicted
				got.into(t, &p)
				answered.Store(*p.PredictionID, id)
				if count.Add(1) == 200 {
					close(enough)
				}
			}
		})
	}
	<-enough
	r.end()
	group.Wait()
	rows, _, _ := logged(t, path)
	if n := int(count.Load()); len(rows) < n || len(rows) > n+8 {
		t.Errorf("%d predictions were answered, %d are in the log", n, len(rows))
	}
	inLog := map[int64]bool{}
	for _, row := range rows {
		inLog[row.ID] = true
	}
	answered.Range(func(id, name any) bool {
		if !inLog[id.(int64)] {
			t.Errorf("prediction %d, %s, was answered and is not in the log", id, name)
		}
		return true
	})
}

// The log's file gives way to a directory, in which nothing can be written, and
// comes back.
func TestPredictorRecoversByItself(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "predictions.db")
	r := start(t, path, nil)
	r.must(200, "/predict", goodRow, "before")
	if err := errors.Join(os.Rename(path, path+".away"), os.Mkdir(path, 0o700)); err != nil {
		t.Fatal(err)
	}
	if got := r.must(503, "/predict", goodRow, "during"); got.header.Get("Retry-After") == "" {
		t.Errorf("no Retry-After: %v", got.header)
	}
	r.must(503, "/feedback", `{"prediction_id":0,"actual_outcome":1}`, "")
	if got := r.get("/-/ready"); got.code != http.StatusServiceUnavailable {
		t.Errorf("/-/ready: %d %s", got.code, got.body)
	}
	if got := r.get("/-/healthy"); got.code != http.StatusOK {
		t.Errorf("/-/healthy: %d %s", got.code, got.body)
	}
	if err := errors.Join(os.Remove(path), os.Rename(path+".away", path)); err != nil {
		t.Fatal(err)
	}
	r.must(200, "/predict", goodRow, "during")
	if got := r.get("/-/ready"); got.code != http.StatusOK {
		t.Errorf("/-/ready after recovery: %d %s", got.code, got.body)
	}
	r.end()
	if rows, _, _ := logged(t, path); len(rows) != 2 {
		t.Errorf("%d rows are in the log, want 2", len(rows))
	}
}

// A disk of a few hundred kilobytes fills up, refuses, gets room and accepts.
func TestFullDiskIsRefusedAndRecovers(t *testing.T) {
	t.Parallel()
	disk := t.TempDir()
	if err := unix.Mount("tmpfs", disk, "tmpfs", 0, "size=1m"); err != nil {
		t.Skipf("a small disk cannot be mounted here: %v", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(disk, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	path, ballast := filepath.Join(disk, "predictions.db"), filepath.Join(disk, "ballast")
	r := start(t, path, nil)
	r.must(200, "/predict", goodRow, "before")
	if err := os.WriteFile(ballast, make([]byte, 1<<20), 0o600); !errors.Is(err, unix.ENOSPC) {
		t.Fatalf("the disk is not full: %v", err)
	}
	accepted, refused := 1, answer{}
	for i := range 1000 {
		got, err := r.post("/predict", "["+strings.TrimSuffix(strings.Repeat(goodRow+",", 100), ",")+"]", fmt.Sprint("fill ", i))
		if err != nil {
			t.Fatal(err)
		}
		if got.code != http.StatusOK {
			refused = got
			break
		}
		accepted += 100
	}
	if refused.code != http.StatusServiceUnavailable {
		t.Fatalf("a full disk is answered %d %s", refused.code, refused.body)
	}
	if got := r.get("/-/ready"); got.code != http.StatusServiceUnavailable || !strings.Contains(got.body, "make room") {
		t.Errorf("/-/ready: %d %s", got.code, got.body)
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	r.must(200, "/predict", goodRow, "after")
	r.end()
	if rows, _, _ := logged(t, path); len(rows) != accepted+1 {
		t.Errorf("%d rows are in the log, want %d", len(rows), accepted+1)
	}
}

func TestRunRefusesWhatItCannotServe(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "predictions.db")
	r := start(t, path, nil)
	none, config := []string{"127.0.0.1:none"}, ""
	listen := &web.FlagConfig{WebListenAddresses: &none, WebConfigFile: &config}
	for name, o := range map[string]RunOptions{
		"a log in use":      {Model: toy(), LogPath: path, Web: listen},
		"a missing folder":  {Model: toy(), LogPath: filepath.Join(path+".d", "predictions.db"), Web: listen},
		"no model":          {LogPath: path + ".new", Web: listen},
		"an unknown mode":   {Model: toy(), LogPath: path + ".new", Web: listen, LogFailure: "ignore"},
		"an unknown port":   {Model: toy(), LogPath: path + ".new", Web: listen},
		"no listen address": {Model: toy(), LogPath: path + ".new", Web: &web.FlagConfig{WebConfigFile: &config}},
	} {
		if err := Run(t.Context(), o); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	r.must(200, "/predict", goodRow, "")
	r.end()
}

// TLS and passwords are the toolkit's; here that its configuration is used.
func TestPasswordsAreAsked(t *testing.T) {
	t.Parallel()
	config := filepath.Join(t.TempDir(), "web.yml")
	const users = "basic_auth_users:\n  ann: $2y$05$sJSNr3ICVKHUvXH2C4w5O.OIqfOB6zUuTJVVVKGBzCAVYkhuhIDAm\n"
	if err := os.WriteFile(config, []byte(users), 0o600); err != nil {
		t.Fatal(err)
	}
	r := start(t, filepath.Join(t.TempDir(), "predictions.db"), func(o *RunOptions) { o.Web.WebConfigFile = &config })
	r.must(401, "/predict", goodRow, "")
	r.end()
}
