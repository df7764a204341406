package predictor

import (
	"container/list"
	"net/http"
	"sync"
	"time"
)

const (
	// maxBodyBytes is how much memory bodies may hold together, those that arrive
	// and those that are being answered. As much again may belong, for a moment, to
	// bodies that were given up, and each body may have firstBodyBytes.
	maxBodyBytes = 64 << 20
	// maxArriving is how many bodies may arrive at once.
	maxArriving = 4096
	// keptBodyBytes is the largest buffer that is kept for the next body.
	keptBodyBytes = 64 << 10
)

// bodies bounds the memory of request bodies. Above the bound it gives up the body that has
// been arriving longest, so that slow clients do not block fast ones.
type bodies struct {
	maxBytes int64

	mu       sync.Mutex
	bytes    int64     // of all buffers
	leaving  int64     // the part of it that belongs to bodies that were given up
	arriving list.List // of *requestBody; the one that began first is at the front
	pool     sync.Pool // *requestBody
}

// requestBody is the buffer of one request's body.
type requestBody struct {
	data []byte
	all  *bodies
	held int64 // its part of all.bytes
	// place is where it is in all.arriving; nil when it has arrived or was given up.
	place   *list.Element
	givenUp bool
	client  *http.ResponseController // of the connection that it arrives on
}

func newBodies() *bodies {
	s := &bodies{maxBytes: maxBodyBytes}
	s.pool.New = func() any { return &requestBody{all: s} }
	return s
}

// begin returns a buffer for a body that begins to arrive. It must be released.
func (s *bodies) begin(w http.ResponseWriter) *requestBody {
	b := s.pool.Get().(*requestBody)
	b.data, b.client, b.givenUp = b.data[:0], http.NewResponseController(w), false
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.bytes+int64(cap(b.data)) > s.maxBytes {
		b.data = nil // A smaller buffer is enough, and there may be no room for more.
	}
	b.held = int64(cap(b.data))
	s.bytes += b.held
	b.place = s.arriving.PushBack(b)
	if s.arriving.Len() > maxArriving {
		s.giveUp(s.arriving.Front())
	}
	return b
}

// grow sets the buffer's capacity to n bytes, and gives up other bodies if there is no room.
// It reports false when that does not help: the memory belongs to bodies that are being
// answered, or to given-up bodies that are not released yet. A small body always has room.
func (b *requestBody) grow(n int) bool {
	s := b.all
	s.mu.Lock()
	defer s.mu.Unlock()
	for n > firstBodyBytes && s.bytes-s.leaving-b.held+int64(n) > s.maxBytes {
		oldest := s.arriving.Front()
		if oldest != nil && oldest == b.place {
			oldest = oldest.Next()
		}
		if oldest == nil || b.givenUp || s.leaving > s.maxBytes {
			return false
		}
		s.giveUp(oldest)
	}
	b.data = append(make([]byte, 0, n), b.data...)
	more := int64(n) - b.held
	b.held += more
	s.bytes += more
	if b.givenUp {
		s.leaving += more
	}
	return true
}

// arrived notes that the whole body has arrived, and reports false if it was given up
// before.
func (b *requestBody) arrived() bool {
	s := b.all
	s.mu.Lock()
	defer s.mu.Unlock()
	if b.place != nil {
		s.arriving.Remove(b.place)
		b.place = nil
	}
	return !b.givenUp
}

// release gives the buffer back.
func (b *requestBody) release() {
	b.arrived()
	s := b.all
	s.mu.Lock()
	s.bytes -= b.held
	if b.givenUp {
		s.leaving -= b.held
	}
	b.held = 0
	s.mu.Unlock()
	b.client = nil
	if cap(b.data) <= keptBodyBytes && !b.givenUp {
		s.pool.Put(b)
	}
}

// giveUp ends the arrival of a body: the next read of it fails.
func (s *bodies) giveUp(place *list.Element) {
	b := place.Value.(*requestBody)
	s.arriving.Remove(place)
	s.leaving += b.held
	b.place, b.givenUp = nil, true
	_ = b.client.SetReadDeadline(time.Unix(1, 0)) // Not every connection can; then only the answer says so.
}
