package intake

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
)

// Protocol is how a client and a model speak.
type Protocol string

// The protocols.
const (
	V2        Protocol = "v2"
	V1        Protocol = "v1"
	MLflow    Protocol = "mlflow"
	SageMaker Protocol = "sagemaker"
	Seldon    Protocol = "seldon"
)

// Upstreams are the protocols of models that a proxy can stand in front of.
var Upstreams = []string{string(V2), string(V1), string(MLflow), string(SageMaker)}

// Exchange is a request to a model and its answer.
type Exchange struct {
	Protocol Protocol
	// Model is the model's name in the URL or the event; empty if it has none.
	Model string
	// Version is the version that the request asks for; may be empty.
	Version         string
	Request, Answer Body
}

// Predictions returns what an exchange says: one prediction a row, without request ids
// and latency. An error is an *Unmapped.
func (c *Config) Predictions(e *Exchange) ([]predictionlog.Prediction, error) {
	m, err := c.model(e.Model)
	if err != nil {
		return nil, err
	}
	rows, err := requestRows(e.Protocol, &e.Request)
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, unmapped(ReasonRequest, "the request has no rows")
	}
	if err := named(m, rows); err != nil {
		return nil, err
	}
	all, err := answers(e.Protocol, m, &e.Answer, len(rows))
	if err != nil {
		return nil, err
	}
	if len(all) != len(rows) {
		return nil, unmapped(ReasonRowCount, "the request has %d rows, and the answer %d", len(rows), len(all))
	}
	version := m.version(e)
	predictions := make([]predictionlog.Prediction, len(rows))
	for i := range rows {
		p := &predictions[i]
		p.Model, p.Version, p.Latency = m.Name, version, -1
		if p.Score, p.Class, err = m.read(all[i], i); err != nil {
			return nil, err
		}
		if p.Features, err = rows[i].object(m, i); err != nil {
			return nil, err
		}
	}
	return predictions, nil
}

// version returns the version that is logged: the configuration's, the answer's, or the
// one that was asked for.
func (m *Model) version(e *Exchange) string {
	if m.Version != "" {
		return m.Version
	}
	if e.Protocol == V2 {
		if doc, ok := document(e.Answer.Data); ok {
			if v := text(doc, "model_version"); v != "" {
				return v
			}
		}
	}
	return e.Version
}

// Named returns the name and the version of a model in the log by its name upstream.
func (c *Config) Named(upstream string) (name, version string, ok bool) {
	m, err := c.model(upstream)
	if err != nil {
		return "", "", false
	}
	return m.Name, m.Version, true
}

// Match reports whether a request to a path asks the model for predictions, and names
// model and version as the path does.
func (p Protocol) Match(method, path string) (model, version string, ok bool) {
	if method != "POST" {
		return "", "", false
	}
	if p == MLflow || p == SageMaker {
		return "", "", path == "/invocations"
	}
	rest, ok := strings.CutPrefix(path, "/"+string(p)+"/models/")
	if !ok {
		return "", "", false
	}
	end := "/infer"
	if p == V1 {
		end = ":predict"
	}
	if rest, ok = strings.CutSuffix(rest, end); !ok {
		return "", "", false
	}
	model, version, _ = strings.Cut(rest, "/versions/")
	if strings.Contains(version, "/") || model == "" || strings.Contains(model, "/") {
		return "", "", false
	}
	if text, err := url.PathUnescape(model); err == nil {
		model = text
	}
	return model, version, true
}

// ParseProtocol reads the name of a protocol that a proxy speaks.
func ParseProtocol(name string) (Protocol, error) {
	if !slices.Contains(Upstreams, name) {
		return "", fmt.Errorf("protocol %q is none of %s", name, strings.Join(Upstreams, ", "))
	}
	return Protocol(name), nil
}

// Guess returns the protocol of a request in JSON, as an event has it. ok is false for
// what is of none.
func Guess(b *Body) (p Protocol, ok bool) {
	doc, ok := document(b.Data)
	switch {
	case !ok:
		return "", false
	case member(doc, "instances") != nil:
		return V1, true
	case isArray(member(doc, "inputs")):
		return V2, true
	case member(doc, "data") != nil:
		return Seldon, true
	}
	return "", false
}
