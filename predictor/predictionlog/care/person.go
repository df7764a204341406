package care

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// person is how texts of other systems can name the person that is erased.
type person struct {
	ids        []string // of the predictions
	requestIDs []string
}

// newPerson returns the person with these predictions. Each prediction also has the request id
// that the log makes from its id.
func newPerson(requestID, logID string, ids []int64) *person {
	p := &person{requestIDs: []string{requestID}}
	for _, id := range ids {
		p.ids = append(p.ids, strconv.FormatInt(id, 10))
		p.requestIDs = append(p.requestIDs, predictionlog.OwnRequestID(logID, id))
	}
	return p
}

// in reports whether a record names the person: a text in it contains a request id, or one of its
// values is the id of a prediction, under whatever key. A record that is no JSON is split into
// words, and the words are its values.
func (p *person) in(record string) bool {
	values, err := scalars(record)
	if err != nil { // or the record was cut
		values = append(words.FindAllString(record, -1), unescape(record))
	}
	return slices.ContainsFunc(values, p.is) || p.cutOff(record)
}

// is reports whether a value names the person.
func (p *person) is(text string) bool {
	return slices.Contains(p.ids, value.Category(strings.TrimSpace(text))) ||
		slices.ContainsFunc(p.requestIDs, func(id string) bool { return holds(text, id) })
}

// unmistakable is the length from which a request id is no part of another one by chance.
const unmistakable = 16

// holds reports whether a text contains a request id. A shorter one must stand alone: the request 1
// is not in every text with a 1.
func holds(text, id string) bool {
	for {
		before, after, found := strings.Cut(text, id)
		if !found {
			return false
		}
		last, _ := utf8.DecodeLastRuneInString(before)
		next, _ := utf8.DecodeRuneInString(after)
		if len(id) >= unmistakable || !alphanumeric(last) && !alphanumeric(next) {
			return true
		}
		text = after
	}
}

func alphanumeric(c rune) bool { return unicode.IsLetter(c) || unicode.IsDigit(c) }

// words are what can be an id in a text that is no JSON.
var words = regexp.MustCompile(`[\pL\pN_.+-]+`)

// stated are keys whose values are outcomes and their confidence. A class 1 is not the prediction
// 1.
var stated = []string{"outcome", "confidence", "validated_outcome"}

// scalars returns the numbers, texts and keys of a JSON document.
func scalars(record string) (all []string, err error) {
	d := json.NewDecoder(strings.NewReader(record))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("more than one document")
	}
	collect(v, &all)
	return all, nil
}

func collect(v any, all *[]string) {
	switch v := v.(type) {
	case string:
		*all = append(*all, v)
	case json.Number:
		*all = append(*all, v.String())
	case []any:
		for _, one := range v {
			collect(one, all)
		}
	case map[string]any:
		for key, one := range v {
			*all = append(*all, key)
			if _, nested := one.(map[string]any); nested || !slices.Contains(stated, key) {
				collect(one, all)
			}
		}
	}
}

var escaped = regexp.MustCompile(`\\(u[0-9a-fA-F]{4}|["\\/])`)

// unescape replaces the escapes of JSON in a text, in which other parts may be missing.
func unescape(text string) string {
	return escaped.ReplaceAllStringFunc(text, func(escape string) string {
		if escape[1] != 'u' {
			return escape[1:]
		}
		code, _ := strconv.ParseUint(escape[2:], 16, 32) // has matched
		return string(rune(code))
	})
}

// telling is the length from which the beginning of a request id says whose it is.
const telling = 8

// cutOff reports whether a record was cut within a request id.
func (p *person) cutOff(record string) bool {
	if len(record) < predictionlog.RecordBytes-8 { // letters are not cut
		return false
	}
	for _, id := range p.requestIDs {
		for n := telling; n < len(id); n++ {
			if strings.HasSuffix(record, id[:n]) {
				return true
			}
		}
	}
	return false
}

// without removes the person from a cursor: from its lists, such as the ids of the newest messages,
// and from the names of files. It returns the text itself if the person is not in there.
func (p *person) without(cursor string) string {
	d := json.NewDecoder(strings.NewReader(cursor))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil || !p.in(cursor) {
		return cursor
	}
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	if err := e.Encode(p.cleaned(v)); err != nil {
		return cursor
	}
	return strings.TrimSpace(text.String())
}

func (p *person) cleaned(v any) any {
	switch v := v.(type) {
	case []any:
		return slices.DeleteFunc(v, func(one any) bool {
			text, ok := one.(string)
			return ok && p.is(text)
		})
	case map[string]any:
		for key, one := range v {
			if text, ok := one.(string); ok && key == "name" && p.is(text) {
				v[key] = ""
			} else {
				v[key] = p.cleaned(one)
			}
		}
	}
	return v
}
