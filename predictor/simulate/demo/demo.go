// Package demo starts a predictor and an exporter on a new prediction log, sends traffic that
// drifts after a while, and prints the metrics that change. With Respond it also starts what
// answers to that, and prints what it does.
package demo

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

// Options says where to run.
type Options struct {
	// Run runs a command of drift_exporter as a shell would, until it is done or ctx ends.
	Run func(ctx context.Context, args []string, stdout, stderr io.Writer) error
	// PredictorPort and ExporterPort are the ports to listen on, on all addresses.
	PredictorPort, ExporterPort int
	// Respond shows a responder that retrains, promotes and rolls back. OutcomesPort and
	// RespondPort are the ports of the processes that it needs.
	Respond                   bool
	OutcomesPort, RespondPort int
	// Dir is the folder for the log. If empty, a temporary folder is used and removed at the end.
	Dir string
	// Duration is the length of the demo. If 0, it runs until ctx ends.
	Duration time.Duration
	// Stdout receives the messages for people.
	Stdout io.Writer
}

// The traffic: predictions per second, and the number of predictions before the drift. The
// exporter's window of 1,000 is full after ten seconds.
const (
	rate  = "100"
	quiet = "1500"
)

// The drift of the demo, as flags of simulate.
var drift = []string{"--shift=income=+0.5sd", "--shift=interest_rate=+1sd"}

// Run runs the demo until ctx ends, its duration is over, or something fails.
func Run(ctx context.Context, o Options) (err error) {
	dir := o.Dir
	if dir == "" {
		if dir, err = os.MkdirTemp("", "drift_exporter-demo-"); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	} else if err := os.MkdirAll(dir, 0o750); err != nil {
		return err
	}
	if o.Duration > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, o.Duration)
		defer cancel()
	}
	d := &demo{
		Options:   o,
		dir:       dir,
		log:       filepath.Join(dir, "predictions.db"),
		predictor: address(o.PredictorPort),
		exporter:  address(o.ExporterPort),
		outcomes:  address(o.OutcomesPort),
		responder: address(o.RespondPort),
	}
	if o.Respond {
		return d.respond(ctx)
	}
	return d.run(ctx, d.show,
		[]string{"predictor", fmt.Sprintf("--web.listen-address=:%d", d.PredictorPort), "--predictions.log=" + d.log},
		[]string{"exporter", fmt.Sprintf("--web.listen-address=:%d", d.ExporterPort), "--predictions.log=" + d.log, "--history.step=15s", "--history.duration=1h"})
}

func address(port int) string { return fmt.Sprintf("http://127.0.0.1:%d", port) }

type demo struct {
	Options
	dir, log                                 string
	predictor, exporter, outcomes, responder string
}

// run starts servers and calls show until that ends.
func (d *demo) run(ctx context.Context, show func(ctx context.Context) error, commands ...[]string) error {
	servers, stop := context.WithCancelCause(context.WithoutCancel(ctx))
	defer stop(nil)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var group sync.WaitGroup
	serve := func(args []string) {
		group.Go(func() {
			var said tail
			if err := d.Run(servers, args, io.Discard, &said); err != nil {
				stop(fmt.Errorf("%s: %w\n%s", args[0], err, said.String()))
				cancel()
			}
		})
	}
	for _, args := range commands {
		serve(args)
	}
	err := show(ctx)
	if cause := context.Cause(servers); cause != nil {
		err = cause
	} else if ctx.Err() != nil {
		err = nil // stopped on purpose
	}
	stop(nil)
	group.Wait()
	return err
}

