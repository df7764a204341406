// Soak runs the installed predictor and exporter together at full speed for a while. Clients
// request predictions without pause and send outcomes for a share of them. The exporter is
// scraped every few seconds, and retention deletes old rows by size. Soak prints what both
// processes use over time. It fails if something grows, a counter falls or a row is lost:
//
//	go run ./deploy/test/soak --binary=./drift_exporter
//
// README.md in this folder says what the columns mean.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/drift-exporter/drift_exporter/deploy/test/process"
)

func main() { process.Main("soak", run) }

// settings bound a run.
type settings struct {
	binary   string
	time     time.Duration // of everything
	interval time.Duration // between two lines of the table
	scrape   time.Duration // between two scrapes
	clients  int           // 0: the number that gets most answers
	feedback float64       // outcomes for each prediction
	size     int64         // of the log, in bytes, that retention keeps
	dir      string
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("soak", flag.ContinueOnError)
	flags.SetOutput(stderr)
	var (
		s      settings
		dir    = flags.String("dir", ".build", "where to keep the log: a disk, not memory")
		quick  = flags.Bool("quick", false, "some seconds with a small log: everything but growth is judged")
		output = flags.String("output", ".build/soak.md", "where to write the table, beside the terminal")
	)
	flags.StringVar(&s.binary, "binary", "./drift_exporter", "the program, built")
	flags.DurationVar(&s.time, "time", 10*time.Minute, "how long it runs")
	flags.DurationVar(&s.interval, "interval", 20*time.Second, "time between two lines of the table")
	flags.DurationVar(&s.scrape, "scrape", 5*time.Second, "time between two scrapes")
	flags.IntVar(&s.clients, "clients", 0, "clients at once; 0: whichever of 16, 64 and 256 gets most answers in the first seconds")
	flags.Float64Var(&s.feedback, "feedback", .1, "outcomes for each prediction")
	flags.Int64Var(&s.size, "size", 128<<20, "bytes that retention keeps of the log")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *quick {
		s.time, s.interval, s.scrape, s.size, s.clients = 6*time.Second, time.Second, 500*time.Millisecond, 2<<20, 16
	}
	if s.time <= 0 || s.interval <= 0 || s.scrape <= 0 || s.clients < 0 || s.feedback < 0 || s.feedback > 1 {
		return errors.New("times and clients must be positive, and -feedback in [0, 1]")
	}
	if _, err := os.Stat(s.binary); err != nil {
		return fmt.Errorf("the program to run: %w; build it with `make build`", err)
	}
	if err := os.MkdirAll(*dir, 0o750); err != nil {
		return err
	}
	made, err := os.MkdirTemp(*dir, "soak-")
	if err != nil {
		return err
	}
	if s.dir, err = filepath.Abs(made); err != nil {
		return err
	}
	text, problems, err := soak(ctx, s, !*quick, stderr)
	if err := errors.Join(err, os.RemoveAll(s.dir)); err != nil {
		return err
	}
	if _, err := io.WriteString(stdout, text); err != nil {
		return err
	}
	if err := os.WriteFile(*output, []byte(text), 0o600); err != nil {
		return err
	}
	if len(problems) > 0 {
		return fmt.Errorf("%d problems: %w", len(problems), errors.Join(problems...))
	}
	return nil
}
