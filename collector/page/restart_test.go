package page

import (
	"context"
	"testing"
	"time"

	"github.com/drift-exporter/drift_exporter/collector/monitor"
	"github.com/drift-exporter/drift_exporter/collector/reference"
	"github.com/drift-exporter/drift_exporter/collector/window"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
)

// growing is a log of which only some rows are there yet.
type growing struct {
	*memory

	rows, feedback int
}

func (g *growing) State(ctx context.Context) (predictionlog.State, error) {
	s, err := g.memory.State(ctx)
	s.HighWater.Predictions, s.HighWater.Feedback = int64(g.rows)-1, int64(g.feedback)-1
	return s, err
}

// An exporter that has been asked all the time, one that was restarted, and a second one show the
// same page, history included, although the last two read less of the log.
func TestARestartedAndASecondExporterShowTheSameHistory(t *testing.T) {
	t.Parallel()
	w := newWorld(5, "x", "y", "z")
	spec := window.Spec{Name: "m", References: []*reference.Reference{w.reference(t, "m", "")}}
	l := &memory{}
	w.add(l, "m", "1", 3000, 15*time.Second, 0)
	w.add(l, "m", "1", 700, 15*time.Second, 1.5)
	o := watching
	o.Window.Lookback, o.Window.Predictions, o.Window.Feedback = 800, 200, 60
	start := func(g *growing) fixed {
		s, err := monitor.Follow(g, []window.Spec{spec}, &o)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.Close() })
		return fixed{Source: s, now: clock.Add(time.Minute)}
	}
	g := &growing{memory: l}
	first := start(g)
	for _, rows := range []int{500, 900, 1700, 2500, 3100, 3650, 3700} {
		g.rows, g.feedback = rows, (rows+1)/2
		if s := first.Snapshot(t.Context()); s.Err != nil {
			t.Fatal(s.Err)
		}
		again := start(&growing{l, g.rows, g.feedback})
		for _, target := range []string{"/drift", "/drift?feature=x", "/drift?prediction=score", "/api/v1/drift?feature=x"} {
			want, got := ask(t, options(first), target).Body.String(), ask(t, options(again), target).Body.String()
			if got != want {
				t.Fatalf("with %d rows, %s differs from byte %d on", rows, target, differsAt(got, want))
			}
		}
	}
	n := 0
	for _, p := range first.Snapshot(t.Context()).Models[0].Performance.Trail {
		if p.Samples != 60 {
			t.Errorf("a point has %d outcomes", p.Samples)
		}
		n++
	}
	if n < 10 {
		t.Errorf("the accuracy has %d points", n)
	}
}

func differsAt(a, b string) int {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return i
		}
	}
	return min(len(a), len(b))
}
