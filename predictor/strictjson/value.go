package strictjson

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
)

// text reads a string.
func text(v any) (string, error) {
	s, ok := v.(string)
	if !ok {
		return "", fmt.Errorf("is %s: write text in quotes", Describe(v))
	}
	return s, nil
}

// Float reads a number of a tree; -0 is 0.
func Float(v any) (float64, error) {
	n, ok := v.(json.Number)
	if !ok {
		return 0, fmt.Errorf("is %s: write a number", Describe(v))
	}
	x, err := n.Float64()
	if err != nil {
		return 0, fmt.Errorf("is %s: too large for a float64", n)
	}
	return x + 0, nil
}

// largestCount is the largest whole number up to which float64 is exact.
const largestCount = 1 << 53

// Count reads a whole number from 0 to 2^53 of a tree; 12.0 counts as one.
func Count(v any) (int64, error) {
	n, ok := v.(json.Number)
	if !ok {
		return 0, fmt.Errorf("is %s: write a whole number from 0", Describe(v))
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

// natural reads a whole number from 0 that 64 bits hold.
func natural(v any) (uint64, error) {
	n, ok := v.(json.Number)
	if !ok {
		return 0, fmt.Errorf("is %s: write a whole number from 0", Describe(v))
	}
	x, err := strconv.ParseUint(n.String(), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("is %s: write a whole number from 0 to 2^64-1, without point and exponent", n)
	}
	return x, nil
}

// Describe says in a sentence what a value of a tree is.
func Describe(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case string:
		if len(v) > 40 {
			return fmt.Sprintf("the text %.40q...", v)
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
