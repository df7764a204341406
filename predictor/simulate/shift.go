package simulate

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// shift changes the final value of a feature: factor * x + offset.
type shift struct {
	feature string
	factor  float64
	offset  float64
	sds     bool // the offset is in standard deviations
}

// parseShift reads FEATURE=+0.5sd, FEATURE=-0.5sd, FEATURE=+10, FEATURE=-5 or
// FEATURE=*1.2. The name is everything before the last "=".
func parseShift(text string) (shift, error) {
	bad := func() (shift, error) {
		return shift{}, fmt.Errorf("shift %q is not understood: write FEATURE=+0.5sd, FEATURE=-5 or FEATURE=*1.2", text)
	}
	at := strings.LastIndexByte(text, '=')
	if at < 1 || at+2 >= len(text) {
		return bad()
	}
	s := shift{feature: text[:at], factor: 1}
	operator, amount := text[at+1], text[at+2:]
	amount, s.sds = strings.CutSuffix(amount, "sd")
	x, err := strconv.ParseFloat(amount, 64)
	if err != nil || math.IsNaN(x) || math.IsInf(x, 0) || amount[0] == '+' || amount[0] == '-' {
		return bad()
	}
	switch {
	case operator == '+':
		s.offset = x
	case operator == '-':
		s.offset = -x
	case operator == '*' && !s.sds:
		s.factor = x
	default:
		return bad()
	}
	return s, nil
}

// shifted is the shift of one feature.
type shifted struct {
	factor, offset float64
	step           float64 // result is rounded to multiples of it; 0: not
}

// shiftsOf returns the shift of each of the named numeric features, in their order. sd and step
// are functions of the index. Several shifts of one feature are refused, because the result would
// depend on their order.
func shiftsOf(texts, names []string, sd, step func(i int) float64) ([]shifted, error) {
	all := make([]shifted, len(names))
	for i := range all {
		all[i] = shifted{factor: 1}
	}
	for _, text := range texts {
		s, err := parseShift(text)
		if err != nil {
			return nil, err
		}
		i := slices.Index(names, s.feature)
		if i < 0 {
			return nil, fmt.Errorf("shift %q: there is no such numeric feature: the features are %s", text, strings.Join(names, ", "))
		}
		if all[i] != (shifted{factor: 1}) {
			return nil, fmt.Errorf("shift %q: %s is shifted twice: give one shift a feature", text, s.feature)
		}
		all[i] = shifted{factor: s.factor, offset: s.offset, step: step(i)}
		if s.sds {
			all[i].offset *= sd(i)
		}
	}
	return all, nil
}

func (s shifted) apply(x float64) float64 {
	if s.factor == 1 && s.offset == 0 {
		return x
	}
	x = s.factor*x + s.offset
	if s.step > 0 {
		x = toStep(x, s.step)
	}
	return x
}
