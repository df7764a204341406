// Package bigquery ships a prediction log to Google BigQuery. The destination is a dataset with a
// table for each table of the log, and views over them. README.md in this folder says how it is
// run and what it guarantees.
package bigquery

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"cloud.google.com/go/bigquery"
	storage "cloud.google.com/go/bigquery/storage/apiv1"
	"cloud.google.com/go/bigquery/storage/apiv1/storagepb"
	"cloud.google.com/go/bigquery/storage/managedwriter"
	"google.golang.org/api/option"

	"github.com/drift-exporter/drift_exporter/predictor/google"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/ship"
)

// SinkOptions are what a Sink needs. Project and Dataset are required.
type SinkOptions struct {
	Project, Dataset string
	// REST and GRPC are options for the clients. Without options they find Google and its
	// application-default credentials.
	REST, GRPC []option.ClientOption
	// Logger receives which tables and views are made. It may be nil.
	Logger *slog.Logger
}

// Sink ships a prediction log to a dataset of BigQuery. It appends rows to its own streams of
// type COMMITTED, at explicit offsets. So a request is taken whole or not at all, and never
// twice. For each attempt it records the stream and the offset. Any later process can then seal
// the stream and ask how many rows it has taken. A Sink is not safe for concurrent use.
type Sink struct {
	options  SinkOptions
	logger   *slog.Logger
	client   *bigquery.Client
	writer   *managedwriter.Client        // appends
	control  *storage.BigQueryWriteClient // makes and seals streams
	dataset  *bigquery.Dataset
	suffix   string // of the name, empty for the rows themselves
	targets  map[predictionlog.Table]target
	ready    map[predictionlog.Table]bool // the table is as it should be
	streams  map[predictionlog.Table]*stream
	encoders map[predictionlog.Table]*encoder
	views    *datasetViews // nil unless rows are shipped
	patience time.Duration // of preparing a table, or opening a stream
}

// patience is how long Google's clients retry a request by themselves. Without a limit they retry
// most answers of 500 and above for as long as they can. After this time the failure shows in the
// metrics, and our own pauses apply.
const patience = 30 * time.Second

// stream is an open stream and the offset of its next row.
type stream struct {
	managed *managedwriter.ManagedStream
	next    int64
}

// attempt is what is recorded about a batch before it is sent.
type attempt struct {
	Table  predictionlog.Table `json:"table"`
	LogID  string              `json:"log_id"`
	Stream string              `json:"stream"`
	Offset int64               `json:"offset"`
	Rows   int64               `json:"rows"`
	After  int64               `json:"after"`
	UpTo   int64               `json:"up_to"`
	// First and Last are the smallest and the largest time of its rows, in microseconds since
	// 1970.
	First int64 `json:"first"`
	Last  int64 `json:"last"`
}

