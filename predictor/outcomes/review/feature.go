package review

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// featureView is one feature of a prediction.
type featureView struct {
	Name, Value string
	Missing     bool
}

// mostFeatures is how many features a page shows.
const mostFeatures = 500

// features reads the features in the order in which they were logged. It returns none if they are
// not a JSON object.
func features(text []byte) (all []featureView) {
	if !json.Valid(text) {
		text = value.FiniteJSON(text)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil
	}
	for d.More() && len(all) < mostFeatures {
		name, err := d.Token()
		if err != nil {
			return nil
		}
		var held any
		if err := d.Decode(&held); err != nil {
			return nil
		}
		f := featureView{Name: plainName(fmt.Sprint(name))}
		switch v := held.(type) {
		case nil:
			f.Value, f.Missing = "not known", true
		case string:
			f.Value, f.Missing = v, strings.TrimSpace(v) == ""
			if f.Missing {
				f.Value = "not known"
			}
		case json.Number:
			f.Value = grouped(v.String(), f.Name)
		case bool:
			f.Value = map[bool]string{true: "yes", false: "no"}[v]
		default:
			f.Value = nested(v)
		}
		all = append(all, f)
	}
	return all
}

// nested writes a value that is no scalar as JSON.
func nested(v any) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return err.Error()
	}
	return strings.TrimSpace(b.String())
}

// plainName writes a name of data with spaces.
func plainName(name string) string {
	switch {
	case strings.TrimSpace(name) == "":
		return "(no name)"
	case strings.HasPrefix(name, "_") || strings.HasSuffix(name, "_"):
		return name
	}
	return strings.ReplaceAll(name, "_", " ")
}

// grouped writes the digits of a large number in groups of three, unless its name says that it
// numbers something.
func grouped(text, name string) string {
	whole, fraction, hasFraction := strings.Cut(text, ".")
	sign := ""
	if strings.HasPrefix(whole, "-") {
		sign, whole = "-", whole[1:]
	}
	name = strings.ToLower(name)
	for _, end := range []string{"id", "zip", "code", "number", "year"} {
		if strings.HasSuffix(name, end) {
			return text
		}
	}
	if len(whole) < 5 || strings.ContainsAny(text, "eE") {
		return text
	}
	var b strings.Builder
	for i, c := range whole {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteRune('\u202F') // a narrow space that does not break
		}
		b.WriteRune(c)
	}
	if hasFraction {
		return sign + b.String() + "." + fraction
	}
	return sign + b.String()
}
