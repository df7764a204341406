package collector

import (
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/drift-exporter/drift_exporter/collector/snapshot"
)

// ofFleet sends what CollectFleet sends of a snapshot.
type ofFleet struct{ s *snapshot.Snapshot }

func (f ofFleet) Describe(ch chan<- *prometheus.Desc) { prometheus.DescribeByCollect(f, ch) }
func (f ofFleet) Collect(ch chan<- prometheus.Metric) { CollectFleet(f.s, ch) }

func TestFleetPage(t *testing.T) {
	t.Parallel()
	until := now.Add(-90 * time.Second)
	s := &snapshot.Snapshot{Time: now, Fleet: &snapshot.Fleet{
		Until: &until, Live: 19, Silent: 1, Late: 7, Foreign: 3, Recounted: 5, Unmatched: 2, Refolds: 1,
		Costs: &snapshot.Costs{Queries: 10, Bytes: 1 << 20, Billed: 10 << 20, Failures: map[string]int64{"budget": 1, "quota": 0}},
	}}
	got := values(page(t, ofFleet{s}))
	for _, want := range []string{
		"drift_fleet_age_seconds 90", `drift_fleet_logs{state="live"} 19`, `drift_fleet_logs{state="silent"} 1`, "drift_fleet_late_predictions 7",
		"drift_fleet_foreign_predictions 3", "drift_fleet_recounted_predictions 5", "drift_fleet_unmatched_outcomes 2", "drift_fleet_refolds_total 1", "drift_fleet_queries_total 10",
		"drift_fleet_query_processed_bytes_total 1.048576e+06", "drift_fleet_query_billed_bytes_total 1.048576e+07",
		`drift_fleet_query_failures_total{reason="budget"} 1`, `drift_fleet_query_failures_total{reason="quota"} 0`,
	} {
		contains(t, got, want)
	}
	problems, err := testutil.CollectAndLint(ofFleet{s})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("promlint: %s: %s", p.Metric, p.Text)
	}
}

func TestAFleetThatHasNotBeenReadHasNoAge(t *testing.T) {
	t.Parallel()
	got := values(page(t, ofFleet{&snapshot.Snapshot{Time: now, Fleet: &snapshot.Fleet{}}}))
	contains(t, got, "drift_fleet_refolds_total 0")
	lacks(t, got, "drift_fleet_age_seconds")
	lacks(t, got, "drift_fleet_logs")
	lacks(t, got, "drift_fleet_queries_total")
}

func TestOneLogIsNoFleet(t *testing.T) {
	t.Parallel()
	ch := make(chan prometheus.Metric, 1)
	if CollectFleet(&snapshot.Snapshot{Time: now}, ch); len(ch) > 0 {
		t.Error("it has metrics of a fleet")
	}
}
