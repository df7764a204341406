package history

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/drift-exporter/drift_exporter/predictor/intake"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/care"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// TestMain imports a file when it is a child of TestAKilledImport...
func TestMain(m *testing.M) {
	if log := os.Getenv("IMPORT_LOG"); log != "" {
		o := Options{LogPath: log, Files: os.Args[1:], Format: CSV, Columns: Columns{Model: "m", Time: "t", Rate: 1, Threshold: 0.5, Score: "score", Outcome: "outcome"}}
		if err := Import(context.Background(), o, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func written(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// logged are the rows of a log as text: predictions, then feedback.
func logged(t *testing.T, log string) (all []string) {
	t.Helper()
	r := sqlite.NewReader(log)
	defer func() { _ = r.Close() }() // it was only read
	err := r.WholePredictions(t.Context(), -1, 1<<62, func(p *predictionlog.WholeRow) error {
		score := "-"
		if p.HasScore {
			score = fmt.Sprint(p.Score)
		}
		all = append(all, fmt.Sprintf("%d %s %s/%s %s %s %s %s", p.ID, time.Unix(0, p.Time).UTC().Format("01-02T15:04:05.999"), p.Model, p.Version, p.RequestID, p.Features, score, p.Class))
		return nil
	})
	if err == nil {
		err = r.Feedback(t.Context(), -1, 1<<62, func(f *predictionlog.FeedbackRow) error {
			all = append(all, fmt.Sprintf("%d=%s", f.PredictionID, f.Outcome))
			return nil
		})
	}
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// sound checks a log.
func sound(t *testing.T, log string) care.Report {
	t.Helper()
	report, err := care.Check(t.Context(), log)
	if err != nil || report.Err() != nil {
		t.Fatalf("%v\n%s", err, report)
	}
	return report
}

// columns are the usual ones.
func columns(change func(*Columns)) Columns {
	c := Columns{Model: "m", Version: "1", Rate: 1, Threshold: 0.5, Time: "t", Score: "p", Outcome: "y"}
	if change != nil {
		change(&c)
	}
	return c
}

// capture is a line of SageMaker's data capture.
func capture(id, at, media, encoding, input, output string) string {
	return fmt.Sprintf(`{"captureData":{"endpointInput":{"observedContentType":%[1]q,"mode":"INPUT","data":%[3]q,"encoding":%[2]q},"endpointOutput":{"observedContentType":%[1]q,"mode":"OUTPUT","data":%[4]q,"encoding":%[2]q}},"eventMetadata":{"eventId":%[5]q,"inferenceTime":%[6]q},"eventVersion":"0"}`+"\n",
		media, encoding, input, output, id, at)
}

// event is a CloudEvent of KServe's logger in structured mode.
func event(id, kind, at, data string) string {
	return fmt.Sprintf(`{"specversion":"1.0","id":%q,"type":"org.kubeflow.serving.inference.%s","source":"x","time":%q,"inferenceservicename":"m","data":%s}`+"\n", id, kind, at, data)
}

const upstream = `models: [{name: m, version: "1", answer: probability, features: [a, b]}]`

func configured(t *testing.T) *intake.Config {
	t.Helper()
	c, err := intake.Parse([]byte(upstream), "upstream.yml")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func b64(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }

func packed(text string) string {
	var to bytes.Buffer
	z := gzip.NewWriter(&to)
	_, _ = z.Write([]byte(text)) // to memory
	_ = z.Close()
	return to.String()
}

func TestFilesAreImportedOnce(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		format, text string
		columns      Columns
		want         []string
	}{
		"csv": {
			CSV, "t,a,b,p,y\n2026-01-01,1,x,0.9,yes\n2026-01-01T00:00:10Z,,y,0.25,no\n", columns(func(c *Columns) { c.Positive = "yes" }),
			[]string{`0 01-01T00:00:00 m/1  {"a":1,"b":"x"} 0.9 1`, `1 01-01T00:00:10 m/1  {"a":null,"b":"y"} 0.25 0`, "0=1", "1=0"},
		},
		"many classes, outcomes later": {
			CSV, "t,a,c,y,at,id\n100,1,cat,dog,300,r1\n200,2,dog,cat,250,r2\n300,3,cat,,,r3\n", columns(func(c *Columns) {
				c.Type, c.Score, c.Class, c.OutcomeTime, c.RequestID = value.Multiclass, "", "c", "at", "id"
			}),
			[]string{`0 01-01T00:01:40 m/1 r1 {"a":1} - cat`, `1 01-01T00:03:20 m/1 r2 {"a":2} - dog`, `2 01-01T00:05:00 m/1 r3 {"a":3} - cat`, "1=cat", "0=dog"},
		},
		"a regression, without times": {
			CSV, "a,p,y\n1,100,101.5\n2,-3,NaN\n", columns(func(c *Columns) {
				c.Type, c.Time, c.Rate, c.Start = value.Regression, "", 0.1, time.Date(2026, 2, 3, 0, 0, 0, 0, time.UTC)
			}),
			[]string{`0 02-03T00:00:00 m/1  {"a":1} 100 `, `1 02-03T00:00:10 m/1  {"a":2} -3 `, "0=101.5"},
		},
		"json lines": {
			JSONLines, `{"t": "2026-01-01T00:00:00Z", "a": 1.50, "b": "x", "p": 0.9, "y": true}` + "\n\n" + `{"y": false, "p": "0.1", "a": NaN, "t": 1767225601}` + "\n", columns(nil),
			[]string{`0 01-01T00:00:00 m/1  {"a":1.50,"b":"x"} 0.9 1`, `1 01-01T00:00:01 m/1  {"a":null} 0.1 0`, "0=1", "1=0"},
		},
		"gzip": {CSV, packed("t,a,p,y\n2026-01-01,1,0.9,1\n2026-01-01,2,0.9,0\n"), columns(nil), []string{`0 01-01T00:00:00 m/1  {"a":1} 0.9 1`, `1 01-01T00:00:00 m/1  {"a":2} 0.9 1`, "0=1", "1=0"}},
		"capture": {
			SageMaker, capture("e2", "2026-01-01T00:00:05Z", "text/csv", "CSV", "3,z", "0.75") +
				capture("e1", "2026-01-01T00:00:00Z", "application/json", "JSON", `{"instances":[[1,"x"],[2,"y"]]}`, `{"predictions":[0.5,0.25]}`) +
				capture("e3", "2026-01-01T00:00:09Z", "text/csv", "BASE64", b64("4,w\n"), b64("0.125\n")) +
				capture("e4", "2026-01-01T00:00:09Z", "text/csv", "CSV", "1,2,3", "0.5"),
			Columns{},
			[]string{
				`0 01-01T00:00:00 m/1 e1/0 {"a":1,"b":"x"} 0.5 1`, `1 01-01T00:00:00 m/1 e1/1 {"a":2,"b":"y"} 0.25 0`,
				`2 01-01T00:00:05 m/1 e2 {"a":3,"b":"z"} 0.75 1`, `3 01-01T00:00:09 m/1 e3 {"a":4,"b":"w"} 0.125 0`,
			},
		},
		"events": {
			KServe, event("2", "response", "2026-01-01T00:00:05Z", `{"predictions":[0.5]}`) + event("1", "request", "2026-01-01T00:00:01Z", `{"instances":[[1,"x"]]}`) +
				event("2", "request", "2026-01-01T00:00:04Z", `{"instances":[[2,"y"]]}`) + event("1", "response", "2026-01-01T00:00:02Z", `{"predictions":[0.25]}`) +
				event("3", "request", "2026-01-01T00:00:09Z", `{"instances":[[2,"y"]]}`) + event("2", "request", "2026-01-01T00:00:04Z", `{"instances":[[2,"y"]]}`),
			Columns{}, []string{`0 01-01T00:00:02 m/1 1 {"a":1,"b":"x"} 0.25 0`, `1 01-01T00:00:05 m/1 2 {"a":2,"b":"y"} 0.5 1`},
		},
	} {
		o := Options{LogPath: filepath.Join(t.TempDir(), "predictions.db"), Files: []string{written(t, "file", test.text)}, Format: test.format, Columns: test.columns, Config: configured(t)}
		var said [2]strings.Builder
		for i := range said {
			if err := Import(t.Context(), o, &said[i]); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if got := logged(t, o.LogPath); !slices.Equal(got, test.want) {
				t.Errorf("%s, time %d:\ngot  %q\nwant %q", name, i, got, test.want)
			}
		}
		if !strings.Contains(said[1].String(), "imported before") {
			t.Errorf("%s: %s", name, said[1].String())
		}
		if name == "capture" && !strings.Contains(said[0].String(), "left out, columns: 1, the first in line 4: row 0 of the request has 3 columns") {
			t.Error(said[0].String())
		}
		if name == "events" && !strings.Contains(said[0].String(), "left out, without a partner: 1 events, the first in line 5") {
			t.Error(said[0].String())
		}
		sound(t, o.LogPath)
	}
}

// A file that overlaps with one before, and has request ids, adds what is new.
func TestRequestIDsAreImportedOnce(t *testing.T) {
	t.Parallel()
	log := filepath.Join(t.TempDir(), "predictions.db")
	one := capture("e1", "2026-01-01T00:00:00Z", "text/csv", "CSV", "1,x", "0.5")
	two := one + capture("e2", "2026-01-01T00:00:01Z", "text/csv", "CSV", "2,x", "0.5")
	var said strings.Builder
	o := Options{LogPath: log, Files: []string{written(t, "one", one), written(t, "two", two)}, Format: SageMaker, Config: configured(t)}
	if err := Import(t.Context(), o, &said); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(said.String(), "1 predictions from 2026-01-01T00:00:01Z to 2026-01-01T00:00:01Z, 0 outcomes; 1 were there already") || len(logged(t, log)) != 2 {
		t.Errorf("%s%q", said.String(), logged(t, log))
	}
}

func TestBadFilesHaveTheirSentence(t *testing.T) {
	t.Parallel()
	good := capture("e", "2026-01-01T00:00:00Z", "text/csv", "CSV", "1,x", "0.5")
	for name, test := range map[string]struct {
		format, text string
		columns      Columns
		want         string
	}{
		"empty":               {CSV, "", columns(nil), "is empty"},
		"no rows":             {CSV, "t,a,p,y\n", columns(nil), "no rows"},
		"no such time":        {CSV, "a,p,y\n1,0.5,1\n", columns(nil), `--time: there is no column "t"`},
		"no such score":       {CSV, "t,a,y\n1,0.5,1\n", columns(nil), `--score: there is no column "p"`},
		"no such outcome":     {CSV, "t,a,p\n1,0.5,1\n", columns(nil), `--outcome: there is no column "y"`},
		"no such id":          {CSV, "t,a,p,y\n1,2,0.5,1\n", columns(func(c *Columns) { c.RequestID = "id" }), `--request-id: there is no column "id"`},
		"not a time":          {CSV, "t,a,p,y\nyesterday,2,0.5,1\nyesterday,3,0.5,0\n", columns(nil), `line 2, column "t": "yesterday" is not a time`},
		"milliseconds":        {CSV, "t,a,p,y\n1767225600000000,2,0.5,1\n1767225600000000,2,0.5,0\n", columns(nil), "are these milliseconds?"},
		"backwards":           {CSV, "t,a,p,y\n2026-01-02,2,0.5,1\n2026-01-01,3,0.5,0\n", columns(nil), "line 3: its time 2026-01-01T00:00:00Z is before that of the prediction above, 2026-01-02T00:00:00Z: sort the file by time"},
		"score is no number":  {CSV, "t,a,p,y\n1,2,high,1\n1,2,0.5,0\n", columns(nil), "the score \"high\" is not a number"},
		"score of a logit":    {CSV, "t,a,p,y\n1,2,1.5,1\n1,2,0.5,0\n", columns(nil), "the score 1.5 is not a probability: it must be from 0 to 1, or the model is a regression"},
		"three outcomes":      {CSV, "t,a,p,y\n1,2,0.5,1\n1,2,0.5,0\n1,2,0.5,2\n", columns(nil), "outcome column \"y\""},
		"unclear outcomes":    {CSV, "t,a,p,y\n1,2,0.5,yes\n1,2,0.5,no\n", columns(nil), "--positive"},
		"outcome of a number": {CSV, "t,a,p,y\n1,2,0.5,much\n", columns(func(c *Columns) { c.Type = value.Regression }), `line 2, column "y": the outcome "much" is not a number`},
		"outcome too early":   {CSV, "t,a,p,y,at\n1,2,0.5,1,x\n1,3,0.5,0,x\n", columns(func(c *Columns) { c.OutcomeTime = "at" }), `column "at": "x" is not a time`},
		"separator":           {CSV, "t;a;p;y\n1;2;0.5;1\n", columns(nil), "separat"},
		"ragged":              {CSV, "t,a,p,y\n1,2,0.5,1\n1,2\n", columns(nil), "line 3"},
		"no parquet":          {Parquet, "t,a\n1,2\n", columns(nil), "arquet"},
		"no JSON":             {JSONLines, "t,a\n", columns(nil), "line 1: is not a JSON object"},
		"an array":            {JSONLines, "[1]\n", columns(nil), "line 1: is not a JSON object"},
		"key twice":           {JSONLines, `{"a":1,"a":2}`, columns(nil), `has "a" twice`},
		"nested":              {JSONLines, `{"t":1,"a":[1],"p":1,"y":1}`, columns(nil), `"a" is an array or an object`},
		"no features":         {JSONLines, `{"t":1,"p":1,"y":1}`, columns(nil), "has no features"},
		"no time":             {JSONLines, `{"a":1,"p":1,"y":1}`, columns(nil), `"t": "" is not a time`},
		"no number":           {JSONLines, `{"a":1,"p":"x","y":1,"t":1}`, columns(nil), `the score "x" is not a number`},
		"no capture":          {SageMaker, `{"a":1}`, Columns{}, "line 1: has no captureData"},
		"capture of text":     {SageMaker, "hello\n", Columns{}, "line 1: is not a JSON object"},
		"no BASE64":           {SageMaker, good + capture("e", "2026-01-01T00:00:00Z", "text/csv", "BASE64", "%", "0.5"), Columns{}, "line 2: endpointInput is not BASE64"},
		"encoding":            {SageMaker, capture("e", "2026-01-01T00:00:00Z", "text/csv", "AVRO", "1", "0.5"), Columns{}, `encoding "AVRO"`},
		"no inferenceTime":    {SageMaker, capture("e", "", "text/csv", "CSV", "1,2", "0.5"), Columns{}, "has no inferenceTime"},
		"bad inferenceTime":   {SageMaker, capture("e", "noon", "text/csv", "CSV", "1,2", "0.5"), Columns{}, `inferenceTime "noon" is not a time`},
		"nothing mapped":      {SageMaker, capture("e", "2026-01-01T00:00:00Z", "text/csv", "CSV", "1,2,3", "0.5"), Columns{}, "has no predictions: left out, columns: 1"},
	} {
		log := filepath.Join(t.TempDir(), "predictions.db")
		o := Options{LogPath: log, Files: []string{written(t, "file", test.text)}, Format: test.format, Columns: test.columns, Config: configured(t)}
		err := Import(t.Context(), o, &strings.Builder{})
		if err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), "nothing of this file was imported") {
			t.Errorf("%s: %v, want %q", name, err, test.want)
		}
		if _, err := os.Stat(log); err == nil {
			if report := sound(t, log); report.Predictions != 0 || report.Feedback != 0 {
				t.Errorf("%s: something was imported\n%s", name, report)
			}
		}
	}
}

func TestOptionsThatDisagreeAreRefused(t *testing.T) {
	t.Parallel()
	for want, o := range map[string]Options{
		"--model.name is missing":                   {Format: CSV, Columns: columns(func(c *Columns) { c.Model = "" })},
		"--rate=0":                                  {Format: CSV, Columns: columns(func(c *Columns) { c.Time, c.Rate = "", 0 })},
		"--threshold=1":                             {Format: CSV, Columns: columns(func(c *Columns) { c.Threshold = 1 })},
		"a regression has none":                     {Format: CSV, Columns: columns(func(c *Columns) { c.Type, c.Class = value.Regression, "c" })},
		"--type=regression needs --score":           {Format: CSV, Columns: columns(func(c *Columns) { c.Type, c.Score = value.Regression, "" })},
		"--type=multiclass needs --class":           {Format: CSV, Columns: columns(func(c *Columns) { c.Type = value.Multiclass })},
		"--outcome needs --score":                   {Format: CSV, Columns: columns(func(c *Columns) { c.Score = "" })},
		"--outcome-time needs --outcome":            {Format: CSV, Columns: columns(func(c *Columns) { c.Outcome, c.OutcomeTime = "", "x" })},
		"sagemaker-capture needs --upstream.config": {Format: SageMaker},
		"kserve-events needs --upstream.config":     {Format: KServe},
	} {
		if err := o.Check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

func TestHistoryDoesNotFollowNewerRows(t *testing.T) {
	t.Parallel()
	log := filepath.Join(t.TempDir(), "predictions.db")
	old, recent := written(t, "old.csv", "t,a,p,y\n2026-01-01,1,0.9,1\n2026-01-01,1,0.9,0\n"), written(t, "new.csv", "t,a,p,y\n2026-02-01,1,0.9,1\n2026-02-01,1,0.9,0\n")
	o := Options{LogPath: log, Files: []string{recent, old}, Format: CSV, Columns: columns(nil)}
	err := Import(t.Context(), o, &strings.Builder{})
	if err == nil || !strings.Contains(err.Error(), "begins at 2026-01-01T00:00:00Z, and the log has predictions until 2026-02-01T00:00:00Z") {
		t.Error(err)
	}
	if got := logged(t, log); len(got) != 4 {
		t.Errorf("%q", got)
	}
	w, err := sqlite.OpenWriter(t.Context(), log, sqlite.WriterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = w.Close() }() // nothing was written
	if err := Import(t.Context(), o, &strings.Builder{}); err == nil || !strings.Contains(err.Error(), "history is imported without a predictor") {
		t.Error(err)
	}
}

// An import that is killed has imported nothing, and is done again.
func TestAKilledImportIsDoneAgain(t *testing.T) {
	t.Parallel()
	const many = 40_000
	var text strings.Builder
	text.WriteString("t,a,b,score,outcome\n")
	for i := range many {
		fmt.Fprintf(&text, "%d,%d,word%d,0.%d,%d\n", 1767225600+i, i, i%7, i%10, i%2)
	}
	csv, log := written(t, "many.csv", text.String()), filepath.Join(t.TempDir(), "predictions.db")
	if err := care.Init(t.Context(), log); err != nil {
		t.Fatal(err)
	}
	started := func() *exec.Cmd {
		c := exec.CommandContext(t.Context(), os.Args[0], csv)
		c.Env = append(os.Environ(), "IMPORT_LOG="+log)
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		return c
	}
	for _, size := range []int64{1, 1 << 20, 4 << 20} {
		c := started()
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			_ = c.Wait() // it is killed
		}()
		tick := time.NewTicker(time.Millisecond)
		for waiting := true; waiting; {
			select {
			case <-ended:
				waiting = false
			case <-tick.C:
				if info, err := os.Stat(log + "-wal"); err == nil && info.Size() >= size {
					waiting = false
				}
			}
		}
		tick.Stop()
		_ = c.Process.Signal(syscall.SIGKILL) // it may have ended
		<-ended
		if report := sound(t, log); report.Predictions != 0 && report.Predictions != many || report.Feedback != report.Predictions {
			t.Errorf("killed at %d bytes: half of a file\n%s", size, report)
		}
	}
	c := started()
	if err := c.Wait(); err != nil {
		t.Fatal(err)
	}
	if report := sound(t, log); report.Predictions != many || report.Feedback != many {
		t.Errorf("%s", report)
	}
}
