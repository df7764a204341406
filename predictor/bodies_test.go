package predictor

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
)

// slow is a body of which the beginning has arrived, and no more comes before the
// deadline that the server sets.
type slow struct {
	*httptest.ResponseRecorder
	io.Reader
	begun    chan struct{} // closed when the beginning was read
	deadline chan struct{} // closed when the server gives up
	once     sync.Once
}

func newSlow(beginning string) *slow {
	return &slow{ResponseRecorder: httptest.NewRecorder(), Reader: strings.NewReader(beginning), begun: make(chan struct{}), deadline: make(chan struct{})}
}

// Read implements io.Reader.
func (s *slow) Read(p []byte) (int, error) {
	if n, err := s.Reader.Read(p); err == nil {
		return n, nil
	}
	close(s.begun)
	<-s.deadline
	return 0, os.ErrDeadlineExceeded
}

// SetReadDeadline is for http.ResponseController.
func (s *slow) SetReadDeadline(time.Time) error {
	s.once.Do(func() { close(s.deadline) })
	return nil
}

// send sends the body, announced as long as it may be, and waits until its beginning
// was read. The channel is closed after the answer.
func (s *slow) send(t *testing.T, h http.Handler, length int64) (answered chan struct{}) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/predict", s.Reader)
	r.Body, r.ContentLength = io.NopCloser(s), length
	answered = make(chan struct{})
	go func() {
		defer close(answered)
		h.ServeHTTP(s, r)
	}()
	select {
	case <-s.begun:
	case <-answered:
	}
	return answered
}

func TestWhatHasNotArrivedTakesNoMemory(t *testing.T) {
	t.Parallel()
	s, _ := newServer(t, nil)
	for _, sent := range []int{1, 4000, 5000, 100_000} {
		client := newSlow("[" + strings.Repeat(" ", sent-1))
		answered := client.send(t, s.Handler(), MaxArrayBytes)
		if got := s.bodies.bytes; got < int64(sent) || got > int64(max(firstBodyBytes, 2*sent)) {
			t.Errorf("%d bytes have arrived of 8 MiB, and %d are held", sent, got)
		}
		_ = client.SetReadDeadline(time.Time{})
		<-answered
		if client.Code != http.StatusRequestTimeout || s.bodies.bytes != 0 {
			t.Errorf("answered %d %s; %d bytes are held", client.Code, client.Body, s.bodies.bytes)
		}
	}
}

func TestTheOldestBodyMakesRoom(t *testing.T) {
	t.Parallel()
	s, _ := newServer(t, nil)
	s.bodies.maxBytes = 24 << 10
	var clients []*slow
	var answered []chan struct{}
	for range 5 { // of whose buffers, of 8 KiB, three fit
		clients = append(clients, newSlow("["+strings.Repeat(" ", 5000)))
		answered = append(answered, clients[len(clients)-1].send(t, s.Handler(), MaxObjectBytes))
	}
	for i := range 2 {
		<-answered[i]
		if got := clients[i]; got.Code != http.StatusServiceUnavailable || got.Header().Get("Retry-After") != "1" || !strings.Contains(got.Body.String(), "send the request again, without pauses") {
			t.Errorf("body %d, one of the oldest: got %d %s", i, got.Code, got.Body)
		}
	}
	if s.bodies.bytes > s.bodies.maxBytes {
		t.Errorf("%d bytes are held, of %d", s.bodies.bytes, s.bodies.maxBytes)
	}
	if got := ask(t, s.Handler(), "POST", "/predict", goodRow); got.code != http.StatusOK {
		t.Errorf("a body that arrives at once got %d %s", got.code, got.body)
	}
	for i := 2; i < len(clients); i++ {
		_ = clients[i].SetReadDeadline(time.Time{})
		<-answered[i]
	}
	if s.bodies.bytes != 0 || s.bodies.arriving.Len() != 0 {
		t.Errorf("in the end %d bytes of %d bodies are held", s.bodies.bytes, s.bodies.arriving.Len())
	}
}

func TestABodyWithoutRoomIsRefusedWhenNoneIsSlower(t *testing.T) {
	t.Parallel()
	s, log := newServer(t, nil)
	s.bodies.maxBytes = 9 << 10
	log.block, log.waiting = make(chan struct{}), make(chan struct{})
	first := make(chan answer)
	body := "[" + goodRow + strings.Repeat(" ", 5000) + "]"
	go func() { first <- ask(t, s.Handler(), "POST", "/predict", body) }()
	<-log.waiting
	got := ask(t, s.Handler(), "POST", "/predict", body)
	if got.code != http.StatusTooManyRequests || got.header.Get("Retry-After") != "1" || !strings.Contains(got.body, "repeat the request, or send smaller arrays") {
		t.Errorf("got %d %s", got.code, got.body)
	}
	close(log.block)
	if got := <-first; got.code != http.StatusOK {
		t.Errorf("the first body got %d %s", got.code, got.body)
	}
}

func TestSlowBodiesDoNotCountAsRequests(t *testing.T) {
	t.Parallel()
	s, _ := newServer(t, func(o *Options) { o.MaxRequests = 1 })
	var clients []*slow
	var answered []chan struct{}
	for range 100 {
		clients = append(clients, newSlow(`{"income":`))
		answered = append(answered, clients[len(clients)-1].send(t, s.Handler(), 100))
	}
	for range 3 {
		if got := ask(t, s.Handler(), "POST", "/predict", goodRow); got.code != http.StatusOK {
			t.Errorf("got %d %s", got.code, got.body)
		}
	}
	if n := s.flying.Load(); n != 0 {
		t.Errorf("%d requests are under way", n)
	}
	for i, client := range clients {
		_ = client.SetReadDeadline(time.Time{})
		<-answered[i]
	}
}

func TestOnlySoManyBodiesArriveAtOnce(t *testing.T) {
	t.Parallel()
	all := newBodies()
	var clients []*slow
	var begun []*requestBody
	for range maxArriving + 3 {
		clients = append(clients, newSlow(""))
		begun = append(begun, all.begin(clients[len(clients)-1]))
	}
	for i, b := range begun {
		if arrived, want := b.arrived(), i >= 3; arrived != want {
			t.Errorf("body %d arrived: %t, want %t", i, arrived, want)
		}
		b.release()
	}
	if all.bytes != 0 || all.arriving.Len() != 0 {
		t.Errorf("in the end %d bytes of %d bodies are held", all.bytes, all.arriving.Len())
	}
}
