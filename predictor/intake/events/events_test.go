package events

import (
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/drift-exporter/drift_exporter/predictor/intake"
	"github.com/drift-exporter/drift_exporter/predictor/intake/record"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite"
)

const configuration = `
models:
  - {name: m, answer: probability, features: [a, b]}
  - {name: s, answer: probabilities, classes: [x, y, z]}
`

// desk is a handler with a real log.
type desk struct {
	*Handler

	folder   string
	log      *sqlite.Writer
	registry *prometheus.Registry
	now      time.Time
	mu       sync.Mutex
}

func (d *desk) clock() time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.now
}

func newDesk(t testing.TB, folder string, change func(*Options)) *desk {
	t.Helper()
	d := &desk{folder: folder, registry: prometheus.NewRegistry(), now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	c, err := intake.Parse([]byte(configuration), "upstream.yml")
	if err != nil {
		t.Fatal(err)
	}
	if d.log, err = sqlite.OpenWriter(t.Context(), filepath.Join(folder, "predictions.db"), sqlite.WriterOptions{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.log.Close() }) // some tests have closed it
	recorder, err := record.New(d.log, d.registry, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	o := Options{Path: filepath.Join(folder, "predictions.db-events"), Config: c, Recorder: recorder, Expire: time.Minute, Waiting: 100, Bytes: 1 << 20, Registry: d.registry, Logger: slog.New(slog.DiscardHandler), Now: d.clock}
	if change != nil {
		change(&o)
	}
	if d.Handler, err = New(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	return d
}

// send sends an event in binary mode, as KServe's logger does.
func (d *desk) send(t testing.TB, id, kind, body string, header ...string) (int, string) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, Path, strings.NewReader(body))
	for k, v := range map[string]string{
		"Ce-Id": id, "Ce-Type": "org.kubeflow.serving.inference." + kind, "Ce-Specversion": "1.0", "Ce-Source": "http://localhost:9081/", "Ce-Time": "2026-01-01T00:00:0" + fmt.Sprint(len(kind)) + "Z",
		"Ce-Inferenceservicename": "m", "Ce-Namespace": "default", "Ce-Component": "predictor", "Ce-Endpoint": "", "Content-Type": "application/json",
	} {
		r.Header.Set(k, v)
	}
	for i := 0; i+1 < len(header); i += 2 {
		if r.Header.Set(header[i], header[i+1]); header[i+1] == "" {
			r.Header.Del(header[i])
		}
	}
	w := httptest.NewRecorder()
	d.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

func (d *desk) ok(t testing.TB, id, kind, body string, header ...string) {
	t.Helper()
	if code, answer := d.send(t, id, kind, body, header...); code != 200 {
		t.Errorf("%s %s: %d %s", id, kind, code, answer)
	}
}

// rows are the logged predictions as text.
func (d *desk) rows(t testing.TB) (all []string) {
	t.Helper()
	reader := sqlite.NewReader(filepath.Join(d.folder, "predictions.db"))
	defer func() { _ = reader.Close() }() // it was only read
	err := reader.WholePredictions(context.Background(), -1, 1<<62, func(r *predictionlog.WholeRow) error {
		all = append(all, fmt.Sprintf("%s %s %s %v %s %d", r.Model, r.RequestID, r.Features, r.Score, r.Class, r.Latency))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// counts are the counters that are above 0.
func (d *desk) counts(t testing.TB) string {
	t.Helper()
	families, err := d.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if v := m.GetCounter().GetValue() + m.GetGauge().GetValue(); v > 0 {
				name := strings.TrimPrefix(f.GetName(), "predictor_")
				for _, l := range m.GetLabel() {
					if l.GetValue() != "events" {
						name += " " + l.GetValue()
					}
				}
				all = append(all, fmt.Sprintf("%s %v", name, v))
			}
		}
	}
	return strings.Join(all, ", ")
}

func TestEventsBecomePredictionsInEitherOrder(t *testing.T) {
	t.Parallel()
	d := newDesk(t, t.TempDir(), nil)
	d.ok(t, "1", "request", `{"instances":[[1,"x"]]}`)
	d.ok(t, "1", "response", `{"predictions":[0.5]}`)
	d.ok(t, "2", "response", `{"model_name":"m","outputs":[{"name":"p","shape":[2],"datatype":"FP64","data":[0.25,1]}]}`)
	d.ok(t, "2", "request", `{"inputs":[{"name":"x","shape":[2,2],"datatype":"FP64","data":[1,2,3,4]}]}`)
	d.ok(t, "2", "request", `{"inputs":[{"name":"x","shape":[2,2],"datatype":"FP64","data":[1,2,3,4]}]}`) // once more
	seldon := []string{"Ce-Inferenceservicename", "s", "Ce-Type", "io.seldon.serving.inference.request"}
	d.ok(t, "3", "request", `{"data":{"names":["a"],"ndarray":[[7]]}}`, seldon...)
	seldon[3] = "io.seldon.serving.inference.response"
	d.ok(t, "3", "response", `{"data":{"ndarray":[[0.1,0.2,0.7]]}}`, seldon...)
	want := []string{
		`m 1 {"a":1,"b":"x"} 0.5 1 1000000000`, `m 2/0 {"a":1,"b":2} 0.25 0 1000000000`, `m 2/1 {"a":3,"b":4} 1 1 1000000000`, `s 3 {"a":7} 0.7 z 1000000000`,
	}
	if got := d.rows(t); !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if got := d.counts(t); got != "events_total paired 3, events_total repeated 1, events_total waiting 3, intake_predictions_total 4" {
		t.Error(got)
	}
}

func structured(kind, id, data string) string {
	return fmt.Sprintf(`{"specversion":"1.0","id":%q,"type":"org.kubeflow.serving.inference.%s","source":"x","inferenceservicename":"m","datacontenttype":"application/json",%s}`, id, kind, data)
}

func TestStructuredEventsAndBatches(t *testing.T) {
	t.Parallel()
	d := newDesk(t, t.TempDir(), nil)
	for _, test := range []struct{ media, body string }{
		{"application/cloudevents+json; charset=utf-8", structured("request", "1", `"data":{"instances":[[1,2]]}`)},
		{"application/cloudevents+json", structured("response", "1", `"data":"{\"predictions\":[0.5]}"`)},
		{"application/cloudevents-batch+json", "[" + structured("request", "2", `"data_base64":"`+base64.StdEncoding.EncodeToString([]byte(`{"instances":[[3,4]]}`))+`"`) + "," + structured("response", "2", `"data":{"predictions":[0.25]}`) + "]"},
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, Path, strings.NewReader(test.body))
		r.Header.Set("Content-Type", test.media)
		w := httptest.NewRecorder()
		if d.ServeHTTP(w, r); w.Code != 200 {
			t.Errorf("%s: %d %s", test.body, w.Code, w.Body)
		}
	}
	if got, want := d.rows(t), []string{`m 1 {"a":1,"b":2} 0.5 1 -1`, `m 2 {"a":3,"b":4} 0.25 0 -1`}; !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestEventsThatAreRefusedHaveTheirSentence(t *testing.T) {
	t.Parallel()
	d := newDesk(t, t.TempDir(), nil)
	whole := "application/cloudevents+json"
	for name, test := range map[string]struct {
		body   string
		header []string
		want   string
	}{
		"no event":          {"{}", []string{"Ce-Id", "", "Ce-Type", ""}, "is no CloudEvent: send the headers"},
		"no id":             {"{}", []string{"Ce-Id", ""}, "has no id"},
		"a long id":         {"{}", []string{"Ce-Id", strings.Repeat("x", 300)}, "an id of 300 bytes: at most 256"},
		"no type":           {"{}", []string{"Ce-Type", ""}, "has no type"},
		"another type":      {"{}", []string{"Ce-Type", "com.example.other"}, `has the type \"com.example.other\": send`},
		"a foreign request": {"{}", []string{"Ce-Type", "com.example.inference.request"}, "has the type"},
		"another version":   {"{}", []string{"Ce-Specversion", "2.0"}, `specversion \"2.0\"`},
		"no time":           {"{}", []string{"Ce-Time", "noon"}, `the time \"noon\", which is not RFC 3339`},
		"avro":              {"{}", []string{"Content-Type", "application/cloudevents+avro"}, "application/cloudevents+avro"},
		"not JSON":          {"x", []string{"Content-Type", whole}, "is not a JSON object"},
		"no data":           {structured("request", "1", `"x":1`), []string{"Content-Type", whole}, "has no data"},
		"no BASE64":         {structured("request", "1", `"data_base64":"%"`), []string{"Content-Type", whole}, "is not BASE64"},
		"no array":          {"{}", []string{"Content-Type", "application/cloudevents-batch+json"}, "a batch is a JSON array"},
		"an empty batch":    {"[]", []string{"Content-Type", "application/cloudevents-batch+json"}, "the batch is empty"},
		"a bad batch":       {"[" + structured("request", "1", `"data":1`) + ",{}]", []string{"Content-Type", "application/cloudevents-batch+json"}, "event 1 of the batch: has no id"},
	} {
		if code, answer := d.send(t, "1", "request", test.body, test.header...); code != 400 || !strings.Contains(answer, test.want) {
			t.Errorf("%s: %d %s, want %s", name, code, answer, test.want)
		}
	}
	if code, answer := d.send(t, "1", "request", strings.Repeat(" ", maxBody+1)); code != 413 || !strings.Contains(answer, "let the model answer fewer rows") {
		t.Errorf("%d %s", code, answer)
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, Path, nil)
	w := httptest.NewRecorder()
	if d.ServeHTTP(w, r); w.Code != 405 || w.Header().Get("Allow") != "POST" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	if got := d.counts(t); got != "events_total refused 17" {
		t.Error(got)
	}
}

// What cannot be mapped is taken and counted: sending it again would not help.
func TestPairsThatCannotBeMappedAreCounted(t *testing.T) {
	t.Parallel()
	d := newDesk(t, t.TempDir(), nil)
	for i, pair := range [][3]string{
		{"m", `{"text":"hello"}`, `{"predictions":[0.5]}`}, {"m", `{"instances":[[1,2]]}`, `{"error":"x"}`}, {"other", `{"instances":[[1,2]]}`, `{"predictions":[0.5]}`},
		{"m", `{"instances":[[1,2]]}`, `{"predictions":[0.5,0.5]}`}, {"m", "\xff", `{"predictions":[0.5]}`},
	} {
		d.ok(t, fmt.Sprint(i), "request", pair[1], "Ce-Inferenceservicename", pair[0])
		d.ok(t, fmt.Sprint(i), "response", pair[2], "Ce-Inferenceservicename", pair[0])
	}
	if got := d.counts(t); got != "events_total paired 5, events_total waiting 5, intake_unmapped_total answer 1, intake_unmapped_total request 2, intake_unmapped_total row_count 1, intake_unmapped_total unknown_model 1" || len(d.rows(t)) != 0 {
		t.Error(got)
	}
}

func TestEventsWithoutAPartnerExpire(t *testing.T) {
	t.Parallel()
	d := newDesk(t, t.TempDir(), nil)
	d.ok(t, "1", "request", `{"instances":[[1,2]]}`)
	d.ok(t, "2", "response", `{"predictions":[0.5]}`)
	d.mu.Lock()
	d.now = d.now.Add(2 * time.Minute)
	d.mu.Unlock()
	d.ok(t, "3", "request", `{"instances":[[1,2]]}`)
	d.ok(t, "1", "response", `{"predictions":[0.5]}`) // too late
	if got := d.counts(t); got != "events_total waiting 4, events_unpaired_total request 1, events_unpaired_total response 1, events_waiting 2" || len(d.rows(t)) != 0 {
		t.Error(got)
	}
}

func TestWhatWaitsIsBounded(t *testing.T) {
	t.Parallel()
	d := newDesk(t, t.TempDir(), func(o *Options) { o.Waiting, o.Bytes = 2, 60 })
	d.ok(t, "1", "request", `{"instances":[[1,2]]}`)
	d.ok(t, "2", "request", `{"instances":[[1,2]]}`)
	if code, answer := d.send(t, "3", "request", `{}`); code != 503 || !strings.Contains(answer, "wait for their partners already") {
		t.Errorf("%d %s", code, answer)
	}
	d.ok(t, "1", "response", `{"predictions":[0.5]}`)
	d.ok(t, "3", "request", `{"instances":[[1,2]]}`)
	d.ok(t, "2", "response", `{"predictions":[0.5]}`)
	if code, _ := d.send(t, "4", "request", strings.Repeat("x", 60)); code != 503 {
		t.Errorf("%d", code)
	}
}

// A log that is down makes senders wait, and what has come already stays.
func TestALogThatIsDownIsAnsweredWith503(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	d := newDesk(t, folder, nil)
	d.ok(t, "1", "request", `{"instances":[[1,2]]}`)
	if err := d.log.Close(); err != nil {
		t.Fatal(err)
	}
	if code, answer := d.send(t, "1", "response", `{"predictions":[0.5]}`); code != 503 || !strings.Contains(answer, "see /-/ready") {
		t.Errorf("%d %s", code, answer)
	}
	d.Close()
	if code, _ := d.send(t, "9", "request", `{}`); code != 503 {
		t.Errorf("%d", code)
	}
	again := newDesk(t, folder, nil) // after a restart
	again.ok(t, "1", "response", `{"predictions":[0.5]}`)
	if got := again.rows(t); len(got) != 1 {
		t.Errorf("%q", got)
	}
}

func TestEventsArePassedOn(t *testing.T) {
	t.Parallel()
	var got []string
	status := 202
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		got = append(got, r.Header.Get("Ce-Id")+" "+r.Header.Get("Ce-Type")+" "+string(body))
		w.WriteHeader(status)
	}))
	t.Cleanup(receiver.Close)
	d := newDesk(t, t.TempDir(), func(o *Options) {
		var err error
		if o.Tee, err = url.Parse(receiver.URL); err != nil {
			t.Fatal(err)
		}
	})
	d.ok(t, "1", "request", `{"instances":[[1,2]]}`)
	status = 500
	if code, answer := d.send(t, "1", "response", `{"predictions":[0.5]}`); code != 502 || !strings.Contains(answer, "it answered with status 500; send it again") {
		t.Errorf("%d %s", code, answer)
	}
	status = 200
	d.ok(t, "1", "response", `{"predictions":[0.5]}`)
	if want := []string{`1 org.kubeflow.serving.inference.request {"instances":[[1,2]]}`, `1 org.kubeflow.serving.inference.response {"predictions":[0.5]}`, `1 org.kubeflow.serving.inference.response {"predictions":[0.5]}`}; !slices.Equal(got, want) || len(d.rows(t)) != 1 {
		t.Errorf("%q", got)
	}
}

func TestManySendersAtOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t, t.TempDir(), func(o *Options) { o.Waiting = 10_000 })
	var wg sync.WaitGroup
	const senders, each = 16, 25
	for s := range senders {
		wg.Go(func() {
			for i := range each {
				id := fmt.Sprintf("%d-%d", s/2, i) // two senders have the two halves
				kind, body := "request", `{"instances":[[1,2]]}`
				if s%2 == 1 {
					kind, body = "response", `{"predictions":[0.5]}`
				}
				d.ok(t, id, kind, body)
			}
		})
	}
	wg.Wait()
	if got := d.rows(t); len(got) != senders/2*each {
		t.Errorf("%d rows, %s", len(got), d.counts(t))
	}
}

// Another implementation writes the events.
func TestEventsOfTheCloudEventsSDK(t *testing.T) {
	t.Parallel()
	if out, err := exec.CommandContext(t.Context(), "python3", "-c", "import cloudevents.http").CombinedOutput(); err != nil {
		t.Skipf("pip install kserve, which brings cloudevents: %v %s", err, out)
	}
	d := newDesk(t, t.TempDir(), nil)
	server := httptest.NewServer(d)
	t.Cleanup(server.Close)
	if out, err := exec.CommandContext(t.Context(), "python3", "testdata/send.py", server.URL+Path).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var got []string
	for _, row := range d.rows(t) {
		got = append(got, row[:strings.LastIndexByte(row, ' ')]) // without the latency
	}
	if want := []string{`m binary {"a":1,"b":"x y"} 0.5 1`, `m structured {"a":1,"b":"x y"} 0.5 1`}; !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func FuzzEvents(f *testing.F) {
	f.Add("application/cloudevents+json", []byte(structured("request", "1", `"data":{}`)))
	f.Add("application/cloudevents-batch+json", []byte("["+structured("request", "1", `"data_base64":"e30="`)+"]"))
	f.Add("application/json", []byte("{}"))
	f.Fuzz(func(t *testing.T, media string, body []byte) {
		all, err := intake.ParseEvents(http.Header{"Content-Type": {media}, "Ce-Id": {"1"}, "Ce-Type": {"org.kubeflow.serving.inference.request"}}, body)
		if err == nil && len(all) == 0 {
			t.Fatal("neither events nor an error")
		}
	})
}
