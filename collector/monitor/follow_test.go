package monitor

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/drift-exporter/drift_exporter/collector"
)

// TestASnapshotHasThePageOfAScrape follows a log without a Monitor: its metrics
// are those of a Monitor's scrape but for what concerns the process.
func TestASnapshotHasThePageOfAScrape(t *testing.T) {
	t.Parallel()
	o := options(t)
	o.Now = func() time.Time { return time.Now().Truncate(time.Hour).Add(time.Hour) }
	o.Significance = .01 // the p-value of x is .056
	predict(t, o.Log, 60)
	want := slices.DeleteFunc(strings.Split(scraped(t.Context(), t, monitor(t, o), nil), "\n"), func(line string) bool {
		return strings.HasPrefix(line, "drift_scrape_collector_duration_seconds") || strings.HasPrefix(line, "drift_exporter_config_")
	})
	specs, err := Load(o)
	if err != nil {
		t.Fatal(err)
	}
	source, err := openLog(&o, specs)
	if err != nil {
		t.Fatal(err)
	}
	s := source.Snapshot(t.Context(), o.Now())
	if got := strings.Split(values(page(t, collector.Page(s, o.Collectors(), o.Enabled))), "\n"); !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	for i, want := range []bool{false, true} { // x, kind
		if detected := o.Judgement().Drift(&s.Models[0].Features()[i]).Detected; detected == nil || *detected != want {
			t.Errorf("feature %d: detected is %v, want %v", i, detected, want)
		}
	}
	contains(t, values(page(t, collector.Page(s, o.Collectors(), []string{"window"}))), `model_window_predictions{model="m",version="1"} 60`, "drift_up 1")
	lacks(t, values(page(t, collector.Page(s, o.Collectors(), []string{"window"}))), "feature_")
	if err := source.Close(); err != nil {
		t.Fatal(err)
	}
}
