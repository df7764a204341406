package e2e_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// smallDisk mounts a file system of a few MiB.
func smallDisk(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size=2m"); err != nil {
		t.Skipf("only root, with the right to mount, can make a disk that is soon full: %v", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// fill takes what is left of a disk.
func fill(t *testing.T, path string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	for chunk := make([]byte, 4096); err == nil; {
		_, err = f.Write(chunk)
	}
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}
	_ = f.Close() // It may say again that the disk is full.
}

// answered is the answer of /predict to one prediction.
type answered struct {
	ID     *int64 `json:"prediction_id"`
	Logged *bool  `json:"logged"`
}

// predictUntil sends predictions until the answer is the one wanted, at most
// 20,000. It returns that answer and the ids that were answered before.
func predictUntil(t *testing.T, url string, wanted func(answer, answered) bool) (last answer, ids []int64) {
	t.Helper()
	rows := newLoans(9)
	for range 20_000 {
		var a answered
		last = post(t, url+"/predict", rows.body())
		if last.code == http.StatusOK {
			if err := json.Unmarshal([]byte(last.body), &a); err != nil {
				t.Fatal(err)
			}
		}
		if wanted(last, a) {
			return last, ids
		}
		if a.ID == nil {
			t.Fatalf("%d %s", last.code, last.body)
		}
		ids = append(ids, *a.ID)
	}
	t.Fatalf("20,000 predictions later the answer still is %d %s", last.code, last.body)
	return last, ids
}

func TestFullDisk(t *testing.T) {
	t.Parallel()
	for _, serves := range []bool{false, true} {
		mode := map[bool]string{false: "refuse", true: "serve"}[serves]
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			dir := smallDisk(t)
			log, ballast := filepath.Join(dir, "predictions.db"), filepath.Join(dir, "ballast")
			predictor := start(t, "predictor", "--web.listen-address=127.0.0.1:0", "--predictions.log="+log, "--predictions.log-failure="+mode)
			exporter := start(t, "exporter", "--web.listen-address=127.0.0.1:0", "--predictions.log="+log, quick)
			if got := post(t, predictor.url+"/predict", newLoans(1).array(100)); got.code != http.StatusOK {
				t.Fatalf("%d %s", got.code, got.body)
			}
			fill(t, ballast)

			full, ids := predictUntil(t, predictor.url, func(got answer, a answered) bool {
				return got.code != http.StatusOK || a.Logged != nil
			})
			ready := get(t, predictor.url+"/-/ready")
			if serves {
				if full.code != http.StatusOK || strings.Contains(full.body, "prediction_id") || !strings.Contains(full.body, `"logged":false`) || !strings.Contains(full.body, `"probability":`) {
					t.Errorf("a full disk with log-failure=serve: %d %s", full.code, full.body)
				}
				if ready.code != http.StatusOK || !strings.Contains(ready.body, "make room on its disk") {
					t.Errorf("/-/ready: %d %s", ready.code, ready.body)
				}
				if p := scrape(t, predictor.url); !p.is(1, "predictor_unlogged_predictions_total") || !p.is(0, "predictor_log_writable") {
					t.Error("the predictor's page does not count the unlogged prediction")
				}
			} else {
				if after, err := strconv.Atoi(full.header.Get("Retry-After")); full.code != http.StatusServiceUnavailable || err != nil || after < 1 ||
					full.header.Get("Content-Type") != "application/problem+json" || !strings.Contains(full.body, "repeat the request later") {
					t.Errorf("a full disk: %d %v %s", full.code, full.header, full.body)
				}
				if ready.code != http.StatusServiceUnavailable || !strings.Contains(ready.body, "make room on its disk") {
					t.Errorf("/-/ready: %d %s", ready.code, ready.body)
				}
				if got := get(t, predictor.url+"/health"); got.code != http.StatusServiceUnavailable || !strings.Contains(got.body, "unhealthy") {
					t.Errorf("/health: %d %s", got.code, got.body)
				}
			}
			// Feedback is never made up: it is refused whatever the mode.
			if got := post(t, predictor.url+"/feedback", `{"prediction_id":0,"actual_outcome":1}`); got.code != http.StatusServiceUnavailable || got.header.Get("Retry-After") == "" {
				t.Errorf("feedback on a full disk: %d %s", got.code, got.body)
			}
			if p := scrape(t, exporter.url); !p.is(1, "drift_up") || !p.is(float64(100+len(ids)), "model_success_total") {
				t.Errorf("the exporter does not read the log on the full disk, or not its %d rows", 100+len(ids))
			}

			if err := os.Remove(ballast); err != nil {
				t.Fatal(err)
			}
			// It finds out by itself.
			waitFor(t, "the predictor is ready again", func() bool {
				got := get(t, predictor.url+"/-/ready")
				return got.code == http.StatusOK && strings.Contains(got.body, "is ready")
			})
			if got := post(t, predictor.url+"/predict", newLoans(2).body()); got.code != http.StatusOK || strings.Contains(got.body, "logged") {
				t.Errorf("with room again: %d %s", got.code, got.body)
			}
			if err := predictor.kill(syscall.SIGTERM); err != nil {
				t.Error(err)
			}
			sound(t, "check", log)
			db := database(t, log, "ro")
			for _, id := range ids {
				if number(t, db, "SELECT count(*) FROM predictions WHERE id = ?", id) != 1 {
					t.Errorf("prediction %d was answered and is not in the log", id)
				}
			}
			if n := number(t, db, "SELECT count(*) FROM predictions"); n != int64(len(ids))+101 {
				t.Errorf("the log has %d rows, %d were answered", n, len(ids)+101)
			}
		})
	}
}

