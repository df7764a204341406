package exporter

import (
	"fmt"
	"html"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/prometheus/common/version"
	"github.com/prometheus/exporter-toolkit/web"
)

// landingPage returns the page at the root: name, version, links and collectors.
func (s *Server) landingPage() (http.Handler, error) {
	page, err := web.NewLandingPage(web.LandingConfig{
		RoutePrefix: s.prefix,
		Name:        "drift_exporter",
		Description: "Drift, accuracy and traffic of machine-learning models, for Prometheus",
		Version:     version.Info(),
		Links:       s.links(),
		ExtraHTML:   s.collectorList(),
		Profiling:   strconv.FormatBool(s.options.EnablePprof),
	})
	if err != nil {
		return nil, fmt.Errorf("make the landing page: %w", err)
	}
	return page, nil
}

// links are those of the landing page: to the pages, the metrics and the probes.
func (s *Server) links() []web.LandingLinks {
	var links []web.LandingLinks
	for _, path := range slices.Backward(slices.Sorted(maps.Keys(s.options.Pages))) {
		if p := s.options.Pages[path]; p.Text != "" {
			links = append(links, web.LandingLinks{Address: path, Text: p.Text, Description: p.Description})
		}
	}
	return append(links,
		web.LandingLinks{Address: s.options.TelemetryPath, Text: "Metrics"},
		web.LandingLinks{Address: "/-/healthy", Text: "Healthy", Description: "the process is alive"},
		web.LandingLinks{Address: "/-/ready", Text: "Ready", Description: "the models can be monitored"})
}

// addresses are the paths of the links, and that of the landing page.
func (s *Server) addresses() []string {
	addresses := []string{s.prefix + "/"}
	for _, link := range s.links() {
		if address := s.prefix + link.Address; !slices.Contains(addresses, address) {
			addresses = append(addresses, address)
		}
	}
	return addresses
}

// collectorList returns the collectors as HTML, each with a link to its own
// metrics.
func (s *Server) collectorList() string {
	var b strings.Builder
	b.WriteString("<div>\n<h3>Collectors</h3>\n<ul>\n")
	for _, name := range s.options.Collectors {
		note := ""
		if !slices.Contains(s.options.Enabled, name) {
			note = " (not enabled, only by this link)"
		}
		name = html.EscapeString(name)
		fmt.Fprintf(&b, "<li><a href=\"%s%s?collect[]=%s\">%s</a>%s</li>\n", s.prefix, s.options.TelemetryPath, name, name, note)
	}
	b.WriteString("</ul>\n</div>")
	return b.String()
}
