package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/drift-exporter/drift_exporter/predictor/simulate/load"
)

// page is the metrics of a process, scraped again and again.
type page struct {
	name    string
	address string
	request []byte

	took     time.Duration      // the last scrape
	values   map[string]float64 // of the last page, by name, summed over labels
	counters map[string]float64 // of the last page, by series
	fallen   []string           // counters that fell, ever
}

func newPage(name, address string) *page {
	return &page{name: name, address: address, request: load.Get("/metrics", ""), counters: map[string]float64{}}
}

// scrape reads the page over a new connection. A connection that sends nothing for ten seconds
// would be closed.
func (p *page) scrape(ctx context.Context) error {
	began := time.Now()
	conn, err := load.Dial(ctx, p.address)
	if err != nil {
		return fmt.Errorf("scrape the %s: %w", p.name, err)
	}
	defer func() { _ = conn.Close() }()
	status, body, err := conn.Ask(p.request)
	if err != nil {
		return fmt.Errorf("scrape the %s: %w", p.name, err)
	}
	p.took = time.Since(began)
	if status != http.StatusOK {
		return fmt.Errorf("scrape the %s: status %d: %.300s", p.name, status, body)
	}
	return p.read(body)
}

// read reads a page and notes which counters are smaller than on the page before.
func (p *page) read(body []byte) error {
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("the page of the %s: %w", p.name, err)
	}
	p.values = map[string]float64{}
	for name, family := range families {
		for _, m := range family.GetMetric() {
			series := name + labels(m)
			switch {
			case m.GetCounter() != nil:
				p.values[name] += m.GetCounter().GetValue()
				p.count(series, m.GetCounter().GetValue())
			case m.GetGauge() != nil:
				p.values[name] += m.GetGauge().GetValue()
			case m.GetHistogram() != nil:
				p.count(series+" count", float64(m.GetHistogram().GetSampleCount()))
				p.count(series+" sum", m.GetHistogram().GetSampleSum())
				for _, b := range m.GetHistogram().GetBucket() {
					p.count(fmt.Sprintf("%s le %v", series, b.GetUpperBound()), float64(b.GetCumulativeCount()))
				}
			}
		}
	}
	return nil
}

func (p *page) count(series string, value float64) {
	if before := p.counters[series]; value < before {
		p.fallen = append(p.fallen, fmt.Sprintf("%s: %s fell from %v to %v", p.name, series, before, value))
	}
	p.counters[series] = value
}

func labels(m *dto.Metric) string {
	var b strings.Builder
	for _, l := range m.GetLabel() {
		fmt.Fprintf(&b, " %s=%q", l.GetName(), l.GetValue())
	}
	return b.String()
}
