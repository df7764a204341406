package exporter

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

func TestPageHoldsTheProcessAndTheModels(t *testing.T) {
	t.Parallel()
	s := mustNew(t, options(fake{collect: func(_ context.Context, names []string, ch chan<- prometheus.Metric) {
		if names != nil {
			t.Errorf("asked for %q, want nil", names)
		}
		ch <- gauge("drift_up", 1)
	}}))
	w := ask(t, s, "GET", "/metrics")
	check(t, w, 200, "drift_up 1", "drift_exporter_build_info{", "go_goroutines", "process_start_time_seconds",
		`promhttp_metric_handler_errors_total{cause="gathering"} 0`, "promhttp_metric_handler_requests_in_flight 1")
	if got := w.Header().Get("Content-Type"); !strings.HasPrefix(got, "text/plain; version=0.0.4") {
		t.Errorf("content type %q", got)
	}
	check(t, ask(t, s, "GET", "/metrics"), 200, `promhttp_metric_handler_requests_total{code="200"} 1`)
	check(t, ask(t, s, "GET", "/metrics?name[]=drift_up"), 200, "drift_up 1")
	check(t, ask(t, s, "POST", "/metrics"), 405)
}

func TestCollectLeavesTheProcessOut(t *testing.T) {
	t.Parallel()
	var asked []string
	s := mustNew(t, options(fake{collect: func(_ context.Context, names []string, ch chan<- prometheus.Metric) {
		asked = names
		ch <- gauge("drift_up", 1)
	}}))
	w := ask(t, s, "GET", "/metrics?collect[]=feature_bins&collect[]=feature_drift")
	check(t, w, 200, "drift_up 1", "drift_exporter_build_info")
	checkAbsent(t, w, "go_", "process_", "promhttp_")
	if want := []string{"feature_drift", "feature_bins"}; !slices.Equal(asked, want) {
		t.Errorf("asked for %q, want %q", asked, want)
	}
	check(t, ask(t, s, "GET", "/metrics?exclude[]=traffic"), 200, "drift_up 1", "go_goroutines")
	if want := []string{"feature_drift"}; !slices.Equal(asked, want) {
		t.Errorf("asked for %q, want %q", asked, want)
	}
}

func TestWrongFiltersAreRefusedWithTheNames(t *testing.T) {
	t.Parallel()
	s := mustNew(t, options(fake{collect: func(context.Context, []string, chan<- prometheus.Metric) { t.Error("collected") }}))
	for _, query := range []string{"collect[]=cpu", "exclude[]=cpu", "collect[]=traffic&exclude[]=feature_drift"} {
		check(t, ask(t, s, "GET", "/metrics?"+query), 400, "feature_drift, traffic, feature_bins")
	}
	check(t, ask(t, s, "GET", "/metrics?collect[]=%zz"), 400, "read the query")
	check(t, ask(t, s, "GET", "/metrics?collect[]=a;b"), 400, "read the query")
}

func TestOneBadMetricKeepsTheRestOfThePage(t *testing.T) {
	t.Parallel()
	var logged bytes.Buffer
	labelled := prometheus.NewDesc("drift_labelled", "A test metric.", []string{"class"}, nil)
	o := options(fake{collect: func(_ context.Context, _ []string, ch chan<- prometheus.Metric) {
		ch <- gauge("drift_first", 1)
		ch <- prometheus.NewInvalidMetric(prometheus.NewDesc("drift_bad", "A test metric.", nil, nil), errors.New("this is the reason"))
		ch <- gauge("drift_twice", 1)
		ch <- gauge("drift_twice", 2)
		if bad, err := prometheus.NewConstMetric(labelled, prometheus.GaugeValue, 1, "\xff"); err != nil {
			ch <- prometheus.NewInvalidMetric(labelled, err)
		} else {
			ch <- bad
		}
		ch <- gauge("drift_kinds_total", 1)
		ch <- prometheus.MustNewConstMetric(prometheus.NewDesc("drift_kinds_total", "A test metric.", nil, prometheus.Labels{"a": "b"}), prometheus.CounterValue, 1)
		ch <- gauge("drift_other_help", 1)
		ch <- prometheus.MustNewConstMetric(prometheus.NewDesc("drift_other_help", "Another.", nil, prometheus.Labels{"a": "b"}), prometheus.GaugeValue, 1)
		ch <- gauge("drift_last", 1)
	}})
	o.Logger = slog.New(slog.NewTextHandler(&logged, nil))
	s := mustNew(t, o)
	for _, query := range []string{"", "?collect[]=traffic"} {
		w := ask(t, s, "GET", "/metrics"+query)
		check(t, w, 200, "drift_first 1", "drift_twice 1", "drift_last 1", "drift_kinds_total 1", "drift_other_help 1", "drift_exporter_build_info")
		checkAbsent(t, w, "drift_bad", "drift_twice 2", "\xff")
	}
	check(t, ask(t, s, "GET", "/metrics"), 200, `promhttp_metric_handler_errors_total{cause="gathering"} 2`)
	for _, text := range []string{"level=ERROR", "this is the reason", "drift_twice"} {
		if !strings.Contains(logged.String(), text) {
			t.Errorf("no %q in the log:\n%s", text, &logged)
		}
	}
}

