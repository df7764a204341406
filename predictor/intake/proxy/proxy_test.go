package proxy

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/drift-exporter/drift_exporter/predictor/intake"
	"github.com/drift-exporter/drift_exporter/predictor/intake/record"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite"
)

const configuration = `models: [{name: m, answer: probability, features: [a, b]}]`

// bench is a proxy in front of a handler, with a real log.
type bench struct {
	*httptest.Server

	direct   string // the model without the proxy
	path     string
	log      *sqlite.Writer
	registry *prometheus.Registry
	unlogged atomic.Int64
}

func newBench(t testing.TB, config string, p intake.Protocol, change func(*Options), model http.Handler) *bench {
	t.Helper()
	upstream := httptest.NewServer(model)
	t.Cleanup(upstream.Close)
	b := &bench{direct: upstream.URL, path: filepath.Join(t.TempDir(), "predictions.db"), registry: prometheus.NewRegistry()}
	var err error
	if b.log, err = sqlite.OpenWriter(t.Context(), b.path, sqlite.WriterOptions{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.log.Close() }) // some tests have closed it
	b.Server = httptest.NewServer(newProxy(t, b, upstream.URL, config, p, change))
	t.Cleanup(b.Close)
	return b
}

func newProxy(t testing.TB, b *bench, address, config string, protocol intake.Protocol, change func(*Options)) *Proxy {
	t.Helper()
	c, err := intake.Parse([]byte(config), "upstream.yml")
	if err != nil {
		t.Fatal(err)
	}
	recorder, err := record.New(b.log, b.registry, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	o := Options{URL: u, Protocol: protocol, Config: c, Recorder: recorder, Unlogged: func(n int) { b.unlogged.Add(int64(n)) }, Registry: b.registry, Logger: slog.New(slog.DiscardHandler)}
	if change != nil {
		change(&o)
	}
	p, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// rows are the logged predictions as text.
func (b *bench) rows(t testing.TB) (all []string) {
	t.Helper()
	reader := sqlite.NewReader(b.path)
	defer func() { _ = reader.Close() }() // it was only read
	err := reader.WholePredictions(context.Background(), -1, 1<<62, func(r *predictionlog.WholeRow) error {
		all = append(all, fmt.Sprintf("%d %s %s %s %v %s", r.ID, r.Model, r.RequestID, r.Features, r.Score, r.Class))
		if r.Latency <= 0 {
			t.Errorf("row %d has latency %d", r.ID, r.Latency)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// unmapped are the counters that are above 0.
func (b *bench) unmapped(t testing.TB) string {
	t.Helper()
	families, err := b.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if v := m.GetCounter().GetValue(); v > 0 && f.GetName() == "predictor_intake_unmapped_total" {
				all = append(all, fmt.Sprintf("%s %v", m.GetLabel()[0].GetValue(), v))
			}
		}
	}
	return strings.Join(all, ", ")
}

type answer struct {
	status int
	header http.Header
	body   string
}

func ask(t testing.TB, method, address, body string, header map[string]string) answer {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for k, v := range header {
		r.Header.Set(k, v)
	}
	client := &http.Client{Transport: &http.Transport{DisableCompression: true, DisableKeepAlives: true}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	a, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = a.Body.Close() }() // it was only read
	data, err := io.ReadAll(a.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{a.StatusCode, a.Header, string(data)}
}

// model answers half for each instance.
var model = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprintf(w, `{"predictions": [0.5%s]}`, strings.Repeat(", 0.5", strings.Count(string(body), "],")))
})

func TestAnswersAreTheModelsAndInTheLog(t *testing.T) {
	t.Parallel()
	b := newBench(t, configuration, intake.V1, nil, model)
	one := ask(t, "POST", b.URL+"/v1/models/m:predict", `{"instances": [[1, "x"]]}`, nil)
	if one.status != 200 || one.body != `{"predictions": [0.5]}` || one.header.Get(PredictionID) != "0" {
		t.Errorf("%+v", one)
	}
	many := ask(t, "POST", b.URL+"/v1/models/m:predict", `{"instances": [[1, "x"], [2, "y"]]}`, map[string]string{"X-Request-ID": "r"})
	again := ask(t, "POST", b.URL+"/v1/models/m:predict", `{"instances": [[1, "x"], [2, "y"]]}`, map[string]string{"X-Request-ID": "r"})
	other := ask(t, "POST", b.URL+"/v1/models/m:predict", `{"instances": [[3, "z"]]}`, map[string]string{"X-Request-ID": "r"})
	if many.header.Get(PredictionID) != "1-2" || again.header.Get(PredictionID) != "1-2" || other.header.Get(PredictionID) != "3" {
		t.Errorf("%v %v %v", many.header, again.header, other.header)
	}
	page := ask(t, "GET", b.URL+"/v1/models/m", "", nil)
	if page.status != 200 || page.header.Get(PredictionID) != "" {
		t.Errorf("%+v", page)
	}
	want := []string{`0 m  {"a":1,"b":"x"} 0.5 1`, `1 m r/0 {"a":1,"b":"x"} 0.5 1`, `2 m r/1 {"a":2,"b":"y"} 0.5 1`, `3 m  {"a":3,"b":"z"} 0.5 1`}
	if got := b.rows(t); !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if got := b.unmapped(t); got != "request_id_reused 1" {
		t.Error(got)
	}
}

func packed(text string) string {
	var to bytes.Buffer
	z := gzip.NewWriter(&to)
	_, _ = z.Write([]byte(text)) // to memory
	_ = z.Close()
	return to.String()
}

// What cannot be mapped is answered as the model answers it, and counted.
func TestWhatCannotBeMappedIsForwarded(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		body, answer    string
		header, answers map[string]string
		status          int
		want            string
	}{
		"not JSON":          {body: "x", answer: "y", want: "request 1"},
		"an error":          {body: `{"instances":[[1,2]]}`, answer: "no", status: 422, want: "upstream_status 1"},
		"a redirect":        {body: `{"instances":[[1,2]]}`, status: 307, answers: map[string]string{"Location": "/elsewhere"}, want: "upstream_status 1"},
		"brotli":            {body: `{"instances":[[1,2]]}`, answer: "?", answers: map[string]string{"Content-Encoding": "br"}, want: "media_type 1"},
		"no gzip":           {body: `{"instances":[[1,2]]}`, header: map[string]string{"Content-Encoding": "gzip"}, answer: `{"predictions":[0.5]}`, want: "media_type 1"},
		"gzip":              {body: packed(`{"instances":[[1,2]]}`), header: map[string]string{"Content-Encoding": "gzip"}, answer: packed(`{"predictions":[0.5]}`), answers: map[string]string{"Content-Encoding": "gzip"}},
		"a bomb":            {body: packed(strings.Repeat(" ", maxBody+1)), header: map[string]string{"Content-Encoding": "gzip"}, answer: `{"predictions":[0.5]}`, want: "too_large 1"},
		"a large request":   {body: strings.Repeat(" ", maxBody+1), answer: `{"predictions":[0.5]}`, want: "too_large 1"},
		"a large answer":    {body: `{"instances":[[1,2]]}`, answer: strings.Repeat(" ", maxBody+1), want: "too_large 1"},
		"no probability":    {body: `{"instances":[[1,2]]}`, answer: `{"predictions":[2]}`, want: "answer 1"},
		"an empty answer":   {body: `{"instances":[[1,2]]}`, status: 204, want: "answer 1"},
		"a long request id": {body: `{"instances":[[1,2]]}`, header: map[string]string{"X-Request-ID": strings.Repeat("x", 200)}, answer: `{"predictions":[0.5]}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got string
			b := newBench(t, configuration, intake.V1, nil, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				body, err := io.ReadAll(r.Body)
				if err != nil {
					t.Error(err)
				}
				got = string(body)
				w.Header().Set("Content-Type", "application/json")
				for k, v := range test.answers {
					w.Header().Set(k, v)
				}
				w.WriteHeader(max(test.status, 200))
				_, _ = io.WriteString(w, test.answer)
			}))
			have := ask(t, "POST", b.URL+"/v1/models/m:predict", test.body, test.header)
			if have.status != max(test.status, 200) || have.body != test.answer || got != test.body {
				t.Errorf("status %d, %d bytes answered, want %d; %d arrived, want %d", have.status, len(have.body), len(test.answer), len(got), len(test.body))
			}
			if unmapped := b.unmapped(t); unmapped != test.want {
				t.Errorf("counted %q, want %q", unmapped, test.want)
			}
			if logged := len(b.rows(t)) == 1; logged != (test.want == "") || logged != (have.header.Get(PredictionID) == "0") {
				t.Errorf("logged: %v, header %v", logged, have.header)
			}
		})
	}
}

func TestStreamsAndGRPCAreRefusedByName(t *testing.T) {
	t.Parallel()
	b := newBench(t, configuration, intake.V2, nil, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = io.WriteString(w, "data: 1\n\n")
	}))
	for _, test := range []struct {
		path   string
		header map[string]string
		status int
		want   string
	}{
		{"/inference.GRPCInferenceService/ModelInfer", map[string]string{"Content-Type": "application/grpc+proto"}, 415, "gRPC is not forwarded"},
		{"/v2/models/m/infer", map[string]string{"Connection": "Upgrade", "Upgrade": "websocket"}, 501, `the protocol \"websocket\"`},
		{"/v2/models/m/infer", map[string]string{"Accept": "text/event-stream"}, 501, "asks for a stream"},
		{"/v2/models/m/infer_stream", nil, 501, "asks for a stream"},
		{"/endpoints/m/invocations-response-stream", nil, 501, "asks for a stream"},
		{"/v2/models/m/infer", nil, 501, "answers a stream of events"},
	} {
		a := ask(t, "POST", b.URL+test.path, "{}", test.header)
		if a.status != test.status || !strings.Contains(a.body, test.want) || a.header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s %v: %+v", test.path, test.header, a)
		}
	}
}

// A model that is slow is not hidden from the client.
func TestAModelThatHangsIsAnsweredFor(t *testing.T) {
	t.Parallel()
	hang := make(chan struct{})
	b := newBench(t, configuration, intake.V1, func(o *Options) { o.Timeout = time.Millisecond }, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-hang }))
	t.Cleanup(func() { close(hang) })
	if a := ask(t, "POST", b.URL+"/v1/models/m:predict", `{"instances":[[1,2]]}`, nil); a.status != 504 || !strings.Contains(a.body, "--upstream.timeout") {
		t.Errorf("%+v", a)
	}
	if got := b.unmapped(t); got != "upstream_failed 1" {
		t.Error(got)
	}
}

