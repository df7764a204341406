package features

import (
	"bytes"
	"encoding/json"
	"math"
	"slices"
	"testing"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// read is one value of a row.
type read struct {
	kind   value.Kind
	number float64
	text   string
}

// at is the value of a column.
func (v *Values) at(r *Reader, i int) read {
	switch {
	case v.Kinds[i] != value.Known:
		return read{kind: v.Kinds[i]}
	case r.columns[i].Type == value.Numeric:
		return read{kind: value.Known, number: v.Numbers[i]}
	}
	return read{kind: value.Known, text: string(v.Texts[i])}
}

// watched is one feature of each type.
func watched() *Reader {
	return New([]string{"income", "state", "owner"}, []value.Column{
		{Type: value.Numeric}, {Type: value.Categorical}, {Type: value.Boolean},
	})
}

func TestRead(t *testing.T) {
	t.Parallel()
	var absent read
	num := func(x float64) read { return read{kind: value.Known, number: x} }
	str := func(s string) read { return read{kind: value.Known, text: s} }
	wrong := read{kind: value.Invalid}
	for _, test := range []struct {
		name, object         string
		income, state, owner read
		invalid              bool
	}{
		{name: "both", object: `{"income":1.5e3,"state":"NY"}`, income: num(1500), state: str("NY")},
		{name: "other order and white space", object: " { \"state\" : \"NY\" ,\n\t\"income\" : -0.25 } ", income: num(-.25), state: str("NY")},
		{name: "unknown keys are passed over", object: `{"a":1,"income":2,"b":[{"income":3}],"state":"x"}`, income: num(2), state: str("x")},
		{name: "empty object", object: `{}`, income: absent, state: absent},
		{name: "null is missing", object: `{"income":null,"state":null}`, income: absent, state: absent},
		{name: "a category that is a number is its shortest decimal", object: `{"state":30.0}`, income: absent, state: str("30")},
		{name: "large numbers have no exponent as categories", object: `{"state":1e21}`, income: absent, state: str("1000000000000000000000")},
		{name: "every digit of a category counts", object: `{"state":12345678901234567890}`, state: str("12345678901234567890")},
		{name: "text that is a number", object: `{"income":"1,234.50","state":"30.0","owner":"1.0"}`, income: num(1234.5), state: str("30"), owner: str("true")},
		{name: "JSON booleans", object: `{"income":true,"state":false,"owner":true}`, income: num(1), state: str("false"), owner: str("true")},
		{name: "booleans in text", object: `{"income":"FALSE","state":"True","owner":"FALSE"}`, income: num(0), state: str("true"), owner: str("false")},
		{name: "numbers for a boolean", object: `{"owner":0}`, owner: str("false")},
		{name: "another text for a boolean", object: `{"owner":"Maybe"}`, owner: str("Maybe")},
		{name: "empty and blank text is missing", object: `{"income":" ","state":"","owner":"  "}`},
		{name: "NA is missing among numbers only", object: `{"income":"NA","state":"NA"}`, state: str("NA")},
		{name: "text that is no number", object: `{"income":"abc"}`, income: wrong},
		{name: "leading zeros are a code", object: `{"income":"00501","state":"00501"}`, income: num(501), state: str("00501")},
		{name: "white space around a category does not count", object: `{"state":" NY","owner":" True\t"}`, state: str("NY"), owner: str("true")},
		{name: "a number that overflows is missing", object: `{"income":1e999}`, income: absent, state: absent},
		{name: "negative zero is zero", object: `{"income":-0.0}`, income: num(0), state: absent},
		{name: "escapes", object: `{"st\u0061te":"N\u0059","in\u0063ome":7}`, income: num(7), state: str("NY")},
		{name: "not ASCII", object: `{"state":"Köln"}`, income: absent, state: str("Köln")},
		{name: "nested values", object: `{"state":{"a":1},"income":[1]}`, income: wrong, state: wrong},
		{name: "a repeated key has its last value", object: `{"income":1,"income":2}`, income: num(2), state: absent},
		{name: "a repeated key, by the slow way", object: `{"income":1,"a":[],"income":null}`, income: absent, state: absent},
		{name: "empty", object: ``, invalid: true},
		{name: "array", object: `[1]`, invalid: true},
		{name: "cut off", object: `{"income":1`, invalid: true},
		{name: "trailing comma", object: `{"income":1,}`, invalid: true},
		{name: "trailing data", object: `{"income":1} {}`, invalid: true},
		{name: "leading zero", object: `{"income":01}`, invalid: true},
		{name: "leading plus", object: `{"income":+1}`, invalid: true},
		{name: "no digits behind the point", object: `{"income":1.}`, invalid: true},
		{name: "NaN is missing", object: `{"income":NaN,"state":Infinity,"owner": -Infinity }`},
		{name: "NaN of a key that is not watched", object: `{"a":NaN,"b":[-Infinity,{"c":NaN}],"income":1,"state":"NaN"}`, income: num(1), state: str("NaN")},
		{name: "NaN and a word with a tail", object: `{"income":NaNs}`, invalid: true},
		{name: "a sign before NaN", object: `{"income":-NaN}`, invalid: true},
		{name: "NaN for a key", object: `{NaN:1}`, invalid: true},
		{name: "NaN behind a backslash", object: `{"a":NaN,"state":"\NaN"}`, invalid: true},
		{name: "a key with white space around it", object: `{" income":1,"state ":"NY"}`, income: num(1), state: str("NY")},
		{name: "of two keys the one in the feature's spelling counts", object: `{"income":1," income":2}`, income: num(1)},
		{name: "half a word", object: `{"income":tru}`, invalid: true},
		{name: "word with a tail", object: `{"income":nullx}`, invalid: true},
		{name: "control character in a string", object: "{\"state\":\"a\nb\"}", invalid: true},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			p := watched()
			for range 2 { // the second time with the order of keys known
				values, ok := p.Read([]byte(test.object))
				if ok == test.invalid {
					t.Fatalf("valid is %v", ok)
				}
				if test.invalid {
					continue
				}
				for i, want := range []read{test.income, test.state, test.owner} {
					got := values.at(p, i)
					if got != want || math.Signbit(got.number) != math.Signbit(want.number) {
						t.Errorf("%s is %+v, want %+v", p.names[i], got, want)
					}
				}
			}
		})
	}
}

