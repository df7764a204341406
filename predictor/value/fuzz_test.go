package value

import (
	"encoding/json"
	"math/big"
	"strconv"
	"strings"
	"testing"
)

// FuzzCategory: the canonical form of a canonical form is itself; two spellings of a
// number have one form exactly when math/big finds them equal; bytes and strings agree.
func FuzzCategory(f *testing.F) {
	for _, s := range spellings {
		f.Add(s.text, "30")
	}
	f.Add("0.001e-999999999999999", "1e-1000000000000002")
	f.Add("1e1000000000000000", "10e999999999999999")
	f.Fuzz(func(t *testing.T, a, b string) {
		ca, cb := Category(a), Category(b)
		if again := Category(ca); again != ca {
			t.Errorf("%q -> %q -> %q", a, ca, again)
		}
		if bytes := CategoryBytes([]byte(a), nil); string(bytes) != ca {
			t.Errorf("%q: bytes %q, string %q", a, bytes, ca)
		}
		if scratch := CategoryBytes([]byte(a), []byte("before")); string(scratch) != ca {
			t.Errorf("%q: behind other bytes %q, string %q", a, scratch, ca)
		}
		x, y := exact(a, 1000), exact(b, 1000)
		if x != nil && y != nil && (x.Cmp(y) == 0) != (ca == cb) {
			t.Errorf("%q -> %q and %q -> %q, but their difference is %v", a, ca, b, cb, new(big.Rat).Sub(x, y))
		}
		if x != nil {
			if z := exact(ca, 1e5); z == nil || z.Cmp(x) != 0 {
				t.Errorf("%q -> %q changed its value", a, ca)
			}
		}
	})
}

// exact is the value of a number in the grammar of JSON with an exponent of at most
// that size, nil for other texts.
func exact(text string, size int) *big.Rat {
	if !json.Valid([]byte(text)) || strings.Trim(text, "-.0123456789eE+") != "" {
		return nil
	}
	if at := strings.IndexAny(text, "eE"); at >= 0 {
		if e, err := strconv.Atoi(text[at+1:]); err != nil || e > size || e < -size {
			return nil
		}
	}
	x, ok := new(big.Rat).SetString(text)
	if !ok {
		return nil
	}
	return x
}

// FuzzDoors: whatever a text holds, no reading panics, and a text reads the same from
// a CSV and as a string in JSON; a number in JSON the same as its text.
func FuzzDoors(f *testing.F) {
	for _, s := range spellings {
		f.Add(s.text, "NA")
	}
	f.Fuzz(func(t *testing.T, text, missing string) {
		text = strings.ToValidUTF8(text, "?")
		quoted, err := json.Marshal(text)
		if err != nil {
			t.Fatal(err)
		}
		for _, columnType := range []string{Numeric, Categorical, Boolean} {
			for _, c := range []Column{{Type: columnType}, {columnType, NewMissingTexts([]string{missing})}} {
				want := c.Read(text)
				if got := c.ReadJSON(quoted); got != want {
					t.Errorf("%s: %q is %+v in a CSV and %+v in JSON", columnType, text, want, got)
				}
				if n := literal(text, 0); n.end == len(text) && n.end > 0 {
					if got := c.ReadJSON([]byte(text)); got != want {
						t.Errorf("%s: %s is %+v in a CSV and %+v as a number in JSON", columnType, text, want, got)
					}
				}
				if c.Missing.HasCategory(Category(text)) && want.Kind != Missing {
					t.Errorf("%s: %q is listed, and %+v", columnType, text, want)
				}
			}
		}
		for _, classes := range [][]Class{{{"0", "no"}, {"1", "yes"}}, {{Text: text}, {Text: missing}}} {
			c := NewClasses(classes)
			if class, ok := c.Match(text); ok {
				if again, _ := c.Match(class); again != class {
					t.Errorf("%q is class %q, which is class %q", text, class, again)
				}
			}
		}
	})
}

// FuzzLiteral: the fast way and strconv find the same numbers in the same places.
func FuzzLiteral(f *testing.F) {
	for _, s := range spellings {
		f.Add(s.text + ",")
	}
	f.Add("123456789.123456,\"b\":")
	f.Fuzz(func(t *testing.T, text string) {
		x, end, ok := Literal([]byte(text), 0)
		y, longEnd, longOK := longLiteral([]byte(text), 0)
		if x != y || end != longEnd || ok != longOK {
			t.Errorf("%q: %v to %d %v, the long way %v to %d %v", text, x, end, ok, y, longEnd, longOK)
		}
		if ok && !json.Valid([]byte(text[:end])) {
			t.Errorf("%q is no number in JSON", text[:end])
		}
	})
}
