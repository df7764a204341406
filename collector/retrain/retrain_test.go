package retrain_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kingpin/v2"
	"go.yaml.in/yaml/v3"

	"github.com/drift-exporter/drift_exporter/collector/command"
	"github.com/drift-exporter/drift_exporter/collector/reference"
	"github.com/drift-exporter/drift_exporter/collector/retrain"
	"github.com/drift-exporter/drift_exporter/predictor/model"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite"
	"github.com/drift-exporter/drift_exporter/predictor/respond"
	"github.com/drift-exporter/drift_exporter/predictor/strictyaml"
)

// commands runs commands as main does.
func commands(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	app := kingpin.New("drift_exporter", "")
	all := command.Add(app, &command.Environment{Stdout: stdout, Stderr: stderr, Logger: slog.New(slog.DiscardHandler), Run: commands})
	selected, err := app.Parse(args)
	if err != nil {
		return err
	}
	return all[selected](ctx)
}

// shop is a model with its files and a log.
type shop struct {
	t   *testing.T
	dir string
	job *respond.Job
}

func (s *shop) path(name string) string { return filepath.Join(s.dir, name) }

// newShop trains a model for which age decides, and logs n predictions. From the first one on, the
// truth is decided by age if same is true, else by plan.
func newShop(t *testing.T, n int, same bool) *shop {
	t.Helper()
	s := &shop{t: t, dir: t.TempDir()}
	random := rand.New(rand.NewPCG(1, 2))
	var table strings.Builder
	table.WriteString("age,plan,vip,bought\n")
	for range 2000 {
		age, plan, vip := 20+random.IntN(50), []string{"free", "pro"}[random.IntN(2)], random.IntN(2) == 0
		fmt.Fprintf(&table, "%d,%s,%t,%d\n", age, plan, vip, truth(random, age > 45))
	}
	s.write("train.csv", table.String())
	s.run("train", "--csv="+s.path("train.csv"), "--outcome=bought", "--model.name=shop", "--model.version=1", "--model.output="+s.path("model.json"), "--reference.output="+s.path("reference.json"))
	m, err := model.Load(s.path("model.json"))
	if err != nil {
		t.Fatal(err)
	}
	batch, truths := make([]predictionlog.Prediction, n), make([]predictionlog.Feedback, n)
	for i := range n {
		age, plan, vip := 20+random.IntN(50), []string{"free", "pro"}[random.IntN(2)], random.IntN(2) == 0
		score, class := m.Predict([]model.Value{{Number: float64(age)}, {Text: plan}, {Text: fmt.Sprint(vip)}})
		batch[i] = predictionlog.Prediction{
			Model: "shop", Version: "1", Features: fmt.Appendf(nil, `{"age":%d,"plan":%q,"vip":%t}`, age, plan, vip), Score: score, Class: class,
		}
		yes := age > 45
		if !same {
			yes = plan == "pro"
		}
		truths[i] = predictionlog.Feedback{Outcome: fmt.Sprint(truth(random, yes)), Confidence: 1}
	}
	s.log(batch, truths)
	s.job = s.newJob("0123456789abcdef")
	return s
}

// truth is 1 if yes, but for one in ten.
func truth(random *rand.Rand, yes bool) int {
	if yes != (random.IntN(10) == 0) {
		return 1
	}
	return 0
}

// log writes predictions and their outcomes, in the same order, to the log.
func (s *shop) log(batch []predictionlog.Prediction, truths []predictionlog.Feedback) {
	s.t.Helper()
	w, err := sqlite.OpenWriter(s.t.Context(), s.path("log.db"), sqlite.WriterOptions{})
	if err != nil {
		s.t.Fatal(err)
	}
	records, err := w.Append(s.t.Context(), batch)
	if err != nil {
		s.t.Fatal(err)
	}
	for i := range records {
		truths[i].PredictionID = &records[i].ID
	}
	if _, err := w.AppendOutcomes(s.t.Context(), truths); err != nil {
		s.t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		s.t.Fatal(err)
	}
}

func (s *shop) newJob(run string) *respond.Job {
	s.t.Helper()
	j := &respond.Job{
		Run: run, Key: run + "-1", Model: "shop", Version: "1", LogPath: s.path("log.db"), Folder: s.path("runs/" + run),
		Alert: respond.Alert{StartsAt: time.Date(2026, 3, 1, 3, 0, 0, 0, time.UTC)}, Logger: slog.New(slog.DiscardHandler),
	}
	if err := os.MkdirAll(j.Folder, 0o700); err != nil {
		s.t.Fatal(err)
	}
	return j
}

