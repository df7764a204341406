package codes

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
)

// log is rows with two columns, whose codes and numbers follow from their features.
type log struct {
	features map[int64]string
	ids      []int64
}

func newLog(rnd *rand.Rand, rows int) *log {
	l := &log{features: map[int64]string{}}
	for id := int64(0); len(l.ids) < rows; id += 1 + rnd.Int64N(2) {
		l.ids, l.features[id] = append(l.ids, id), fmt.Sprintf("%d", rnd.Int64N(1000))
		if rnd.IntN(4) == 0 {
			l.features[id] = ""
		}
	}
	return l
}

// code is what a parser makes of features; there is a number unless they are empty.
func code(features string) (codes []uint8, number float64, known bool) {
	if features == "" {
		return []uint8{0, 1}, 0, false
	}
	_, _ = fmt.Sscan(features, &number)
	return []uint8{uint8(int(number) % 251), uint8(len(features))}, number, true
}

// reader reads rows as a window does.
type reader struct {
	series *Series
	last   []float64
	lastAt []int64
	parsed int
}

func (r *reader) parse(id int64, features []byte) []uint8 {
	codes, number, known := code(string(features))
	if known {
		r.last[0], r.lastAt[0] = number, id
	}
	return codes
}

func newReader(f *Folder, k Key) *reader {
	r := &reader{last: []float64{math.NaN(), math.NaN()}, lastAt: []int64{-1, -1}}
	r.series = f.Series(k, r.last, r.lastAt, func(id int64, features []byte) { r.parse(id, features) })
	return r
}

// read reads the rows up to an id, and fails where it says anything else than the log.
func (r *reader) read(t *testing.T, l *log, from, to int) {
	t.Helper()
	for _, id := range l.ids[from:to] {
		features := []byte(l.features[id])
		want, _, _ := code(string(features))
		codes, check, found := r.series.Find(id, features)
		if !found || check {
			parsed := r.parse(id, features)
			if r.parsed++; found && !bytes.Equal(codes, parsed) {
				r.series.Reject()
				found = false
			}
			codes = parsed
		}
		if !bytes.Equal(codes, want) {
			t.Fatalf("row %d %q has codes %v, want %v", id, features, codes, want)
		}
		r.series.Add(id, features, codes, found)
	}
	r.series.Settle()
	number, at := math.NaN(), int64(-1)
	for _, id := range l.ids[:to] {
		if _, x, known := code(l.features[id]); known {
			number, at = x, id
		}
	}
	if r.last[0] != number || r.lastAt[0] != at {
		t.Fatalf("the newest number is %v of row %d, want %v of %d", r.last[0], r.lastAt[0], number, at)
	}
}

func open(t *testing.T, path string) *Folder {
	t.Helper()
	f, err := Open(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.Close)
	return f
}

var key = Key{Log: "log", Model: "m", Version: "1", Reference: "r", Columns: []string{"a", "b"}, Lookback: 1500}

// through reads a whole log as a program that starts and ends does, in two goes, and
// returns how many rows were parsed.
func through(t *testing.T, path string, k Key, l *log) int {
	t.Helper()
	f := open(t, path)
	r := newReader(f, k)
	half := len(l.ids) / 3
	r.read(t, l, 0, half)
	r.read(t, l, half, len(l.ids))
	r.series.Close()
	f.Close()
	return r.parsed
}

func files(t *testing.T, path string) []string {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(path, "*"+suffix))
	if err != nil || len(all) == 0 {
		t.Fatal("there is no file of codes", err)
	}
	return all
}

func TestCodesAreFoundAgain(t *testing.T) {
	t.Parallel()
	dir, l := t.TempDir(), newLog(rand.New(rand.NewPCG(1, 1)), 2000)
	if n := through(t, dir, key, l); n != 2000 {
		t.Errorf("%d rows were parsed at first, want all", n)
	}
	// One in each block, and the two rows from where the anchor is.
	if n := through(t, dir, key, l); n > 20 {
		t.Errorf("%d rows were parsed again, of 2000", n)
	}
	for name, change := range map[string]func(*Key){
		"log": func(k *Key) { k.Log = "another" }, "model": func(k *Key) { k.Model = "n" }, "version": func(k *Key) { k.Version = "2" },
		"reference": func(k *Key) { k.Reference = "s" }, "columns": func(k *Key) { k.Columns = []string{"a", "c"} }, "look-back": func(k *Key) { k.Lookback = 3000 },
	} {
		other := key
		change(&other)
		if n := through(t, dir, other, l); n != 2000 {
			t.Errorf("of another %s %d rows were parsed, want all", name, n)
		}
	}
}

