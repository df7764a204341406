package columns

// Store holds the newest rows of one model and version as columns of one-byte
// codes. Rows are numbered as in the timeline; row i lives at i modulo the store's
// size, and rows Held .. Next-1 are held. Some rows before these are still there:
// what counted them gives them up many at once, column by column, which takes a
// third of the time, and a tenth with a thousand columns.
type Store struct {
	*Timeline // of these rows, and of those before

	limit int64 // rows held at most, 0: no bound
	size  int64 // rows for which there is room
	codes [][]uint8

	first int64
	there int64 // the oldest row that is still there
	// backward counts the held rows whose time is before that of the row ahead
	// of them. Times then cannot be searched by halving.
	backward int64
	cursors  []*Cursor
}

// Slack is how many rows more than its limit a Store has room for: the newest that many
// are there, held or not.
const Slack = 256

// New returns an empty Store of rows with that many columns, which holds at most limit
// rows; 0: no bound. It allocates when the first row comes.
func New(columns, limit int) *Store {
	return &Store{Timeline: &Timeline{}, limit: int64(limit), codes: make([][]uint8, columns)}
}

// Add appends a row with one code a column.
func (s *Store) Add(id, time int64, codes []uint8) {
	if s.limit > 0 && s.next-s.first == s.limit {
		s.evict()
	}
	if s.next-s.there == s.size {
		s.release()
		if s.next-s.first == s.size {
			s.grow()
		}
	}
	at := s.At(s.next)
	for i, code := range codes {
		s.codes[i][at] = code
	}
	if s.next > s.first && time < s.Time(s.next-1) {
		s.backward++
	}
	s.add(id, time)
}

// evict drops the oldest held row.
func (s *Store) evict() {
	if s.backward > 0 && s.first+1 < s.next && s.Time(s.first+1) < s.Time(s.first) {
		s.backward--
	}
	s.first++
}

// release gives up the rows that are there but not held.
func (s *Store) release() {
	for _, c := range s.cursors {
		c.release()
	}
	s.there = s.first
}

// Forget drops the rows with an id before anchor.
func (s *Store) Forget(anchor int64) {
	for s.first < s.next && s.ID(s.first) < anchor {
		s.evict()
	}
}

// Empty reports whether no row is held.
func (s *Store) Empty() bool { return s.first == s.next }

// grow doubles the room, which is full of held rows, up to the limit and the slack.
func (s *Store) grow() {
	size := max(1024, 2*s.size)
	if s.limit > 0 {
		size = min(size, s.limit+Slack)
	}
	for c, old := range s.codes {
		column := make([]uint8, size)
		for i := s.first; i < s.next; {
			from, to := i%s.size, i%size
			i += int64(copy(column[to:], old[from:min(s.size, from+s.next-i)]))
		}
		s.codes[c] = column
	}
	s.size = size
}

// At returns where row i lives in every Column.
func (s *Store) At(i int64) int64 { return i % s.size }

// Find returns the number of the held row with an id.
func (s *Store) Find(id int64) (i int64, ok bool) {
	i = s.Search(s.first, id)
	return i, i < s.next && s.ID(i) == id
}

// Held is the number of the oldest held row; without any it is Next.
func (s *Store) Held() int64 { return s.first }

// Size is the number of rows for which there is room: At is below it.
func (s *Store) Size() int64 { return s.size }

// InOrder reports whether no held row is older than the row ahead of it. Times can then
// be searched by halving.
func (s *Store) InOrder() bool { return s.backward == 0 }

// Column returns the codes of one column; that of row i lies at At(i). It is valid until
// the next Add.
func (s *Store) Column(i int) []uint8 { return s.codes[i] }
