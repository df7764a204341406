package outcomes

import (
	"context"
	"fmt"
	"time"

	"github.com/netresearch/go-cron"

	"github.com/drift-exporter/drift_exporter/predictor/strictyaml"
)

// Schedule says when to read a source that does not announce new records.
type Schedule struct {
	interval time.Duration
	cron     cron.Schedule // nil: the interval counts
	timeout  time.Duration
}

// Unlimited is the schedule of a source that is read once, however long that takes.
var Unlimited = Schedule{interval: time.Hour, timeout: 1 << 62}

// ScheduleKeys are the keys of a source that ParseSchedule reads.
var ScheduleKeys = []string{"interval", "schedule", "timeout"}

// ParseSchedule reads interval, or schedule, and timeout.
func ParseSchedule(m *strictyaml.Map, interval time.Duration) Schedule {
	s := Schedule{
		interval: m.Duration("interval", interval, time.Second, 366*24*time.Hour),
		timeout:  m.Duration("timeout", 10*time.Minute, time.Second, 24*time.Hour),
	}
	spec := m.Text("schedule", "")
	switch {
	case spec == "":
	case m.Has("interval"):
		m.Wrong("schedule", "interval and schedule are both there; remove one")
	default:
		var err error
		if s.cron, err = cron.ParseStandard(spec); err != nil {
			m.Wrong("schedule", "schedule %q is not one of cron, such as \"0 0 * * *\", \"@hourly\" or \"@every 1h\": %w", spec, err)
		}
	}
	return s
}

// next returns the time of the first reading after the given time. A schedule is in UTC unless it
// names a time zone with CRON_TZ=.
func (s Schedule) next(after time.Time) time.Time {
	if s.cron == nil {
		return after.Add(s.interval)
	}
	return s.cron.Next(after.UTC())
}

// Passes calls pass at once and then on schedule, until ctx ends or pass fails. Each pass has a
// time limit.
func (s Schedule) Passes(ctx context.Context, sink *Sink, pass func(ctx context.Context) error) error {
	for ctx.Err() == nil {
		began := time.Now()
		if err := s.pass(ctx, pass); err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
		if done, err := sink.Current(began); done || err != nil {
			return err
		}
		next := s.next(began)
		if next.IsZero() {
			return fmt.Errorf("the schedule has no next time")
		}
		pause(ctx, time.Until(next))
	}
	return nil
}

func (s Schedule) pass(ctx context.Context, pass func(ctx context.Context) error) error {
	ctx, cancel := context.WithTimeoutCause(ctx, s.timeout, fmt.Errorf("it took longer than its timeout of %s", s.timeout))
	defer cancel()
	if err := pass(ctx); err != nil {
		if cause := context.Cause(ctx); cause != nil {
			return fmt.Errorf("%w: %w", cause, err)
		}
		return err
	}
	return nil
}
