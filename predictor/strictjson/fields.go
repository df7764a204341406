package strictjson

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"
)

// Fields reads the keys of one object. It stops at the first mistake, which Err describes.
type Fields struct {
	// Of has the values by key; do not modify.
	Of  map[string]any
	Err error
}

// Read reads v as an object that may have these keys only.
func Read(v any, keys ...string) *Fields {
	o, ok := v.(map[string]any)
	if !ok {
		return &Fields{Err: fmt.Errorf("is %s: write an object, {...}", Describe(v))}
	}
	for _, key := range slices.Sorted(maps.Keys(o)) {
		if !slices.Contains(keys, key) {
			return &Fields{Err: fmt.Errorf("unknown key %q: remove it; the keys are %s", key, strings.Join(keys, ", "))}
		}
	}
	return &Fields{Of: o}
}

// Get returns the value of a key, and false if it is absent or after a mistake.
func (f *Fields) Get(key string) (any, bool) {
	if f.Err != nil {
		return nil, false
	}
	v, ok := f.Of[key]
	return v, ok
}

// Require makes the absence of a key, or a null, a mistake.
func (f *Fields) Require(keys ...string) {
	for _, key := range keys {
		switch v, ok := f.Of[key]; {
		case f.Err != nil:
			return
		case !ok:
			f.Err = fmt.Errorf("key %q is missing: add it", key)
		case v == nil:
			f.Err = fmt.Errorf("%s is null: give it a value", key)
		}
	}
}

// Forbid makes the presence of a key a mistake, for that reason.
func (f *Fields) Forbid(key, reason string) {
	if _, ok := f.Get(key); ok {
		f.Err = fmt.Errorf("key %q does not belong here: %s", key, reason)
	}
}

// Wrong records that the value of a key is a mistake. The message continues after the key.
func (f *Fields) Wrong(key, format string, args ...any) {
	if f.Err == nil {
		f.Err = fmt.Errorf(key+" "+format, args...)
	}
}

// Text is a string, and the second argument when the key is absent.
func (f *Fields) Text(key, absent string) string {
	v, ok := f.Get(key)
	if !ok {
		return absent
	}
	s, err := text(v)
	if err != nil {
		f.Wrong(key, "%w", err)
	}
	return s
}

// Time is a time by RFC 3339; the zero time when the key is absent or empty.
func (f *Fields) Time(key string) time.Time {
	s := f.Text(key, "")
	if s == "" {
		return time.Time{}
	}
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		f.Wrong(key, "is %q: write a time as in 2026-01-31T12:00:00Z (RFC 3339)", s)
	}
	return t
}

// Number is a finite number, NaN when the key is absent. -0 is 0.
func (f *Fields) Number(key string) float64 {
	v, ok := f.Get(key)
	if !ok {
		return math.NaN()
	}
	x, err := Float(v)
	if err != nil {
		f.Wrong(key, "%w", err)
	}
	return x
}

// Count is a whole number from 0 to 2^53, 0 when the key is absent; 12.0 is 12.
func (f *Fields) Count(key string) int64 {
	v, ok := f.Get(key)
	if !ok {
		return 0
	}
	n, err := Count(v)
	if err != nil {
		f.Wrong(key, "%w", err)
	}
	return n
}

// Natural is a whole number from 0 that 64 bits hold, 0 when the key is absent.
func (f *Fields) Natural(key string) uint64 {
	v, ok := f.Get(key)
	if !ok {
		return 0
	}
	n, err := natural(v)
	if err != nil {
		f.Wrong(key, "%w", err)
	}
	return n
}

// List is an array, nil when the key is absent.
func (f *Fields) List(key string) []any {
	v, ok := f.Get(key)
	if !ok {
		return nil
	}
	l, ok := v.([]any)
	if !ok {
		f.Wrong(key, "is %s: write a list, [...]", Describe(v))
	}
	return l
}

// Numbers is a list as of Number.
func (f *Fields) Numbers(key string) []float64 { return Each(f, key, Float) }

// Counts is a list as of Count.
func (f *Fields) Counts(key string) []int64 { return Each(f, key, Count) }

// Texts is a list of strings.
func (f *Fields) Texts(key string) []string { return Each(f, key, text) }

// Each reads every element of a list; the result is nil when the key is absent.
func Each[T any](f *Fields, key string, one func(any) (T, error)) []T {
	list := f.List(key)
	if list == nil {
		return nil
	}
	all := make([]T, len(list))
	for i, v := range list {
		var err error
		if all[i], err = one(v); err != nil {
			f.Wrong(fmt.Sprintf("%s[%d]", key, i), "%w", err)
			return nil
		}
	}
	return all
}
