package api

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/drift-exporter/drift_exporter/predictor/outcomes"
	"github.com/drift-exporter/drift_exporter/predictor/outcomes/sourcetest"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite"
)

// The test starts its own binary again, because only a separate process can be killed.
const childVariable = "API_TEST_CHILD"

func TestMain(m *testing.M) {
	if url, log, found := strings.Cut(os.Getenv(childVariable), " "); found {
		if err := importPages(context.Background(), url, log, io.Discard); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// importPages reads all pages into a log.
func importPages(ctx context.Context, url, log string, said io.Writer) error {
	c, err := outcomes.Parse(fmt.Appendf(nil, "sources:\n- {name: bureau, api: {url: %q, rate: 1000/s}}\n", url), "outcomes.yml", []outcomes.Kind{Kind})
	if err != nil {
		return err
	}
	return outcomes.Import(ctx, outcomes.ImportOptions{LogPath: log, Source: c.Sources[0], PendingLimit: 1000, Logger: slog.New(slog.DiscardHandler)}, said)
}

// TestKilledBetweenThePartsOfAPage kills a process three times while it reads one large page. Each
// record changes what the one before said of its prediction, so that one that is taken twice would
// show. The ETag must not be sent before the page has been read whole.
func TestKilledBetweenThePartsOfAPage(t *testing.T) {
	t.Parallel()
	const predictions = 1000
	log := sourcetest.Log(t, predictions, nil)
	body := make([]string, mostRecords)
	for i := range body {
		body[i] = fmt.Sprintf(`{"prediction_id": %d, "outcome": %d, "number": %d}`, i%predictions, i/predictions%2, i)
	}
	var unchanged atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("If-None-Match") == `"one"` {
			unchanged.Add(1)
			w.WriteHeader(http.StatusNotModified)
			return
		}
		w.Header().Set("ETag", `"one"`)
		fmt.Fprintf(w, "[%s]", strings.Join(body, ","))
	}))
	t.Cleanup(server.Close)
	between := 0
	for range 3 {
		before := len(feedbackOf(t, log))
		child := exec.CommandContext(t.Context(), "/proc/self/exe")
		child.Env, child.Stderr = append(os.Environ(), childVariable+"="+server.URL+" "+log), os.Stderr
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan bool, 1)
		go func() { ended <- child.Wait() == nil }()
		for len(feedbackOf(t, log)) == before && len(ended) == 0 {
			time.Sleep(time.Millisecond)
		}
		_ = child.Process.Kill() // it may have ended
		<-ended                  // it was killed
		if n := len(feedbackOf(t, log)); n > before && n < mostRecords {
			between++
			if n%outcomes.BatchRecords != 0 {
				t.Errorf("%d records, which is not a number of whole parts", n)
			}
		}
	}
	if between == 0 {
		t.Error("the process was never killed between two parts")
	}
	var said strings.Builder
	for _, want := range []string{"", "0 records: "} {
		said.Reset()
		known := int64(0)
		if len(feedbackOf(t, log)) == mostRecords {
			known = unchanged.Load() + 1
		}
		if err := importPages(t.Context(), server.URL, log, &said); err != nil || !strings.HasPrefix(said.String(), want) {
			t.Fatalf("%q, %v", said.String(), err)
		}
		if got := unchanged.Load(); got != known {
			t.Errorf("the ETag was sent %d times, want %d", got, known)
		}
	}
	got := feedbackOf(t, log)
	if len(got) != mostRecords {
		t.Fatalf("%d outcomes after %d kills between parts, want %d", len(got), between, mostRecords)
	}
	for i, f := range got {
		if want := fmt.Sprint(i%predictions, " ", i/predictions%2); f != want {
			t.Fatalf("outcome %d is %s, want %s", i, f, want)
		}
	}
}

// feedbackOf returns the outcomes that counted, in their order.
func feedbackOf(t *testing.T, log string) (all []string) {
	t.Helper()
	r := sqlite.NewReader(log)
	defer func() { _ = r.Close() }()
	state, err := r.State(t.Context())
	if err == nil {
		err = r.Feedback(t.Context(), -1, state.HighWater.Feedback, func(f *predictionlog.FeedbackRow) error {
			all = append(all, fmt.Sprint(f.PredictionID, " ", f.Outcome))
			return nil
		})
	}
	if err != nil {
		t.Fatal(err)
	}
	return all
}
