// Package buckets_test reads outcomes from buckets of servers that stand for S3 and Google Cloud
// Storage.
package buckets_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"
	"gocloud.dev/blob"

	"github.com/drift-exporter/drift_exporter/predictor/outcomes"
	"github.com/drift-exporter/drift_exporter/predictor/outcomes/buckets/gcs"
	"github.com/drift-exporter/drift_exporter/predictor/outcomes/buckets/s3"
	"github.com/drift-exporter/drift_exporter/predictor/outcomes/files"
	"github.com/drift-exporter/drift_exporter/predictor/outcomes/sourcetest"
	"github.com/drift-exporter/drift_exporter/predictor/outcomes/sourcetest/servers"
)

var kind = files.NewKind(map[string]files.Opener{"s3": s3.Open, "gs": gcs.Open})

// TestMain sets what the clients read from the environment.
func TestMain(m *testing.M) {
	for name, text := range map[string]string{"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_EC2_METADATA_DISABLED": "true"} {
		if err := os.Setenv(name, text); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}

// store is a server with one bucket, and a log with predictions.
type store struct {
	put        func(name string, content []byte)
	raw        func(name string, content []byte) // as other programs put it; nil: as put
	remove     func(name string)
	bucket     string // URL of the bucket, with a slash
	parameters string
	log        string
}

func (s *store) pass(t *testing.T, path, keys string) (string, error) {
	t.Helper()
	text := "sources:\n- {name: nightly, record: {outcome: final}, files: {path: \"" + s.bucket + path + s.parameters + "\", settle: 0s" + keys + "}}\n"
	return sourcetest.Reading{Log: s.log, Kind: kind, Config: text}.Run(t)
}

func (s *store) says(t *testing.T, path, want string) {
	t.Helper()
	got, err := s.pass(t, path, "")
	if err != nil || !strings.HasPrefix(got, want) {
		t.Errorf("%s: %q, %v, want %q", path, got, err, want)
	}
}

// send makes a request and wants it to succeed.
func send(t *testing.T, method, url string, content []byte) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	said, _ := io.ReadAll(answer.Body) // only to say it
	if err := answer.Body.Close(); err != nil || answer.StatusCode >= 300 {
		t.Fatalf("%s %s: %s %s", method, url, answer.Status, said)
	}
}

func TestObjectsOfS3AreReadOnce(t *testing.T) {
	server := servers.For(t, servers.S3)
	send(t, http.MethodPut, server.URL+"/truth", nil)
	parameters := "?region=us-east-1&use_path_style=true&endpoint=" + url.QueryEscape(server.URL)
	b, err := blob.OpenBucket(t.Context(), "s3://truth"+parameters)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = b.Close() }() // everything is written
	testStore(t, &store{
		bucket: "s3://truth/", parameters: parameters, log: sourcetest.Log(t, 100, nil),
		put: func(name string, content []byte) {
			if err := b.WriteAll(t.Context(), name, content, nil); err != nil {
				t.Fatal(err)
			}
		},
		raw: func(name string, content []byte) {
			send(t, http.MethodPut, server.URL+"/truth/"+url.PathEscape(name), content)
		},
		remove: func(name string) {
			if err := b.Delete(t.Context(), name); err != nil {
				t.Fatal(err)
			}
		},
	})
}

func TestObjectsOfGoogleCloudStorageAreReadOnce(t *testing.T) {
	server := servers.For(t, servers.GCS)
	t.Setenv(gcs.Emulator, server.URL)
	testStore(t, &store{
		bucket: "gs://truth/", log: sourcetest.Log(t, 100, nil),
		put: func(name string, content []byte) {
			send(t, http.MethodPost, server.URL+"/upload/storage/v1/b/truth/o?uploadType=media&name="+url.QueryEscape(name), content)
		},
		remove: func(name string) {
			send(t, http.MethodDelete, server.URL+"/storage/v1/b/truth/o/"+url.PathEscape(name), nil)
		},
	})
}

