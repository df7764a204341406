package review

import (
	"cmp"
	"net/netip"
	"regexp"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/drift-exporter/drift_exporter/predictor/outcomes"
	"github.com/drift-exporter/drift_exporter/predictor/strictyaml"
)

// Kind makes sources from the key review.
var Kind = outcomes.Kind{Name: "review", Own: true, Parse: func(d strictyaml.Decoder, n *yaml.Node) (outcomes.Source, error) {
	c, err := parse(d, n)
	if err != nil {
		return nil, err
	}
	return &Source{config: c, now: time.Now}, nil
}}

// config is the configuration of a review.
type config struct {
	uncertain   bool    // draws predictions that are probably wrong more often
	sample      float64 // the probability of being drawn, if uncertain the largest
	second      float64 // the share of the drawn predictions that two people review
	identity    identity
	question    string
	number      bool          // the outcome is a number
	model       string        // "": all models
	reservation time.Duration // how long a prediction is kept for who looks at it
	undo        time.Duration // how long an answer can be taken back
	expire      time.Duration // the age at which predictions leave the queue
	limit       int64         // the most predictions in the queue
	raise       string        // the folder of requests to review more; "": none are followed
	raiseMost   float64       // the largest sample that a request can have
}

// The words of queue.
const (
	random    = "random"
	uncertain = "uncertain"
)

func parse(d strictyaml.Decoder, n *yaml.Node) (c config, err error) {
	m := d.Map(n, "review", "queue", "sample", "second_review", "identity", "question", "answer", "model", "reservation", "undo", "expire", "limit", "raise")
	c = config{
		uncertain:   m.OneOf("queue", random, uncertain) == uncertain,
		sample:      m.Number("sample", .05, 0, 1),
		second:      m.Number("second_review", .1, 0, 1),
		question:    m.Text("question", "What really happened?"),
		number:      m.OneOf("answer", "class", "number") == "number",
		model:       m.Name("model"),
		reservation: m.Duration("reservation", 10*time.Minute, 10*time.Second, 24*time.Hour),
		undo:        m.Duration("undo", time.Minute, 0, time.Hour),
		expire:      m.Duration("expire", 30*24*time.Hour, time.Minute, 10*365*24*time.Hour),
		limit:       m.Integer("limit", 10_000, 1, 1_000_000),
	}
	if c.sample == 0 {
		m.Wrong("sample", "sample is 0; write a number above 0 and at most 1")
	}
	if v := m.Value("raise"); v != nil {
		r := m.Map(v, "raise", "folder", "at_most")
		r.Require("folder", "write the path of the folder in which the responder asks for more reviews")
		c.raise = r.File("folder")
		if c.raiseMost = r.Number("at_most", .5, 0, 1); r.Err == nil && c.raiseMost < c.sample {
			r.Wrong("at_most", "at_most is %g, less than sample, which is %g", c.raiseMost, c.sample)
		}
		m.Err = cmp.Or(m.Err, r.Err)
	}
	if v := m.Value("identity"); v != nil {
		c.identity = parseIdentity(m, v)
	}
	return c, m.Err
}

// headerName matches the names of headers of HTTP.
var headerName = regexp.MustCompile(`^[A-Za-z0-9-]{1,64}$`)

func parseIdentity(m *strictyaml.Map, n *yaml.Node) (i identity) {
	v := m.Map(n, "identity", "header", "proxies")
	v.Require("header", "name the header in which the proxy says who sends a request, such as X-Forwarded-User")
	v.Require("proxies", "list the addresses of the proxies that may say it, such as 127.0.0.1/32")
	i.header = v.Text("header", "")
	if v.Err == nil && !headerName.MatchString(i.header) {
		v.Wrong("header", "header %q is not a name of a header such as X-Forwarded-User", i.header)
	}
	for _, text := range v.Texts("proxies", "list the addresses of the proxies, such as 127.0.0.1/32") {
		p, ok := parseNetwork(text)
		if !ok {
			v.Wrong("proxies", "proxies has %q, which is not an address or a network such as 127.0.0.1/32", text)
		}
		i.proxies = append(i.proxies, p)
	}
	if m.Err == nil {
		m.Err = v.Err
	}
	return i
}

func parseNetwork(text string) (netip.Prefix, bool) {
	if p, err := netip.ParsePrefix(text); err == nil {
		return p.Masked(), true
	}
	a, err := netip.ParseAddr(text)
	if err != nil || a.Zone() != "" {
		return netip.Prefix{}, false
	}
	return netip.PrefixFrom(a, a.BitLen()), true
}