func TestALogThatIsDownRefusesOrServes(t *testing.T) {
	t.Parallel()
	for _, serve := range []bool{false, true} {
		b := newBench(t, configuration, intake.V1, func(o *Options) { o.Serve = serve }, model)
		if err := b.log.Close(); err != nil {
			t.Fatal(err)
		}
		a := ask(t, "POST", b.URL+"/v1/models/m:predict", `{"instances": [[1, "x"], [1, "y"]]}`, nil)
		switch {
		case serve && (a.status != 200 || a.body != `{"predictions": [0.5, 0.5]}` || a.header.Get(PredictionID) != "" || b.unlogged.Load() != 2):
			t.Errorf("%+v, %d unlogged", a, b.unlogged.Load())
		case !serve && (a.status != 503 || a.header.Get("Retry-After") != "5" || !strings.Contains(a.body, "is withheld")):
			t.Errorf("%+v", a)
		}
		if page := ask(t, "GET", b.URL+"/v1/models/m", "", nil); page.status != 200 {
			t.Errorf("%+v", page) // what is not logged is forwarded all the same
		}
	}
}

func TestTooManyRequestsAreRefused(t *testing.T) {
	t.Parallel()
	arrived, answer := make(chan struct{}), make(chan struct{})
	b := newBench(t, configuration, intake.V1, func(o *Options) { o.MaxRequests = 1 }, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		close(arrived)
		<-answer
		model(w, r)
	}))
	done := make(chan answered)
	go func() { done <- answered(ask(t, "POST", b.URL+"/v1/models/m:predict", `{"instances":[[1,2]]}`, nil)) }()
	<-arrived
	if a := ask(t, "POST", b.URL+"/v1/models/m:predict", `{"instances":[[1,2]]}`, nil); a.status != 429 || !strings.Contains(a.body, "--web.max-requests") {
		t.Errorf("%+v", a)
	}
	close(answer)
	if a := <-done; a.status != 200 {
		t.Errorf("%+v", a)
	}
}

