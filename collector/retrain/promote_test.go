package retrain_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"
)

// candidate makes a shop with a candidate.
func candidate(t *testing.T) *shop {
	t.Helper()
	s := newShop(t, 1000, false)
	s.must("retrain", retrainText)
	return s
}

// A predictor that refuses the candidate keeps its files, also those that it reads at its next start.
func TestAPromotionThatIsRefusedPutsTheFormerFilesBack(t *testing.T) {
	t.Parallel()
	s := candidate(t)
	model, reference := s.read("model.json"), s.read("reference.json")
	var asked atomic.Int64
	predictor := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if asked.Add(1); s.read("model.json") != model {
			http.Error(w, "reload: its classes are others", http.StatusInternalServerError)
			return
		}
		_, _ = io.WriteString(w, "reloaded")
	}))
	defer predictor.Close()
	for range 2 { // as after a kill
		_, err := s.step("promote", "{model_file: DIR/model.json, reference_file: DIR/reference.json, reload: ["+predictor.URL+"/-/reload]}")
		if err == nil || !strings.Contains(err.Error(), "its classes are others; the former files are in place again") {
			t.Errorf("refused: %v", err)
		}
		if s.read("model.json") != model || s.read("reference.json") != reference {
			t.Error("the files are not the former ones")
		}
	}
	if asked.Load() != 4 {
		t.Errorf("asked %d times, want 4", asked.Load())
	}
	s.must("promote", swapText)
	m := s.read("model.json")
	s.job = s.newJob("fedcba9876543210")
	s.job.Version = ""
	refuses := httptest.NewServer(http.NotFoundHandler())
	defer refuses.Close()
	if _, err := s.step("roll_back", "{model_file: DIR/model.json, reference_file: DIR/reference.json, reload: ["+refuses.URL+"]}"); err == nil || !strings.Contains(err.Error(), "the former files are in place again") || s.read("model.json") != m {
		t.Errorf("a roll-back that is refused: %v", err)
	}
}

// A predictor that is not there yet is waited for.
func TestAPromotionWaitsForAPredictorThatStarts(t *testing.T) {
	t.Parallel()
	s := candidate(t)
	var asked atomic.Int64
	predictor := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if asked.Add(1) == 1 { // it ends before it answers
			panic(http.ErrAbortHandler)
		}
		_, _ = io.WriteString(w, r.URL.Path)
	}))
	defer predictor.Close()
	s.must("promote", "{model_file: DIR/model.json, reference_file: DIR/reference.json, reload: ["+predictor.URL+"/-/reload]}")
	if asked.Load() != 2 {
		t.Errorf("asked %d times, want 2", asked.Load())
	}
}

// Where one file cannot be written, as on a full disk, the other one is not replaced.
func TestAPromotionReplacesBothFilesOrNone(t *testing.T) {
	t.Parallel()
	s := candidate(t)
	if err := os.Mkdir(s.path("model.json.next"), 0o700); err != nil {
		t.Fatal(err)
	}
	model, reference := s.read("model.json"), s.read("reference.json")
	if _, err := s.step("promote", swapText); err == nil || !strings.Contains(err.Error(), "nothing was replaced") {
		t.Errorf("%v", err)
	}
	if s.read("model.json") != model || s.read("reference.json") != reference {
		t.Error("a file was replaced")
	}
	if _, err := os.Stat(s.path("reference.json.next")); !os.IsNotExist(err) {
		t.Errorf("a file is left: %v", err)
	}
}

func TestStepsAreForTheModelOfTheAlert(t *testing.T) {
	t.Parallel()
	s := candidate(t)
	s.job.Model = "other"
	for kind, text := range map[string]string{
		"validate": servedText, "retrain": retrainText, "challenge": "{model_file: DIR/model.json, maturity: 0s}", "roll_back": swapText, "promote": swapText,
	} {
		if _, err := s.step(kind, text); err == nil || !strings.Contains(err.Error(), `the alert is about "other"`) {
			t.Errorf("%s: %v", kind, err)
		}
	}
}
