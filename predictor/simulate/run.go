// Package simulate makes up loans and sends them to a predictor, or sends the rows of a CSV. It
// sends predictions first and outcomes later, as users do.
package simulate

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/drift-exporter/drift_exporter/predictor/progress"
	"github.com/drift-exporter/drift_exporter/predictor/simulate/load"
)

// Options says what to send and where. The fields are the flags of the command.
type Options struct {
	URL         string   // of the predictor
	Count       int      // predictions; 0: until stopped, or to the end of the CSV
	Rate        float64  // predictions a second; 0: as fast as it goes
	Concurrency int      // requests in flight at most
	Seed        uint64   // of the made-up loans
	Shifts      []string // FEATURE=+0.5sd, FEATURE=-5, FEATURE=*1.2; changes the finished value only

	CSV      string   // file with the rows to send, plain or gzip; empty: made-up loans
	Outcome  string   // its column with the outcomes
	Positive string   // the value of this column that is 1; empty where the values are 0 and 1, or false and true
	Missing  []string // texts of the CSV that stand for no value: sent as they are, never shifted

	Outcomes     bool          // send outcomes to /feedback
	OutcomeDelay time.Duration // after the prediction's answer

	Patience time.Duration // how long a request is tried when the predictor is not there or cannot take it; 0: 30 s
}

func (o *Options) check() error {
	switch {
	case o.Count < 0:
		return fmt.Errorf("the count is %d: it must not be negative; 0 means no end", o.Count)
	case !(o.Rate >= 0) || math.IsInf(o.Rate, 0):
		return fmt.Errorf("the rate is %v: it must not be negative; 0 means as fast as it goes", o.Rate)
	case o.Concurrency < 1 || o.Concurrency > 10_000:
		return fmt.Errorf("the concurrency is %d: it must be from 1 to 10000", o.Concurrency)
	case o.OutcomeDelay < 0:
		return fmt.Errorf("the outcome delay is %v: it must not be negative", o.OutcomeDelay)
	case o.CSV == "" && (o.Outcome != "" || o.Positive != ""):
		return errors.New("--outcome and --positive belong to --csv: made-up loans know their outcomes")
	case o.CSV == "" && len(o.Missing) > 0:
		return errors.New("--missing belongs to --csv: made-up loans have no missing values")
	case o.CSV != "" && o.Outcomes && o.Outcome == "":
		return errors.New("--outcomes needs the column of the CSV that has them: name it with --outcome")
	case o.CSV != "" && o.Outcome != "" && !o.Outcomes:
		return errors.New("--outcome names a column, but nothing is sent from it: add --outcomes")
	}
	return nil
}

// Run sends predictions, and with Outcomes also outcomes. It writes a summary to stdout and
// progress to stderr. When ctx ends, it stops at once without an error.
//
// Rows are sent in order. With more than one request at a time, the predictor may receive
// neighbouring rows in the other order. Outcomes are sent in the order in which the predictions
// were answered, over the same number of additional connections. When the last prediction has
// been answered, the outcomes that still wait for their time are sent. At most a million outcomes
// wait. After that, predictions have to wait too.
//
// It is an error if the predictor cannot be reached, or if it refuses everything.
func Run(ctx context.Context, o Options, stdout, stderr io.Writer) error {
	if err := o.check(); err != nil {
		return err
	}
	if o.Patience == 0 {
		o.Patience = 30 * time.Second
	}
	r := &run{Options: o, pace: pacer{rate: o.Rate}, stats: &stats{answers: map[int]int{}, latencies: load.NewLatencies()}, nonce: rand.Text()[:10]}
	var err error
	r.client, err = newClient(o.URL, 2*o.Concurrency, o.Patience, r.stats.retried)
	if err != nil {
		return err
	}
	defer r.client.close()
	features, err := r.client.features(ctx)
	if err != nil {
		return unlessEnded(ctx, err)
	}
	if o.CSV != "" {
		r.source, err = newCSVSource(o, features)
	} else {
		r.source, err = newLoans(o.Seed, o.Shifts, features)
	}
	if err != nil {
		return err
	}
	err = errors.Join(r.traffic(ctx, stderr), r.source.close())
	return errors.Join(unlessEnded(ctx, err), r.stats.print(stdout))
}

