package simulate

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestPaceDoesNotDrift(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := pacer{rate: 3}
		start := time.Now()
		for n := range 3000 {
			due, err := p.wait(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if n%7 == 0 {
				time.Sleep(150 * time.Millisecond) // work between requests is part of the interval
			}
			if want := start.Add(time.Duration(float64(n) / 3 * 1e9)); due.Sub(want).Abs() > time.Microsecond {
				t.Fatalf("request %d is due at %v, want %v", n, due.Sub(start), want.Sub(start))
			}
		}
		if took := time.Since(start); took > 1000*time.Second || took < 999*time.Second {
			t.Errorf("3000 requests at 3 a second took %v", took)
		}
	})
}

func TestPaceCatchesUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := pacer{rate: 10}
		start := time.Now()
		for n := range 100 {
			if _, err := p.wait(t.Context()); err != nil {
				t.Fatal(err)
			}
			if n == 20 {
				time.Sleep(3 * time.Second) // the predictor hangs
			}
		}
		if took := time.Since(start); took != 9900*time.Millisecond {
			t.Errorf("100 requests at 10 a second took %v, want 9.9s", took)
		}
	})
}

func TestWaitingEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		p := pacer{rate: 0.1}
		if _, err := p.wait(ctx); err != nil {
			t.Fatal(err)
		}
		if _, err := p.wait(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v, want that of the context", err)
		}
		if _, err := (&pacer{}).wait(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v at full speed, want that of the context", err)
		}
	})
}
