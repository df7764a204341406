package api

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
	"golang.org/x/time/rate"

	"github.com/drift-exporter/drift_exporter/predictor/outcomes"
	"github.com/drift-exporter/drift_exporter/predictor/strictyaml"
)

// source is one HTTP interface.
type source struct {
	url       string
	authFile  string
	records   outcomes.Field // nil: the answer is the list
	next      outcomes.Field // nil: no pages, or by Link
	parameter string         // of the URL, that takes what next says; "": next is a URL
	link      bool
	rate      rate.Limit
	overlap   time.Duration
	schedule  outcomes.Schedule
}

// Kind is the kind of source with the key "api".
var Kind = outcomes.Kind{Name: "api", Parse: parse}

func parse(d strictyaml.Decoder, n *yaml.Node) (outcomes.Source, error) {
	m := d.Map(n, "api", append([]string{"url", "auth_file", "records", "page", "rate", "overlap"}, outcomes.ScheduleKeys...)...)
	m.Require("url", "write the URL that answers with records as JSON")
	s := &source{
		url: m.Text("url", ""), authFile: m.File("auth_file"),
		overlap:  m.Duration("overlap", 10*time.Minute, 0, 366*24*time.Hour),
		schedule: outcomes.ParseSchedule(m, time.Hour),
	}
	switch u, err := url.Parse(strings.ReplaceAll(s.url, sinceMark, "x")); {
	case m.Err != nil:
	case err == nil && u.User != nil: // not shown, because it may have a password
		m.Wrong("url", "url is not one such as https://host/outcomes, without user and password; write auth_file")
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		m.Wrong("url", "url %q is not one such as https://host/outcomes, without user and password", s.url)
	}
	s.records = pathOf(m, "records")
	s.rate = parseRate(m)
	if page := m.Value("page"); page != nil {
		p := m.Map(page, "page", "next", "parameter", "link")
		s.next, s.parameter, s.link = pathOf(p, "next"), p.Text("parameter", ""), p.Flag("link")
		if s.link == (s.next != nil) {
			p.Wrong("next", "page says either next, a path to the next page in the answer, or link: true for the header Link")
		}
		m.Err = p.Err
	}
	return s, m.Err
}

// pathOf reads the path of a value in the answer.
func pathOf(m *strictyaml.Map, key string) outcomes.Field {
	text := m.Text(key, "")
	if text == "" || m.Err != nil {
		return nil
	}
	f, err := outcomes.ParseField(text)
	if err != nil {
		m.Wrong(key, "%s %w", key, err)
	}
	return f
}

// parseRate reads how many requests may be sent, for example 5/s or 100/m.
func parseRate(m *strictyaml.Map) rate.Limit {
	text := m.Text("rate", "5/s")
	count, unit, _ := strings.Cut(text, "/")
	n, err := strconv.ParseFloat(count, 64)
	per, known := map[string]float64{"s": 1, "m": 60, "h": 3600}[unit]
	if err != nil || !known || !(n > 0 && n <= 1e6) {
		m.Wrong("rate", "rate %q is not one such as 5/s, 100/m or 1000/h", text)
		return 1
	}
	return rate.Limit(n / per)
}
