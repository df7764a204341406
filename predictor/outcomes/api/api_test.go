package api

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/drift-exporter/drift_exporter/predictor/outcomes"
	"github.com/drift-exporter/drift_exporter/predictor/outcomes/sourcetest"
)

// place is a log with 20 predictions, and a server.
type place struct {
	log     string
	server  *httptest.Server
	handler atomic.Pointer[http.HandlerFunc]
	asked   atomic.Int64
	keys    string
}

func newPlace(t *testing.T, keys string, handler http.HandlerFunc) *place {
	t.Helper()
	dir := t.TempDir()
	p := &place{log: sourcetest.Log(t, 20, nil)}
	p.handler.Store(&handler)
	p.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.asked.Add(1)
		(*p.handler.Load())(w, r)
	}))
	t.Cleanup(p.server.Close)
	secret := filepath.Join(dir, "secret")
	if err := os.WriteFile(secret, []byte("Bearer s3cret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p.keys = fmt.Sprintf("auth_file: %s, rate: 1000/s, %s", secret, keys)
	return p
}

func (p *place) answers(handler http.HandlerFunc) { p.handler.Store(&handler) }

func (p *place) pass(t *testing.T, path string) (string, error) {
	t.Helper()
	text := fmt.Sprintf("sources:\n- {name: bureau, api: {url: \"%s%s\", %s}}\n", p.server.URL, path, p.keys)
	return sourcetest.Reading{Log: p.log, Kind: Kind, Config: text, Pending: 100}.Run(t)
}

func (p *place) says(t *testing.T, path, want string) {
	t.Helper()
	got, err := p.pass(t, path)
	if err != nil || !strings.HasPrefix(got, want) {
		t.Errorf("%q, %v, want %q", got, err, want)
	}
}

func record(id, outcome int) string {
	return fmt.Sprintf(`{"prediction_id": %d, "outcome": %d}`, id, outcome)
}

func TestPagesAreReadOnceAndRecordsMoveBetweenThem(t *testing.T) {
	t.Parallel()
	pages := [][]string{{record(0, 1), record(1, 0)}, {record(2, 1)}}
	p := newPlace(t, "records: $.items, page: {next: $.next, parameter: cursor}", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer s3cret" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		n := 0
		_, _ = fmt.Sscan(r.URL.Query().Get("cursor"), &n)
		etag := fmt.Sprintf("%q", fmt.Sprint(pages[n], n+1 < len(pages)))
		if r.Header.Get("If-None-Match") == etag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		w.Header().Set("ETag", etag)
		next := "null"
		if n+1 < len(pages) {
			next = fmt.Sprint(n + 1)
		}
		fmt.Fprintf(w, `{"items": [%s], "next": %s}`, strings.Join(pages[n], ","), next)
	})
	p.says(t, "/outcomes", "3 records: 3 accepted")
	p.says(t, "/outcomes", "0 records")
	pages = [][]string{{record(3, 1), record(0, 1)}, {record(1, 0), record(2, 1)}, {`"x"`}} // one is new in front
	p.says(t, "/outcomes", "2 records: 1 accepted, 0 unchanged, 0 overruled, 0 wait for their prediction, 1 set aside")
	pages = [][]string{{record(3, 0)}}
	p.says(t, "/outcomes", "1 records: 1 accepted")
	pages = [][]string{{record(3, 1)}} // as it was at first
	p.says(t, "/outcomes", "1 records: 1 accepted")
}

func TestLinksAndTimesAreFollowed(t *testing.T) {
	t.Parallel()
	var since atomic.Value
	p := newPlace(t, "page: {link: true}", func(w http.ResponseWriter, r *http.Request) {
		since.Store(r.URL.Query().Get("since"))
		if r.URL.Path == "/first" {
			w.Header().Set("Link", `</second?since=x>; rel="next", </>; rel=first`)
			fmt.Fprint(w, "["+record(0, 1)+"]")
			return
		}
		fmt.Fprint(w, "["+record(1, 1)+"]")
	})
	p.says(t, "/first?since={since}", "2 records: 2 accepted")
	p.answers(func(w http.ResponseWriter, r *http.Request) {
		since.Store(r.URL.Query().Get("since"))
		fmt.Fprint(w, "["+record(0, 1)+","+record(2, 1)+"]")
	})
	p.says(t, "/first?since={since}", "1 records: 1 accepted")
	at, err := time.Parse(time.RFC3339, since.Load().(string))
	if ago := time.Since(at); err != nil || ago < 10*time.Minute || ago > 12*time.Minute {
		t.Errorf("asked since %v, %v", at, err)
	}
}

