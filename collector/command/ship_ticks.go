package command

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/alecthomas/units"

	"github.com/drift-exporter/drift_exporter/collector/monitor"
	"github.com/drift-exporter/drift_exporter/predictor/ship"
)

// shippedTicks say whether counts are shipped, and by which references they are made.
type shippedTicks struct {
	given   *bool
	watch   monitor.Options
	maximum units.Base2Bytes
	refresh *time.Duration
}

func ticksFlags(cmd flagged) *shippedTicks {
	t := &shippedTicks{watch: Defaults()}
	t.given = cmd.Flag("ship.ticks", "Ship counts of the rows by tick of 15 seconds, for an exporter with --predictions.bigquery. They are counted by the references below, which must be those of that exporter.").Bool()
	referenceFlags(cmd, &t.watch)
	cmd.Flag("reference.cache-dir", "Folder for the last good references from BigQuery; without it a restart counts them again.").StringVar(&t.watch.CacheDir)
	t.refresh = durationFlag(cmd, "reference.refresh-interval", "How often to check whether configuration or references have changed; 0: never.", "1h")
	maximumBytes(cmd).BytesVar(&t.maximum)
	return t
}

var errNothingShipped = errors.New("--no-ship.rows without --ship.ticks ships nothing: leave out the one, or add the other")

// begin adds the counts to what is shipped. The returned function ends what it has begun.
func (t *shippedTicks) begin(ctx context.Context, e *Environment, o *ship.Options, sink Sink, project, dataset string) (stop func() error, err error) {
	if !*t.given {
		if o.Destination == nil {
			return nil, errNothingShipped
		}
		return func() error { return nil }, nil
	}
	if t.watch.ConfigFile != "" && t.watch.ReferenceFile != "" {
		return nil, errors.New("--config.file and --reference.file exclude each other: name the reference in the configuration file")
	}
	tables := e.BigQuery.Warehouse(WarehouseOptions{Project: project, MaximumBytes: int64(t.maximum), Logger: e.Logger})
	t.watch.Remote, t.watch.Logger = tables, e.Logger
	t.watch.Table.Project, t.watch.Table.Dataset = project, dataset
	coders, err := monitor.NewCoders(t.watch)
	if err != nil {
		return nil, errors.Join(err, tables.Close())
	}
	// Rows that are counted without their reference stay without: it is waited for.
	if err := coders.Wait(ctx); err != nil {
		return nil, errors.Join(err, tables.Close())
	}
	o.Ticks = &ship.Ticks{Coder: coders.Coder}
	sink.Ticks(o.Ticks)
	ctx, cancel := context.WithCancel(ctx)
	var refreshing sync.WaitGroup
	if *t.refresh > 0 {
		refreshing.Go(func() { coders.RefreshEvery(ctx, *t.refresh) })
	}
	return func() error {
		cancel()
		refreshing.Wait()
		return tables.Close()
	}, nil
}
