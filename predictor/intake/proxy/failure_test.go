package proxy

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/drift-exporter/drift_exporter/predictor/intake"
)

// A model that is gone or cut off is not hidden from the client.
func TestTheModelsFailuresArePassedOn(t *testing.T) {
	t.Parallel()
	b := newBench(t, configuration, intake.V1, nil, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Cut") == "" {
			panic(http.ErrAbortHandler)
		}
		w.Header().Set("Content-Length", "100")
		_, _ = io.WriteString(w, `{"predictions":`)
	}))
	address := b.URL + "/v1/models/m:predict"
	if a := ask(t, "POST", address, `{"instances":[[1,2]]}`, nil); a.status != 502 || !strings.Contains(a.body, "cannot be reached") {
		t.Errorf("%+v", a)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, strings.NewReader(`{"instances":[[1,2]]}`))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Cut", "1")
	a, err := http.DefaultClient.Do(r)
	if err == nil {
		_, err = io.ReadAll(a.Body)
		_ = a.Body.Close() // it is broken
	}
	if !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		t.Errorf("error %v, want an answer that is cut off", err)
	}
	if got := b.unmapped(t); got != "answer_cut 1, upstream_failed 1" {
		t.Error(got)
	}
	if n := testutil.CollectAndCount(b.registry, "predictor_upstream_duration_seconds"); n != 1 {
		t.Errorf("%d histograms", n)
	}
}