// show sends the traffic and prints its effect.
func (d *demo) show(ctx context.Context) error {
	for _, url := range []string{d.predictor, d.exporter} {
		if err := ready(ctx, url+"/-/ready"); err != nil {
			return err
		}
	}
	d.say(`predictor  %s  (POST /predict, POST /feedback, GET /health, /openapi.json)
exporter   %s/metrics
page       %s/drift
log        %s

Sending %s loans a second as the reference knows them, and what became of them ...
`, d.predictor, d.exporter, d.exporter, d.log, rate)
	if err := d.traffic(ctx, rate, "--count="+quiet, "--seed=1"); err != nil {
		return err
	}
	if err := d.lines(ctx, "After "+quiet+" of them nothing drifted:"); err != nil {
		return err
	}
	d.say("Now incomes rise by half a standard deviation and interest rates by one (%s) ...\n", strings.Join(drift, " "))
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return d.traffic(ctx, rate, append(slices.Clone(drift), "--seed=2")...) })
	group.Go(func() error {
		if err := d.untilDetected(ctx); err != nil {
			return err
		}
		if err := d.lines(ctx, "Drift is detected:"); err != nil {
			return err
		}
		d.say("Traffic goes on until you stop it with Ctrl-C. Meanwhile:\n\n  curl -s %s/metrics | grep income\n", d.exporter)
		return nil
	})
	return group.Wait()
}

// traffic runs simulate with outcomes.
func (d *demo) traffic(ctx context.Context, rate string, args ...string) error {
	all := append([]string{"simulate", "--predictor.url=" + d.predictor, "--rate=" + rate, "--outcomes", "--log.level=warn"}, args...)
	var said tail
	if err := d.Run(ctx, all, io.Discard, &said); err != nil && ctx.Err() == nil {
		return fmt.Errorf("simulate: %w\n%s", err, said.String())
	}
	return ctx.Err()
}

// worth lists the beginnings of the lines of /metrics that are printed.
var worth = []string{
	`feature_kl_divergence_corrected{feature="credit_score"`,
	`feature_kl_divergence_corrected{feature="income"`,
	`feature_drift_p_value{feature="income"`,
	`feature_drift_detected{feature="credit_score"`,
	`feature_drift_detected{feature="income"`,
	`feature_drift_detected{feature="interest_rate"`,
	`prediction_distribution_shift{`,
	`model_accuracy{`, `model_accuracy_lower{`, `model_accuracy_upper{`,
	`model_success_total{`,
}

// lines prints the lines of a scrape that are worth looking at.
func (d *demo) lines(ctx context.Context, title string) error {
	page, err := fetch(ctx, d.exporter+"/metrics")
	if err != nil {
		return err
	}
	d.say("%s\n", title)
	for _, prefix := range worth {
		for line := range strings.Lines(page) {
			if strings.HasPrefix(line, prefix) {
				d.say("  %s", line)
			}
		}
	}
	d.say("\n")
	return nil
}

// untilDetected waits until drift of the shifted income is detected.
func (d *demo) untilDetected(ctx context.Context) error {
	for {
		page, err := fetch(ctx, d.exporter+"/metrics")
		if err != nil {
			return err
		}
		for line := range strings.Lines(page) {
			if strings.HasPrefix(line, `feature_drift_detected{feature="income"`) && strings.HasSuffix(line, " 1\n") {
				return nil
			}
		}
		if err := pause(ctx, time.Second); err != nil {
			return err
		}
	}
}

func (d *demo) say(format string, args ...any) { fmt.Fprintf(d.Stdout, format, args...) }

// ready waits until a server reports that it is ready.
func ready(ctx context.Context, url string) error {
	for {
		if _, err := fetch(ctx, url); err == nil || ctx.Err() != nil {
			return ctx.Err()
		}
		if err := pause(ctx, 50*time.Millisecond); err != nil {
			return err
		}
	}
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

func fetch(ctx context.Context, url string) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("GET %s: %s", url, response.Status)
	}
	return string(body), err
}

// tail keeps the last lines that a server logged, to show why it stopped.
type tail struct {
	mu    sync.Mutex
	lines []string
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for s := bufio.NewScanner(strings.NewReader(string(p))); s.Scan(); {
		t.lines = append(t.lines, s.Text())
	}
	if extra := len(t.lines) - 10; extra > 0 {
		t.lines = slices.Delete(t.lines, 0, extra)
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.Join(t.lines, "\n")
}