func (s *shop) write(name, text string) {
	s.t.Helper()
	if err := os.WriteFile(s.path(name), []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

func (s *shop) read(name string) string {
	s.t.Helper()
	data, err := os.ReadFile(s.path(name))
	if err != nil {
		s.t.Fatal(err)
	}
	return string(data)
}

func (s *shop) run(args ...string) {
	s.t.Helper()
	var out bytes.Buffer
	if err := commands(s.t.Context(), args, &out, &out); err != nil {
		s.t.Fatalf("%v: %v\n%s", args, err, &out)
	}
}

// step parses a step and runs it.
func (s *shop) step(kind, text string) (respond.Result, error) {
	s.t.Helper()
	step, err := parse(kind, strings.ReplaceAll(text, "DIR", s.dir))
	if err != nil {
		s.t.Fatal(err)
	}
	return step.Run(s.t.Context(), s.job)
}

func parse(kind, text string) (respond.Step, error) {
	var n yaml.Node
	if err := yaml.Unmarshal([]byte(text), &n); err != nil {
		return nil, err
	}
	for _, k := range retrain.Kinds(commands, nil) {
		if k.Name == kind {
			return k.Parse(strictyaml.Decoder{Path: "respond.yml"}, n.Content[0])
		}
	}
	return nil, fmt.Errorf("no kind %s", kind)
}

func (s *shop) must(kind, text string) respond.Result {
	s.t.Helper()
	r, err := s.step(kind, text)
	if err != nil {
		s.t.Fatalf("%s: %v", kind, err)
	}
	return r
}

const (
	swapText    = "{model_file: DIR/model.json, reference_file: DIR/reference.json}"
	servedText  = "{model_file: DIR/model.json}"
	retrainText = "{model_file: DIR/model.json, minimum_labels: 500}"
)

func TestANewRelationIsLearnedPromotedAndRolledBack(t *testing.T) {
	t.Parallel()
	s := newShop(t, 1500, false)
	first := s.read("model.json")
	if r := s.must("validate", servedText); r.Stop != "" {
		t.Fatalf("accuracy fell, but: %s", r.Stop)
	}
	s.must("retrain", retrainText)
	r := s.must("validate", "{model: candidate}")
	if r.Stop != "" {
		t.Fatalf("the candidate is better, but: %s", r.Stop)
	}
	s.must("shadow", "{model_file: DIR/shadow.json}")
	if s.read("shadow.json") != s.read("runs/0123456789abcdef/candidate-model.json") {
		t.Error("the shadow is not the candidate")
	}
	for range 2 { // as after a kill
		s.must("promote", swapText)
	}
	m, err := model.Load(s.path("model.json"))
	if err != nil {
		t.Fatal(err)
	}
	ref, err := reference.Load(s.path("reference.json"))
	if err != nil {
		t.Fatal(err)
	}
	if m.Version != "20260301T030000Z" || ref.Version != m.Version {
		t.Errorf("version %s of the model, %s of the reference", m.Version, ref.Version)
	}
	s.job = s.newJob("eeeeeeeeeeeeeeee")
	if r := s.must("roll_back", swapText); !strings.Contains(r.Stop, "the alert is about version 1, and version 20260301T030000Z of shop is served") {
		t.Errorf("an alert about the former version: %+v", r)
	}
	for range 2 {
		s.job = s.newJob("fedcba9876543210")
		s.job.Version = m.Version
		r = s.must("roll_back", swapText)
		if r.Stop != "" || !r.Final || s.read("model.json") != first {
			t.Errorf("not rolled back: %s", r.Stop)
		}
	}
	s.job = s.newJob("ffffffffffffffff")
	if r := s.must("roll_back", swapText); !strings.Contains(r.Stop, "did not come from a promotion") {
		t.Errorf("rolled back twice: %+v", r)
	}
}

func TestACandidateThatIsNotBetterStopsTheRun(t *testing.T) {
	t.Parallel()
	s := newShop(t, 1000, true)
	if r := s.must("validate", servedText); !strings.Contains(r.Stop, "it fell by no more than 0.05") {
		t.Errorf("accuracy holds, but %+v", r)
	}
	s.must("retrain", retrainText)
	if r := s.must("validate", "{model: candidate}"); !strings.Contains(r.Stop, "the candidate is not better") {
		t.Errorf("%+v", r)
	}
}

func TestFewLabelsStopTheRun(t *testing.T) {
	t.Parallel()
	s := newShop(t, 60, false)
	if r := s.must("validate", servedText); !strings.Contains(r.Stop, "60 predictions of shop have a known outcome; 500 are needed") {
		t.Errorf("%+v", r)
	}
	if r := s.must("retrain", retrainText); !strings.Contains(r.Stop, "500 are needed to train") {
		t.Errorf("%+v", r)
	}
}

func TestStepsSayWhatIsMissing(t *testing.T) {
	t.Parallel()
	s := newShop(t, 60, false)
	for kind, text := range map[string]string{"promote": swapText, "shadow": "{model_file: DIR/shadow.json}", "validate": "{model: candidate}"} {
		if _, err := s.step(kind, text); err == nil || !strings.Contains(err.Error(), "there is no candidate; put retrain before") {
			t.Errorf("%s: %v", kind, err)
		}
	}
	s.write("runs/0123456789abcdef/candidate-model.json", "{}")
	if _, err := s.step("promote", swapText); err == nil {
		t.Error("a candidate that does not load was promoted")
	}
	for text, says := range map[string]string{
		"{}":                                    "model_file is missing",
		"{model: other}":                        `model "other" is none of served, candidate`,
		"{model: candidate, drop: 0.1}":         "drop goes with model: served",
		"{model_file: m, level: 0.1}":           "level goes with model: candidate",
		"{model_file: m, labels: 10}":           "write a whole number from 50",
		"{model_file: m, labels: 100, drop: 2}": "write a number from 0 to 1",
		"{model_file: m, labels: 100}":          "minimum_labels is 500, more than the 100",
		"{model_file: m, minimum_labels: many}": "write a whole number",
		"{model_file: m, accuracy: 0.1}":        `unknown key "accuracy"`,
		"[served]":                              "validate must be a mapping",
	} {
		if _, err := parse("validate", text); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v, want %s", text, err, says)
		}
	}
}

func TestTheSignTestIsExact(t *testing.T) {
	t.Parallel()
	// scipy.stats.binomtest(k, n, alternative="greater").pvalue
	for _, test := range []struct {
		wins, losses int
		want         float64
	}{{0, 0, 1}, {0, 5, 1}, {5, 0, 0.03125}, {8, 2, 0.0546875}, {60, 40, 0.028443966820490444}} {
		if got := retrain.SignTest(test.wins, test.losses); got < test.want-1e-12 || got > test.want+1e-12 {
			t.Errorf("%d wins, %d losses: %v, want %v", test.wins, test.losses, got, test.want)
		}
	}
}

func TestEvidenceIsJSON(t *testing.T) {
	t.Parallel()
	s := newShop(t, 600, false)
	r := s.must("validate", servedText)
	text, err := json.Marshal(r.Evidence)
	if err != nil || !strings.Contains(string(text), `"auc_lower"`) || !strings.Contains(string(text), `"accuracy_drop"`) {
		t.Errorf("%s %v", text, err)
	}
}

// answers logs n answers of the served version and as many of a shadow, which is right with a
// probability, and the outcomes of all.
func (s *shop) answers(n int, right float64) {
	s.t.Helper()
	random := rand.New(rand.NewPCG(5, 6))
	w, err := sqlite.OpenWriter(s.t.Context(), s.path("log.db"), sqlite.WriterOptions{})
	if err != nil {
		s.t.Fatal(err)
	}
	var batch []predictionlog.Prediction
	for range n {
		batch = append(batch, predictionlog.Prediction{Model: "shop", Version: "1", Features: []byte("{}"), Score: 0.5, Class: fmt.Sprint(random.IntN(2))})
	}
	records, err := w.Append(s.t.Context(), batch)
	if err != nil {
		s.t.Fatal(err)
	}
	var shadows []predictionlog.Prediction
	var truths []predictionlog.Feedback
	for i := range records {
		outcome, class := random.IntN(2), 0
		if class = outcome; random.Float64() >= right {
			class = 1 - outcome
		}
		shadows = append(shadows, predictionlog.Prediction{Model: "shop", Version: "20260301T030000Z", Features: []byte("{}"), Score: 0.5, Class: fmt.Sprint(class), ShadowOf: &records[i].ID})
		truths = append(truths, predictionlog.Feedback{PredictionID: &records[i].ID, Outcome: fmt.Sprint(outcome), Confidence: 1})
	}
	if _, err := w.Append(s.t.Context(), shadows); err != nil {
		s.t.Fatal(err)
	}
	if _, err := w.AppendOutcomes(s.t.Context(), truths); err != nil {
		s.t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		s.t.Fatal(err)
	}
}

func TestLiveTrafficDecidesAChallenge(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		right float64
		text  string
		stop  string
	}{
		"better":    {.8, "{model_file: DIR/model.json, maturity: 0s, interval: 1s}", ""},
		"worse":     {.2, "{model_file: DIR/model.json, maturity: 0s, interval: 1s}", "the candidate is worse on live traffic"},
		"the same":  {.5, "{model_file: DIR/model.json, maturity: 0s, interval: 1s}", "have not decided"},
		"too young": {.8, "{model_file: DIR/model.json, maturity: 1h, interval: 1s}", "0 predictions with an outcome have not decided"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShop(t, 600, false)
			s.must("retrain", retrainText)
			s.answers(500, test.right)
			step, err := parse("challenge", strings.ReplaceAll(test.text, "DIR", s.dir))
			if err != nil {
				t.Fatal(err)
			}
			ctx, stop := context.WithTimeout(t.Context(), 1500*time.Millisecond)
			defer stop()
			r, err := step.Run(ctx, s.job)
			if err != nil || (r.Stop == "") != (test.stop == "") || !strings.Contains(r.Stop, test.stop) {
				t.Errorf("%+v, %v", r, err)
			}
		})
	}
}

