// Package bigquery counts the rows of a Google BigQuery table into a reference without
// downloading them. It also downloads rows to train on.
package bigquery

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"cloud.google.com/go/bigquery"
	"google.golang.org/api/option"

	"github.com/drift-exporter/drift_exporter/predictor/google"
)

// Options say how BigQuery is used. The comments name the flags that set the fields.
type Options struct {
	// Project is --bigquery.project. This project runs the queries and pays for them.
	Project string
	// Location is --bigquery.location. "" is the location of the dataset.
	Location string
	// MaximumBytes is --bigquery.maximum-bytes-billed. A query that would process more bytes is
	// not run. 0 is no limit.
	MaximumBytes int64
	// Timeout limits one use, including all retries. 0 is 10 minutes.
	Timeout time.Duration
	// Logger receives what an operator must know. It may be nil.
	Logger *slog.Logger
	// ClientOptions are passed to Google's client.
	ClientOptions []option.ClientOption
}

// Client queries BigQuery. It connects when it is first used, so that it can be made while
// BigQuery or its credentials are not available. Its methods may be called concurrently.
type Client struct {
	options  Options
	maximum  uint64 // rows that are downloaded at most
	distinct int    // values of a column that are counted at most
	mu       sync.Mutex
	client   *bigquery.Client
}

// New returns a client that has not connected yet.
func New(o Options) *Client {
	if o.Timeout == 0 {
		o.Timeout = 10 * time.Minute
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return &Client{options: o, maximum: MaximumRows, distinct: mostValues}
}

// Close closes the connection, if there is one.
func (c *Client) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.client == nil {
		return nil
	}
	return c.client.Close()
}

// connect returns Google's client. The client finds the application-default credentials when it
// is made.
func (c *Client) connect() (*bigquery.Client, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.client != nil {
		return c.client, nil
	}
	if err := google.CheckProject(c.options.Project); err != nil {
		return nil, fmt.Errorf("the project that runs the queries: %w", err)
	}
	options := c.options.ClientOptions
	if len(options) == 0 {
		options = google.REST(c.options.Logger)
	}
	// The client is used longer than the request that made it.
	client, err := bigquery.NewClient(context.Background(), c.options.Project, options...)
	if err != nil {
		return nil, fmt.Errorf("connect to BigQuery: %w; give it application-default credentials: Workload Identity on Kubernetes, the machine's service account on Google Cloud, "+
			"GOOGLE_APPLICATION_CREDENTIALS with the path of a key, or 'gcloud auth application-default login'", err)
	}
	client.Location = c.options.Location
	c.client = client
	return client, nil
}
