// Bench measures what the project promises about speed. It measures each thing together with its
// floor, at nearly the same time, and prints one table:
//
//	go run ./deploy/test/bench --binary=./drift_exporter
//
// README.md in this folder says what each line means.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/drift-exporter/drift_exporter/deploy/test/process"
)

func main() { process.Main("bench", run) }

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	if len(args) > 0 && args[0] == childCommand {
		return serveChild(ctx, args[1:], os.Stdin, stdout)
	}
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(stderr)
	var (
		s      settings
		rounds = flags.Int("rounds", 7, "rounds of each comparison")
		span   = flags.Duration("span", 1500*time.Millisecond, "how long a rate is measured in each round")
		quick  = flags.Bool("quick", false, "one short round with small logs: shows that everything runs, the numbers mean nothing")
		only   = flags.String("run", "", "measure only what matches this regular expression: a name of all.go")
		dir    = flags.String("dir", ".build", "where to keep the logs that are measured: a disk, not memory, with 6 GB free")
		cpu    = flags.String("cpuprofile", "", "where to write what this process spent its processor time on, for go tool pprof")
		heap   = flags.String("memprofile", "", "where to write what it allocated")
		output = flags.String("output", ".build/bench.md", "where to write the table, beside the terminal")
	)
	flags.StringVar(&s.peers, "peers", ".build/peers", "folder with the virtual environments of -run=peers; missing ones are made, with packages from PyPI")
	flags.StringVar(&s.binary, "binary", "./drift_exporter", "the program, built")
	if err := flags.Parse(args); err != nil {
		return err
	}
	s.rounds, s.span, s.quick = *rounds, *span, *quick
	if s.quick {
		s.rounds, s.span = 1, 50*time.Millisecond
	}
	if s.rounds < 1 || s.span <= 0 {
		return fmt.Errorf("%d rounds of %v: both must be positive", s.rounds, s.span)
	}
	chosen, err := regexp.Compile(*only)
	if err != nil {
		return fmt.Errorf("-run: %w", err)
	}
	if _, err := os.Stat(s.binary); err != nil {
		return fmt.Errorf("the program to measure: %w; build it with `make build`", err)
	}
	if err := os.MkdirAll(*dir, 0o750); err != nil {
		return err
	}
	if s.dir, err = os.MkdirTemp(*dir, "bench-"); err != nil {
		return err
	}
	if s.dir, err = filepath.Abs(s.dir); err != nil {
		return err
	}
	var text string
	err = profiled(*cpu, *heap, func() (err error) {
		text, err = measure(ctx, s, chosen, stderr)
		return err
	})
	if err := errors.Join(err, os.RemoveAll(s.dir)); err != nil {
		return err
	}
	if _, err := io.WriteString(stdout, text); err != nil {
		return err
	}
	return os.WriteFile(*output, []byte(text), 0o600)
}

// measure runs the chosen benches and returns their table.
func measure(ctx context.Context, s settings, chosen *regexp.Regexp, stderr io.Writer) (string, error) {
	start := time.Now()
	var lines []line
	before := process.Load()
	for _, one := range all {
		if !chosen.MatchString(one.name) || one.apart && chosen.String() == "" {
			continue
		}
		began := time.Now()
		b, err := one.make(ctx, s)
		missing, absent := errors.AsType[notRun](err)
		switch {
		case absent && b != nil:
			for _, r := range b.rows {
				r.notRun = missing.reason
				lines = append(lines, line{row: r})
			}
			continue
		case err != nil:
			return "", fmt.Errorf("%s: %w", one.name, err)
		}
		measured, err := b.run(ctx, s.rounds)
		if err != nil {
			return "", fmt.Errorf("%s: %w", one.name, err)
		}
		lines = append(lines, measured...)
		fmt.Fprintf(stderr, "%-10s %3.0f s\n", one.name, time.Since(began).Seconds())
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s; %d rounds, rates over %v; load average %s before, %s after; %.0f s\n\n",
		process.Machine(), s.rounds, s.span, before, process.Load(), time.Since(start).Seconds())
	err := write(&b, lines)
	return b.String(), err
}