// TestLiveTrafficDecidesAChallengeOfARegression: the served model is off by 10, at either side.
func TestLiveTrafficDecidesAChallengeOfARegression(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		off  float64
		stop string
	}{
		"better": {5, ""}, "worse": {40, "the candidate is worse on live traffic: of 500 predictions with an outcome the candidate is closer to 0"},
		"equal": {10, "have not decided"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := typed(t, "regression", 600, true)
			s.must("retrain", retrainText)
			var served, shadows []predictionlog.Prediction
			var truths []predictionlog.Feedback
			random := rand.New(rand.NewPCG(5, 6))
			sign := func() float64 { return float64(2*random.IntN(2) - 1) }
			w, err := sqlite.OpenWriter(t.Context(), s.path("log.db"), sqlite.WriterOptions{})
			if err != nil {
				t.Fatal(err)
			}
			for range 500 {
				served = append(served, predictionlog.Prediction{Model: "shop", Version: "1", Features: []byte("{}"), Score: 400 + 10*sign()})
			}
			records, err := w.Append(t.Context(), served)
			if err != nil {
				t.Fatal(err)
			}
			for i := range records {
				shadows = append(shadows, predictionlog.Prediction{
					Model: "shop", Version: "20260301T030000Z", Features: []byte("{}"), Score: 400 + test.off*sign(), ShadowOf: &records[i].ID,
				})
				truths = append(truths, predictionlog.Feedback{PredictionID: &records[i].ID, Outcome: "400", Confidence: 1})
			}
			if _, err := w.Append(t.Context(), shadows); err != nil {
				t.Fatal(err)
			}
			if _, err := w.AppendOutcomes(t.Context(), truths); err != nil {
				t.Fatal(err)
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			step, err := parse("challenge", strings.ReplaceAll("{model_file: DIR/model.json, reference_file: DIR/reference.json, maturity: 0s, interval: 1s}", "DIR", s.dir))
			if err != nil {
				t.Fatal(err)
			}
			ctx, stop := context.WithTimeout(t.Context(), 1500*time.Millisecond)
			defer stop()
			r, err := step.Run(ctx, s.job)
			if err != nil || (r.Stop == "") != (test.stop == "") || !strings.Contains(r.Stop, test.stop) {
				t.Errorf("%+v, %v", r, err)
			}
			text, err := json.Marshal(r.Evidence)
			if err != nil {
				t.Fatal(err)
			}
			var found struct {
				Labels, Wins, Losses int
				Error                struct{ Mean, Lower, Upper float64 } `json:"error_difference"`
			}
			if err := json.Unmarshal(text, &found); err != nil {
				t.Fatal(err)
			}
			if found.Labels != 500 || (found.Wins == 500) != (test.off < 10) || (found.Losses == 500) != (test.off > 10) {
				t.Errorf("%s", text)
			}
			if e := found.Error; math.Abs(e.Mean-(test.off-10)) > 1e-9 || !(e.Lower < e.Mean && e.Mean < e.Upper) {
				t.Errorf("%s, want a mean of %v", text, test.off-10)
			}
		})
	}
}
