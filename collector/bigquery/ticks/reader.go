package ticks

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"sync"
	"time"

	"cloud.google.com/go/bigquery"
	"google.golang.org/api/option"

	"github.com/drift-exporter/drift_exporter/predictor/google"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/tick"
)

// Options say what is read and how. The comments name the flags that set the fields.
type Options struct {
	// Project and Dataset are --predictions.bigquery.
	Project, Dataset string
	// Payer is --bigquery.project, the project that runs the queries and pays for them; "": the
	// project of the dataset. Location is --bigquery.location; "": that of the dataset.
	Payer, Location string
	// MaximumBytes is --bigquery.maximum-bytes-billed: a query that would process more is not run.
	// DailyBytes is --bigquery.daily-bytes: the queries of a day, in UTC, process no more. 0: no
	// bound.
	MaximumBytes, DailyBytes int64
	// Lateness is --ship.lateness.
	Lateness time.Duration
	// Coder returns what codes the rows of a model and version, for outcomes that another log took
	// than that of their prediction; nil: these do not count.
	Coder func(predictionlog.Key) tick.Coder
	// Timeout bounds the wait for the next row of a query, with all retries; 0 is 2 minutes.
	Timeout time.Duration
	// Now is the clock of the destination; nil: BigQuery's own.
	Now func() time.Time
	// Logger receives what an operator must know. It may be nil.
	Logger *slog.Logger
	// ClientOptions are passed to Google's client.
	ClientOptions []option.ClientOption
}

// Reader reads a dataset. It connects when it is first used. Its methods may be called
// concurrently.
type Reader struct {
	options Options
	*shared
}

// shared is what the Readers of one dataset have in common.
type shared struct {
	mu     sync.Mutex
	client *bigquery.Client
	stats  Stats
	named  map[string]*named    // by request id
	asked  map[string]time.Time // when one that is not named was last searched for
	day    int64                // of stats.Today, in days since 1970
	now    int64                // of the last state
	rows   bool                 // the table of the rows is known to exist
}

// Stats are what the queries have cost since the start.
type Stats struct {
	// Queries is the number of queries that were run. Bytes is what they processed, Billed what
	// BigQuery bills for them, and Today the part of Billed of the present day, in UTC.
	Queries, Bytes, Billed, Today int64
	// Failures counts queries that failed or were not run, by a reason of Reasons.
	Failures map[string]int64
}

// New returns a Reader. It does no IO.
func New(o Options) (*Reader, error) {
	if o.Payer == "" {
		o.Payer = o.Project
	}
	if o.Timeout == 0 {
		o.Timeout = 2 * time.Minute
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if err := errors.Join(google.CheckProject(o.Project), google.CheckDataset(o.Dataset), google.CheckProject(o.Payer)); err != nil {
		return nil, fmt.Errorf("--predictions.bigquery=%s.%s: %w", o.Project, o.Dataset, err)
	}
	failures := map[string]int64{}
	for _, reason := range Reasons {
		failures[reason] = 0
	}
	return &Reader{o, &shared{stats: Stats{Failures: failures}, named: map[string]*named{}, asked: map[string]time.Time{}}}, nil
}

// Stats returns what the queries have cost.
func (r *Reader) Stats() Stats {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.stats
	s.Failures = maps.Clone(r.stats.Failures)
	if r.day != today() {
		s.Today = 0
	}
	return s
}

func today() int64 { return time.Now().Unix() / (24 * 60 * 60) }

// Close closes the connection, if there is one.
func (r *Reader) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.client == nil {
		return nil
	}
	return r.client.Close()
}

// connect returns Google's client.
func (r *Reader) connect() (*bigquery.Client, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.client != nil {
		return r.client, nil
	}
	options := r.options.ClientOptions
	if len(options) == 0 {
		options = google.REST(r.options.Logger)
	}
	// The client is used longer than the request that made it.
	client, err := bigquery.NewClient(context.Background(), r.options.Payer, options...)
	if err != nil {
		return nil, err
	}
	client.Location = r.options.Location
	r.client = client
	return client, nil
}