// unlessEnded drops errors that only say that ctx has ended.
func unlessEnded(ctx context.Context, err error) error {
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return nil
	}
	return err
}

// run is one Run.
type run struct {
	Options

	client *client
	source source
	stats  *stats
	nonce  string // of the request ids: two runs never share one

	mu   sync.Mutex // guards what the next row comes from
	next int        // its number
	pace pacer
}

// job is a prediction to request.
type job struct {
	number  int
	body    []byte
	outcome int
	due     time.Time
}

// outcome is the feedback to send for a prediction, and when.
type outcome struct {
	prediction int64
	actual     int
	due        time.Time
}

// traffic runs until everything is sent, ctx ends, or something fails.
func (r *run) traffic(ctx context.Context, stderr io.Writer) error {
	r.stats.start, r.stats.total = time.Now(), r.Count
	if n := r.source.rows(); n > 0 && (r.Count == 0 || n < r.Count) {
		r.stats.total = n
	}
	hide := progress.Show(stderr, func(time.Duration) string { return r.stats.line() })

	waiting := 0
	if r.OutcomeDelay > 0 {
		waiting = 1 << 20
	}
	outcomes := make(chan outcome, waiting)
	last := make(chan struct{}) // closed when every prediction is answered
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		defer close(outcomes)
		defer close(last)
		return load.Run(ctx, load.Options{Clients: r.Concurrency, Count: r.Count}, func(ctx context.Context, _ int) error {
			return r.predict(ctx, outcomes)
		})
	})
	for range r.Concurrency {
		g.Go(func() error { return r.feedBack(ctx, outcomes, last) })
	}
	err := g.Wait()

	r.stats.end = time.Now()
	hide()
	if err == nil {
		err = r.stats.useless()
	}
	return err
}

// take waits until the next job is due and returns it. It returns io.EOF if there is none.
func (r *run) take(ctx context.Context) (job, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return job{}, err
	}
	body, outcome, err := r.source.next(make([]byte, 0, 512))
	if err != nil {
		return job{}, err
	}
	due, err := r.pace.wait(ctx)
	r.next++
	return job{r.next - 1, body, outcome, due}, err
}

// predict requests one prediction and notes the outcome that will follow.
func (r *run) predict(ctx context.Context, outcomes chan<- outcome) error {
	j, err := r.take(ctx)
	if err != nil {
		return err
	}
	id := "simulate-" + r.nonce + "-" + strconv.Itoa(j.number)
	status, answer, err := r.client.send(ctx, http.MethodPost, "/predict", id, j.body)
	if err != nil {
		return err
	}
	now := time.Now()
	if err := r.stats.predicted(status, answer, now.Sub(j.due)); err != nil {
		return err
	}
	if !r.Outcomes || j.outcome == unknown || status != http.StatusOK {
		return nil
	}
	var a struct {
		PredictionID *int64 `json:"prediction_id"` // absent when the prediction was not logged
	}
	if err := json.Unmarshal(answer, &a); err != nil {
		return fmt.Errorf("the predictor's answer is not understood: %w: %.300q", err, answer)
	}
	if a.PredictionID == nil {
		return nil
	}
	r.stats.waits()
	select {
	case outcomes <- outcome{*a.PredictionID, j.outcome, now.Add(r.OutcomeDelay)}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// feedBack sends outcomes when they are due, or when the last prediction has been answered.
func (r *run) feedBack(ctx context.Context, outcomes <-chan outcome, last <-chan struct{}) error {
	for o := range outcomes {
		if err := waitUntil(ctx, o.due, last); err != nil {
			return err
		}
		body := fmt.Appendf(nil, `{"prediction_id":%d,"actual_outcome":%d}`, o.prediction, o.actual)
		status, answer, err := r.client.send(ctx, http.MethodPost, "/feedback", "", body)
		if err != nil {
			return err
		}
		r.stats.fedBack(status, answer)
	}
	return nil
}
