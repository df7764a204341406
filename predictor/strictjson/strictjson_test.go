package strictjson

import (
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestParseMakesATree(t *testing.T) {
	t.Parallel()
	got, err := Parse([]byte("\ufeff {\"a\": [1.50, \"x\", null, true], \"b\": {\"c\": {}}} \n"), 3)
	want := map[string]any{"a": []any{json.Number("1.50"), "x", nil, true}, "b": map[string]any{"c": map[string]any{}}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestParseSaysOnWhichLineAFileIsWrong(t *testing.T) {
	t.Parallel()
	for file, want := range map[string]string{
		"":                         "is empty",
		" \n\ufeff":                "is not JSON",
		"\ufeff \n":                "is empty",
		"{\"a\": \"\xff\"}":        "is not UTF-8 text",
		"\n{\"a\": 1":              "line 2: ends in the middle",
		"{\n\"a\": 1,\n\"a\": 2}":  `line 3: key "a" appears twice: remove one`,
		"{\"a\": {\"b\":1,\"b\"":   `line 1: key "b" appears twice`,
		"{\n\"a\": 1,\n}":          "line 3: is not JSON",
		"{\"a\": 1}\n{}":           "line 2: there is more after the end",
		"{\"a\": 1} x":             "line 1: there is more after the end",
		"{\"a\":\nNaN}":            "line 2: is not JSON: invalid character 'N' looking for beginning of value: JSON has no NaN",
		"[[[[1]]]]":                "line 1: nested more than 3 deep",
		strings.Repeat("[", 1<<20): "nested more than 3 deep",
		"\n{\"a\": \"x\ny\"}":      "line 2: is not JSON: invalid character '\\n' in string literal",
		"{'a': 1}":                 "line 1: is not JSON",
	} {
		if _, err := Parse([]byte(file), 3); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.30q: error %v, want %q", file, err, want)
		}
	}
}

func TestFieldsAreReadByTheirType(t *testing.T) {
	t.Parallel()
	root, err := Parse([]byte(`{"text": "x", "time": "2026-01-31T12:00:00Z", "number": -0.0, "count": 12.0, "seed": 18446744073709551615,
		"numbers": [1, 2e1], "counts": [0, 9007199254740992], "texts": [], "null": null}`), 2)
	if err != nil {
		t.Fatal(err)
	}
	f := Read(root, "text", "time", "number", "count", "seed", "numbers", "counts", "texts", "null", "absent")
	f.Require("text", "time")
	f.Forbid("absent", "it is not there")
	if f.Text("text", "") != "x" || f.Text("absent", "y") != "y" || !f.Time("time").Equal(time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)) || !f.Time("absent").IsZero() ||
		math.Signbit(f.Number("number")) || !math.IsNaN(f.Number("absent")) || f.Count("count") != 12 || f.Natural("seed") != math.MaxUint64 {
		t.Errorf("%+v", f)
	}
	if !reflect.DeepEqual(f.Numbers("numbers"), []float64{1, 20}) || !reflect.DeepEqual(f.Counts("counts"), []int64{0, 1 << 53}) ||
		f.Texts("texts") == nil || f.Texts("absent") != nil || f.Err != nil {
		t.Errorf("lists: %v", f.Err)
	}
}

func TestFirstMistakeIsSaidAndWhatToDo(t *testing.T) {
	t.Parallel()
	for file, test := range map[string]struct {
		read func(f *Fields)
		want string
	}{
		`[]`:                  {func(*Fields) {}, "is a list: write an object, {...}"},
		`{"b": 1, "a": 1}`:    {func(*Fields) {}, `unknown key "a": remove it; the keys are key, list`},
		`{"Key": 1}`:          {func(*Fields) {}, `unknown key "Key"`},
		`{}`:                  {func(f *Fields) { f.Require("list", "key") }, `key "list" is missing: add it`},
		`{"key": null}`:       {func(f *Fields) { f.Require("key") }, "key is null: give it a value"},
		`{"key": 7}`:          {func(f *Fields) { f.Text("key", ""); f.Require("list") }, "key is the number 7: write text in quotes"},
		`{"key": "7"}`:        {func(f *Fields) { f.Number("key") }, `key is the text "7": write a number`},
		`{"key": 1e999}`:      {func(f *Fields) { f.Number("key") }, "key is 1e999: too large for a float64"},
		`{"key": 0.5}`:        {func(f *Fields) { f.Count("key") }, "key is 0.5: counts are whole numbers from 0 to 2^53"},
		`{"key": -1}`:         {func(f *Fields) { f.Natural("key") }, "key is -1: write a whole number from 0 to 2^64-1"},
		`{"key": true}`:       {func(f *Fields) { f.Time("key") }, "key is true: write text in quotes"},
		`{"key": "now"}`:      {func(f *Fields) { f.Time("key") }, `key is "now": write a time as in 2026`},
		`{"list": {}}`:        {func(f *Fields) { f.Texts("list") }, "list is an object: write a list, [...]"},
		`{"list": [1, null]}`: {func(f *Fields) { f.Numbers("list") }, "list[1] is null: write a number"},
		`{"key": "` + strings.Repeat("é", 50) + `"}`: {func(f *Fields) { f.Count("key") }, `key is the text "` + strings.Repeat("é", 40) + `"...: write a whole number from 0`},
		`{"list": "none"}`:                           {func(f *Fields) { f.Forbid("list", "numbers have none") }, `key "list" does not belong here: numbers have none`},
	} {
		root, err := Parse([]byte(file), 2)
		if err != nil {
			t.Fatal(err)
		}
		f := Read(root, "key", "list")
		if test.read(f); f.Err == nil || !strings.HasPrefix(f.Err.Error(), test.want) {
			t.Errorf("%.30s: error %v, want %q", file, f.Err, test.want)
		}
	}
}