// TestADamagedFileIsFoundAndWrittenAnew flips, cuts, appends and exchanges what a start
// reads: it says the same, and the next one finds everything again.
func TestADamagedFileIsFoundAndWrittenAnew(t *testing.T) {
	t.Parallel()
	l := newLog(rand.New(rand.NewPCG(2, 1)), 1000)
	dir := t.TempDir()
	through(t, dir, key, l)
	whole := map[string][]byte{}
	for _, name := range files(t, dir) {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		whole[name] = data
	}
	rnd := rand.New(rand.NewPCG(3, 1))
	damages := map[string]func([]byte) []byte{
		"flip": func(b []byte) []byte { b[rnd.IntN(len(b))] ^= 1 << rnd.IntN(8); return b },
		"cut":  func(b []byte) []byte { return b[:rnd.IntN(len(b))] },
		"more": func(b []byte) []byte { return append(b, b[rnd.IntN(len(b)):]...) },
		"zero": func(b []byte) []byte { clear(b[rnd.IntN(len(b)):]); return b },
		"none": func([]byte) []byte { return nil },
		"move": func(b []byte) []byte {
			// The second block in the first one's place.
			first := len(magic) + headSize + bodySize(blockRows, 2)
			return append(b[:len(magic)], b[first:]...)
		},
	}
	for name, damage := range damages {
		for range 40 {
			for path, data := range whole {
				if err := os.WriteFile(path, damage(bytes.Clone(data)), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			through(t, dir, key, l)
			if n := through(t, dir, key, l); n > 20 {
				t.Fatalf("%s: %d rows are still parsed afterwards", name, n)
			}
		}
	}
}

// TestRowsThatChangeAreParsed deletes and changes rows behind the back of the file.
func TestRowsThatChangeAreParsed(t *testing.T) {
	t.Parallel()
	for seed := range uint64(100) {
		rnd := rand.New(rand.NewPCG(seed, 2))
		dir, l := t.TempDir(), newLog(rnd, 900)
		through(t, dir, key, l)
		for range 1 + rnd.IntN(4) {
			at := rnd.IntN(len(l.ids))
			switch rnd.IntN(4) {
			case 0:
				l.ids = append(l.ids[:at:at], l.ids[at+1:]...)
			case 1:
				l.ids = l.ids[at/4:]
			case 2:
				l.features[l.ids[at]] = fmt.Sprint(rnd.IntN(2000))
			case 3:
				l.ids = l.ids[:max(1, len(l.ids)-at/8)]
			}
		}
		through(t, dir, key, l)
		if n := through(t, dir, key, l); n > 20 {
			t.Fatalf("seed %d: %d rows are still parsed afterwards", seed, n)
		}
	}
}

func TestAFileHasOneWriter(t *testing.T) {
	t.Parallel()
	dir, l := t.TempDir(), newLog(rand.New(rand.NewPCG(4, 1)), 1000)
	through(t, dir, key, l)
	one, other := newReader(open(t, dir), key), newReader(open(t, dir), key)
	one.read(t, l, 0, 500)
	other.read(t, l, 0, 500)
	if other.parsed != 500 {
		t.Errorf("the second reader parsed %d rows, want all", other.parsed)
	}
	one.read(t, l, 500, 1000)
	one.series.Close()
	other.series.Close()
}

func TestFormerFilesGo(t *testing.T) {
	t.Parallel()
	dir, l := t.TempDir(), newLog(rand.New(rand.NewPCG(5, 1)), 8000)
	through(t, dir, key, l)
	if n := len(files(t, dir)); n != 2 {
		t.Errorf("%d files are left of 8 look-backs, want those of the last two", n)
	}
	other := key
	other.Reference = "s"
	through(t, dir, other, l)
	for _, name := range files(t, dir) {
		if p, ok := parsePlace(filepath.Base(name)); !ok || p.coding != other.coding(mustBuild(t)) {
			t.Errorf("%s is left", name)
		}
	}
}

func mustBuild(t *testing.T) string {
	t.Helper()
	name, ok := build()
	if !ok {
		t.Fatal("this test has no build id")
	}
	return name
}

func TestAFolderThatCannotBeWrittenStopsNothing(t *testing.T) {
	t.Parallel()
	dir, l := filepath.Join(t.TempDir(), "gone"), newLog(rand.New(rand.NewPCG(6, 1)), 1000)
	f := open(t, dir)
	r := newReader(f, key)
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	r.read(t, l, 0, 1000)
	r.series.Close()
	f.Close()
	if err := os.WriteFile(dir, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir, nil); err == nil {
		t.Error("a file was taken for a folder")
	}
}
