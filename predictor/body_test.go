package predictor

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
)

// pad makes a body of exactly size bytes with white space.
func pad(body string, size int) string {
	return body + strings.Repeat(" ", size-len(body))
}

func TestBodiesHaveALimit(t *testing.T) {
	t.Parallel()
	const (
		object  = `{"income":1,"grade":"A","age":1}`
		array   = "[" + object + "]"
		outcome = `{"prediction_id":0,"actual_outcome":1}`
	)
	tests := []struct {
		name, path, body string
		code             int
	}{
		{"largest object", "/predict", pad(object, MaxObjectBytes), 200},
		{"object one byte larger", "/predict", pad(object, MaxObjectBytes+1), 413},
		{"largest array", "/predict", pad(array, MaxArrayBytes), 200},
		{"array one byte larger", "/predict", pad(array, MaxArrayBytes+1), 413},
		{"largest outcome", "/feedback", pad(outcome, MaxObjectBytes), 200},
		{"outcome one byte larger", "/feedback", pad(outcome, MaxObjectBytes+1), 413},
		{"largest array of outcomes", "/feedback", pad("["+outcome+"]", MaxArrayBytes), 200},
		{"array of outcomes one byte larger", "/feedback", pad("["+outcome+"]", MaxArrayBytes+1), 413},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s, _ := newServer(t, nil)
			ask(t, s.Handler(), "POST", "/predict", object)
			for _, chunked := range []bool{false, true} {
				r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, tt.path, strings.NewReader(tt.body))
				if chunked {
					r.ContentLength = -1
				}
				w := httptest.NewRecorder()
				s.Handler().ServeHTTP(w, r)
				if w.Code != tt.code {
					t.Errorf("chunked %t: got %d %s, want %d", chunked, w.Code, w.Body, tt.code)
				}
				if tt.code == 413 && !strings.Contains(w.Body.String(), "send less in one request") {
					t.Errorf("chunked %t: %s does not say what to do", chunked, w.Body)
				}
			}
			if s.bodies.bytes != 0 || s.bodies.arriving.Len() != 0 {
				t.Errorf("%d bytes of bodies are still held", s.bodies.bytes)
			}
		})
	}
}

// broken is a body that ends with an error.
type broken struct {
	io.Reader
	err error
}

func (b broken) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if errors.Is(err, io.EOF) {
		err = b.err
	}
	return n, err
}

func TestBodyThatDoesNotArriveIsRefused(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		err    error
		code   int
		advice string
	}{
		{io.ErrUnexpectedEOF, 400, "send it again"},
		{os.ErrDeadlineExceeded, 408, "send it again"},
	} {
		s, log := newServer(t, nil)
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/predict", broken{strings.NewReader(`{"income":`), tt.err})
		w := httptest.NewRecorder()
		s.Handler().ServeHTTP(w, r)
		if w.Code != tt.code || !strings.Contains(w.Body.String(), tt.advice) || len(log.rows) != 0 {
			t.Errorf("%v: got %d %s, want %d", tt.err, w.Code, w.Body, tt.code)
		}
	}
}
