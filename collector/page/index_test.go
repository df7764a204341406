package page

import (
	"strings"
	"testing"

	"github.com/drift-exporter/drift_exporter/collector/snapshot"
)

// A page of many models lists them all, the worst first, and shows the worst in full.
func TestManyModelsAreListedTheWorstFirst(t *testing.T) {
	t.Parallel()
	now := *drifting(t).Snapshot(t.Context())
	broken := now.Models
	now.Models = nil
	for _, name := range []string{"a", "b", "c", "d", "z"} {
		for i := range broken {
			if m := broken[i]; name == "z" || m.Version != "2" { // version 2 has drifted
				m.Name = name
				now.Models = append(now.Models, m)
			}
		}
	}
	o := options(still{&now})
	body := ask(t, o, "/drift").Body.String()
	contains(t, body, "▲ 1 of 11 served model versions has drifted", "The worst 8 follow in full.")
	if got, listed := strings.Count(body, `<article class="model"`), strings.Count(body, `<th role="rowheader" scope="row"><a href="drift?model=`); got != mostFull || listed < 11 {
		t.Errorf("%d models in full, %d rows", got, listed)
	}
	if first := strings.Index(body, "drift?model=z&amp;version="); first < 0 || first > strings.Index(body, "drift?model=a&amp;version=") {
		t.Error("a model that has not drifted comes before one that has")
	}
	if strings.Count(body, `aria-label="Versions of z side by side"`) != 1 {
		t.Error("the versions of a model are not kept together")
	}
	few := still{&snapshot.Snapshot{Time: now.Time, Models: broken}}
	lacks(t, ask(t, options(few), "/drift").Body.String(), "Models, the worst first")
}