// TestFileSizeLimit holds the log below what it needs, as an exceeded quota does:
// SQLite has one code for that and for a broken disk, and the advice must be the
// right one.
func TestFileSizeLimit(t *testing.T) {
	t.Parallel()
	log := filepath.Join(t.TempDir(), "predictions.db")
	predictor := start(t, "predictor", "--web.listen-address=127.0.0.1:0", "--predictions.log="+log)
	limit := func(bytes uint64) {
		var before unix.Rlimit
		if err := unix.Prlimit(predictor.cmd.Process.Pid, unix.RLIMIT_FSIZE, nil, &before); err != nil {
			t.Fatal(err)
		}
		now := unix.Rlimit{Cur: bytes, Max: before.Max}
		if err := unix.Prlimit(predictor.cmd.Process.Pid, unix.RLIMIT_FSIZE, &now, nil); err != nil {
			t.Fatal(err)
		}
	}
	limit(512 << 10)
	full, ids := predictUntil(t, predictor.url, func(got answer, _ answered) bool { return got.code != http.StatusOK })
	if full.code != http.StatusServiceUnavailable {
		t.Errorf("a log that may not grow: %d %s", full.code, full.body)
	}
	if ready := get(t, predictor.url+"/-/ready"); !strings.Contains(ready.body, "limit on the size of files") || strings.Contains(ready.body, "damaged") {
		t.Errorf("/-/ready: %d %s", ready.code, ready.body)
	}
	limit(unix.RLIM_INFINITY)
	waitFor(t, "the predictor is ready again", func() bool { return get(t, predictor.url+"/-/ready").code == http.StatusOK })
	if err := predictor.kill(syscall.SIGTERM); err != nil {
		t.Error(err)
	}
	sound(t, "check", log)
	if n := number(t, database(t, log, "ro"), "SELECT count(*) FROM predictions"); n < int64(len(ids)) {
		t.Errorf("the log has %d rows, %d were answered", n, len(ids))
	}
}

// waitFor waits for something to become so, for a minute at most.
func waitFor(t *testing.T, what string, so func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !so(); {
		if time.Now().After(end) {
			t.Fatalf("not within a minute: %s", what)
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-t.Context().Done():
			t.Fatal(t.Context().Err())
		}
	}
}