func TestPageOfOnlyBadMetricsIsNotAnError(t *testing.T) {
	t.Parallel()
	s := mustNew(t, options(fake{collect: func(_ context.Context, _ []string, ch chan<- prometheus.Metric) {
		ch <- prometheus.NewInvalidMetric(prometheus.NewInvalidDesc(errors.New("bad")), errors.New("bad"))
	}}))
	check(t, ask(t, s, "GET", "/metrics?collect[]=traffic"), 200, "drift_exporter_build_info")
}

func TestDeadlineGivesAPartOfThePage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) { // Which fails when a goroutine is left behind.
		s := mustNew(t, options(fake{collect: func(ctx context.Context, _ []string, ch chan<- prometheus.Metric) {
			var group sync.WaitGroup
			group.Go(func() { ch <- gauge("drift_quick", 1) })
			group.Go(func() {
				select {
				case <-ctx.Done():
				case <-time.After(time.Hour):
					ch <- gauge("drift_slow", 1)
				}
			})
			group.Wait()
		}}))
		for header, want := range map[string]time.Duration{
			"10":   9500 * time.Millisecond,
			"0.5":  125 * time.Millisecond,
			"":     defaultTimeout - 500*time.Millisecond,
			"junk": defaultTimeout - 500*time.Millisecond,
		} {
			start := time.Now()
			w := ask(t, s, "GET", "/metrics", timeoutHeader, header)
			if got := time.Since(start); got != want {
				t.Errorf("timeout %q: answered after %v, want %v", header, got, want)
			}
			check(t, w, 200, "drift_quick 1", "go_goroutines")
			checkAbsent(t, w, "drift_slow")
		}
	})
}

func TestScrapeWaitsForACollectorThatIgnoresItsDeadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := mustNew(t, options(fake{collect: func(_ context.Context, _ []string, ch chan<- prometheus.Metric) {
			time.Sleep(time.Minute)
			ch <- gauge("drift_late", 1)
		}}))
		check(t, ask(t, s, "GET", "/metrics", timeoutHeader, "1"), 200, "drift_late 1")
	})
}

func TestScrapesAboveTheLimitAreRefused(t *testing.T) {
	t.Parallel()
	entered, release := make(chan struct{}), make(chan struct{})
	o := options(fake{collect: func(_ context.Context, _ []string, ch chan<- prometheus.Metric) {
		entered <- struct{}{}
		<-release
		ch <- gauge("drift_up", 1)
	}})
	o.MaxRequests = 2
	s := mustNew(t, o)
	var group sync.WaitGroup
	for _, path := range []string{"/metrics", "/metrics?collect[]=traffic"} {
		group.Go(func() { check(t, ask(t, s, "GET", path), 200, "drift_up 1") })
		<-entered
	}
	check(t, ask(t, s, "GET", "/metrics"), 503, "2 scrapes", "--web.max-requests")
	check(t, ask(t, s, "GET", "/metrics?collect[]=traffic"), 503)
	check(t, ask(t, s, "GET", "/-/healthy"), 200)
	close(release)
	group.Wait()
	group.Go(func() {
		check(t, ask(t, s, "GET", "/metrics"), 200, `promhttp_metric_handler_requests_total{code="503"} 2`)
	})
	<-entered
	group.Wait()
}

func TestConcurrentScrapesDoNotMix(t *testing.T) {
	t.Parallel()
	s := mustNew(t, options(fake{collect: func(_ context.Context, names []string, ch chan<- prometheus.Metric) {
		for _, name := range names {
			ch <- gauge("drift_"+name, 1)
		}
	}}))
	var group sync.WaitGroup
	for range 20 {
		group.Go(func() {
			w := ask(t, s, "GET", "/metrics?collect[]=traffic")
			check(t, w, 200, "drift_traffic 1")
			checkAbsent(t, w, "drift_feature_bins")
		})
		group.Go(func() {
			w := ask(t, s, "GET", "/metrics?collect[]=feature_bins")
			check(t, w, 200, "drift_feature_bins 1")
			checkAbsent(t, w, "drift_traffic")
		})
	}
	group.Wait()
}

// BenchmarkScrape compares a page of 600 samples with what promhttp alone takes
// for the same.
func BenchmarkScrape(b *testing.B) {
	desc := prometheus.NewDesc("drift_test", "A test metric.", []string{"model", "feature"}, nil)
	monitor := fake{collect: func(_ context.Context, _ []string, ch chan<- prometheus.Metric) {
		for i := range 600 {
			ch <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, 0.1, "loan_refinance", "feature_"+strconv.Itoa(i))
		}
	}}
	b.Run("scrape", func(b *testing.B) {
		s, err := New(options(monitor))
		if err != nil {
			b.Fatal(err)
		}
		benchmarkPage(b, s.Handler())
	})
	b.Run("floor", func(b *testing.B) {
		benchmarkPage(b, promhttp.HandlerFor(monitor.Gatherer(b.Context(), nil), promhttp.HandlerOpts{}))
	})
}

func benchmarkPage(b *testing.B, handler http.Handler) {
	b.Helper()
	b.ReportAllocs()
	for b.Loop() {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequestWithContext(b.Context(), http.MethodGet, "/metrics", http.NoBody))
		if w.Code != http.StatusOK {
			b.Fatal(w.Body)
		}
	}
}