type answered answer

// Large requests wait for one another, and small ones do not wait for them.
func TestLargeRequestsWaitForASlot(t *testing.T) {
	t.Parallel()
	var atOnce, most atomic.Int64
	b := newBench(t, configuration, intake.V1, nil, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength > largeBody {
			n := atOnce.Add(1)
			for {
				if m := most.Load(); n <= m || most.CompareAndSwap(m, n) {
					break
				}
			}
			defer atOnce.Add(-1)
		}
		model(w, r)
	}))
	body := `{"instances":[[1,2]]` + strings.Repeat(" ", largeBody) + "}"
	var wg sync.WaitGroup
	for range 2 * mostLarge {
		wg.Go(func() {
			if a := ask(t, "POST", b.URL+"/v1/models/m:predict", body, nil); a.status != 200 {
				t.Errorf("%+v", a)
			}
		})
	}
	wg.Wait()
	if most.Load() > mostLarge || len(b.rows(t)) != 2*mostLarge {
		t.Errorf("%d at once, %d rows", most.Load(), len(b.rows(t)))
	}
}

func TestAddressesThatAreNoModelAreRefused(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"ftp://host":      "write an address such as",
		"host:80":         "write an address such as",
		"http://":         "write an address such as",
		"http://host?x=1": "takes host and path only",
		"http://u:p@host": "takes host and path only",
	} {
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := New(Options{URL: u}); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "u:p@") {
			t.Errorf("%s: %v", address, err)
		}
	}
}

