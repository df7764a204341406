package predictor

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"
)

// wellFormed reports whether the lexer takes body as one JSON value.
func wellFormed(body []byte) bool {
	l, err := newLexer(body)
	if err != nil {
		return false
	}
	if _, err := l.value(0); err != nil {
		return false
	}
	return l.end() == nil
}

// The lexer takes what encoding/json takes, but for what it documents to refuse.
func TestLexerAgreesWithEncodingJSON(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		``, ` `, `null`, `nul`, `nullx`, `true`, `false`, `tru`, `0`, `-0`, `-`, `-a`, `00`, `01`, `-01`, `1.5`, `1.`, `.5`, `1e5`, `1E+5`, `1e-`, `1e`,
		`1e5.5`, `0x1`, `1_000`, `""`, `"a"`, `"`, `"\`, `"\"`, `"\u12"`, `"\u1234"`, `"\uD83D\uDE00"`, `"\n\t\r\b\f\/\\"`, `"\x"`, "\"\x01\"", "\"\x7f\"",
		`[]`, `[`, `]`, `[1`, `[1,`, `[1,]`, `[,1]`, `[1 2]`, `[[[]]]`, `{}`, `{`, `}`, `{"a"}`, `{"a":}`, `{"a":1`, `{"a":1,}`, `{,}`, `{a:1}`, `{"a":1 "b":2}`,
		`{"a":[1,{"b":null}]}`, `[}`, `{]`, "\v1", "\u00a01", "1\x00", "\x00", ` 1 `, `1 1`, `{}{}`, `{"a":1,"a":2}`, `// 1`, `1//`, `'a'`, `NaN`, `Infinity`,
	} {
		if got, want := wellFormed([]byte(body)), json.Valid([]byte(body)); got != want {
			t.Errorf("%q: the lexer says %t, encoding/json %t", body, got, want)
		}
	}
}

func TestLexerReadsStringsLikeEncodingJSON(t *testing.T) {
	t.Parallel()
	for _, literal := range []string{
		`"plain"`, `"Zürich"`, `"a\"b\\c\/d"`, `"\b\f\n\r\t"`, `"\u00e9\u4e2d"`, `"x\ud83d\ude00y"`, `"\u0000"`, `"ends with \\"`,
	} {
		var want string
		if err := json.Unmarshal([]byte(literal), &want); err != nil {
			t.Fatal(err)
		}
		l := &lexer{data: []byte(literal)}
		if v, err := l.value(0); err != nil || string(v.text) != want {
			t.Errorf("%s: got %q, %v, want %q", literal, v.text, err, want)
		}
	}
}

// equivalent reports whether the lexer ought to agree with encoding/json on
// body: not where it is documented to be stricter.
func equivalent(body []byte) bool {
	return utf8.Valid(body) && !bytes.Contains(bytes.ToLower(body), []byte(`\ud`)) &&
		bytes.Count(body, []byte("["))+bytes.Count(body, []byte("{")) < maxDepth
}

func TestAppendNumberIsTheShortestDecimal(t *testing.T) {
	t.Parallel()
	for x, want := range map[float64]string{
		0: "0", math.Copysign(0, -1): "0", 30: "30", -1.5: "-1.5", 0.1: "0.1", 1e15: "1000000000000000", 1e20: "100000000000000000000",
		1e21: "1e+21", 1e-6: "0.000001", 1e-7: "1e-7", 1.5e-10: "1.5e-10", 5e-324: "5e-324", math.MaxFloat64: "1.7976931348623157e+308",
		999999999999999: "999999999999999", -999999999999999.9: "-999999999999999.9", 1 << 53: "9007199254740992",
	} {
		if got := string(appendNumber(nil, x)); got != want {
			t.Errorf("%g: got %s, want %s", x, got, want)
		}
		if back, err := strconv.ParseFloat(want, 64); err != nil || back != x {
			t.Errorf("%s reads back as %g", want, back)
		}
	}
}

func TestAppendStringReadsBack(t *testing.T) {
	t.Parallel()
	var all strings.Builder
	for r := range rune(0x250) {
		all.WriteRune(r)
	}
	for _, s := range []string{"", "plain", `"\`, all.String(), "😀\u2028</script>"} {
		var back string
		if err := json.Unmarshal(appendString(nil, s), &back); err != nil || back != s {
			t.Errorf("%q reads back as %q: %v", s, back, err)
		}
	}
}