func TestFaultsAreSaidAndLoseNothing(t *testing.T) {
	t.Parallel()
	const keys = "records: $.items, page: {next: $.next}"
	for _, test := range []struct {
		name, want string
		handler    http.HandlerFunc
	}{
		{"429", "429 Too Many Requests (asked to wait 2m0s)", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "120")
			w.WriteHeader(http.StatusTooManyRequests)
		}},
		{"503 until a date", "(asked to wait", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", time.Now().Add(time.Hour).UTC().Format(http.TimeFormat))
			w.WriteHeader(http.StatusServiceUnavailable)
		}},
		{"401", "look at auth_file", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) }},
		{"404", "look at url", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) }},
		{"500", "500 Internal Server Error", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) }},
		{"HTML", "the answer is not JSON", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>") }},
		{"a list", "the answer has nothing at records", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "[]") }},
		{"no list", "there is no list at records", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"items": 7}`) }},
		{"an error as 200", "the answer has nothing at records", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"error": "x"}`) }},
		{"circles", "go round in circles", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"items": [], "next": "/x"}`) }},
		{"another host", "is on another host, evil.example", func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, `{"items": [], "next": "http://evil.example/x"}`)
		}},
		{"redirected", "redirected to another host", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://evil.example/", http.StatusFound)
		}},
		{"cut off", "the answer was cut off", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			fmt.Fprint(w, `{"items": [`)
		}},
		{"too many", "ask for smaller pages", func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, `{"items": [`+strings.Repeat("1,", mostRecords)+`1]}`)
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			p := newPlace(t, keys, func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/a" {
					fmt.Fprintf(w, `{"items": [%s], "next": "b"}`, record(0, 1))
					return
				}
				test.handler(w, r)
			})
			got, err := p.pass(t, "/a")
			if err == nil || !strings.Contains(err.Error(), test.want) || !strings.HasPrefix(got, "1 records: 1 accepted") || strings.Contains(err.Error(), "s3cret") {
				t.Errorf("%q, %v, want %q", got, err, test.want)
			}
			asked, ok := errors.AsType[*outcomes.RetryError](err)
			if ok != strings.Contains(test.want, "asked to wait") || ok && asked.After < time.Minute {
				t.Errorf("wait %v", asked)
			}
			// Pages that were read before the fault are not read again.
			p.answers(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/a" {
					fmt.Fprintf(w, `{"items": [%s], "next": "b"}`, record(0, 1))
					return
				}
				fmt.Fprintf(w, `{"items": [%s]}`, record(1, 1))
			})
			p.says(t, "/a", "1 records: 1 accepted")
		})
	}
}

// TestAWrongRecordHoldsUpNoOther reads a page of which single records cannot be read.
func TestAWrongRecordHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	p := newPlace(t, "records: \"$.data[1].items\", page: {next: $.next}", func(w http.ResponseWriter, _ *http.Request) {
		wrong := []string{`{"prediction_id": 1, "prediction_id": 2, "outcome": 1}`, `7`, `[]`, strings.Repeat("[", 100) + strings.Repeat("]", 100), `"\ud800"`, `{"a": "` + strings.Repeat("x", 2<<20) + `"}`, `null`}
		fmt.Fprintf(w, `{"data": [0, {"more": {}, "items": [%s, %s, {"outcome": 1, "prediction_id": 3}]}], "next": null, "x": NaN}`, record(0, 1), strings.Join(wrong, ","))
	})
	p.says(t, "/", "9 records: 2 accepted, 0 unchanged, 0 overruled, 0 wait for their prediction, 7 set aside")
	p.says(t, "/", "0 records")
}

// TestALargeAnswerTakesLittleMemory reads answers whose values are many more than their bytes.
func TestALargeAnswerTakesLittleMemory(t *testing.T) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for _, body := range []string{`{"items": [` + strings.Repeat("{},", 2<<20) + `{}]}`, `{` + strings.Repeat(`"a":{},`, 1<<20) + `"items": []}`} {
		r := &reader{source: &source{records: outcomes.Field{"items"}}}
		runtime.GC()
		if list, _, err := r.read([]byte(body)); len(list) > mostRecords || err == nil && body[1] != '"' {
			t.Errorf("%d records, %v", len(list), err)
		}
	}
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapSys) - int64(before.HeapSys); grown > 120<<20 {
		t.Errorf("answers of 7 MB took %d bytes", grown)
	}
}

func TestWrongConfigurationsAreRefusedInWords(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"{}":                                  "url is missing",
		"{url: \"ftp://x\"}":                  `url "ftp://x" is not one such as`,
		"{url: \"http://a:b@x\"}":             "without user and password",
		"{url: \"http://x\", rate: fast}":     `rate "fast" is not one such as 5/s`,
		"{url: \"http://x\", records: \"$\"}": "is the whole record",
		"{url: \"http://x\", page: {}}":       "page says either next",
		"{url: \"http://x\", page: {next: $.n, link: true}}": "page says either next",
	} {
		_, err := outcomes.Parse([]byte("sources:\n- name: a\n  api: "+text), "outcomes.yml", []outcomes.Kind{Kind})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", text, err, want)
		}
	}
}