// seen is what the model got, and what the client got.
type seen struct {
	method, uri, body string
	header            http.Header
}

// Requests and answers pass as they are: the model sees the same bytes with and without
// the proxy, and so does the client.
func FuzzBytesPass(f *testing.F) {
	f.Add("POST", "/v1/models/m:predict", "a=b;c&%zz", `{"instances":[[1,2]]}`, `{"predictions":[0.5]}`, "X-A", "text", uint16(200), false)
	f.Add("PUT", "//x/%2f/../y", "", "\x00\xff", "\xff\x00", "Content-Encoding", "gzip", uint16(418), true)
	f.Add("DELETE", "/", "?", "", "", "Accept-Encoding", "br", uint16(503), false)
	f.Add("POST", `/"x`, "0", "0", "0", "0", "0", uint16(0), false) // a path that Go writes in another way
	f.Add("POST", "/x", "", "0", "0", "0", "0", uint16(200), true)  // an answer without a Content-Type
	var got seen
	var status int
	var body, name, value string
	var chunked bool
	b := newBench(f, configuration, intake.V1, nil, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		data, _ := io.ReadAll(r.Body) // an error makes the bodies differ
		got = seen{r.Method, r.RequestURI, string(data), r.Header.Clone()}
		w.Header().Set(name, value)
		if chunked {
			w.Header().Set("Transfer-Encoding", "chunked")
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body) // the client may not want it
	}))
	f.Fuzz(func(t *testing.T, method, path, query, request, reply, header, text string, code uint16, stream bool) {
		status, body, name, value, chunked = 200+int(code)%400, reply, http.CanonicalHeaderKey(header), text, stream
		var sides [2]struct {
			seen   seen
			answer answer
		}
		for i, address := range []string{b.direct, b.URL} {
			got = seen{}
			a, ok := raw(t, address, method, path, query, request, name, text)
			if !ok && i == 0 {
				return // no request that can be sent, or no answer
			}
			if !ok {
				t.Fatalf("%s %s is answered without the proxy only", method, path)
			}
			for _, h := range []string{"Connection", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto"} {
				got.header.Del(h)
			}
			a.header.Del(PredictionID)
			a.header.Del("Date") // of another second
			sides[i].seen, sides[i].answer = got, a
		}
		if sides[0].seen.method != sides[1].seen.method || sides[0].seen.uri != sides[1].seen.uri || sides[0].seen.body != sides[1].seen.body || !maps.EqualFunc(sides[0].seen.header, sides[1].seen.header, slices.Equal[[]string]) {
			t.Errorf("the model got\n%+v directly and\n%+v", sides[0].seen, sides[1].seen)
		}
		if sides[0].answer.status != sides[1].answer.status || sides[0].answer.body != sides[1].answer.body || !maps.EqualFunc(sides[0].answer.header, sides[1].answer.header, slices.Equal[[]string]) {
			t.Errorf("the client got\n%+v directly and\n%+v", sides[0].answer, sides[1].answer)
		}
	})
}

// raw sends a request as it is.
func raw(t *testing.T, address, method, path, query, body, name, value string) (answer, bool) {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	switch name {
	// Those of one connection, those that a proxy adds to, and what the proxy refuses.
	case "", "Connection", "Upgrade", "Te", "Trailer", "Transfer-Encoding", "Content-Length", "Keep-Alive", "Proxy-Connection", "Proxy-Authenticate", "Proxy-Authorization",
		"Host", "Expect", "Date", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", PredictionID, "X-Prediction-Id", "Content-Type", "Accept":
		return answer{}, false
	}
	r := &http.Request{Method: method, URL: &url.URL{Scheme: "http", Host: u.Host, Opaque: path, RawQuery: query}, Header: http.Header{"User-Agent": nil, name: {value}}, Host: "model", Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body))}
	if method == http.MethodConnect || !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") {
		return answer{}, false
	}
	transport := &http.Transport{DisableCompression: true, DisableKeepAlives: true, DialContext: (&net.Dialer{Timeout: 5 * time.Second}).DialContext}
	a, err := transport.RoundTrip(r.WithContext(t.Context()))
	if err != nil {
		return answer{}, false
	}
	defer func() { _ = a.Body.Close() }() // it was only read
	data, err := io.ReadAll(a.Body)
	if err != nil {
		return answer{}, false
	}
	return answer{a.StatusCode, a.Header, string(data)}, true
}
