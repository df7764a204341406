package strictyaml

import (
	"strings"
	"testing"
	"time"
)

func mapOf(t *testing.T, text string) *Map {
	t.Helper()
	d := Decoder{Path: "x.yml"}
	n, err := d.Document([]byte(text), "write something")
	if err != nil {
		t.Fatal(err)
	}
	return d.Map(n, "the file", "key", "other")
}

func TestValuesAreReadByTheirType(t *testing.T) {
	t.Parallel()
	m := mapOf(t, "key: 7\nother: [a, b]")
	if m.Integer("key", 1, 0, 9) != 7 || m.Number("key", 1, 0, 9) != 7 || len(m.Texts("other", "")) != 2 || m.Flag("absent") || m.Err != nil {
		t.Errorf("error %v", m.Err)
	}
	m = mapOf(t, "key: 90d\nother: true")
	if m.Duration("key", 0, 0, 1e9*time.Second) != 90*24*time.Hour || !m.Flag("other") || m.Text("absent", "x") != "x" || m.OneOf("absent", "a", "b") != "a" || m.Err != nil {
		t.Errorf("error %v", m.Err)
	}
}

func TestTheFirstMistakeIsSaidWithItsLine(t *testing.T) {
	t.Parallel()
	for text, test := range map[string]struct {
		read func(m *Map)
		want string
	}{
		"\nkey: x":         {func(m *Map) { m.Integer("key", 0, 1, 9); m.Require("other", "add it") }, `x.yml:2: key is "x"; write a whole number from 1 to 9`},
		"key: .nan":        {func(m *Map) { m.Number("key", 0, 0, 1) }, `x.yml:1: key is ".nan"; write a number from 0 to 1`},
		"key: 1m":          {func(m *Map) { m.Duration("key", 0, time.Hour, 2*time.Hour) }, "x.yml:1: key is 1m; write a duration from 1h0m0s to 2h0m0s"},
		"key: -1s":         {func(m *Map) { m.Duration("key", 0, 0, time.Hour) }, `key "-1s" is not a duration such as`},
		"key: yes":         {func(m *Map) { m.Flag("key") }, `key is "yes"; write true or false`},
		"key: c":           {func(m *Map) { m.OneOf("key", "a", "b") }, `key "c" is none of a, b`},
		"key: 7":           {func(m *Map) { m.Text("key", "") }, "key 7 is not a text"},
		"key: [1]":         {func(m *Map) { m.Flag("key") }, "key must be true or false"},
		"key: []":          {func(m *Map) { m.Texts("key", "list some") }, "key is empty; list some"},
		"other: 1":         {func(m *Map) { m.Require("key", "add it") }, "x.yml:1: key is missing; add it"},
		"third: 1":         {func(m *Map) { m.Wrong("key", "later") }, `unknown key "third" in the file; known keys are key, other`},
		"key: \"a\\0\"":    {func(m *Map) { m.Text("key", "") }, "key has a NUL byte"},
		"key: 1\n\nkey: 2": {func(*Map) {}, `x.yml:3: key "key" stands here and at line 1`},
	} {
		m := mapOf(t, text)
		if test.read(m); m.Err == nil || !strings.Contains(m.Err.Error(), test.want) {
			t.Errorf("%q: error %v, want %q", text, m.Err, test.want)
		}
	}
}