func testStore(t *testing.T, s *store) {
	t.Helper()
	lines := func(from, to int) (text []byte) {
		for id := from; id < to; id++ {
			text = fmt.Appendf(text, "{\"prediction_id\": %d, \"final\": 1}\n", id)
		}
		return text
	}
	s.says(t, "day/", "0 records")
	s.put("day/a.jsonl", lines(0, 5))
	s.put("day/deeper/b.jsonl", lines(90, 95))
	s.put("day/.hidden.jsonl", lines(95, 99))
	s.says(t, "day/", "5 records: 5 accepted")
	s.says(t, "day/", "0 records")
	// Another object takes its place, which is longer and begins with the same.
	s.put("day/a.jsonl", lines(0, 8))
	s.says(t, "day/", "3 records: 3 accepted")
	// The same content under another name.
	s.put("day/renamed.jsonl", lines(0, 8))
	s.remove("day/a.jsonl")
	s.says(t, "day/", "0 records")
	s.put("day/renamed.jsonl", lines(0, 9))
	s.says(t, "day/", "1 records: 1 accepted")
	// Others that a pattern takes, and those that it leaves out.
	s.put("day/c.csv", []byte("prediction_id,final\n20,1\n21,0\n22,unclear\n"))
	s.says(t, "day/*.txt", "0 records")
	s.says(t, "day/*.csv", "3 records: 3 accepted")
	s.says(t, "*/deeper/*.jsonl", "5 records: 5 accepted")
	var packed bytes.Buffer
	w := parquet.NewGenericWriter[struct {
		ID    int64  `parquet:"prediction_id"`
		Final string `parquet:"final"`
	}](&packed)
	for id := range int64(60) {
		if _, err := w.Write([]struct {
			ID    int64  `parquet:"prediction_id"`
			Final string `parquet:"final"`
		}{{40 + id%50, "1"}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	s.put("tables/d.parquet", packed.Bytes())
	s.says(t, "tables/d.parquet", "60 records: 50 accepted, 10 unchanged")
	s.says(t, "tables/*", "0 records")
	for path, want := range map[string]string{
		"tables/none.csv": "there is no object tables/none.csv in the bucket",
	} {
		if _, err := s.pass(t, path, ""); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", path, err, want)
		}
	}
	// Names that mean something to URLs, patterns, shells and the client.
	if s.raw == nil {
		s.raw = s.put
	}
	for i, name := range []string{"a b+c%20d&e=f?g#h", "ünï😀", "[x]*{y}", `a"b'c<d>`, "tab\t", "a__0x2b__b", "~$@!,;:", `back\slash`} {
		s.raw("odd/"+name+".jsonl", lines(50+i, 51+i))
	}
	s.says(t, "odd/", "8 records: ")
	s.says(t, "odd/", "0 records")
	s.bucket = strings.Replace(s.bucket, "truth", "nowhere", 1)
	if _, err := s.pass(t, "x/", ""); err == nil || !strings.Contains(err.Error(), "list the bucket") {
		t.Errorf("a bucket that is not there: %v", err)
	}
}

func TestWrongURLsAreRefusedInWords(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"s3://":                "is no URL such as s3://BUCKET",
		"s3://user:pw@bucket/": "is no URL such as s3://BUCKET",
		"azblob://bucket/":     "is a URL of another kind than s3:// and gs://",
		"s3://bucket/[":        "has no valid pattern",
		"s3://bucket/a":        "",
		"gs://bucket/a/*.csv":  "",
	} {
		_, err := outcomes.Parse([]byte("sources:\n- {name: a, files: {path: \""+path+"\"}}"), "outcomes.yml", []outcomes.Kind{kind})
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: error %v, want %q", path, err, want)
		}
	}
	_, err := outcomes.Parse([]byte("sources:\n- {name: a, files: {path: \"gs://b/a\"}}"), "outcomes.yml", []outcomes.Kind{files.Kind})
	if err == nil || !strings.Contains(err.Error(), "was built without a client for gs://") {
		t.Errorf("without a client: %v", err)
	}
	for text, want := range map[string]string{"gs://b/?region=x": "takes no parameters", "s3://b/?nonsense=x": "nonsense"} {
		u, err := url.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		open := map[string]files.Opener{"s3": s3.Open, "gs": gcs.Open}[u.Scheme]
		if _, err := open(context.Background(), u); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", text, err, want)
		}
	}
}
