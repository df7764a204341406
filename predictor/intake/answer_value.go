package intake

import (
	"math"
	"strconv"
	"strings"

	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// read returns score and class of an answer. NaN is no score.
func (m *Model) read(a answered, index int) (score float64, class string, err error) {
	wrong := func(format string, args ...any) (float64, string, error) {
		args = append([]any{index, clip(a.answer)}, args...)
		return 0, "", unmapped(ReasonAnswer, "answer %d is %s, "+format, args...)
	}
	one := a.answer
	if isArray(one) && m.Answer != Probabilities {
		if all := list(one); len(all) == 1 {
			one = all[0]
		}
	}
	switch m.Answer {
	case Label:
		if class = label(one); class == "" {
			return wrong("which is not a class: one text, number or boolean")
		}
		return math.NaN(), class, nil
	case Probabilities:
		all := list(one)
		if len(all) != len(m.Classes) {
			return wrong("and classes lists %d: the model must answer as many probabilities", len(m.Classes))
		}
		best, highest := 0, -1.0
		for i, v := range all {
			x, ok := number(v)
			if !ok || x < 0 || x > 1 {
				return wrong("which are not probabilities")
			}
			if x > highest {
				best, highest = i, x
			}
			if len(all) == 2 {
				score = x // that of the positive class
			}
		}
		if len(all) > 2 {
			score = highest
		}
		class = m.Classes[best]
	default:
		x, ok := number(one)
		switch {
		case !ok:
			return wrong("which is not a finite number: see answer in the configuration")
		case m.Answer == Value:
			return x, "", nil
		case x < 0 || x > 1:
			return wrong("which is not a probability: see answer in the configuration")
		}
		score, class = x, m.Classes[0]
		if x >= m.Threshold {
			class = m.Classes[1]
		}
	}
	if a.class != nil {
		if class = label(a.class); class == "" {
			return wrong("and its class is %s, which is not a text, a number or a boolean", clip(a.class))
		}
	}
	return score, class, nil
}

// clip describes an answer for an error, which may be written to a log stream: texts are
// not quoted, because some models answer with what they were asked.
func clip(raw []byte) string {
	switch {
	case isObject(raw):
		return "an object"
	case isArray(raw):
		return "an array of " + strconv.Itoa(len(list(raw)))
	case len(raw) > 0 && raw[0] == '"':
		return "a text"
	case len(raw) > 60:
		return string(raw[:60]) + "..."
	}
	return string(raw)
}

// number reads a finite number, also in quotes, as Seldon and CSVs have it.
func number(raw []byte) (float64, bool) {
	if len(raw) > 1 && raw[0] == '"' {
		raw = []byte(strings.TrimSpace(unquote(raw)))
	}
	x, end, ok := value.Literal(raw, 0)
	return x, ok && end == len(raw) && !math.IsInf(x, 0)
}

// label returns the text of a class: 1, 1.0 and "1" are one class.
func label(raw []byte) string {
	switch {
	case isNull(raw), isArray(raw), isObject(raw):
		return ""
	case raw[0] == '"':
		return value.Category(unquote(raw))
	}
	return value.Category(string(raw))
}