func TestReadForgetsTheRowBefore(t *testing.T) {
	t.Parallel()
	p := watched()
	p.Read([]byte(`{"income":1,"state":"NY"}`))
	values, _ := p.Read([]byte(`{"state":"CA"}`))
	if values.Kinds[0] != value.Missing || string(values.Texts[1]) != "CA" {
		t.Errorf("got %+v", values)
	}
}

// FuzzRead compares a Reader with the log's rule for what is an object, and
// with encoding/json for what its features are, whatever the row before was.
func FuzzRead(f *testing.F) {
	for _, seed := range []string{
		`{"income":1,"state":"NY"}`, `{"state":30.0}`, `{"a":{"b":[1]},"income":-1e-3}`, `{"income":1,"income":"2"}`,
		`{"st\u0061te":"x"}`, `{"income":0123}`, `[]`, `{"income":1e400}`, "{\"state\":\"\xff\"}", `{"":null}`,
		`{"income":NaN,"state":-Infinity}`, `{" income":[NaN]}`, `{"income ":1," income":2}`, `{"state":"\NaN","income":NaN}`,
	} {
		f.Add([]byte(`{"income":1,"x":2,"state":"NY"}`), []byte(seed))
		f.Add([]byte(seed), []byte(seed))
	}
	f.Add([]byte(`{"income": 12}`), []byte(`{"income": 1234567890.12345}`))
	f.Add([]byte(`{"income": 12 }`), []byte(`{"income": -0.5e1 }`))
	f.Add([]byte(`{"x":12,"x":12,"income":[]}`), []byte(`{"x":00,"x":12,"income":[]}`))
	f.Fuzz(func(t *testing.T, before, object []byte) {
		p := watched()
		p.Read(before)
		values, ok := p.Read(object)
		if ok == predictionlog.InvalidFeatures(object) {
			t.Fatalf("%q: valid is %v, the log says %v", object, ok, !ok)
		}
		object, _, _ = bytes.Cut(object, []byte{0})
		var want map[string]json.RawMessage
		if !ok {
			return
		}
		if !json.Valid(object) {
			object = value.FiniteJSON(object)
		}
		if err := json.Unmarshal(object, &want); err != nil {
			t.Fatalf("%q: %v", object, err)
		}
		for i, name := range p.names {
			got, raw := values.at(p, i), bytes.TrimSpace(spelled(want, name))
			if len(raw) == 0 {
				raw = []byte("null")
			}
			want := p.columns[i].ReadJSON(raw)
			if got != (read{want.Kind, want.Number, want.Text}) {
				t.Fatalf("%q: %s is %+v, want %+v", object, name, got, want)
			}
		}
	})
}

// spelled is the value of a key, or else that of the greatest key which is another spelling of it.
func spelled(object map[string]json.RawMessage, name string) json.RawMessage {
	if raw, ok := object[name]; ok {
		return raw
	}
	greatest := ""
	var raw json.RawMessage
	for key := range object {
		if value.Name(key) == name && key > greatest {
			greatest, raw = key, object[key]
		}
	}
	return raw
}

func BenchmarkRead(b *testing.B) {
	object := []byte(`{"interest_rate":6.125,"loan_amount":300000,"loan_balance":250000,"loan_to_value_ratio":0.75,"credit_score":720,"debt_to_income_ratio":0.35,"income":85000,"loan_term":30,"loan_age":5,"home_value":400000,"current_rate":5.5,"rate_spread":0.625}`)
	names := []string{"interest_rate", "loan_amount", "loan_balance", "loan_to_value_ratio", "credit_score", "debt_to_income_ratio", "income", "loan_term", "loan_age", "home_value", "current_rate", "rate_spread"}
	p := New(names, slices.Repeat([]value.Column{{Type: value.Numeric}}, len(names)))
	b.SetBytes(int64(len(object)))
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := p.Read(object); !ok {
			b.Fatal("not an object")
		}
	}
}
