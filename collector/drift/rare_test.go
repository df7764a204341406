package drift

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
)

// census counts a sample of names, the most frequent first.
func census(sample []string) (names []string, counts []int64) {
	times := map[string]int64{}
	for _, s := range sample {
		times[s]++
	}
	for s := range times {
		names = append(names, s)
	}
	slices.Sort(names)
	slices.SortStableFunc(names, func(a, b string) int { return int(times[b] - times[a]) })
	for _, s := range names {
		counts = append(counts, times[s])
	}
	return names, counts
}

// categorical bins a sample of names as a reference does.
func categorical(t testing.TB, sample []string) *Binning {
	t.Helper()
	names, counts := census(sample)
	listed := min(len(names), MaxFine)
	b, err := NewCategorical(names[:listed], counts[:listed], NewRare(names, counts, listed, int64(len(sample))))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// merchants draws names of equal frequency.
func merchants(r *rand.Rand, names, rows int) []string {
	sample := make([]string, rows)
	for i := range sample {
		sample[i] = "merchant " + strconv.Itoa(r.IntN(names))
	}
	return sample
}

func TestRareCategoriesAreGroupedAndNewOnesExpected(t *testing.T) {
	t.Parallel()
	sample := merchants(rand.New(rand.NewPCG(1, 2)), 5000, 20_000)
	names, counts := census(sample)
	b := categorical(t, sample)
	if got, want := b.Bins(), []string{Other, Unseen, Missing, Invalid}; !slices.Equal(got, want) {
		t.Fatalf("bins %q, want %q", got, want)
	}
	once, twice := 0, 0
	for _, c := range counts {
		switch c {
		case 1:
			once++
		case 2:
			twice++
		}
	}
	reference := b.Reference()
	if total(reference) != 20_000 || reference[8] != int64(once) {
		t.Errorf("reference %v, with %d seen once", reference, once)
	}
	if got, want := b.Novelty(), (Novelty{Unseen: 8, Rare: 8, Singletons: int64(once), Doubletons: int64(twice)}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	for g, n := range reference[:8] {
		if share := float64(n) / float64(20_000-once); math.Abs(share-.125) > .005 {
			t.Errorf("group %d holds %.3f of the rare", g, share)
		}
	}
	fine := make([]int64, b.Codes())
	for i, c := range names {
		code := b.Category([]byte(c))
		if code == b.Unseen() {
			t.Fatalf("%q is unseen", c)
		}
		fine[code] += counts[i]
	}
	cells := b.Fold(fine, make([]int64, b.Cells()))
	if off := total(cells[:8]) - total(reference[:8]); off != int64(once) {
		t.Errorf("the groups hold %v, the reference %v", cells, reference)
	}
	for _, c := range []string{"merchant 5000", "", "merchant", "MERCHANT 1"} {
		if b.Category([]byte(c)) != b.Unseen() {
			t.Errorf("%q is not unseen", c)
		}
	}
	if bins := b.Export(cells, make([]int64, 4)); bins[0] != 20_000 {
		t.Errorf("exported %v", bins)
	}
}

func TestCategoriesBeyondTheNamesAreKnownByAFilter(t *testing.T) {
	t.Parallel()
	sample := merchants(rand.New(rand.NewPCG(3, 4)), 50_000, 60_000)
	b := categorical(t, sample)
	for _, c := range sample {
		if b.Category([]byte(c)) == b.Unseen() {
			t.Fatalf("%q is unseen", c)
		}
	}
	known := 0
	for i := range 100_000 {
		if b.Category(fmt.Appendf(nil, "new %d", i)) != b.Unseen() {
			known++
		}
	}
	if known < 50 || known > 150 { // 100 +- 5 sd
		t.Errorf("%d of 100000 new names are taken for known ones, want 100", known)
	}
}

func TestNamesThatTheReferenceDoesNotSayAreNeverUnseen(t *testing.T) {
	t.Parallel()
	b, err := NewCategorical([]string{"a", "b", "c"}, []int64{500, 400, 1}, &Rare{Count: []int64{90}})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := b.Bins(), []string{"a", "b", Other, Missing, Invalid}; !slices.Equal(got, want) {
		t.Errorf("bins %q, want %q", got, want)
	}
	if got := b.Bins()[b.Bin(b.Category([]byte("x")))]; got != Other {
		t.Errorf("x is in %s", got)
	}
	if want := []int64{500, 400, 91, 0, 0}; !slices.Equal(b.Reference(), want) || b.Novelty() != (Novelty{}) {
		t.Errorf("reference %v, want %v; %+v", b.Reference(), want, b.Novelty())
	}
}

func TestMissingAndInvalidRowsAreOfTheReference(t *testing.T) {
	t.Parallel()
	b, err := NewCategorical([]string{"a", "b"}, []int64{500, 400, 30, 7}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if want := []int64{500, 400, 0, 30, 7}; !slices.Equal(b.Reference(), want) {
		t.Errorf("reference %v, want %v", b.Reference(), want)
	}
	for code, label := range map[uint8]string{b.Unseen(): Unseen, b.Missing(): Missing, b.Invalid(): Invalid} {
		if got := b.Bins()[b.Bin(code)]; got != label {
			t.Errorf("code %d is in %s, want %s", code, got, label)
		}
	}
}

func TestRareRefusesWhatItCannotUse(t *testing.T) {
	t.Parallel()
	for want, rare := range map[string]Rare{
		"8 cuts: at most 7":                        {Cuts: make([]uint32, 8)},
		"cuts are not ascending":                   {Cuts: []uint32{5, 5}},
		"1 counts of rare categories for 2 groups": {Cuts: []uint32{5}, Count: []int64{1}},
		"1 singletons for 2 groups":                {Cuts: []uint32{5}, Count: []int64{1, 1}, Singletons: []int64{1}},
		"count 0 of rare categories is -1":         {Count: []int64{-1}},
		"group 0 has 2 singletons in 1 rows":       {Count: []int64{1}, Singletons: []int64{2}},
		"2 doubletons in 3 rows":                   {Count: []int64{4}, Singletons: []int64{1}, Doubletons: 2},
		`category "a" appears twice`:               {Names: []string{"a"}},
		"the filter has no bits":                   {Filter: &Filter{Hashes: 1}},
		"the filter must have 1 to 64 hashes":      {Filter: &Filter{Bits: []byte{1}, Hashes: 65}},
	} {
		if _, err := NewCategorical([]string{"a"}, []int64{9}, &rare); err == nil || err.Error() != want {
			t.Errorf("error %v, want %s", err, want)
		}
	}
}

// A file that says in which group a name is must be read alike for ever.
func TestHashesStay(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]uint32{"": 0x811c9dc5, "a": 0xe40c292c, "foobar": 0xbf9cf968} { // draft-eastlake-fnv
		if got := Hash([]byte(name)); got != want {
			t.Errorf("Hash(%q) = %#x, want %#x", name, got, want)
		}
	}
	f := NewFilter(3)
	for _, c := range []string{"a", "b", "c"} {
		f.Add([]byte(c))
	}
	if got := fmt.Sprintf("%x/%d", f.Bits, f.Hashes); got != "c34be738698c/10" {
		t.Errorf("filter %s", got) // computed apart, in Python
	}
}