// NewSink returns a Sink. It looks for credentials, but does no other IO.
func NewSink(ctx context.Context, o SinkOptions) (*Sink, error) {
	if err := errors.Join(google.CheckProject(o.Project), google.CheckDataset(o.Dataset)); err != nil {
		return nil, err
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if err := o.emulated(); err != nil {
		return nil, err
	}
	s := &Sink{options: o, logger: o.Logger, patience: patience}
	s.to("", rowTargets())
	var err error
	if s.client, err = bigquery.NewClient(ctx, o.Project, o.REST...); err != nil {
		return nil, s.explain(fmt.Errorf("open BigQuery: %w", err))
	}
	if s.writer, err = managedwriter.NewClient(ctx, o.Project, o.GRPC...); err != nil {
		return nil, errors.Join(s.explain(fmt.Errorf("open BigQuery's Storage Write API: %w", err)), s.client.Close())
	}
	if s.control, err = storage.NewBigQueryWriteClient(ctx, o.GRPC...); err != nil {
		return nil, errors.Join(s.explain(fmt.Errorf("open BigQuery's Storage Write API: %w", err)), s.client.Close(), s.writer.Close())
	}
	s.dataset = s.client.Dataset(o.Dataset)
	s.views = newViews(s)
	return s, nil
}

// to says what is shipped.
func (s *Sink) to(suffix string, targets map[predictionlog.Table]target) {
	s.suffix, s.targets = suffix, targets
	s.ready, s.streams, s.encoders = map[predictionlog.Table]bool{}, map[predictionlog.Table]*stream{}, map[predictionlog.Table]*encoder{}
	for t := range targets {
		s.encoders[t] = newEncoder(targets[t].columns)
	}
}

// part returns a Sink of the same connections that ships something else.
func (s *Sink) part(suffix string, targets map[predictionlog.Table]target) *Sink {
	p := *s
	p.views = nil
	p.to(suffix, targets)
	return &p
}

// emulated makes the clients use an emulator, if one is named.
func (o *SinkOptions) emulated() (err error) {
	if len(o.REST) > 0 {
		return nil
	}
	if o.GRPC, err = google.Storage(o.Logger); err == nil {
		o.REST = google.REST(o.Logger)
	}
	return err
}

// Name returns the name of the destination: bigquery:PROJECT.DATASET.
func (s *Sink) Name() string {
	return "bigquery:" + s.options.Project + "." + s.options.Dataset + s.suffix
}

// id returns the full name of a table.
func (s *Sink) id(t predictionlog.Table) string {
	return s.options.Project + "." + s.options.Dataset + "." + s.targets[t].name
}

// Close closes the connections. Streams stay open until the next process settles them.
func (s *Sink) Close() error {
	s.leaveAll()
	return errors.Join(s.client.Close(), s.writer.Close(), s.control.Close())
}

func (s *Sink) leaveAll() {
	for t := range s.streams {
		s.leave(t)
	}
}

// leave drops a stream. The next append opens another one.
func (s *Sink) leave(t predictionlog.Table) {
	if open := s.streams[t]; open != nil {
		delete(s.streams, t)
		if err := open.managed.Close(); err != nil {
			s.logger.Debug("closing a stream failed", "stream", open.managed.StreamName(), "err", err)
		}
	}
}

// open returns the table's stream.
func (s *Sink) open(ctx context.Context, t predictionlog.Table) (*stream, error) {
	if open := s.streams[t]; open != nil {
		return open, nil
	}
	parent := managedwriter.TableParentFromParts(s.options.Project, s.options.Dataset, s.targets[t].name)
	limited, cancel := context.WithTimeout(ctx, s.patience)
	defer cancel()
	made, err := s.control.CreateWriteStream(limited, &storagepb.CreateWriteStreamRequest{
		Parent: parent, WriteStream: &storagepb.WriteStream{Type: storagepb.WriteStream_COMMITTED},
	})
	if err != nil {
		return nil, fmt.Errorf("open a stream: %w", err)
	}
	// The client must not retry. An attempt with an unknown result is settled instead.
	managed, err := s.writer.NewManagedStream(context.WithoutCancel(ctx), managedwriter.WithStreamName(made.GetName()),
		managedwriter.WithSchemaDescriptor(descriptor(s.targets[t].columns)), managedwriter.EnableWriteRetries(false))
	if err != nil {
		return nil, fmt.Errorf("open a stream: %w", err)
	}
	s.streams[t] = &stream{managed: managed}
	return s.streams[t], nil
}

// Append implements ship.Destination.
func (s *Sink) Append(ctx context.Context, b *ship.Batch, record func(string) error) error {
	if _, ok := s.targets[b.Table]; !ok {
		return s.erase(ctx, b)
	}
	if err := s.prepare(ctx, b.Table); err != nil {
		return err
	}
	if err := s.erase(ctx, b); err != nil {
		return err
	}
	open, err := s.open(ctx, b.Table)
	if err != nil {
		s.ready[b.Table] = false // the table may be gone
		return s.explain(err)
	}
	rows := s.encoders[b.Table].encode(b, s.targets[b.Table].source)
	text, err := json.Marshal(attempt{
		Table: b.Table, LogID: b.LogID, Stream: open.managed.StreamName(), Offset: open.next, Rows: int64(len(rows)),
		After: b.After, UpTo: b.UpTo, First: time.Unix(0, b.First).UnixMicro(), Last: time.Unix(0, b.Last).UnixMicro(),
	})
	if err != nil {
		return err
	}
	if err := record(string(text)); err != nil {
		return err
	}
	result, err := open.managed.AppendRows(ctx, rows, managedwriter.WithOffset(open.next))
	if err == nil {
		_, err = result.GetResult(ctx)
	}
	if err != nil {
		s.leave(b.Table)
		return s.appendFailed(fmt.Errorf("append %d rows: %w", len(rows), err))
	}
	open.next += int64(len(rows))
	if s.views != nil {
		s.views.saw(ctx, b)
	}
	return nil
}
