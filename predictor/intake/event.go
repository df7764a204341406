package intake

import (
	"encoding/base64"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Event is one half of an exchange, as the loggers of KServe and Seldon send it.
//
// "CloudEvents", version 1.0.2, https://github.com/cloudevents/spec; "Inference Logger",
// https://kserve.github.io/website/.
type Event struct {
	// ID is the same in the request and its answer.
	ID string
	// Model is the name of the inference service. Component is which part of it logged:
	// the events of a transformer and of its predictor have one id.
	Model, Component string
	// Answer tells the answer from the request.
	Answer bool
	// Time is when it was logged; zero if the event does not say.
	Time time.Time
	Body Body
}

// What the types of the events end with, after org.kubeflow.serving or io.seldon.serving.
const (
	eventRequest  = ".inference.request"
	eventResponse = ".inference.response"
)

// MaxEventID is the longest id of an event, in bytes.
const MaxEventID = 256

// ParseEvents reads the events of an HTTP request: one in binary mode, one in structured
// mode, or a batch.
func ParseEvents(h http.Header, body []byte) ([]Event, error) {
	media, _, err := mime.ParseMediaType(h.Get("Content-Type"))
	if err != nil {
		media = h.Get("Content-Type")
	}
	switch media {
	case "application/cloudevents+json":
		e, err := StructuredEvent(body)
		return []Event{e}, err
	case "application/cloudevents-batch+json":
		return batch(body)
	}
	if strings.HasPrefix(media, "application/cloudevents") {
		return nil, fmt.Errorf("events of the media type %.100q are not read: send application/cloudevents+json, or binary mode", media)
	}
	e, err := event(func(name string) string {
		text := h.Get("Ce-" + name)
		if plain, err := url.PathUnescape(text); err == nil {
			return plain
		}
		return text
	})
	if err != nil && len(h["Ce-Id"]) == 0 && len(h["Ce-Type"]) == 0 {
		err = fmt.Errorf("is no CloudEvent: send the headers Ce-Id, Ce-Type and Ce-Specversion, or Content-Type: application/cloudevents+json")
	}
	e.Body = Body{Media: h.Get("Content-Type"), Data: body}
	return []Event{e}, err
}

// batch reads an array of events.
func batch(body []byte) (all []Event, err error) {
	doc, ok := document(body)
	if !ok || !isArray(doc) {
		return nil, fmt.Errorf("a batch is a JSON array of events in UTF-8")
	}
	for v := range elements(doc) {
		e, err := StructuredEvent(v)
		if err != nil {
			return nil, fmt.Errorf("event %d of the batch: %w", len(all), err)
		}
		all = append(all, e)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("the batch is empty: send at least one event")
	}
	return all, nil
}

// StructuredEvent reads an event in structured mode.
func StructuredEvent(body []byte) (Event, error) {
	doc, ok := document(body)
	if !ok || !isObject(doc) {
		return Event{}, fmt.Errorf("is not a JSON object in UTF-8")
	}
	e, err := event(func(name string) string { return text(doc, strings.ToLower(name)) })
	if err != nil {
		return e, err
	}
	e.Body.Media = text(doc, "datacontenttype")
	data, packed := member(doc, "data"), member(doc, "data_base64")
	switch {
	case packed != nil:
		if e.Body.Data, err = base64.StdEncoding.DecodeString(unquote(packed)); err != nil {
			return e, fmt.Errorf("data_base64 is not BASE64: %w", err)
		}
	case isNull(data):
		return e, fmt.Errorf("has no data: send the body of the request or of the answer")
	case data[0] == '"':
		e.Body.Data = []byte(unquote(data))
	default:
		e.Body.Data = data
	}
	return e, nil
}

// event reads the attributes of an event.
func event(attribute func(name string) string) (e Event, err error) {
	e = Event{ID: attribute("Id"), Model: attribute("Inferenceservicename"), Component: attribute("Namespace") + "/" + attribute("Component")}
	kind := attribute("Type")
	known := strings.HasPrefix(kind, "org.kubeflow.serving") || strings.HasPrefix(kind, "io.seldon.serving")
	switch version := attribute("Specversion"); {
	case e.ID == "":
		return e, fmt.Errorf("has no id: send that of the request, in the request's event and in its answer's")
	case len(e.ID) > MaxEventID:
		return e, fmt.Errorf("has an id of %d bytes: at most %d are read", len(e.ID), MaxEventID)
	case kind == "":
		return e, fmt.Errorf("has no type: send org.kubeflow.serving.inference.request or .response")
	case version != "" && !strings.HasPrefix(version, "1.") && version != "0.3":
		return e, fmt.Errorf("has the specversion %.20q: send 1.0", version)
	case known && strings.HasSuffix(kind, eventRequest):
	case known && strings.HasSuffix(kind, eventResponse):
		e.Answer = true
	default:
		return e, fmt.Errorf("has the type %.100q: send inference.request and inference.response of org.kubeflow.serving or io.seldon.serving only, by a filter on the type", kind)
	}
	if at := attribute("Time"); at != "" {
		if e.Time, err = time.Parse(time.RFC3339Nano, at); err != nil {
			return e, fmt.Errorf("has the time %.40q, which is not RFC 3339", at)
		}
	}
	return e, nil
}

// Pair returns the exchange of a request and its answer, and how long the answer took, -1
// if the events do not say.
func Pair(request, answer *Event) (e Exchange, latency time.Duration, err error) {
	p, ok := Guess(&request.Body)
	if !ok {
		return e, -1, unmapped(ReasonRequest, "the request of an event is none of v1 (instances), v2 (inputs) and Seldon's (data)")
	}
	e = Exchange{Protocol: p, Model: request.Model, Request: request.Body, Answer: answer.Body}
	// The logger sends the Content-Type of the event, which says nothing of the body.
	e.Request.Media, e.Answer.Media = mediaJSON, mediaJSON
	latency = answer.Time.Sub(request.Time)
	if request.Time.IsZero() || answer.Time.IsZero() || latency < 0 || latency > 24*time.Hour {
		latency = -1
	}
	return e, latency, nil
}
