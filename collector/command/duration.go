package command

import (
	"fmt"
	"time"

	"github.com/drift-exporter/drift_exporter/predictor/strictyaml"
)

// durationFlag adds a flag for a duration that is not negative: with days as
// Prometheus writes them (90d, 1h30m), or with fractions as Go does (0.5s).
func durationFlag(cmd flagged, name, help, value string) *time.Duration {
	d := new(duration)
	cmd.Flag(name, help).Default(value).SetValue(d)
	return (*time.Duration)(d)
}

// timeFlag adds a flag for a moment, written as RFC 3339; without a value it is zero.
func timeFlag(cmd flagged, name, help string) *time.Time {
	t := new(moment)
	cmd.Flag(name, help).PlaceHolder("2026-11-01T12:00:00Z").SetValue(t)
	return (*time.Time)(t)
}

type duration time.Duration

// Set implements kingpin.Value.
func (d *duration) Set(s string) error {
	p, err := strictyaml.ParseDuration(s)
	*d = duration(p)
	return err
}

// String implements kingpin.Value.
func (d *duration) String() string { return time.Duration(*d).String() }

type moment time.Time

// Set implements kingpin.Value.
func (m *moment) Set(s string) error {
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return fmt.Errorf("%q is not a time such as 2026-11-01T12:00:00Z", s)
	}
	*m = moment(t)
	return nil
}

// String implements kingpin.Value.
func (m *moment) String() string {
	if t := time.Time(*m); !t.IsZero() {
		return t.Format(time.RFC3339Nano)
	}
	return ""
}
