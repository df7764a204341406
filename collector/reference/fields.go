package reference

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// fields reads the keys of one object. After the first mistake it reads nothing,
// and err says which it was.
type fields struct {
	of  map[string]any
	err error
}

// read takes v as an object that has no keys but these.
func read(v any, keys ...string) *fields {
	o, ok := v.(map[string]any)
	if !ok {
		return &fields{err: fmt.Errorf("is %s: write an object, {...}", describe(v))}
	}
	for _, key := range sorted(o) {
		if !slices.Contains(keys, key) {
			return &fields{err: fmt.Errorf("unknown key %q: remove it; the keys are %s", key, strings.Join(keys, ", "))}
		}
	}
	return &fields{of: o}
}

func sorted(o map[string]any) []string {
	keys := make([]string, 0, len(o))
	for key := range o {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// get is the value of a key, and false when it is absent or an error came before.
func (f *fields) get(key string) (any, bool) {
	if f.err != nil {
		return nil, false
	}
	v, ok := f.of[key]
	return v, ok
}

func (f *fields) wrong(key, format string, args ...any) {
	if f.err == nil {
		f.err = fmt.Errorf(key+" "+format, args...)
	}
}

func (f *fields) text(key, absent string) string {
	v, ok := f.get(key)
	if !ok {
		return absent
	}
	s, ok := v.(string)
	if !ok {
		f.wrong(key, "is %s: write text in quotes", describe(v))
	}
	return s
}

func (f *fields) time(key string) time.Time {
	s := f.text(key, "")
	if s == "" {
		return time.Time{}
	}
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		f.wrong(key, "is %q: write a time as in 2026-01-31T12:00:00Z (RFC 3339)", s)
	}
	return t
}

func (f *fields) number(key string) float64 {
	v, ok := f.get(key)
	if !ok {
		return math.NaN()
	}
	x, err := float(v)
	if err != nil {
		f.wrong(key, "%w", err)
	}
	return x
}

func (f *fields) count(key string) int64 {
	v, ok := f.get(key)
	if !ok {
		return 0
	}
	n, err := count(v)
	if err != nil {
		f.wrong(key, "%w", err)
	}
	return n
}

func (f *fields) list(key string) []any {
	v, ok := f.get(key)
	if !ok {
		return nil
	}
	l, ok := v.([]any)
	if !ok {
		f.wrong(key, "is %s: write a list, [...]", describe(v))
	}
	return l
}

func (f *fields) numbers(key string) []float64 { return each(f, key, float) }
func (f *fields) counts(key string) []int64    { return each(f, key, count) }
func (f *fields) texts(key string) []string {
	return each(f, key, func(v any) (string, error) {
		s, ok := v.(string)
		if !ok {
			return "", fmt.Errorf("is %s: write text in quotes", describe(v))
		}
		return s, nil
	})
}

// each reads a list, nil when it is absent.
func each[T any](f *fields, key string, one func(any) (T, error)) []T {
	list := f.list(key)
	if list == nil {
		return nil
	}
	all := make([]T, len(list))
	for i, v := range list {
		var err error
		if all[i], err = one(v); err != nil {
			f.wrong(fmt.Sprintf("%s[%d]", key, i), "%w", err)
			return nil
		}
	}
	return all
}

func float(v any) (float64, error) {
	n, ok := v.(json.Number)
	if !ok {
		return 0, fmt.Errorf("is %s: write a number", describe(v))
	}
	x, err := n.Float64()
	if err != nil {
		return 0, fmt.Errorf("is %s: too large for a float64", n)
	}
	return x + 0, nil // -0 is 0
}

// largestCount is where float64, and so JSON elsewhere, stops being exact.
const largestCount = 1 << 53

// count reads a whole number from 0; 12.0 counts as one.
func count(v any) (int64, error) {
	n, ok := v.(json.Number)
	if !ok {
		return 0, fmt.Errorf("is %s: write a whole number from 0", describe(v))
	}
	c, err := strconv.ParseInt(n.String(), 10, 64)
	if err != nil {
		x, bad := n.Float64()
		if bad != nil || x != math.Trunc(x) || math.Abs(x) > largestCount {
			return 0, fmt.Errorf("is %s: counts are whole numbers from 0 to 2^53", n)
		}
		c = int64(x)
	}
	if c < 0 || c > largestCount {
		return 0, fmt.Errorf("is %s: counts are whole numbers from 0 to 2^53", n)
	}
	return c, nil
}

func describe(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case string:
		if len(v) > 40 {
			return fmt.Sprintf("the text %q...", v[:40])
		}
		return fmt.Sprintf("the text %q", v)
	case json.Number:
		return "the number " + v.String()
	case bool:
		return strconv.FormatBool(v)
	case []any:
		return "a list"
	default:
		return "an object"
	}
}
