package proxy

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/drift-exporter/drift_exporter/predictor/intake"
	"github.com/drift-exporter/drift_exporter/predictor/intake/record"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
)

// maxBody is the largest body that is read to be logged. A larger one is forwarded.
const maxBody = 8 << 20

// key is the key of the exchange in a request's context.
type key struct{}

// exchange is a request for predictions that is under way.
type exchange struct {
	intake.Exchange

	proxy            *Proxy
	id               string
	start, forwarded time.Time
	coding           string // of the request's body
	large            bool   // the request's body is forwarded without being logged
}

func (e *exchange) unmapped(reason, detail string) {
	e.proxy.Recorder.Unmapped(record.Proxy, &intake.Unmapped{Reason: reason, Detail: detail})
}

// refuse counts a request that the model did not answer with predictions.
func (e *exchange) refuse() {
	if name, version, ok := e.proxy.Config.Named(e.Model); ok {
		e.proxy.Recorder.Refuse(name, version)
	}
}

// read reads the body of the request, and puts one with the same bytes in its place.
func (e *exchange) read(r *http.Request) error {
	e.Request.Media, e.coding = r.Header.Get("Content-Type"), r.Header.Get("Content-Encoding")
	data, whole, err := readAll(r.Body, r.ContentLength)
	if err != nil {
		return err
	}
	if !whole {
		e.large = true
		r.Body = joined{io.MultiReader(bytes.NewReader(data), r.Body), r.Body}
		return nil
	}
	e.Request.Data = data
	// A connection that the model has closed in between is replaced without the client's notice.
	r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil }
	r.Body, err = r.GetBody()
	return err
}

// answered logs the predictions of an answer. An error is answered instead of it.
func (p *Proxy) answered(answer *http.Response) error {
	if isStream(answer.Header) {
		return streams("the model answers a stream of events")
	}
	e, ok := answer.Request.Context().Value(key{}).(*exchange)
	if !ok {
		return nil // not for predictions
	}
	data, whole, err := readAll(answer.Body, answer.ContentLength)
	p.duration.Observe(time.Since(e.forwarded).Seconds())
	switch {
	case err != nil: // The client gets as much of it, and then sees that it was cut off.
		e.unmapped(intake.ReasonCut, "the model's answer ended before its announced length")
		e.refuse()
		answer.Body = joined{io.MultiReader(bytes.NewReader(data), broken{err}), answer.Body}
		return nil
	case !whole:
		answer.Body = joined{io.MultiReader(bytes.NewReader(data), answer.Body), answer.Body}
	default:
		answer.Body = joined{bytes.NewReader(data), answer.Body}
	}
	switch {
	case answer.StatusCode < 200 || answer.StatusCode > 299:
		e.unmapped(intake.ReasonStatus, "the model answered with status "+strconv.Itoa(answer.StatusCode))
		e.refuse()
		return nil
	case !whole || e.large:
		e.unmapped(intake.ReasonTooLarge, "a body is larger than "+strconv.Itoa(maxBody)+" bytes: send fewer rows at once")
		return nil
	}
	e.Answer = intake.Body{Media: answer.Header.Get("Content-Type"), Data: data}
	return e.log(answer)
}

// log writes the predictions and names them in the answer's header.
func (e *exchange) log(answer *http.Response) error {
	batch, err := e.predictions(answer.Header.Get("Content-Encoding"))
	if err != nil {
		e.proxy.Recorder.Unmapped(record.Proxy, err)
		return nil
	}
	latency := time.Since(e.start)
	for i := range batch {
		batch[i].Latency = latency
	}
	records, err := e.proxy.Recorder.Record(answer.Request.Context(), record.Proxy, e.id, batch)
	switch {
	case err == nil:
		answer.Header.Set(PredictionID, ids(records))
	case answer.Request.Context().Err() != nil:
		return err
	case !e.proxy.Serve:
		return unlogged(err)
	default:
		e.proxy.Unlogged(len(batch))
	}
	return nil
}

// predictions maps the exchange, once its bodies are unpacked.
func (e *exchange) predictions(coding string) (_ []predictionlog.Prediction, err error) {
	mapped := e.Exchange
	if mapped.Request.Data, err = unpack(mapped.Request.Data, e.coding); err != nil {
		return nil, err
	}
	if mapped.Answer.Data, err = unpack(mapped.Answer.Data, coding); err != nil {
		return nil, err
	}
	return e.proxy.Config.Predictions(&mapped)
}

// ids are the ids of consecutive records.
func ids(records []predictionlog.Record) string {
	first, last := records[0].ID, records[len(records)-1].ID
	if first == last {
		return strconv.FormatInt(first, 10)
	}
	return strconv.FormatInt(first, 10) + "-" + strconv.FormatInt(last, 10)
}

// unpack undoes a Content-Encoding.
func unpack(data []byte, coding string) ([]byte, error) {
	switch strings.ToLower(strings.TrimSpace(coding)) {
	case "", "identity":
		return data, nil
	case "gzip", "x-gzip":
	default:
		return nil, &intake.Unmapped{Reason: intake.ReasonMedia, Detail: "the Content-Encoding " + strconv.Quote(coding) + " is not read: send gzip, or none"}
	}
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err == nil {
		var whole bool
		if data, whole, err = readAll(z, -1); err == nil && !whole {
			return nil, &intake.Unmapped{Reason: intake.ReasonTooLarge, Detail: "a body is larger than " + strconv.Itoa(maxBody) + " bytes once it is unpacked: send fewer rows at once"}
		}
	}
	if err != nil {
		return nil, &intake.Unmapped{Reason: intake.ReasonMedia, Detail: "a body says that it is gzip, and is not: " + err.Error()}
	}
	return data, nil
}

// readAll reads a body up to maxBody. whole is false if there may be more. It begins with a
// small buffer, whatever length is announced: what was not sent takes no memory.
func readAll(body io.Reader, length int64) (data []byte, whole bool, err error) {
	size := int64(4 << 10)
	if length >= 0 {
		size = min(length+1, 64<<10) // one byte more, to see the end
	}
	data = make([]byte, 0, size)
	for len(data) <= maxBody {
		if len(data) == cap(data) {
			data = append(data, 0)[:len(data)]
		}
		n, err := body.Read(data[len(data):min(cap(data), maxBody+1)])
		data = data[:len(data)+n]
		if errors.Is(err, io.EOF) {
			return data, len(data) <= maxBody, nil
		}
		if err != nil {
			return data, false, err
		}
	}
	return data, false, nil
}

// joined is a body that was read in part.
type joined struct {
	io.Reader
	io.Closer
}

// broken is the end of a body that did not arrive.
type broken struct{ err error }

// Read implements io.Reader.
func (b broken) Read([]byte) (int, error) { return 0, b.err }
