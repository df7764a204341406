package intake

import (
	"encoding/base64"
	"errors"
	"fmt"

	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// Capture is a line of Amazon SageMaker's data capture.
//
// "Capture data from real-time endpoint", Amazon SageMaker Developer Guide.
type Capture struct {
	Exchange

	// ID is the caller's inference id, or else the event's id, by which ground truth names
	// it. Time is when it was answered.
	ID, Time string
}

// ParseCapture reads a line.
func ParseCapture(line []byte) (*Capture, error) {
	doc, ok := document(line)
	if !ok || !isObject(doc) {
		return nil, errors.New("is not a JSON object in UTF-8")
	}
	data, meta := member(doc, "captureData"), member(doc, "eventMetadata")
	if !isObject(data) || !isObject(meta) {
		return nil, errors.New("has no captureData and eventMetadata, as SageMaker's data capture writes them")
	}
	c := &Capture{Exchange: Exchange{Protocol: SageMaker}, ID: text(meta, "inferenceId"), Time: text(meta, "inferenceTime")}
	if c.ID == "" {
		c.ID = text(meta, "eventId")
	}
	if c.Time == "" {
		return nil, errors.New("has no inferenceTime in eventMetadata")
	}
	var err error
	if c.Request, err = captured(member(data, "endpointInput")); err != nil {
		return nil, fmt.Errorf("endpointInput %w", err)
	}
	if c.Answer, err = captured(member(data, "endpointOutput")); err != nil {
		return nil, fmt.Errorf("endpointOutput %w", err)
	}
	return c, nil
}

// captured returns a captured body; an empty one if it was not captured.
func captured(side []byte) (b Body, err error) {
	if isNull(side) {
		return b, nil
	}
	b.Media, b.Data = text(side, "observedContentType"), []byte(text(side, "data"))
	switch encoding := text(side, "encoding"); encoding {
	case "CSV":
		if b.Media == "" {
			b.Media = mediaCSV
		}
	case "JSON", "":
	case "BASE64":
		if b.Data, err = base64.StdEncoding.DecodeString(string(b.Data)); err != nil {
			return b, fmt.Errorf("is not BASE64, as its encoding says: %w", err)
		}
	default:
		return b, fmt.Errorf("has the encoding %.40q, which is none of CSV, JSON and BASE64", encoding)
	}
	return b, nil
}

// Member is a member of a JSON object.
type Member struct {
	Name string
	// JSON is its value. Text is the value as text: a string without its quotes, "" for
	// null.
	JSON []byte
	Text string
	// Nested says that the value is an array or an object.
	Nested bool
}

// Members reads an object, in the order of its members.
func Members(line []byte) (all []Member, err error) {
	doc, ok := document(line)
	if !ok || !isObject(doc) {
		return nil, errors.New("is not a JSON object in UTF-8")
	}
	seen := map[string]bool{}
	for key, v := range members(doc) {
		m := Member{Name: value.Name(unquote(key)), JSON: v, Nested: isArray(v) || isObject(v)}
		switch {
		case seen[m.Name]:
			return nil, fmt.Errorf("has %.100q twice", m.Name)
		case m.Name == "":
			return nil, errors.New("has a member without a name")
		case v[0] == '"':
			m.Text = unquote(v)
		case !isNull(v):
			m.Text = string(v)
		}
		seen[m.Name] = true
		all = append(all, m)
	}
	return all, nil
}
