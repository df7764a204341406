package exporter

import (
	"strings"

	"github.com/prometheus/client_golang/prometheus"
)

var pageInfoDesc = prometheus.NewDesc("drift_exporter_page_info",
	"1, with the URL of the page that alerts link to: below --web.external-url, or a path on this host if that has no host. Always present.",
	[]string{"url"}, nil)

// address is a constant metric.
type address struct{ prometheus.Metric }

func (a address) Describe(ch chan<- *prometheus.Desc) { ch <- a.Desc() }
func (a address) Collect(ch chan<- prometheus.Metric) { ch <- a.Metric }

// pageInfo returns the metric with the URL of the page that alerts link to, nothing if there is
// no such page.
func pageInfo(o *Options) (all []prometheus.Collector) {
	for path, page := range o.Pages {
		if page.ForAlerts {
			url := strings.TrimRight(o.ExternalURL, "/") + path
			all = append(all, address{prometheus.MustNewConstMetric(pageInfoDesc, prometheus.GaugeValue, 1, url)})
		}
	}
	return all
}
