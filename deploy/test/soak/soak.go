package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/drift-exporter/drift_exporter/deploy/test/process"
)

// running is what is being watched.
type running struct {
	settings
	path                string // of the log
	predictor, exporter *process.Process
	pages               [2]*page // of the predictor and the exporter
	traffic             *traffic
	lines               []line
	last                mark
	lag                 int64 // of the newest scrape, in predictions
	slowest             time.Duration
	problems            []error
}

// mark is the end of the last line of the table.
type mark struct {
	at                    time.Time
	predictions, outcomes int64
}

// soak runs everything, and returns the table and what was wrong.
func soak(ctx context.Context, s settings, judged bool, stderr io.Writer) (text string, problems []error, err error) {
	began, before := time.Now(), process.Load()
	r := &running{settings: s, path: filepath.Join(s.dir, "predictions.db")}
	defer func() { err = errors.Join(err, r.stop()) }()
	if err := r.start(ctx); err != nil {
		return "", nil, err
	}
	clients := s.clients
	if clients == 0 {
		if clients, err = r.traffic.best(ctx, min(5*time.Second, s.time/10)); err != nil {
			return "", nil, err
		}
	}
	written, err := process.WrittenBytes(r.predictor.PID)
	if err != nil {
		return "", nil, err
	}
	r.last = mark{time.Now(), r.traffic.predictions.Load(), r.traffic.outcomes.Load()}
	first := r.last
	if err := r.watch(ctx, clients, s.time-time.Since(began), stderr); err != nil {
		return "", nil, err
	}
	end, err := process.WrittenBytes(r.predictor.PID)
	if err != nil {
		return "", nil, err
	}
	if err := r.settle(ctx); err != nil {
		return "", nil, err
	}
	day, err := r.usage(ctx, first, end-written)
	if err != nil {
		return "", nil, err
	}
	if err := r.check(ctx); err != nil {
		return "", nil, err
	}
	r.problems = append(r.problems, r.fallen()...)
	var b strings.Builder
	fmt.Fprintf(&b, "%s; %d clients, %.2g outcomes a prediction, a scrape each %v, retention at %d MiB; load average %s before, %s after; %.0f s\n\n",
		process.Machine(), clients, s.feedback, s.scrape, s.size>>20, before, process.Load(), time.Since(began).Seconds())
	if err := writeTable(&b, r.lines); err != nil {
		return "", nil, err
	}
	b.WriteString("\n" + day.String() + "\n")
	if len(r.problems) == 0 {
		fmt.Fprintf(&b, "- counters: %d series of both pages, none ever fell; the log is sound, and its sums are what was answered\n",
			len(r.pages[0].counters)+len(r.pages[1].counters))
	}
	held := steady(r.lines, s.size)
	switch {
	case !judged:
		held = nil
		b.WriteString("- growth: not judged in so short a run\n")
	case len(held) < 4:
		r.problems = append(r.problems, errors.New("the log reached its size too late to judge what grows: run longer, or with a smaller -size"))
	default:
		fmt.Fprintf(&b, "- growth, from %v on:\n", held[0].at)
	}
	for _, v := range judge(held) {
		b.WriteString(v.String() + "\n")
		if v.grew {
			r.problems = append(r.problems, errors.New(v.String()))
		}
	}
	if len(r.problems) > 0 {
		fmt.Fprintf(&b, "- PROBLEMS: %v\n", errors.Join(r.problems...))
	}
	return b.String(), r.problems, nil
}

// start starts both processes and the clients.
func (r *running) start(ctx context.Context) (err error) {
	if r.predictor, err = process.Start(ctx, r.binary, "predictor", r.path, fmt.Sprintf("--predictions.retention.size=%dB", r.size)); err != nil {
		return err
	}
	if r.exporter, err = process.Start(ctx, r.binary, "exporter", r.path, "--web.enable-pprof"); err != nil {
		return err
	}
	r.pages = [2]*page{newPage("predictor", r.predictor.Address), newPage("exporter", r.exporter.Address)}
	n := r.clients
	if n == 0 {
		n = 256
	}
	r.traffic, err = connect(ctx, r.predictor.Address, n, r.feedback)
	return err
}

func (r *running) stop() error {
	var errs []error
	if r.traffic != nil {
		errs = append(errs, r.traffic.close())
	}
	for _, p := range []*process.Process{r.predictor, r.exporter} {
		if p != nil {
			errs = append(errs, p.Stop())
		}
	}
	return errors.Join(errs...)
}

// watch scrapes and adds lines to the table while the clients send requests.
func (r *running) watch(ctx context.Context, clients int, span time.Duration, stderr io.Writer) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- r.traffic.flow(ctx, clients, span) }()
	scrapes, lines := time.NewTicker(r.scrape), time.NewTicker(r.interval)
	defer scrapes.Stop()
	defer lines.Stop()
	end := func(err error) error {
		cancel()
		<-done //nolint:errcheck // it ends by the cancellation
		return err
	}
	began := time.Now()
	for {
		select {
		case err := <-done:
			return err
		case <-scrapes.C:
			if err := r.scrapeBoth(ctx); err != nil {
				return end(err)
			}
		case <-lines.C:
			if r.pages[1].values == nil {
				continue // not scraped yet
			}
			l, err := r.line(time.Since(began))
			if err != nil {
				return end(err)
			}
			r.lines = append(r.lines, l)
			fmt.Fprintln(stderr, l.text())
		}
	}
}

// scrapeBoth reads both pages. The lag of the exporter is the number of predictions that were
// answered before its scrape began and that are not on its page.
func (r *running) scrapeBoth(ctx context.Context) error {
	answered := r.traffic.predictions.Load()
	if err := r.pages[1].scrape(ctx); err != nil {
		return err
	}
	exporter := r.pages[1]
	r.slowest = max(r.slowest, exporter.took)
	if exporter.values["drift_up"] != 1 {
		r.problems = append(r.problems, fmt.Errorf("drift_up is %v at a scrape", exporter.values["drift_up"]))
	}
	r.lag = max(0, answered-int64(exporter.values["model_success_total"]))
	return r.pages[0].scrape(ctx)
}

// settle scrapes once more after the last request. Then the exporter must have counted exactly
// the answered predictions.
func (r *running) settle(ctx context.Context) error {
	if err := r.scrapeBoth(ctx); err != nil {
		return err
	}
	for name, want := range map[string]int64{"model_success_total": r.traffic.predictions.Load(), "model_feedback_total": r.traffic.outcomes.Load()} {
		if got := r.pages[1].values[name]; got != float64(want) {
			r.problems = append(r.problems, fmt.Errorf("%s is %v in the end, and %d were answered", name, got, want))
		}
	}
	return nil
}

func (r *running) fallen() (problems []error) {
	for _, p := range r.pages {
		for _, f := range p.fallen {
			problems = append(problems, errors.New(f))
		}
	}
	return problems
}

// check runs `log check` on the log.
func (r *running) check(ctx context.Context) error {
	out, err := exec.CommandContext(ctx, r.binary, "log", "check", "--predictions.log="+r.path).CombinedOutput() // #nosec G204 -- the operator names it
	if err != nil {
		r.problems = append(r.problems, fmt.Errorf("log check: %w: %s", err, out))
	}
	return nil
}

// size returns the size of a file, or 0 if it does not exist.
func size(path string) (int64, error) {
	info, err := os.Stat(path)
	if errors.Is(err, os.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}
